import { describe, expect, test } from 'vitest';
import { proxyV2, userTlv } from '../../testing/proxyV2.ts';
import { parseProxyHeader } from './parseProxyHeader.ts';

const KEY = 'kQ3vYdX0Ab1c';

const MALFORMED = { is: 'rejected', reason: 'malformed' };
const WRONG_KEY = { is: 'rejected', reason: 'wrong key' };

const parseTrusted = (bytes: string) =>
  parseProxyHeader(bytes, { isTrusted: true, key: undefined });

const V4 = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 26310\r\n';
const V6 = 'PROXY TCP6 2001:db8::7 2001:db8::1 56324 26310\r\n';
const V2 = proxyV2({ tlvs: [userTlv('anna')] }).toString('latin1');

test.each([
  [V4, { host: '192.0.2.7', port: 56324 }],
  [V6, { host: '2001:db8::7', port: 56324 }],
  [
    'PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 56324 26310\r\n',
    { host: '192.0.2.7', port: 56324 },
  ],
  ['PROXY UNKNOWN\r\n', undefined],
  ['PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n', undefined],
])('reads the client from %j', (line, client) => {
  expect(parseTrusted(line)).toEqual({ is: 'proxied', client, length: line.length });
  expect(parseTrusted(`${line}MSGGET\n`)).toEqual({ is: 'proxied', client, length: line.length });
});

test('needs more bytes until the header is complete', () => {
  for (let length = 1; length < V4.length; length++) {
    expect(parseTrusted(V4.slice(0, length))).toEqual({ is: 'incomplete' });
  }
});

test.each(['MSGGET\n', 'P\n', 'PROXYX', 'QUIT', '\0'])('finds no header in %j', (bytes) => {
  expect(parseTrusted(bytes)).toEqual({ is: 'none' });
});

describe('rejects a header', () => {
  test.each([
    ['without CR', V4.replace('\r', '')],
    ['without addresses', 'PROXY TCP4\r\n'],
    ['of an unknown family', V4.replace('TCP4', 'UDP4')],
    ['with an address of the other family', V4.replace('TCP4', 'TCP6')],
    ['with an invalid address', V4.replace('192.0.2.7', '192.0.2.700')],
    ['with a host name', V4.replace('192.0.2.7', 'localhost')],
    ['with a port over 65535', V4.replace('56324', '65536')],
    ['with text after it', V4.replace('26310', '26310 x')],
    ['with an ESC in it', V4.replace('192.0.2.7', '\x1b[2J')],
    ['of 108 bytes', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`],
    ['that never ends', `PROXY ${'x'.repeat(101)}`],
  ])('%s', (_how, line) => {
    expect(parseTrusted(line)).toEqual(MALFORMED);
  });
});

describe('a key before the header', () => {
  const KEYED = `PROXY-KEY ${KEY}\r\n${V4}`;
  const KEYED_V2 = `PROXY-KEY ${KEY}\r\n${V2}`;
  const client = { host: '192.0.2.7', port: 56324 };
  const parseFrom = (isTrusted: boolean) => (bytes: string) =>
    parseProxyHeader(bytes, { isTrusted, key: KEY });

  test.each([
    [1, true, KEYED, undefined],
    [1, false, KEYED, undefined],
    [2, true, KEYED_V2, 'anna'],
    [2, false, KEYED_V2, 'anna'],
  ])('makes a header of version %i trusted (address trusted: %s)', (_v, isTrusted, keyed, user) => {
    const proxied = { is: 'proxied', client, user, length: keyed.length };
    expect(parseFrom(isTrusted)(keyed)).toEqual(proxied);
    expect(parseFrom(isTrusted)(`${keyed}MSGGET\n`)).toEqual(proxied);
    for (let length = 1; length < keyed.length; length++) {
      expect(parseFrom(isTrusted)(keyed.slice(0, length))).toEqual({ is: 'incomplete' });
    }
  });

  test.each([
    ['with another value', KEYED.replace(KEY, 'kQ3vYdX0Ab1d'), WRONG_KEY],
    ['that is shorter', KEYED.replace(KEY, KEY.slice(1)), WRONG_KEY],
    ['that is empty', KEYED.replace(KEY, ''), WRONG_KEY],
    ['without CR', KEYED.replace('\r', ''), WRONG_KEY],
    ['without a header after it', `PROXY-KEY ${KEY}\r\nMSGGET\n`, MALFORMED],
    ['after another key', `PROXY-KEY ${KEY}\r\n${KEYED}`, MALFORMED],
    ['that never ends', `PROXY-KEY ${'x'.repeat(97)}`, MALFORMED],
  ])('%s is rejected', (_how, bytes, rejected) => {
    expect(parseFrom(false)(bytes)).toEqual(rejected);
  });

  test('is compared only once it is complete, so that a wrong first character is not revealed', () => {
    expect(parseFrom(false)('PROXY-KEY x')).toEqual({ is: 'incomplete' });
  });

  test('is required from an address that is not trusted', () => {
    expect(parseFrom(false)(V4)).toEqual({ is: 'none' });
    expect(parseFrom(false)(V2)).toEqual({ is: 'none' });
    expect(parseFrom(true)(V4)).toEqual({ is: 'proxied', client, length: V4.length });
  });
});
