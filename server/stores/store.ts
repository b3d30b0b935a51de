// The interface between the server and the store that keeps the message.

import type { History } from './history.ts';

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
  /** The message in force until one is stored. */
  initialMessage: string;
  /** How many messages the history keeps, at least 1. */
  historyLimit: number;
  /** Called with every event of the store. */
  log?: StoreLog | undefined;
}

/** The messages as a server uses them. */
export interface ServedMessages {
  /** The message in force: one line of plain text. Reads are immediate and never fail. */
  readonly message: string;
  /** The messages stored so far, the one in force last. Kept in memory: reads never fail. */
  readonly history: History;
  /**
   * Stores a message durably, and puts it in force.
   *
   * @param message One line of plain text (PROTOCOL.md, "Plain text"), at most `MAX_LINE_BYTES`.
   * @returns Resolves when the message is durable. Acknowledge it only then.
   * @throws Error if the message could not be stored; the previous one stays in force.
   */
  store(message: string): Promise<void>;
  /** Sets the listener that is called after the history has grown, through any server. */
  onUpdate(listener: () => void): void;
}

export interface MessageStore extends ServedMessages {
  readonly freshness: Freshness;
  /**
   * @param storedAtMs When the message was stored, in milliseconds since 1970 (UTC), if it is copied
   *   from another store; now by default.
   */
  store(message: string, storedAtMs?: number): Promise<void>;
  /** Waits until every `store` has settled, then releases all resources. */
  close(): Promise<void>;
}
