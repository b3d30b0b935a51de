import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { OriginPolicy, publicOriginFor } from './originPolicy.ts';

const PUBLIC = 'https://motd.example';
const policy = new OriginPolicy([PUBLIC, 'http://intern:8000']);
const allows = (origin: string | undefined, host: string | undefined) =>
  policy.allowsHost(host) && policy.allowsOrigin(origin, host);

test.each([
  ['a program, which sends no Origin', undefined, '127.0.0.1:8080'],
  ['a program with HTTP/1.0, which sends no Host either', undefined, undefined],
  ['the page itself', 'http://127.0.0.1:8080', '127.0.0.1:8080'],
  ['the page on IPv6', 'http://[::1]:8080', '[::1]:8080'],
  ['the page by the name localhost', 'http://localhost:8080', 'localhost:8080'],
  ['the page by the name of this machine', `http://${hostname()}`, hostname()],
  ['the page behind TLS, without the port', 'https://192.0.2.1', '192.0.2.1'],
  ['the page behind TLS, with the port', 'https://192.0.2.1', '192.0.2.1:443'],
  ['the page at its public origin', PUBLIC, 'motd.example'],
  ['the page at its public origin, with the port', PUBLIC, 'motd.example:443'],
  [
    'the page at its public origin, through a proxy that sends its own Host',
    PUBLIC,
    '127.0.0.1:8080',
  ],
  ['the page at another public origin', 'http://intern:8000', 'intern:8000'],
  ['the page at its public origin, with a trailing dot', `${PUBLIC}.`, 'motd.example.:443'],
  ['a trailing dot in Host alone', PUBLIC, 'motd.example.'],
  ['a trailing dot in Origin alone', `${PUBLIC}.`, 'motd.example'],
  ['localhost with a trailing dot', 'http://localhost.:8080', 'localhost.:8080'],
  ['the name of this machine with a trailing dot', `http://${hostname()}.`, `${hostname()}.`],
  ['a public name with a trailing dot and a port', 'http://intern.:8000', 'intern.:8000'],
  ['a program by a public name', undefined, 'motd.example'],
])('allows %s', (_what, origin, host) => {
  expect(allows(origin, host)).toBe(true);
});

test.each([
  ['a page of another host', 'http://evil.example', '127.0.0.1:8080'],
  ['a page of another host, with a public Host', 'https://evil.example', 'motd.example'],
  ['a page of another port', 'http://127.0.0.1:9999', '127.0.0.1:8080'],
  ['a page with another port, the default', 'http://127.0.0.1', '127.0.0.1:8080'],
  ['a page from a sandbox or a file', 'null', '127.0.0.1:8080'],
  ['an Origin that is not a URL', 'evil', '127.0.0.1:8080'],
  ['an empty Origin', '', '127.0.0.1:8080'],
  ['an Origin of another scheme', 'ftp://127.0.0.1:8080', '127.0.0.1:8080'],
  ['a public origin without its TLS', 'http://motd.example', 'motd.example'],
  ['a public name with another port', 'https://motd.example:8443', 'motd.example:8443'],
  ['a subdomain of a public name', 'https://evil.motd.example', 'motd.example'],
  ['a public name with two trailing dots', 'https://motd.example..', 'motd.example..'],
  ['an own name with two trailing dots', undefined, 'localhost..:8080'],
  ['an Origin with two trailing dots', 'https://motd.example..', 'motd.example'],
  ['a name that is only a dot', undefined, '.'],
  ['a dot before the name', undefined, '.localhost'],
  ['a dot after the port', undefined, 'localhost:8080.'],
  ['a foreign name with a trailing dot', 'http://evil.example.', 'evil.example.'],
  ['a dot after an IPv6 address', undefined, '[::1].:8080'],
  ['a foreign name that resolves to the bridge', 'http://evil.example', 'evil.example'],
  ['a foreign name, from a program', undefined, 'evil.example:8080'],
  ['a name that only begins like an address', undefined, '127.0.0.1.evil.example'],
  ['an empty Host', undefined, ''],
  ['a page that sends no Host', 'http://localhost', undefined],
  ['a page of a host named undefined', 'http://undefined', undefined],
  ['a Host with a path in it', 'http://evil.example', '127.0.0.1/@evil.example'],
  ['a Host with a user in it', 'http://evil.example', 'localhost@evil.example'],
  ['a Host with a path that ends in an own name', undefined, 'evil.example/localhost'],
])('rejects %s', (_what, origin, host) => {
  expect(allows(origin, host)).toBe(false);
});

test('accepts a public origin with a trailing dot', () => {
  const dotted = new OriginPolicy(['https://motd.example.']);
  expect(dotted.allowsHost('motd.example')).toBe(true);
  expect(dotted.allowsOrigin(PUBLIC, 'motd.example')).toBe(true);
  expect(dotted.allowsOrigin(`${PUBLIC}.`, 'motd.example.')).toBe(true);
});

test.each([
  ['http://bridge:8080', 'http://bridge:8080'],
  ['https://Motd.Example.:443', 'https://motd.example'],
  ['http://my_bridge', 'http://my_bridge'],
  ['http://xn--mtd-sna.example', 'http://xn--mtd-sna.example'],
  ['http://[2001:DB8::1]:80', 'http://[2001:db8::1]'],
  ['null', undefined],
  ['http://', undefined],
  ['ftp://motd.example', undefined],
  ['http://motd.example/path', undefined],
  ['http://$(reboot)', undefined],
  ['http://a;b', undefined],
])('suggests for %s the --public-origin %s', (origin, value) => {
  expect(publicOriginFor(origin)).toBe(value);
});
