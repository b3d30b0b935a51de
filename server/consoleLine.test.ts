import { expect, test } from 'vitest';
import { consoleLine } from './consoleLine.ts';
import type { ServerEvent } from './events.ts';

const peer = { host: '127.0.0.1', port: 58400 };

// server.test.ts compares the original's lines verbatim, in the golden cases.
test.each<[rule: string, event: ServerEvent, line: string]>([
  [
    'writes an IPv6 address in brackets',
    { event: 'listening', endpoint: { host: '::1', port: 1 } },
    'TCP Server is listening on [::1]:1',
  ],
  [
    'shows the user of a connection',
    { event: 'connected', peer: { ...peer, user: 'Jürgen' } },
    "Connected by ('127.0.0.1', 58400) as Jürgen",
  ],
  [
    'decodes a received line',
    { event: 'received', peer, line: 'caf\xc3\xa9' },
    "Received:from ('127.0.0.1', 58400): café",
  ],
  [
    'shows invalid UTF-8 byte by byte',
    { event: 'received', peer, line: '\xff' },
    "Received:from ('127.0.0.1', 58400): \\xff",
  ],
  [
    'escapes control characters',
    { event: 'received', peer, line: '\x1b]0;x\x07' },
    "Received:from ('127.0.0.1', 58400): ^[]0;x^G",
  ],
  [
    'escapes C1 control characters',
    { event: 'received', peer, line: '\xc2\x9b2J' },
    "Received:from ('127.0.0.1', 58400): \\u{9b}2J",
  ],
  [
    'reports an unknown command without its text',
    { event: 'unknownCommand', peer },
    "Unknown command from ('127.0.0.1', 58400)",
  ],
  [
    'reports a failed store',
    { event: 'storeFailed', peer, reason: 'disk\nfull' },
    '[!] MOTD not stored: disk^Jfull',
  ],
  [
    'shows a message stored through another server like any other',
    { event: 'updatedRemotely', message: 'news' },
    'Server: MOTD updated to: news',
  ],
  [
    'reports that a store of an earlier version was converted',
    { event: 'storeConverted', count: 12, from: 'motd-data/data.mdb' },
    'Messages copied from motd-data/data.mdb to messages.log: 12. data.mdb is no longer used',
  ],
  [
    'reports an unavailable store',
    { event: 'storeUnavailable', reason: 'no\nanswer' },
    '[!] Store unavailable: no^Janswer; reads continue',
  ],
  [
    'reports that the store recovered',
    { event: 'storeRecovered', afterMs: 4250 },
    'Store recovered after 4.3 s',
  ],
  [
    'reports a message stored after a 503',
    { event: 'storeConfirmedLate', message: 'news' },
    '[!] MOTD stored after its sender received 503: news',
  ],
])('%s', (_rule, event, line) => {
  expect(consoleLine(event)).toBe(line);
});
