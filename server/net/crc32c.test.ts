import { expect, test } from 'vitest';
import { crc32c } from './crc32c.ts';

// RFC 3720, appendix B.4, and the check value of CRC-32/ISCSI in the CRC catalogue.
test.each([
  ['nothing', Buffer.alloc(0), 0],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['32 bytes of 0', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of 255', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 bytes that count up', Uint8Array.from(Array(32).keys()), 0x46dd794e],
])('computes the checksum of %s', (_what, bytes, checksum) => {
  expect(crc32c(bytes)).toBe(checksum);
});
