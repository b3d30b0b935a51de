import { expect, test } from 'vitest';
import { addressMatcher, plainAddress, sourceOf } from './source.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('counts %s for the source %s', (address, source) => {
  expect(sourceOf(address)).toBe(source);
});

test('converts an IPv4-mapped address to IPv4, and no other', () => {
  expect(plainAddress('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(plainAddress('::ffff:1')).toBe('::ffff:1');
});

test('matches the listed addresses and networks, and nothing else', () => {
  const matches = addressMatcher(['127.0.0.0/8', '::1', '10.1.2.3', '2001:db8::/32']);
  expect(['127.9.9.9', '::1', '10.1.2.3', '2001:db8:7::1'].filter(matches)).toHaveLength(4);
  expect(['128.0.0.1', '::2', '10.1.2.4', '2001:db9::1', 'name'].filter(matches)).toEqual([]);
});

test('matches the peers on a Unix socket if they are listed', () => {
  expect(addressMatcher(['unix', '10.0.0.0/8'])('unix')).toBe(true);
  expect(addressMatcher(['0.0.0.0/0', '::/0'])('unix')).toBe(false);
  expect(sourceOf('unix')).toBe('unix');
});

test.each(['localhost', 'unix:', '10.0.0.0/33', '10.0.0.0/x', ''])(
  'rejects the network %j',
  (network) => {
    expect(() => addressMatcher([network])).toThrow();
  },
);
