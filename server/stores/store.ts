// The interface between the server and the store that keeps the message.

import type { History } from './history.ts';
import type { HistoryRecord } from './record.ts';

/** The events of a store, other than the results of calls. All but the first are of shared ones. */
export type StoreEvent =
  /** The messages that an earlier version stored in LMDB were copied to a file of the same folder. */
  | { event: 'storeConverted'; count: number; from: string }
  /** The store cannot be reached at the start; the server retries until a timeout. */
  | { event: 'waitingForStore'; reason: string }
  /** The store cannot be reached: reads return the last known message, and stores fail. */
  | { event: 'storeUnavailable'; reason: string }
  | { event: 'storeRecovered'; afterMs: number }
  /** A message was stored through another server. */
  | { event: 'updatedRemotely'; message: string }
  /** A message was planned through another server. */
  | { event: 'plannedRemotely'; number: number; window: string; message: string }
  /** An entry was canceled through another server. */
  | { event: 'canceledRemotely'; number: number }
  /** A message was stored, although its `store` had failed for lack of an answer. */
  | { event: 'storeConfirmedLate'; message: string }
  /** A `store` had failed for lack of an answer, and the store was closed before there was one. */
  | { event: 'storeOutcomeUnknown'; message: string };

export type StoreLog = (event: StoreEvent) => void;

/** How up to date reads are, relative to what other servers have stored. */
export interface Freshness {
  /** Every message stored longer ago than this is known, in milliseconds. */
  ageMs: number;
  /** Why the store cannot be reached; `undefined` if it can. */
  outage: string | undefined;
}

/** For a store that is not shared. */
export const ALWAYS_FRESH: Freshness = { ageMs: 0, outage: undefined };

export interface StoreOptions {
  /** How many records the history keeps, at least 1. Those that may still be in force are extra. */
  historyLimit: number;
  /** Called with every event of the store. */
  log?: StoreLog | undefined;
  /** Called while a file is read. */
  onRead?: OnRead | undefined;
}

/** Reading a large file takes seconds, in which nothing else runs. */
export type OnRead = (bytes: number, totalBytes: number) => void;

/** The number of no record. */
export const CONFLICT = 0;

/** The store as a server uses it. */
export interface ServedStore {
  /** What is stored so far. Kept in memory: reads never fail. */
  readonly history: History;
  /**
   * Stores a record durably, after all others.
   *
   * @param record Its message is one line of plain text (PROTOCOL.md, "Plain text"), at most
   *   `MAX_LINE_BYTES`.
   * @param after Store it only directly after the record with this number; by default, after any.
   * @returns Resolves with its number when it is durable; acknowledge it only then. With `CONFLICT` if
   *   another record came after `after`, and nothing was stored.
   * @throws Error if it could not be stored.
   */
  append(record: HistoryRecord, after?: number): Promise<number>;
  /** Adds a listener that is called after the history has grown, through any server. */
  onUpdate(listener: () => void): void;
}

export interface MessageStore extends ServedStore {
  readonly freshness: Freshness;
  /** Waits until every `append` has settled, then releases all resources. May be called repeatedly. */
  close(): Promise<void>;
}
