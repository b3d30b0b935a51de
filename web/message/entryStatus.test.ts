import { expect, test } from 'vitest';
import type { HistoryEntry } from '../../client/replies/historyReader.ts';
import { describeCancel, type EntryStatus, entryStatus } from './entryStatus.pure.ts';

const NOW = 1000;

function entry(number: number, fields: Partial<HistoryEntry>): HistoryEntry {
  return {
    number,
    storedAtMs: 0,
    message: 'text',
    isInForce: false,
    isPlanned: fields.fromMs !== undefined || fields.untilMs !== undefined,
    ...fields,
  };
}

test.each<[rule: string, entry: HistoryEntry, status: EntryStatus]>([
  ['is in force if the server reports it', entry(5, { isInForce: true, fromMs: 2000 }), 'inForce'],
  ['has no status if it is over', entry(5, {}), 'over'],
  ['is to come', entry(5, { fromMs: 2000, untilMs: 3000 }), 'toCome'],
  ['waits in its window', entry(4, { untilMs: 2000 }), 'underNewer'],
  ['waits once it has begun', entry(4, { fromMs: 1000 }), 'underNewer'],
])('an entry %s', (_rule, one, status) => {
  expect(entryStatus(one, NOW)).toBe(status);
});

test.each<[rule: string, status: EntryStatus, words: string]>([
  ['has not begun never appears', 'toCome', 'Planned until 20:00. It will not appear.'],
  [
    'has begun does not appear again',
    'underNewer',
    'Planned until 20:00. It will not appear again.',
  ],
  ['is over does not appear again', 'over', 'Planned until 20:00. It will not appear again.'],
  [
    'is in force gives way to the message before it',
    'inForce',
    'In force until 20:00. The message before it will stand again.',
  ],
])('once canceled, an entry that %s', (_rule, status, words) => {
  expect(describeCancel(status, 'until 20:00')).toBe(words);
});
