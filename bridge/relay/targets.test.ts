import { expect, test } from 'vitest';
import { parseTarget } from './targets.ts';

test.each([
  ['motd=127.0.0.1:26310', { name: 'motd', address: { host: '127.0.0.1', port: 26310 } }],
  ['redis=db.example.org:6379', { name: 'redis', address: { host: 'db.example.org', port: 6379 } }],
  ['six=[::1]:80', { name: 'six', address: { host: '::1', port: 80 } }],
  ['pg=unix:/run/pg/.s.PGSQL.5432', { name: 'pg', address: { path: '/run/pg/.s.PGSQL.5432' } }],
  ['unix=unix:80', { name: 'unix', address: { host: 'unix', port: 80 } }],
])('parses %s, and its marks in any order', (text, target) => {
  expect(parseTarget(text)).toEqual(target);
  expect(parseTarget(`${text}+proxy`)).toEqual({ ...target, proxyVersion: 1 });
  expect(parseTarget(`${text}+proxy-v2`)).toEqual({ ...target, proxyVersion: 2 });
  expect(parseTarget(`${text}+original`)).toEqual({ ...target, isOriginal: true });
  const both = { ...target, proxyVersion: 2, isOriginal: true };
  expect(parseTarget(`${text}+proxy-v2+original`)).toEqual(both);
  expect(parseTarget(`${text}+original+proxy-v2`)).toEqual(both);
  const all = { ...target, isTelnet: true, showsColor: true, isReadOnly: true, proxyVersion: 1 };
  expect(parseTarget(`${text}+telnet+color+readonly+proxy`)).toEqual(all);
  expect(parseTarget(`${text}+proxy+readonly+color+telnet`)).toEqual(all);
});

test.each([
  ['irc=irc.example:6697+tls', 'irc.example'],
  ['irc=192.0.2.1:6697+tls', '192.0.2.1'],
  ['irc=[2001:db8::1]:6697+tls', '2001:db8::1'],
  ['irc=127.0.0.1:6697+tls=irc.example', 'irc.example'],
  ['irc=127.0.0.1:6697+tls=192.0.2.1', '192.0.2.1'],
  ['irc=127.0.0.1:6697+tls=2001:db8::1', '2001:db8::1'],
  ['irc=unix:/run/irc+tls=irc.example', 'irc.example'],
])('verifies the name in %s', (text, tlsName) => {
  expect(parseTarget(text)).toMatchObject({ tlsName });
  expect(parseTarget(`${text}+proxy`)).toMatchObject({ tlsName, proxyVersion: 1 });
});

test.each([
  '',
  'motd',
  'motd=',
  'motd=127.0.0.1',
  'motd=127.0.0.1:0',
  'motd=127.0.0.1:65536',
  'motd=127.0.0.1:80x',
  'motd=::1:80',
  'motd=-h:80',
  'motd=[not-an-address]:80',
  '=127.0.0.1:80',
  `${'n'.repeat(33)}=127.0.0.1:80`,
  'a/b=127.0.0.1:80',
  '../up=127.0.0.1:80',
  'motd=127.0.0.1:80\n',
  'motd=127.0.0.1:80+',
  'motd=127.0.0.1:80+PROXY',
  'motd=127.0.0.1:80+proxy+proxy',
  'motd=127.0.0.1:80+proxy+proxy-v2',
  'motd=127.0.0.1:80+original+proxy+original',
  'motd=127.0.0.1:80+originals',
  'motd=127.0.0.1:80+proxyv2',
  'motd=127.0.0.1:80+telnet+telnet',
  'motd=127.0.0.1:80+telnet=1',
  'motd=127.0.0.1:80+original+telnet',
  'motd=127.0.0.1:80+color+original',
  'motd=127.0.0.1:80+original+readonly',
  'motd=127.0.0.1:80+proxy=1',
  'motd=127.0.0.1:80+proxy=',
  'motd=127.0.0.1:80+proxy-v1',
  'motd=127.0.0.1:80+subprotocol',
  'motd=127.0.0.1:80+subprotocol=',
  'motd=127.0.0.1:80+subprotocol=mqtt,binary',
  'motd=127.0.0.1:80+subprotocol="mqtt"',
  'motd=127.0.0.1:80+subprotocol=a=b',
  'motd=127.0.0.1:80+subprotocol=a/b',
  'motd=127.0.0.1:80+subprotocol=ü',
  'motd=127.0.0.1:80+subprotocol=none',
  'motd=127.0.0.1:80+subprotocol=mqtt+subprotocol=mqtt',
  'motd=127.0.0.1:80+tls=',
  'motd=127.0.0.1:80+tls=-a',
  'motd=127.0.0.1:80+tls=a:80',
  'motd=127.0.0.1:80+tls=*.example',
  'motd=127.0.0.1:80+tls+tls=a.example',
  'motd=unix:/run/motd+tls',
  'motd=127.0.0.1+proxy:80x',
  'motd=127.0.0.1:65536+proxy',
  'motd=unix:',
  'motd=unix:run/motd',
  'motd=unix:/run/motd socket',
  `motd=unix:/${'x'.repeat(107)}`,
])('rejects %j', (text) => {
  expect(parseTarget(text)).toBeUndefined();
});

test('keeps the order of subprotocols, and their case', () => {
  const marks = '+subprotocol=v12.stomp+proxy+subprotocol=V12.stomp+subprotocol=binary';
  expect(parseTarget(`stomp=127.0.0.1:61613${marks}`)).toEqual({
    name: 'stomp',
    address: { host: '127.0.0.1', port: 61_613 },
    proxyVersion: 1,
    subprotocols: ['v12.stomp', 'V12.stomp', 'binary'],
  });
});

test('accepts every character of a token in a subprotocol, but the + of the next mark', () => {
  // RFC 9110, section 5.6.2.
  for (let code = 0x21; code < 0x7f; code++) {
    const character = String.fromCharCode(code);
    const isToken = /[!#$%&'*.^_`|~\w-]/.test(character);
    const target = parseTarget(`motd=127.0.0.1:80+subprotocol=a${character}b`);
    expect(target?.subprotocols, character).toEqual(isToken ? [`a${character}b`] : undefined);
  }
});
