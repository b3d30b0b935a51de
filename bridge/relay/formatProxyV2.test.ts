import { expect, test } from 'vitest';
import { formatProxyV2 } from './formatProxyV2.ts';
import type { ConnectionEndpoints } from './proxiedClient.ts';

/** The header in hexadecimal, without the signature. */
function format(connection: ConnectionEndpoints, user?: string): string {
  const header = formatProxyV2({ endpoints: () => connection, user }).toString('hex');
  expect(header).toMatch(/^0d0a0d0a000d0a515549540a/);
  return header.slice(24);
}

const endpoints = (remoteAddress: string, localAddress: string): ConnectionEndpoints => ({
  remoteAddress,
  remotePort: 56324,
  localAddress,
  localPort: 8080,
});

const V4 = endpoints('192.0.2.1', '198.51.100.1');
const PORTS = 'dc041f90';
const V4_HEADER = `2111000cc0000201c6336401${PORTS}`;
const V6_1 = '20010db8000000000000000000000001';
const V6_2 = '20010db8000000000000000000000002';
const mapped = (address: string) => `00000000000000000000ffff${address}`;

test.each([
  ['IPv4, source first', V4, V4_HEADER],
  ['IPv6, source first', endpoints('2001:db8::1', '2001:db8::2'), `21210024${V6_1}${V6_2}${PORTS}`],
  [
    'every group of an IPv6 address',
    endpoints('1:2:3:4:5:6:7:8', '::1'),
    `212100240001000200030004000500060007000800000000000000000000000000000001${PORTS}`,
  ],
  ['IPv4-mapped IPv6 as IPv4', endpoints('::ffff:192.0.2.1', '::ffff:198.51.100.1'), V4_HEADER],
  [
    'an IPv6 source and an IPv4 destination in one family',
    endpoints('2001:db8::1', '198.51.100.1'),
    `21210024${V6_1}${mapped('c6336401')}${PORTS}`,
  ],
  [
    'an IPv4 source and an IPv6 destination in one family',
    endpoints('::ffff:192.0.2.1', '2001:db8::2'),
    `21210024${mapped('c0000201')}${V6_2}${PORTS}`,
  ],
  [
    'an IPv6 address without its zone',
    endpoints('2001:db8::1%eth0', '2001:db8::2%eth0'),
    `21210024${V6_1}${V6_2}${PORTS}`,
  ],
  [
    'port 0, if only a proxy knows it',
    { ...V4, remotePort: 0 },
    '2111000cc0000201c633640100001f90',
  ],
])('writes %s', (_what, connection, header) => {
  expect(format(connection)).toBe(header);
});

test('writes the user after the addresses, in UTF-8', () => {
  expect(format(V4, 'anna')).toBe(`21110013c0000201c6336401${PORTS}e00004616e6e61`);
  expect(format(V4, 'ü')).toBe(`21110011c0000201c6336401${PORTS}e00002c3bc`);
});

test('writes a name of up to 256 bytes, and no longer one', () => {
  expect(format(V4, 'x'.repeat(256))).toBe(
    `2111010fc0000201c6336401${PORTS}e00100${'78'.repeat(256)}`,
  );
  expect(format(V4, 'x'.repeat(257))).toBe(V4_HEADER);
  expect(format(V4, 'ü'.repeat(129))).toBe(V4_HEADER);
  expect(format(V4, '')).toBe(V4_HEADER);
});

test('writes an unknown family, and still the user, if an address is unknown', () => {
  expect(format({ ...V4, remoteAddress: undefined })).toBe('21000000');
  expect(format({ ...V4, localPort: undefined })).toBe('21000000');
  expect(format(endpoints('/run/bridge.sock', ''), 'anna')).toBe('21000007e00004616e6e61');
});

test('writes LOCAL for a connection of the bridge itself', () => {
  expect(formatProxyV2().toString('hex')).toBe('0d0a0d0a000d0a515549540a20000000');
});
