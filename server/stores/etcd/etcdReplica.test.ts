import { expect, test } from 'vitest';
import type { EtcdHead } from './etcdMember.ts';
import type { EtcdEntry } from './etcdRecord.ts';
import { EtcdReplica } from './etcdReplica.ts';

const NOTHING: EtcdHead = { last: 0, writes: [], revision: 0, created: 0 };

/** The head as it is once so many were stored, each by a revision of its own, from 101 on. */
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

function contents(head: EtcdHead, entries: EtcdEntry[] = []) {
  return { revision: 200, head, entries };
}

test('it is behind its head until every entry is read, however many reads that takes', () => {
  const replica = replicaOf(headAt(3));
  expect(replica.head).toBeUndefined();
  replica.applySnapshot(contents(headAt(3), entriesTo(2)), headAt(3));
  expect(replica.head).toBeUndefined();
  replica.applySnapshot(contents(headAt(3), entriesTo(3, 3)), headAt(3));
  expect(replica.head).toEqual(headAt(3));
  expect(replica.history.latest?.message).toBe('message 3');
});

test('what is told again, or late, changes nothing, and is told to nobody', () => {
  const replica = replicaOf(NOTHING);
  const heard: number[] = [];
  replica.listen({ onEntry: ({ number }) => heard.push(number), onUpdate() {} });
  replica.applyUpdate({ entries: entriesTo(2), head: headAt(2) });
  replica.applyUpdate({ entries: entriesTo(1), head: headAt(1) });
  replica.applySnapshot(contents(headAt(1), entriesTo(1)), NOTHING);
  expect(heard).toEqual([1, 2]);
  expect(replica.head).toEqual(headAt(2));
});

test('a read that began before the first message was stored, and is answered after, is only late', () => {
  const replica = replicaOf(NOTHING);
  replica.applyUpdate({ entries: entriesTo(1), head: headAt(1) });
  replica.applySnapshot(contents(NOTHING), NOTHING);
  expect(replica.head).toEqual(headAt(1));
});

test('what was dropped while nobody looked is left out', () => {
  const replica = replicaOf(headAt(1));
  replica.applySnapshot(contents(headAt(1), entriesTo(1)), headAt(1));
  replica.applySnapshot(contents(headAt(9), entriesTo(9, 7)), headAt(1));
  expect([replica.history.first, replica.history.last]).toEqual([7, 9]);
});

test('a watch has to leave out nothing', () => {
  const replica = replicaOf(NOTHING);
  const late = { entries: entriesTo(3, 3), head: headAt(3) };
  expect(() => replica.applyUpdate(late)).toThrow(/left out message 1/);
  expect(replica.history.last).toBe(0);
});

const LESS: [rule: string, head: EtcdHead][] = [
  ['a head that is gone', NOTHING],
  ['an earlier head', headAt(1)],
  ['a head that was made anew', { ...headAt(9), created: 105 }],
  ['a head without its entries', headAt(9)],
];

test.each(LESS)('%s is not believed, nor is anything that comes after it', (_rule, head) => {
  const replica = replicaOf(headAt(2));
  replica.applySnapshot(contents(headAt(2), entriesTo(2)), headAt(2));
  expect(() => replica.applySnapshot(contents(head), headAt(2))).toThrow(/restored, or emptied/);
  const further = { entries: entriesTo(3, 3), head: headAt(3) };
  expect(() => replica.applyUpdate(further)).toThrow(/restored, or emptied/);
  expect(replica.history.latest?.message).toBe('message 2');
});

test('that the head is gone is believed of a watch, and then nothing more is', () => {
  const replica = replicaOf(headAt(1));
  replica.applySnapshot(contents(headAt(1), entriesTo(1)), headAt(1));
  expect(() => replica.applyUpdate({ entries: [], head: NOTHING })).toThrow(/restored, or emptied/);
});
