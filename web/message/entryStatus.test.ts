import { expect, test } from 'vitest';
import type { HistoryEntry } from '../../client/replies/historyReader.ts';
import { entryStatus } from './entryStatus.pure.ts';

const NOW = 1000;

function entry(number: number, fields: Partial<HistoryEntry>): HistoryEntry {
  return {
    number,
    time: '2026-11-22T12:00:00Z',
    message: 'text',
    isInForce: false,
    isPlanned: fields.fromMs !== undefined || fields.untilMs !== undefined,
    ...fields,
  };
}

const COMING = entry(5, { fromMs: 2000, untilMs: 3000 });

test.each<[rule: string, one: HistoryEntry, other: HistoryEntry, status: string | undefined]>([
  ['is in force as the server says', entry(5, { isInForce: true }), COMING, 'In force'],
  ['has no status if it is over', entry(5, {}), COMING, undefined],
  ['is to come', COMING, entry(4, {}), 'To come'],
  ['waits in its window', entry(4, { untilMs: 2000 }), entry(5, {}), 'Under a newer message'],
  ['will be covered for ever', COMING, entry(6, {}), 'To come, under a newer message'],
  [
    'will be covered when it begins',
    COMING,
    entry(6, { fromMs: 1500, untilMs: 2001 }),
    'To come, under a newer message',
  ],
  ['is not covered by one that is over then', COMING, entry(6, { untilMs: 2000 }), 'To come'],
  ['is not covered by one that begins later', COMING, entry(6, { fromMs: 2001 }), 'To come'],
])('an entry %s', (_rule, one, other, status) => {
  expect(entryStatus(one, [one, other], NOW)).toBe(status);
});
