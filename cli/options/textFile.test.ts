import { expect, test } from 'vitest';
import { decodeLines } from './textFile.ts';

test.each([
  ['one\ntwo\n', ['one', 'two', '']],
  ['one\r\ntwo\r\n', ['one', 'two', '']],
  ['\ufeffone\r\n\r\ntwo', ['one', '', 'two']],
  ['\ufeff', ['']],
  ['one\rtwo', ['one\rtwo']],
])('decodes the lines of any editor: %j', (text, lines) => {
  expect(decodeLines(Buffer.from(text), 'users')).toEqual(lines);
});

test.each([
  ['LATIN1', Buffer.from('jörg:secret', 'latin1')],
  ['UTF-16', Buffer.from('\ufeffjörg:secret', 'utf16le')],
])('rejects a file in %s, and quotes nothing of it', (encoding, bytes) => {
  expect(() => decodeLines(bytes, 'users')).toThrow(
    `users is not UTF-8; convert it, for example: iconv -f ${encoding} -t UTF-8`,
  );
});
