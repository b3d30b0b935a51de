import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { OriginPolicy, publicOriginFor } from './originPolicy.ts';

const PUBLIC = 'https://motd.example';
const admission = new OriginPolicy([PUBLIC, 'http://intern:8000']);
const admits = (origin: string | undefined, host: string | undefined) =>
  admission.allowsHost(host) && admission.allowsOrigin(origin, host);

test.each([
  ['a program, which sends no Origin', undefined, '127.0.0.1:8080'],
  ['a program that speaks HTTP/1.0, and sends no Host either', undefined, undefined],
  ['the page itself', 'http://127.0.0.1:8080', '127.0.0.1:8080'],
  ['the page on IPv6', 'http://[::1]:8080', '[::1]:8080'],
  ['the page by the name localhost', 'http://localhost:8080', 'localhost:8080'],
  ['the page by the name of this machine', `http://${hostname()}`, hostname()],
  ['the page behind TLS, its port unsaid', 'https://192.0.2.1', '192.0.2.1'],
  ['the page behind TLS, its port said', 'https://192.0.2.1', '192.0.2.1:443'],
  ['the page at its public place', PUBLIC, 'motd.example'],
  ['the page at its public place, its port said', PUBLIC, 'motd.example:443'],
  ['the page at its public place, through a proxy that says its own', PUBLIC, '127.0.0.1:8080'],
  ['the page at another public place', 'http://intern:8000', 'intern:8000'],
  ['the page at its public place, with a dot behind the name', `${PUBLIC}.`, 'motd.example.:443'],
  ['a dot in Host alone', PUBLIC, 'motd.example.'],
  ['a dot in Origin alone', `${PUBLIC}.`, 'motd.example'],
  ['a dot behind localhost', 'http://localhost.:8080', 'localhost.:8080'],
  ['a dot behind the name of this machine', `http://${hostname()}.`, `${hostname()}.`],
  ['a dot behind a name with a port', 'http://intern.:8000', 'intern.:8000'],
  ['a program by a public name', undefined, 'motd.example'],
])('admits %s', (_who, origin, host) => {
  expect(admits(origin, host)).toBe(true);
});

test.each([
  ['a page of another host', 'http://evil.example', '127.0.0.1:8080'],
  ['a page of another host at the public place', 'https://evil.example', 'motd.example'],
  ['a page of another port', 'http://127.0.0.1:9999', '127.0.0.1:8080'],
  ['a page whose port goes unsaid', 'http://127.0.0.1', '127.0.0.1:8080'],
  ['a page from a sandbox or a file', 'null', '127.0.0.1:8080'],
  ['an Origin that is no URL', 'evil', '127.0.0.1:8080'],
  ['an empty Origin', '', '127.0.0.1:8080'],
  ['an Origin of another scheme', 'ftp://127.0.0.1:8080', '127.0.0.1:8080'],
  ['a public place without its TLS', 'http://motd.example', 'motd.example'],
  ['a public place at another port', 'https://motd.example:8443', 'motd.example:8443'],
  ['a name below the public one', 'https://evil.motd.example', 'motd.example'],
  ['a public name with two dots behind it', 'https://motd.example..', 'motd.example..'],
  ['an own name with two dots behind it', undefined, 'localhost..:8080'],
  ['an Origin with two dots behind its name', 'https://motd.example..', 'motd.example'],
  ['a name that is only a dot', undefined, '.'],
  ['a dot before the name', undefined, '.localhost'],
  ['a dot behind the port', undefined, 'localhost:8080.'],
  ['a foreign name with a dot behind it', 'http://evil.example.', 'evil.example.'],
  ['a dot behind an IPv6 address', undefined, '[::1].:8080'],
  ['a name that somebody made point here', 'http://evil.example', 'evil.example'],
  ['such a name, from a program', undefined, 'evil.example:8080'],
  ['a name that only begins like an address', undefined, '127.0.0.1.evil.example'],
  ['a Host that is none', undefined, ''],
  ['a page that sends no Host', 'http://localhost', undefined],
  ['a page of a host named undefined', 'http://undefined', undefined],
  ['a Host with a path in it', 'http://evil.example', '127.0.0.1/@evil.example'],
  ['a Host with a user in it', 'http://evil.example', 'localhost@evil.example'],
  ['a Host with a path that ends well', undefined, 'evil.example/localhost'],
])('refuses %s', (_who, origin, host) => {
  expect(admits(origin, host)).toBe(false);
});

test('a public origin may be given with a dot behind its name', () => {
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
])('to let %s in, --public-origin takes %s', (origin, value) => {
  expect(publicOriginFor(origin)).toBe(value);
});
