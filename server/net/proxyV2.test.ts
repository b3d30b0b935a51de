import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { certificateTlv, proxyV2, TCP4_ADDRESSES, tlv, userTlv } from '../../testing/proxyV2.ts';
import { seed } from '../../testing/random.ts';
import { scaled } from '../../testing/scale.ts';
import { parseProxyV2 } from './proxyV2.ts';

const parse = (header: Buffer) => parseProxyV2(header.toString('latin1'));

/** A header in hexadecimal. */
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const V4 = hex(`${SIGNATURE} 21 11 000c c0000207 c6336401 dc04 66c6`);
const V6_ENDS = '20010db8000000000000000000000007 20010db8000000000000000000000001';
const MAPPED_ENDS = '00000000000000000000ffffc0000207 00000000000000000000ffffc6336401';

const CLIENT = { host: '192.0.2.7', port: 56324 };
const MALFORMED = { is: 'rejected', reason: 'malformed' };

test.each([
  ['TCP over IPv4', V4, CLIENT],
  [
    'TCP over IPv6',
    hex(`${SIGNATURE} 21 21 0024 ${V6_ENDS} dc04 66c6`),
    { host: '2001:db8::7', port: 56324 },
  ],
  ['IPv4-mapped IPv6', hex(`${SIGNATURE} 21 21 0024 ${MAPPED_ENDS} dc04 66c6`), CLIENT],
  ['an unknown family', hex(`${SIGNATURE} 21 00 0000`), undefined],
  ['UDP over IPv4', hex(`${SIGNATURE} 21 12 000c c0000207 c6336401 dc04 66c6`), undefined],
  ['UDP over IPv6', hex(`${SIGNATURE} 21 22 0024 ${V6_ENDS} dc04 66c6`), undefined],
  ['a Unix stream', hex(`${SIGNATURE} 21 31 00d8 ${'2f'.repeat(216)}`), undefined],
  ['a Unix datagram', hex(`${SIGNATURE} 21 32 00d8 ${'2f'.repeat(216)}`), undefined],
  ['a connection of the proxy itself', hex(`${SIGNATURE} 20 00 0000`), undefined],
  ['one of any family, whose rest is skipped', hex(`${SIGNATURE} 20 ff 0003 ffffff`), undefined],
])('reads the client from %s', (_what, header, client) => {
  const proxied = { is: 'proxied', client, length: header.length };
  expect(parse(header)).toEqual(proxied);
  expect(parse(Buffer.concat([header, Buffer.from('MSGGET\n')]))).toEqual(proxied);
});

test('needs more bytes until the header is complete', () => {
  const header = proxyV2({ tlvs: [userTlv('anna')] });
  for (let length = 1; length < header.length; length++) {
    expect(parse(header.subarray(0, length))).toEqual({ is: 'incomplete' });
  }
});

test.each(['MSGGET\n', '\r\n\r\nMSGGET\n', '\r\n\r\n\0\r\nQUIT\r\n', '\0'])(
  'finds no header in %j',
  (bytes) => {
    expect(parseProxyV2(bytes)).toEqual({ is: 'none' });
  },
);

describe('rejects a header', () => {
  test.each([
    ['of version 1', proxyV2({ command: 0x11 })],
    ['of version 3', proxyV2({ command: 0x31 })],
    ['with an unknown command', proxyV2({ command: 0x22 })],
    ['of an unknown family', proxyV2({ family: 0x41 })],
    ['of an unknown transport protocol', proxyV2({ family: 0x13 })],
    ['of IPv4 without a transport protocol', proxyV2({ family: 0x10 })],
    ['with less than its addresses', proxyV2({ addresses: TCP4_ADDRESSES.subarray(1) })],
    ['with IPv4 addresses for IPv6', proxyV2({ family: 0x21 })],
    ['with a TLV that has no length', proxyV2({ tlvs: [hex('05 00')] })],
    ['with a TLV longer than the header', proxyV2({ tlvs: [hex('05 0002 61')] })],
    ['with a byte after its TLVs', proxyV2({ tlvs: [userTlv('anna'), hex('00')] })],
    ['with an SSL TLV that is too short', proxyV2({ tlvs: [tlv(0x20, hex('07 000000'))] })],
    [
      'with a malformed TLV inside the SSL TLV',
      proxyV2({ tlvs: [tlv(0x20, hex('07 00000000 22 0005 616e'))] }),
    ],
    ['with a checksum of 3 bytes', proxyV2({ tlvs: [tlv(0x03, hex('000000'))] })],
  ])('%s', (_how, header) => {
    expect(parse(header)).toEqual(MALFORMED);
  });

  const LONGEST = 4096 - 16;

  test('longer than 4,096 bytes, before it is complete', () => {
    const reason = 'longer than 4096 bytes';
    expect(parse(proxyV2({ length: LONGEST + 1 }))).toEqual({ is: 'rejected', reason });
    expect(parse(proxyV2({ command: 0x20, length: 0xffff }))).toEqual({ is: 'rejected', reason });
    const padding = tlv(0x04, Buffer.alloc(LONGEST - TCP4_ADDRESSES.length - 3));
    expect(parse(proxyV2({ tlvs: [padding] }))).toMatchObject({ client: CLIENT, length: 4096 });
  });

  test('with a wrong checksum', () => {
    // From HAProxy 2.6: `send-proxy-v2 proxy-v2-options crc32c`.
    const right = hex(`${SIGNATURE} 21 11 0013 7f000001 7f000001 9060 69dd 03 0004 de88adea`);
    expect(parse(right)).toMatchObject({ client: { host: '127.0.0.1', port: 0x9060 } });
    for (const position of [16, right.length - 1]) {
      const wrong = Buffer.from(right);
      wrong.writeUInt8(0x99, position);
      expect(parse(wrong)).toEqual({ is: 'rejected', reason: 'wrong checksum' });
    }
  });
});

