import { expect, test } from 'vitest';
import { parseCount, parseHost, parseServers, parseWorkers } from './parsers.ts';

test.each([
  ['motd.example', [{ host: 'motd.example' }]],
  ['a,b,c', [{ host: 'a' }, { host: 'b' }, { host: 'c' }]],
  ['a, b', [{ host: 'a' }, { host: 'b' }]],
  ['a:26310,b', [{ host: 'a', port: 26310 }, { host: 'b' }]],
  ['192.0.2.7:65535', [{ host: '192.0.2.7', port: 65_535 }]],
  ['[::1]:2000,[::1],::1', [{ host: '::1', port: 2000 }, { host: '::1' }, { host: '::1' }]],
  // All of it is an address: RFC 4291 has no other way to say a port than brackets (RFC 3986).
  ['::1:2000', [{ host: '::1:2000' }]],
  ['fe80::1%eth0,[fe80::1%eth0]:1', [{ host: 'fe80::1%eth0' }, { host: 'fe80::1%eth0', port: 1 }]],
])('%s', (text, servers) => {
  expect(parseServers(text)).toEqual(servers);
});

test.each([
  ['26310', '26310'],
  ['a,26310', '26310'],
  ['', ''],
  ['a,,b', ''],
  ['a,', ''],
  ['a:', 'a:'],
  ['a:0', 'a:0'],
  ['a,b:65536,c', 'b:65536'],
  ['a:http', 'a:http'],
  ['a:1:2', 'a:1:2'],
  ['[a]:1', '[a]:1'],
  ['[127.0.0.1]:1', '[127.0.0.1]:1'],
  ['[::1', '[::1'],
  ['a b', 'a b'],
  ['http://a', 'http://a'],
  ['12345:1', '12345:1'],
])('%j is refused, and the error names what is wrong', (text, culprit) => {
  expect(() => parseServers(text)).toThrow(`'${culprit}' is no server: `);
});

test('to listen on there is one address', () => {
  expect(parseHost('::1')).toBe('::1');
  expect(() => parseHost('a,b')).toThrow('one address to listen on; clients take several');
  expect(() => parseHost('a:1')).toThrow('the port goes apart');
  expect(() => parseHost('1')).toThrow('the port goes apart');
});

test('workers are counted, or auto', () => {
  expect(parseWorkers('256')).toBe(256);
  expect(parseWorkers('auto')).toBeGreaterThanOrEqual(1);
  for (const text of ['AUTO', '0', '257', '']) {
    expect(() => parseWorkers(text)).toThrow('It has to be auto, or a whole number from 1 to 256.');
  }
  expect(() => parseCount(1, 2)('auto')).toThrow('It has to be a whole number from 1 to 2.');
});
