import { expect, test } from 'vitest';
import { verifierFor } from './password.ts';

const verify = verifierFor('grün!1');

test('the right password is right, byte for byte', async () => {
  expect(await verify(Buffer.from('grün!1', 'utf8').toString('latin1'))).toBe(true);
});

test.each(['', 'grün!', 'grün!1', 'GRÜN!1', 'x'.repeat(4096)])('%j is wrong', async (bytes) => {
  // A byte string: 'ü' is here one byte, which no UTF-8 client sends.
  expect(await verify(bytes)).toBe(false);
});
