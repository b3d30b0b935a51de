import { expect, test } from 'vitest';
import { parseTarget } from './targets.ts';

test.each([
  ['motd=127.0.0.1:26310', { name: 'motd', host: '127.0.0.1', port: 26310 }],
  ['redis=db.example.org:6379', { name: 'redis', host: 'db.example.org', port: 6379 }],
  ['six=[::1]:80', { name: 'six', host: '::1', port: 80 }],
])('%s is a target, and with +proxy one that expects a PROXY line', (text, target) => {
  expect(parseTarget(text)).toEqual({ ...target, expectsProxyLine: false });
  expect(parseTarget(`${text}+proxy`)).toEqual({ ...target, expectsProxyLine: true });
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
  'motd=127.0.0.1:80+proxyv2',
  'motd=127.0.0.1+proxy:80x',
  'motd=127.0.0.1:65536+proxy',
])('%j is none', (text) => {
  expect(parseTarget(text)).toBeUndefined();
});
