// What this program asks of etcd, as requests of etcd's API, and what etcd's responses mean: reads,
// transactions and watches of our keys. No I/O.

import type { HistoryEntry } from '../history.ts';
import type { KeyValue, RequestOp, TxnRequest, TxnResponse, WatchResponse } from './etcdApi.ts';
import {
  decodeHead,
  type EtcdEntry,
  type EtcdKeys,
  encodeEntry,
  encodeHead,
  withWrite,
} from './etcdRecord.ts';

/** The most entries in one read: 1 MiB if each has 4 KiB. */
const PAGE_SIZE = 256;

/** The head key: its value, and its revisions in etcd. All 0 if there is none. */
export interface EtcdHead {
  /** The number of the newest entry. */
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
  entries: EtcdEntry[];
}

/** A change that a watch delivered. Entries arrive with their head, or before it. */
export interface EtcdUpdate {
  entries: EtcdEntry[];
  head: EtcdHead | undefined;
}

export interface EtcdTransaction {
  /** The transaction commits only if the head is still this one. */
  expectedHead: EtcdHead;
  writeId: string;
  /** Appended after the head; if empty, only the head is written, without the write ID. */
  entries: readonly HistoryEntry[];
  /** Entries with a lower number are deleted. */
  oldest: number;
}

export type EtcdCommitResult =
  | { is: 'committed'; head: EtcdHead }
  /**
   * The head has changed. The snapshot holds the entries after `expectedHead`; its write IDs show
   * whether this transaction was committed by an earlier attempt.
   */
  | { is: 'conflict'; snapshot: EtcdSnapshot };

/** Reads the head, and a page of the entries after a number. */
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
  const [heads, entries = []] = ranges;
  return {
    revision: header.revision,
    head: headFrom(heads?.[0]),
    entries: entries.flatMap(({ key, value }) => keys.decodeEntry(key, value) ?? []),
  };
}

/** Writes the entries and the head, deletes old entries; on a conflict, reads instead. */
export function commitRequest(keys: EtcdKeys, transaction: EtcdTransaction): TxnRequest {
  const { expectedHead, writeId, entries, oldest } = transaction;
  const { last, writes } = headAfter(transaction);
  const deletesOld = oldest > 1 && entries.length > 0;
  return {
    compare: [
      { key: keys.head, result: 'EQUAL', target: 'MOD', modRevision: expectedHead.revision },
      { key: keys.head, result: 'EQUAL', target: 'CREATE', createRevision: expectedHead.created },
    ],
    success: [
      ...entries.map((entry, index) => ({
        requestPut: {
          key: keys.entry(expectedHead.last + 1 + index),
          value: encodeEntry(entry, writeId),
        },
      })),
      ...(deletesOld ? [{ requestDeleteRange: keys.entriesBelow(oldest) }] : []),
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
function headAfter({ expectedHead: { last, writes }, writeId, entries }: EtcdTransaction) {
  return {
    last: last + entries.length,
    writes: entries.length > 0 ? withWrite(writes, writeId) : writes,
  };
}

export function updateFrom(keys: EtcdKeys, { events }: WatchResponse): EtcdUpdate {
  const update: EtcdUpdate = { entries: [], head: undefined };
  for (const { isPut, kv } of events) {
    const isHead = kv.key.equals(keys.head);
    if (isHead) update.head = headFrom(isPut ? kv : undefined);
    const entry = isPut && !isHead ? keys.decodeEntry(kv.key, kv.value) : undefined;
    if (entry !== undefined) update.entries.push(entry);
  }
  return update;
}

function headFrom(kv: KeyValue | undefined): EtcdHead {
  if (kv === undefined) return { last: 0, writes: [], revision: 0, created: 0 };
  return { ...decodeHead(kv.value), revision: kv.modRevision, created: kv.createRevision };
}
