import { describe, expect, test } from 'vitest';
import { readOpening } from './proxyLine.ts';

const V4 = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 26310\r\n';
const V6 = 'PROXY TCP6 2001:db8::7 2001:db8::1 56324 26310\r\n';

test.each([
  [V4, { address: '192.0.2.7', port: 56324 }],
  [V6, { address: '2001:db8::7', port: 56324 }],
  [
    'PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 56324 26310\r\n',
    { address: '192.0.2.7', port: 56324 },
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
