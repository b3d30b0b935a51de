import { describe, expect, test } from 'vitest';
import { readOpening as read } from './proxyHeader.ts';

const KEY = 'kQ3vYdX0Ab1c';

const readOpening = (bytes: string) => read(bytes, { isTrusted: true, key: undefined });

const V4 = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 26310\r\n';
const V6 = 'PROXY TCP6 2001:db8::7 2001:db8::1 56324 26310\r\n';

test.each([
  [V4, { host: '192.0.2.7', port: 56324 }],
  [V6, { host: '2001:db8::7', port: 56324 }],
  [
    'PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 56324 26310\r\n',
    { host: '192.0.2.7', port: 56324 },
  ],
  ['PROXY UNKNOWN\r\n', undefined],
  ['PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n', undefined],
])('%j says who the client is', (line, client) => {
  expect(readOpening(line)).toEqual({ is: 'proxied', client, length: line.length });
  expect(readOpening(`${line}MSGGET\n`)).toEqual({ is: 'proxied', client, length: line.length });
});

test('a line that is not there in full needs more bytes', () => {
  for (let length = 1; length < V4.length; length++) {
    expect(readOpening(V4.slice(0, length))).toEqual({ is: 'open' });
  }
});

test.each(['MSGGET\n', 'P\n', 'PROXYX', 'QUIT', '\0'])('%j is no PROXY line', (bytes) => {
  expect(readOpening(bytes)).toEqual({ is: 'direct' });
});

describe('what begins as a PROXY line and is none says nothing', () => {
  test.each([
    ['without CR', V4.replace('\r', '')],
    ['without addresses', 'PROXY TCP4\r\n'],
    ['of an unknown family', V4.replace('TCP4', 'UDP4')],
    ['with an address of the other family', V4.replace('TCP4', 'TCP6')],
    ['with an address that is none', V4.replace('192.0.2.7', '192.0.2.700')],
    ['with a name', V4.replace('192.0.2.7', 'localhost')],
    ['with a port beyond the last', V4.replace('56324', '65536')],
    ['with words behind it', V4.replace('26310', '26310 x')],
    ['with an ESC in it', V4.replace('192.0.2.7', '\x1b[2J')],
    ['of 108 bytes', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`],
    ['that never ends', `PROXY ${'x'.repeat(101)}`],
  ])('%s', (_how, line) => {
    expect(readOpening(line)).toEqual({ is: 'malformed' });
  });
});

describe('a key before the PROXY line', () => {
  const KEYED = `PROXY-KEY ${KEY}\r\n${V4}`;
  const client = { host: '192.0.2.7', port: 56324 };
  const readFrom = (isTrusted: boolean) => (bytes: string) => read(bytes, { isTrusted, key: KEY });

  test.each([true, false])('makes a peer believed (trusted by its address: %s)', (isTrusted) => {
    const proxied = { is: 'proxied', client, length: KEYED.length };
    expect(readFrom(isTrusted)(KEYED)).toEqual(proxied);
    expect(readFrom(isTrusted)(`${KEYED}MSGGET\n`)).toEqual(proxied);
    for (let length = 1; length < KEYED.length; length++) {
      expect(readFrom(isTrusted)(KEYED.slice(0, length))).toEqual({ is: 'open' });
    }
  });

  test.each([
    ['of another value', KEYED.replace(KEY, 'kQ3vYdX0Ab1d')],
    ['that is shorter', KEYED.replace(KEY, KEY.slice(1))],
    ['that is empty', KEYED.replace(KEY, '')],
    ['without CR', KEYED.replace('\r', '')],
    ['without a PROXY line behind it', `PROXY-KEY ${KEY}\r\nMSGGET\n`],
    ['behind a key', `PROXY-KEY ${KEY}\r\n${KEYED}`],
    ['that never ends', `PROXY-KEY ${'x'.repeat(97)}`],
  ])('%s says nothing', (_how, bytes) => {
    expect(readFrom(false)(bytes)).toEqual({ is: 'malformed' });
  });

  test('is not judged before its end: a wrong first character tells nothing', () => {
    expect(readFrom(false)('PROXY-KEY x')).toEqual({ is: 'open' });
  });

  test('is needed, and not the line alone, from an address that is not trusted', () => {
    expect(readFrom(false)(V4)).toEqual({ is: 'direct' });
    expect(readFrom(true)(V4)).toEqual({ is: 'proxied', client, length: V4.length });
  });
});
