import { expect, test } from 'vitest';
import { formatProxyV1 } from './formatProxyV1.ts';
import type { ConnectionEndpoints } from './proxiedClient.ts';

/** PROXY protocol, section 2.1. */
const MAX_HEADER_BYTES = 107;

const endpoints = (remoteAddress: string, localAddress: string): ConnectionEndpoints => ({
  remoteAddress,
  remotePort: 56324,
  localAddress,
  localPort: 8080,
});

const format = (connection: ConnectionEndpoints) => formatProxyV1({ endpoints: () => connection });

test.each([
  [
    'IPv4, source first',
    endpoints('192.0.2.1', '198.51.100.1'),
    'PROXY TCP4 192.0.2.1 198.51.100.1 56324 8080\r\n',
  ],
  [
    'IPv6, source first',
    endpoints('2001:db8::1', '2001:db8::2'),
    'PROXY TCP6 2001:db8::1 2001:db8::2 56324 8080\r\n',
  ],
  [
    'IPv4-mapped IPv6 as IPv4',
    endpoints('::ffff:192.0.2.1', '::ffff:198.51.100.1'),
    'PROXY TCP4 192.0.2.1 198.51.100.1 56324 8080\r\n',
  ],
  [
    'IPv4-mapped IPv6 at one end only as IPv4, too',
    endpoints('::FFFF:192.0.2.1', '198.51.100.1'),
    'PROXY TCP4 192.0.2.1 198.51.100.1 56324 8080\r\n',
  ],
  [
    'an IPv6 address that only begins like a mapped one unchanged',
    endpoints('::ffff:1234', '::1'),
    'PROXY TCP6 ::ffff:1234 ::1 56324 8080\r\n',
  ],
  [
    'an IPv6 source and an IPv4 destination in one family',
    endpoints('2001:db8::1', '192.0.2.1'),
    'PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 56324 8080\r\n',
  ],
  [
    'an IPv4 source and an IPv6 destination in one family',
    endpoints('::ffff:192.0.2.1', '2001:db8::1'),
    'PROXY TCP6 ::ffff:192.0.2.1 2001:db8::1 56324 8080\r\n',
  ],
  [
    'an IPv6 address without its zone',
    endpoints('fe80::1%eth0', 'fe80::2%eth0'),
    'PROXY TCP6 fe80::1 fe80::2 56324 8080\r\n',
  ],
])('writes %s', (_what, connection, header) => {
  expect(format(connection)).toBe(header);
});

test.each<[string, ConnectionEndpoints]>([
  ['the source is missing', { ...endpoints('', '192.0.2.1'), remoteAddress: undefined }],
  [
    'the source’s port is missing',
    { ...endpoints('192.0.2.1', '192.0.2.1'), remotePort: undefined },
  ],
  ['the destination is missing', { remoteAddress: '192.0.2.1', remotePort: 1, localPort: 2 }],
  [
    'the destination’s port is missing',
    { remoteAddress: '192.0.2.1', remotePort: 1, localAddress: '192.0.2.1' },
  ],
  ['both are missing', { remoteAddress: undefined, remotePort: undefined }],
  ['an address is invalid', endpoints('/run/bridge.sock', '/run/bridge.sock')],
])('writes UNKNOWN if %s', (_what, connection) => {
  expect(format(connection)).toBe('PROXY UNKNOWN\r\n');
});

test('keeps the longest header within its limit', () => {
  const address = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  const zoned = `${address}%${'z'.repeat(100)}`;
  const header = format({
    ...endpoints(zoned, zoned),
    remotePort: 65_535,
    localPort: 65_535,
  });
  expect(header).toBe(`PROXY TCP6 ${address} ${address} 65535 65535\r\n`);
  expect(Buffer.byteLength(header)).toBeLessThanOrEqual(MAX_HEADER_BYTES);
});

test('writes UNKNOWN for a connection of the bridge itself', () => {
  expect(formatProxyV1()).toBe('PROXY UNKNOWN\r\n');
});
