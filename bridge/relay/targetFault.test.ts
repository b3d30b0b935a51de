import { expect, test } from 'vitest';
import { targetFault } from './targetFault.ts';
import { parseTarget } from './targets.ts';

const ADDRESS = 'is neither HOST:PORT, with IPv6 in brackets, nor unix:/PATH';
const MARK = 'has an invalid value, is repeated, or contradicts a mark before it';

test.each([
  ['redis', 'it has no NAME='],
  ['a/b=h:1', "the name 'a/b' must be 1 to 32 letters, digits, - or _"],
  ['redis=127.0.0.1', `'127.0.0.1' ${ADDRESS}`],
  ['redis=h:99999+tls', `'h:99999' ${ADDRESS}`],
  ['redis=::1:80', `'::1:80' ${ADDRESS}`],
  ['redis=unix:relative', `'unix:relative' ${ADDRESS}`],
  ['redis=h:1+telent', "unknown mark '+telent'; the marks are +tls, +proxy, "],
  ['redis=h:1+tls=', `'+tls=' ${MARK}`],
  ['redis=h:1+proxy+color+proxy-v2', `'+proxy-v2' ${MARK}`],
  ['redis=h:1+original+telnet', `'+telnet' ${MARK}`],
  [
    'redis=h:1+subprotocol=none',
    "'none' is reserved: /metrics uses it for sessions without a subprotocol",
  ],
  ['redis=unix:/run/redis+tls', 'a Unix socket needs +tls=NAME'],
])('explains what is wrong with %s', (text, fault) => {
  expect(parseTarget(text)).toBeUndefined();
  expect(targetFault(text)).toContain(fault);
});
