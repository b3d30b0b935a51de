import { expect, test } from 'vitest';
import { messageIn } from '../store.harness.ts';
import { EtcdKeys, type EtcdRecord } from './etcdRecord.ts';
import { EtcdReplica } from './etcdReplica.ts';
import { type EtcdHead, updateFrom } from './etcdRequests.ts';

/** A time that is still to come. */
const FAR_MS = Date.UTC(2099, 0);

const NO_HEAD: EtcdHead = { last: 0, writes: [], revision: 0, created: 0 };

/** The head after a number of entries, each stored at its own revision, from 101 on. */
function headAt(last: number): EtcdHead {
  return { last, writes: [], revision: 100 + last, created: 101 };
}

function recordsTo(last: number, first = 1): EtcdRecord[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    number: first + index,
    message: `message ${first + index}`,
    storedAtMs: 0,
    writeId: 'server-1',
  }));
}

function replicaOf(head: EtcdHead, historyLimit = 1000): EtcdReplica {
  return new EtcdReplica({ revision: 200, head, records: [] }, historyLimit);
}

function snapshot(head: EtcdHead, records: EtcdRecord[] = []) {
  return { revision: 200, head, records };
}

test('has no head until every record is read, however many reads that takes', () => {
  const replica = replicaOf(headAt(3));
  expect(replica.head).toBeUndefined();
  replica.applySnapshot(snapshot(headAt(3), recordsTo(2)), headAt(3));
  expect(replica.head).toBeUndefined();
  replica.applySnapshot(snapshot(headAt(3), recordsTo(3, 3)), headAt(3));
  expect(replica.head).toEqual(headAt(3));
  expect(messageIn(replica)).toBe('message 3');
});

test('ignores repeated and late updates, and reports each record once', () => {
  const replica = replicaOf(NO_HEAD);
  const reported: number[] = [];
  replica.listen({ onRecord: ({ number }) => reported.push(number), onUpdate() {} });
  replica.applyUpdate({ records: recordsTo(2), head: headAt(2) });
  replica.applyUpdate({ records: recordsTo(1), head: headAt(1) });
  replica.applySnapshot(snapshot(headAt(1), recordsTo(1)), NO_HEAD);
  expect(reported).toEqual([1, 2]);
  expect(replica.head).toEqual(headAt(2));
});

test('keeps the first entry if an earlier, empty read is answered later', () => {
  const replica = replicaOf(NO_HEAD);
  replica.applyUpdate({ records: recordsTo(1), head: headAt(1) });
  replica.applySnapshot(snapshot(NO_HEAD), NO_HEAD);
  expect(replica.head).toEqual(headAt(1));
});

test('reads all records again if some were dropped during an outage, and forgets what was canceled', async () => {
  const replica = replicaOf(headAt(1), 3);
  const plan = { message: 'plan', storedAtMs: 0, fromMs: FAR_MS, untilMs: FAR_MS + 1 };
  const kept = { ...plan, number: 1, writeId: 'server-1' };
  replica.applySnapshot(snapshot(headAt(1), [kept]), headAt(1));
  const reported: number[] = [];
  replica.listen({ onRecord: ({ number }) => reported.push(number), onUpdate() {} });

  const inEtcd = recordsTo(9, 7);
  replica.applySnapshot(snapshot(headAt(9), inEtcd), headAt(1));
  expect([replica.head, replica.history.last]).toEqual([undefined, 1]);
  const member = {
    read: async (after: number) =>
      snapshot(
        headAt(9),
        inEtcd.filter(({ number }) => number > after),
      ),
  };
  await replica.catchUp(member);
  expect([replica.history.first, replica.history.last]).toEqual([7, 9]);
  expect(replica.history.planned(0)).toEqual([]);
  expect(reported).toEqual([7, 8, 9]);
});

test('forgets the numbers of records that another server deleted', () => {
  const replica = replicaOf(NO_HEAD);
  replica.applyUpdate({ records: recordsTo(5), head: headAt(5) });
  const keys = new EtcdKeys('/motd/');
  const deletion = (key: Buffer) => ({
    isPut: false,
    kv: { key, value: Buffer.of(), createRevision: 0, modRevision: 106 },
  });
  replica.applyUpdate(
    updateFrom(keys, {
      header: { clusterId: '1', revision: 106 },
      canceled: undefined,
      events: [1, 2, 4].map((number) => deletion(keys.entry(number))),
    }),
  );
  expect([...replica.storedBelow(9)]).toEqual([3, 5]);
});

test('rejects a watch update that skips a record', () => {
  const replica = replicaOf(NO_HEAD);
  const late = { records: recordsTo(3, 3), head: headAt(3) };
  expect(() => replica.applyUpdate(late)).toThrow(/skipped record 1/);
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
  replica.applySnapshot(snapshot(headAt(2), recordsTo(2)), headAt(2));
  expect(() => replica.applySnapshot(snapshot(head), headAt(2))).toThrow(/restored or emptied/);
  const further = { records: recordsTo(3, 3), head: headAt(3) };
  expect(() => replica.applyUpdate(further)).toThrow(/restored or emptied/);
  expect(messageIn(replica)).toBe('message 2');
});

test('rejects everything after a watch reports that the head was deleted', () => {
  const replica = replicaOf(headAt(1));
  replica.applySnapshot(snapshot(headAt(1), recordsTo(1)), headAt(1));
  expect(() => replica.applyUpdate({ records: [], head: NO_HEAD })).toThrow(/restored or emptied/);
});
