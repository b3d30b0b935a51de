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
  '',
  'motd',
  'motd=',
  'motd=127.0.0.1',
  'motd=127.0.0.1:0',
  'motd=127.0.0.1:65536',
  'motd=127.0.0.1:80x',
  'motd=::1:80',
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
  'motd=127.0.0.1+proxy:80x',
  'motd=127.0.0.1:65536+proxy',
  'motd=unix:',
  'motd=unix:run/motd',
  'motd=unix:/run/motd socket',
  `motd=unix:/${'x'.repeat(107)}`,
])('rejects %j', (text) => {
  expect(parseTarget(text)).toBeUndefined();
});
