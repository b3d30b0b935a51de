import { expect, test } from 'vitest';
import { parseUserName } from './userName.ts';

const bytesOf = (text: string) => Buffer.from(text).toString('latin1');

test.each([
  ['anna', 'anna'],
  ['  Anna Müller\t', 'Anna Müller'],
  ['\u{a0}anna\u{2003}', 'anna'],
  ['anna@motd.example', 'anna@motd.example'],
  ['李', '李'],
  ['x'.repeat(256), 'x'.repeat(256)],
  [` ${'ü'.repeat(128)} `, 'ü'.repeat(128)],
])('reads %j as %j', (text, name) => {
  expect(parseUserName(bytesOf(text))).toBe(name);
});

test.each([
  ['is empty', ''],
  ['is white space', ' \t\u{a0}'],
  ['has a control character', 'anna\x1b[2J'],
  ['has a line end', 'anna\nben'],
  ['has a NUL', 'anna\0'],
  ['has a bidi control', 'anna\u{202e}'],
  ['is longer than 256 bytes', 'x'.repeat(257)],
  ['is longer than 256 bytes, though not than 256 characters', 'ü'.repeat(129)],
])('ignores a name that %s', (_how, text) => {
  expect(parseUserName(bytesOf(text))).toBeUndefined();
});

test('ignores a name that is not UTF-8', () => {
  expect(parseUserName('J\xfcrgen')).toBeUndefined();
});
