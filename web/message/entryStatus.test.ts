import { expect, test } from 'vitest';
import type { HistoryEntry } from '../../client/replies/historyReader.ts';
import { entryStatus } from './entryStatus.pure.ts';

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

test.each<[rule: string, entry: HistoryEntry, status: string | undefined]>([
  ['is in force as the server says', entry(5, { isInForce: true, fromMs: 2000 }), 'In force'],
  ['has no status if it is over', entry(5, {}), undefined],
  ['is to come', entry(5, { fromMs: 2000, untilMs: 3000 }), 'To come'],
  ['waits in its window', entry(4, { untilMs: 2000 }), 'Under a newer message'],
  ['waits once it has begun', entry(4, { fromMs: 1000 }), 'Under a newer message'],
])('an entry %s', (_rule, one, status) => {
  expect(entryStatus(one, NOW)).toBe(status);
});
