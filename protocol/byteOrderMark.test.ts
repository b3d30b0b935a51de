import { expect, test } from 'vitest';
import { dropByteOrderMark, BYTE_ORDER_MARK as MARK } from './byteOrderMark.ts';

test('it is U+FEFF in UTF-8', () => {
  expect(Buffer.from('\u{feff}').toString('latin1')).toBe(MARK);
});

test.each([
  [`${MARK}MSGGET`, 'MSGGET'],
  ['MSGGET', 'MSGGET'],
  ['', ''],
  [MARK, ''],
  [`${MARK}${MARK}a`, `${MARK}a`],
  [`a${MARK}`, `a${MARK}`],
  ['\xef\xbba', '\xef\xbba'],
])('drops one byte order mark at the start, and no other: %j', (bytes, without) => {
  expect(dropByteOrderMark(bytes)).toBe(without);
});
