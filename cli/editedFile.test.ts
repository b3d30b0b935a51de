import { expect, test } from 'vitest';
import { linesOf } from './editedFile.ts';

test.each([
  ['one\ntwo\n', ['one', 'two', '']],
  ['one\r\ntwo\r\n', ['one', 'two', '']],
  ['\ufeffone\r\n\r\ntwo', ['one', '', 'two']],
  ['\ufeff', ['']],
  ['one\rtwo', ['one\rtwo']],
])('a file has the same lines whatever editor wrote it: %j', (text, lines) => {
  expect(linesOf(Buffer.from(text))).toEqual(lines);
});
