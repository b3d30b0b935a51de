import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import {
  parseCount,
  parseHost,
  parseNewPath,
  parseServers,
  parseUrls,
  parseWorkers,
} from './parsers.ts';

test.each([
  ['motd.example', [{ host: 'motd.example' }]],
  ['a,b,c', [{ host: 'a' }, { host: 'b' }, { host: 'c' }]],
  ['a, b', [{ host: 'a' }, { host: 'b' }]],
  ['a:26310,b', [{ host: 'a', port: 26310 }, { host: 'b' }]],
  ['192.0.2.7:65535', [{ host: '192.0.2.7', port: 65_535 }]],
  ['[::1]:2000,[::1],::1', [{ host: '::1', port: 2000 }, { host: '::1' }, { host: '::1' }]],
  // All of it is an address: only an IPv6 address in brackets can have a port (RFC 3986, section
  // 3.2.2).
  ['::1:2000', [{ host: '::1:2000' }]],
  ['fe80::1%eth0,[fe80::1%eth0]:1', [{ host: 'fe80::1%eth0' }, { host: 'fe80::1%eth0', port: 1 }]],
  ['/run/motd.sock', [{ path: '/run/motd.sock' }]],
  ['unix:/run/motd.sock,a:1', [{ path: '/run/motd.sock' }, { host: 'a', port: 1 }]],
  ['unix:///run//motd.sock', [{ path: '/run/motd.sock' }]],
  ['./s,../s', [{ path: resolve('s') }, { path: resolve('../s') }]],
  ['/run/a b:1', [{ path: '/run/a b:1' }]],
  ['unix:1', [{ host: 'unix', port: 1 }]],
])('parses the servers %s', (text, servers) => {
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
  ['a/b', 'a/b'],
  ['unix:s', 'unix:s'],
])('rejects %j, and quotes the invalid part', (text, culprit) => {
  expect(() => parseServers(text)).toThrow(`'${culprit}' is not a server: `);
});

test.each([
  ['https://a', 'wss://a/ws'],
  ['http://a:8080/motd/', 'ws://a:8080/motd/ws'],
  ['wss://a/ws/redis', 'wss://a/ws/redis'],
])('rejects the URL %s as a server, and names the flag for a bridge', (text, url) => {
  expect(() => parseServers(text)).toThrow(`'${text}' is not a server: write --url ${url} for`);
});

test('rejects the path of a Unix socket that is too long for the system', () => {
  const path = `/${'x'.repeat(106)}`;
  expect(parseServers(path)).toEqual([{ path }]);
  expect(() => parseServers(`${path}x`)).toThrow('has at most 107 bytes in full.');
});

test.each([
  ['ws+unix:/run/page.sock:/motd/ws', 'ws+unix:/run/page.sock:/motd/ws'],
  ['ws+unix:///run/page.sock:/ws', 'ws+unix:///run/page.sock:/ws'],
  ['wss://a/ws,ws://b/ws', 'wss://a/ws ws://b/ws'],
])('parses the URLs %s', (text, urls) => {
  expect(parseUrls(text).join(' ')).toBe(urls);
});

test.each([
  'ws+unix:/run/page.sock',
  'ws+unix:/run/page.sock:ws',
  'ws+unix://run/page.sock:/ws',
  'ws+unix:/run/a b:/ws',
  'unix:/run/page.sock',
])('rejects %j as a URL', (text) => {
  expect(() => parseUrls(text)).toThrow(`'${text}' is not a URL: `);
});

test('parses one address to listen on', () => {
  expect(parseHost('::1')).toBe('::1');
  expect(() => parseHost('a,b')).toThrow('one address to listen on; only clients accept several');
  expect(() => parseHost('a:1')).toThrow('pass the port separately');
  expect(() => parseHost('1')).toThrow('pass the port separately');
});

test('parses a number of workers, or auto', () => {
  expect(parseWorkers('256')).toBe(256);
  expect(parseWorkers('auto')).toBeGreaterThanOrEqual(1);
  for (const text of ['AUTO', '0', '257', '']) {
    expect(() => parseWorkers(text)).toThrow('It must be auto, or a whole number from 1 to 256.');
  }
  expect(() => parseCount(1, 2)('auto')).toThrow('It must be a whole number from 1 to 2.');
});

test('rejects a ~ that the shell has not expanded, where something would be created', () => {
  for (const path of ['~/x', '~', '~user/x']) {
    expect(() => parseNewPath(path)).toThrow(/^The shell does not expand ~ here: /);
  }
  for (const path of ['./~/x', 'x~', '/home/~']) expect(parseNewPath(path)).toBe(path);
});
