import { expect, test } from 'vitest';
import type { EtcdEntry } from './etcdRecord.ts';
import { EtcdReplica } from './etcdReplica.ts';
import type { EtcdHead } from './etcdRequests.ts';

const NO_HEAD: EtcdHead = { last: 0, writes: [], revision: 0, created: 0 };

/** The head after a number of entries, each stored at its own revision, from 101 on. */
function headAt(last: number): EtcdHead {
  return { last, writes: [], revision: 100 + last, created: 101 };
}

function entriesTo(last: number, first = 1): EtcdEntry[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    number: first + index,
    message: `message ${first + index}`,
    storedAtMs: 0,
    writeId: 'server-1',
  }));
}

function replicaOf(head: EtcdHead, historyLimit = 1000): EtcdReplica {
  return new EtcdReplica({ revision: 200, head, entries: [] }, historyLimit);
}

function snapshot(head: EtcdHead, entries: EtcdEntry[] = []) {
  return { revision: 200, head, entries };
}

test('has no head until every entry is read, however many reads that takes', () => {
  const replica = replicaOf(headAt(3));
  expect(replica.head).toBeUndefined();
  replica.applySnapshot(snapshot(headAt(3), entriesTo(2)), headAt(3));
  expect(replica.head).toBeUndefined();
  replica.applySnapshot(snapshot(headAt(3), entriesTo(3, 3)), headAt(3));
  expect(replica.head).toEqual(headAt(3));
  expect(replica.history.latest?.message).toBe('message 3');
});

test('ignores repeated and late updates, and reports each entry once', () => {
  const replica = replicaOf(NO_HEAD);
  const reported: number[] = [];
  replica.listen({ onEntry: ({ number }) => reported.push(number), onUpdate() {} });
  replica.applyUpdate({ entries: entriesTo(2), head: headAt(2) });
  replica.applyUpdate({ entries: entriesTo(1), head: headAt(1) });
  replica.applySnapshot(snapshot(headAt(1), entriesTo(1)), NO_HEAD);
  expect(reported).toEqual([1, 2]);
  expect(replica.head).toEqual(headAt(2));
});

test('keeps the first entry if an earlier, empty read is answered later', () => {
  const replica = replicaOf(NO_HEAD);
  replica.applyUpdate({ entries: entriesTo(1), head: headAt(1) });
  replica.applySnapshot(snapshot(NO_HEAD), NO_HEAD);
  expect(replica.head).toEqual(headAt(1));
});

test('skips entries that were dropped during an outage', () => {
  const replica = replicaOf(headAt(1));
  replica.applySnapshot(snapshot(headAt(1), entriesTo(1)), headAt(1));
  replica.applySnapshot(snapshot(headAt(9), entriesTo(9, 7)), headAt(1));
  expect([replica.history.first, replica.history.last]).toEqual([7, 9]);
});

test('rejects a watch update that skips an entry', () => {
  const replica = replicaOf(NO_HEAD);
  const late = { entries: entriesTo(3, 3), head: headAt(3) };
  expect(() => replica.applyUpdate(late)).toThrow(/skipped entry 1/);
  expect(replica.history.last).toBe(0);
});

const LOSSES: [loss: string, head: EtcdHead][] = [
  ['a missing head', NO_HEAD],
  ['an earlier head', headAt(1)],
  ['a head that was created again', { ...headAt(9), created: 105 }],
  ['a head without its entries', headAt(9)],
];

test.each(LOSSES)('rejects %s, and everything after it', (_loss, head) => {
  const replica = replicaOf(headAt(2));
  replica.applySnapshot(snapshot(headAt(2), entriesTo(2)), headAt(2));
  expect(() => replica.applySnapshot(snapshot(head), headAt(2))).toThrow(/restored or emptied/);
  const further = { entries: entriesTo(3, 3), head: headAt(3) };
  expect(() => replica.applyUpdate(further)).toThrow(/restored or emptied/);
  expect(replica.history.latest?.message).toBe('message 2');
});

test('rejects everything after a watch reports that the head was deleted', () => {
  const replica = replicaOf(headAt(1));
  replica.applySnapshot(snapshot(headAt(1), entriesTo(1)), headAt(1));
  expect(() => replica.applyUpdate({ entries: [], head: NO_HEAD })).toThrow(/restored or emptied/);
});
