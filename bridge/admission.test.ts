import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { refusal } from './admission.ts';

test.each([
  ['a program, which sends no Origin', undefined, '127.0.0.1:8080'],
  ['the page itself', 'http://127.0.0.1:8080', '127.0.0.1:8080'],
  ['the page on IPv6', 'http://[::1]:8080', '[::1]:8080'],
  ['the page by the name localhost', 'http://localhost:8080', 'localhost:8080'],
  ['the page by the name of this machine', `http://${hostname()}`, hostname()],
  ['the page behind TLS, its port unsaid', 'https://192.0.2.1', '192.0.2.1'],
  ['the page behind TLS, its port said', 'https://192.0.2.1', '192.0.2.1:443'],
])('admits %s', (_who, origin, host) => {
  expect(refusal(origin, host)).toBeUndefined();
});

test.each([
  ['a page of another host', 'http://evil.example', '127.0.0.1:8080'],
  ['a page of another port', 'http://127.0.0.1:9999', '127.0.0.1:8080'],
  ['a page whose port goes unsaid', 'http://127.0.0.1', '127.0.0.1:8080'],
  ['a page from a sandbox or a file', 'null', '127.0.0.1:8080'],
  ['an Origin that is no URL', 'evil', '127.0.0.1:8080'],
  ['an empty Origin', '', '127.0.0.1:8080'],
  ['a name that somebody made point here', 'http://evil.example', 'evil.example'],
  ['such a name, from a program', undefined, 'evil.example:8080'],
  ['a name that only begins like an address', undefined, '127.0.0.1.evil.example'],
  ['a Host that is none', undefined, ''],
  ['no Host at all', undefined, undefined],
  ['a Host with a path in it', 'http://evil.example', '127.0.0.1/@evil.example'],
])('refuses %s', (_who, origin, host) => {
  expect(refusal(origin, host)).toEqual(expect.any(String));
});
