import { expect, test } from 'vitest';
import { maskSecret } from './maskSecret.ts';

test.each<[secret: string, shown: string]>([
  ['', ''],
  ['123!abc', '•••••••'],
  ['a b', '•••'],
  ['\x1b', '•'],
  ['e\u0301', '•'],
  ['密码', '••'],
  ['👍🏽', '•'],
  ['👩‍👩‍👧‍👦🇨🇭', '••'],
])('masks %j as %j', (secret, shown) => {
  expect(maskSecret(secret)).toBe(shown);
});