describe('reads the user', () => {
  const userOf = (...tlvs: Buffer[]) => {
    const header = parse(proxyV2({ tlvs }));
    expect(header).toMatchObject({ is: 'proxied', client: CLIENT });
    return header.is === 'proxied' ? header.user : expect.unreachable();
  };

  test('from the TLV of a bridge, among others, as bytes', () => {
    expect(userOf(userTlv('anna'))).toBe('anna');
    expect(userOf(tlv(0x05, 'id'), tlv(0x04, ''), userTlv('Jürgen'))).toBe('J\xc3\xbcrgen');
  });

  test('from the first of several', () => {
    expect(userOf(userTlv('anna'), userTlv('ben'))).toBe('anna');
  });

  test('if the client is unknown', () => {
    const header = proxyV2({ family: 0, addresses: Buffer.alloc(0), tlvs: [userTlv('anna')] });
    expect(parse(header)).toMatchObject({ client: undefined, user: 'anna' });
  });

  test('from a verified certificate of the connection or of its session', () => {
    expect(userOf(certificateTlv('anna', { client: 0x03 }))).toBe('anna');
    expect(userOf(certificateTlv('anna', { client: 0x05 }))).toBe('anna');
  });

  test.each([
    ['the certificate is not verified', certificateTlv('anna', { verify: 18 })],
    ['there is no certificate', certificateTlv('anna', { client: 0x01 })],
    ['the certificate has no name', tlv(0x20, hex('07 00000000'))],
    ['the name is that of another TLV', tlv(0x22, 'anna')],
  ])('and finds none if %s', (_what, ssl) => {
    expect(userOf(ssl)).toBeUndefined();
  });

  test('from the bridge rather than from the certificate, unless the TLV is empty', () => {
    expect(userOf(certificateTlv('proxy'), userTlv('anna'))).toBe('anna');
    expect(userOf(certificateTlv('anna'), userTlv(''))).toBe('anna');
  });

  test('but not of a connection of the proxy itself', () => {
    const header = proxyV2({ command: 0x20, tlvs: [userTlv('anna')] });
    expect(parse(header)).toEqual({ is: 'proxied', client: undefined, length: header.length });
  });
});

/** Headers that are almost valid, and random bytes. */
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc
    .record({
      command: fc.oneof(fc.constantFrom(0x20, 0x21), fc.nat(255)),
      family: fc.oneof(fc.constantFrom(0x00, 0x11, 0x21, 0x31), fc.nat(255)),
      addresses: fc.uint8Array({ maxLength: 250 }).map((bytes) => Buffer.from(bytes)),
      tlvs: fc.array(
        fc
          .tuple(
            fc.oneof(fc.constantFrom(0x03, 0x20, 0xe0), fc.nat(255)),
            fc.uint8Array({ maxLength: 40 }),
          )
          .map(([type, value]) => tlv(type, Buffer.from(value))),
        { maxLength: 6 },
      ),
      length: fc.option(fc.nat(0xffff), { nil: undefined, freq: 10 }),
    })
    .map(({ length, ...parts }) => proxyV2(length === undefined ? parts : { ...parts, length })),
);

test('gives the same result for any bytes, whole and byte by byte', () => {
  let headers = 0;
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const text = Buffer.from(bytes).toString('latin1');
      const whole = parseProxyV2(text);
      const results = Array.from(text, (_, index) => parseProxyV2(text.slice(0, index + 1)));
      const first = results.find(({ is }) => is !== 'incomplete') ?? { is: 'incomplete' };
      expect(first).toEqual(whole);
      if (whole.is === 'proxied') headers++;
    }),
    { seed, numRuns: scaled(1000, 100_000) },
  );
  expect(headers).toBeGreaterThan(0);
});
