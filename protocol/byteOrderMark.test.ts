import { expect, test } from 'vitest';
import { dropByteOrderMark } from './byteOrderMark.ts';

test.each([
  ['\ufeffMSGGET', 'MSGGET'],
  ['MSGGET', 'MSGGET'],
  ['', ''],
  ['\ufeff', ''],
  ['\ufeff\ufeffa', '\ufeffa'],
  ['a\ufeff', 'a\ufeff'],
])('drops one byte order mark at the start, and no other: %j', (text, without) => {
  expect(dropByteOrderMark(text)).toBe(without);
});
