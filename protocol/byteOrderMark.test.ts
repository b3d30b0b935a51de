import { expect, test } from 'vitest';
import { dropByteOrderMark, BYTE_ORDER_MARK as MARK } from './byteOrderMark.ts';

test('BYTE_ORDER_MARK is U+FEFF in UTF-8', () => {
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
])('removes one byte order mark, and only from the start: %j', (bytes, without) => {
  expect(dropByteOrderMark(bytes)).toBe(without);
});
