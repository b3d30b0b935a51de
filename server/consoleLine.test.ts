import { expect, test } from 'vitest';
import { consoleLine } from './consoleLine.ts';
import type { ServerEvent } from './events.ts';

const peer = { address: '127.0.0.1', port: 58400 };

// That these are the original's lines, to the letter, is shown by the six cases (server.test.ts).
test.each<[rule: string, event: ServerEvent, line: string]>([
  [
    'IPv6 stands in brackets',
    { event: 'listening', on: { address: '::1', port: 1 } },
    'TCP Server is listening on [::1]:1',
  ],
  [
    'a line is decoded',
    { event: 'received', peer, line: 'caf\xc3\xa9' },
    "Received:from ('127.0.0.1', 58400): café",
  ],
  [
    'what is not UTF-8 is shown byte by byte',
    { event: 'received', peer, line: '\xff' },
    "Received:from ('127.0.0.1', 58400): \\xff",
  ],
  [
    'control characters are escaped',
    { event: 'received', peer, line: '\x1b]0;x\x07' },
    "Received:from ('127.0.0.1', 58400): ^[]0;x^G",
  ],
  [
    'C1 controls too',
    { event: 'received', peer, line: '\xc2\x9b2J' },
    "Received:from ('127.0.0.1', 58400): \\u{9b}2J",
  ],
  [
    'a failed store is told',
    { event: 'storeFailed', peer, reason: 'disk\nfull' },
    '[!] MOTD not stored: disk^Jfull',
  ],
])('%s', (_rule, event, line) => {
  expect(consoleLine(event)).toBe(line);
});
