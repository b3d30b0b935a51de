import { expect, test } from 'vitest';
import { patternFault } from './safePattern.ts';

test.each([
  '^password: ?$',
  'password|passphrase',
  'enter .*pin',
  '[Pp]ass\\w+:',
  '\\[sudo\\]',
  'mot de passé',
])('accepts %s', (pattern) => {
  expect(patternFault(pattern)).toBeUndefined();
});

test.each([
  '(a+)+$',
  '(a|a)*$',
  '(?:a*)*b',
  '(a)\\1',
  '(?=a+)b',
  'a{1,100}',
  'a+?',
  'a**',
  '.*.*.*x',
  'a?a?a?aaa',
  '(a|a)(a|a)(a|a)x',
  '\\p{L}',
  '[z-a]',
  '*',
  'a\\',
  '(',
])('rejects %s', (pattern) => {
  expect(patternFault(pattern)).toBeDefined();
});

test.each(['a*a*$', '.*.*x', '[a-z]+[a-z]+!', 'a+a+b|x'])(
  'accepts %s, which is fast at the longest prompt',
  (pattern) => {
    expect(patternFault(pattern)).toBeUndefined();
    expect(matchMs(pattern)).toBeLessThan(500);
  },
);

/** How long the page takes at most: a prompt has no more characters (client/dialogue/lineMode.ts). */
function matchMs(pattern: string): number {
  const start = performance.now();
  new RegExp(pattern, 'iu').test(`${'a'.repeat(255)}?`);
  return performance.now() - start;
}
