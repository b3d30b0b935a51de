import { expect, test } from 'vitest';
import { requestLine } from './requestLine.ts';

test.each([
  ['ASCII', 'x'.repeat(4093)],
  ['two bytes a character', `x${'ü'.repeat(2046)}`],
])('accepts a message that fills the line: %s', (_what, message) => {
  const line = requestLine('17', 'the number', message);
  expect(line).toBe(`17 ${message}`);
  expect(Buffer.byteLength(line)).toBe(4096);
});

test.each([
  ['ASCII', 'x'.repeat(4094)],
  ['two bytes a character', 'ü'.repeat(2047)],
])('rejects one that does not fit, and reports how much does: %s', (_what, message) => {
  expect(() => requestLine('17', 'the number', message)).toThrow(
    'the message has 4094 bytes, and the number leaves 4093 bytes of the line for it; shorten it',
  );
});
