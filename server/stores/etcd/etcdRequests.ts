// What this program asks of etcd, as requests of etcd's API, and what etcd's responses mean: reads,
// transactions and watches of our keys. No I/O.

import type { HistoryRecord } from '../record.ts';
import type { KeyValue, RequestOp, TxnRequest, TxnResponse, WatchResponse } from './etcdApi.ts';
import {
  decodeHead,
  type EtcdKeys,
  type EtcdRecord,
  encodeHead,
  encodeRecord,
  type NumberRange,
  withWrite,
} from './etcdRecord.ts';

/** The most records in one read: 1 MiB if each has 4 KiB. */
const PAGE_SIZE = 256;

/** The head key: its value, and its revisions in etcd. All 0 if there is none. */
export interface EtcdHead {
  /** The number of the newest record. */
  last: number;
  /** The last write ID of each server (etcdRecord.ts). */
  writes: readonly string[];
  /** The revisions that last changed the key, and that created it. */
  revision: number;
  created: number;
}

/** The state at one revision of etcd. */
export interface EtcdSnapshot {
  revision: number;
  head: EtcdHead;
  /** At most one page, in order; there are more if the last of them is not the head's. */
  records: EtcdRecord[];
}

/** A change that a watch delivered. Records arrive with their head, or before it. */
export interface EtcdUpdate {
  records: EtcdRecord[];
  head: EtcdHead | undefined;
  /** The numbers of records that were deleted. */
  deleted?: number[];
}

export interface EtcdTransaction {
  /** The transaction commits only if the head is still this one. */
  expectedHead: EtcdHead;
  writeId: string;
  /** Appended after the head; if empty, only the head is written, without the write ID. */
  records: readonly HistoryRecord[];
  /** What is deleted. */
  dropped: readonly NumberRange[];
}

export type EtcdCommitResult =
  | { is: 'committed'; head: EtcdHead }
  /**
   * The head has changed. The snapshot holds the records after `expectedHead`; its write IDs show
   * whether this transaction was committed by an earlier attempt.
   */
  | { is: 'conflict'; snapshot: EtcdSnapshot };

/** Reads the head, and a page of the records after a number. */
export function readRequest(keys: EtcdKeys, after: number): TxnRequest {
  return { success: readOps(keys, after) };
}

function readOps(keys: EtcdKeys, after: number): RequestOp[] {
  return [
    { requestRange: { key: keys.head } },
    { requestRange: { ...keys.entriesFrom(after + 1), limit: PAGE_SIZE } },
  ];
}

export function snapshotFrom(keys: EtcdKeys, { header, ranges }: TxnResponse): EtcdSnapshot {
  const [heads, values = []] = ranges;
  return {
    revision: header.revision,
    head: headFrom(heads?.[0]),
    records: values.flatMap(({ key, value }) => keys.decodeRecord(key, value) ?? []),
  };
}

/** Writes the records and the head, deletes old records; on a conflict, reads instead. */
export function commitRequest(keys: EtcdKeys, transaction: EtcdTransaction): TxnRequest {
  const { expectedHead, writeId, records, dropped } = transaction;
  const { last, writes } = headAfter(transaction);
  return {
    compare: [
      { key: keys.head, result: 'EQUAL', target: 'MOD', modRevision: expectedHead.revision },
      { key: keys.head, result: 'EQUAL', target: 'CREATE', createRevision: expectedHead.created },
    ],
    success: [
      ...records.map((record, index) => ({
        requestPut: {
          key: keys.entry(expectedHead.last + 1 + index),
          value: encodeRecord(record, writeId),
        },
      })),
      ...dropped.map((range) => ({ requestDeleteRange: keys.entriesIn(range) })),
      { requestPut: { key: keys.head, value: encodeHead(last, writes) } },
    ],
    failure: readOps(keys, expectedHead.last),
  };
}

export function commitResultFrom(
  keys: EtcdKeys,
  transaction: EtcdTransaction,
  response: TxnResponse,
): EtcdCommitResult {
  if (!response.succeeded) return { is: 'conflict', snapshot: snapshotFrom(keys, response) };
  const { revision } = response.header;
  const created = transaction.expectedHead.created || revision;
  return { is: 'committed', head: { ...headAfter(transaction), revision, created } };
}

/** The value of the head that a transaction writes. */
function headAfter({ expectedHead: { last, writes }, writeId, records }: EtcdTransaction) {
  return {
    last: last + records.length,
    writes: records.length > 0 ? withWrite(writes, writeId) : writes,
  };
}

export function updateFrom(keys: EtcdKeys, { events }: WatchResponse): EtcdUpdate {
  const puts = events.filter(({ isPut }) => isPut).map(({ kv }) => kv);
  const deletions = events.filter(({ isPut }) => !isPut).map(({ kv }) => kv);
  const head = events.findLast(({ kv }) => kv.key.equals(keys.head));
  return {
    records: puts.flatMap(({ key, value }) => keys.decodeRecord(key, value) ?? []),
    head: head && headFrom(head.isPut ? head.kv : undefined),
    deleted: deletions.flatMap(({ key }) => keys.numberIn(key) ?? []),
  };
}

function headFrom(kv: KeyValue | undefined): EtcdHead {
  if (kv === undefined) return { last: 0, writes: [], revision: 0, created: 0 };
  return { ...decodeHead(kv.value), revision: kv.modRevision, created: kv.createRevision };
}
