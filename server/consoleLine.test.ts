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
  [
    'a message that came by way of another server looks like any other',
    { event: 'updatedElsewhere', message: 'news' },
    'Server: MOTD updated to: news',
  ],
  [
    'a shared store that is away is told, and what goes on',
    { event: 'storeAway', reason: 'no\nanswer' },
    '[!] Store away: no^Janswer; reading goes on',
  ],
  ['and that it is back', { event: 'storeBack', afterMs: 4250 }, 'Store is back after 4.3 s'],
  [
    'a 503 that was wrong is told',
    { event: 'storedAfterAll', message: 'news' },
    '[!] MOTD stored after all, though its sender was told 503: news',
  ],
])('%s', (_rule, event, line) => {
  expect(consoleLine(event)).toBe(line);
});
