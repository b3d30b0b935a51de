// Where the message lives. The server knows this interface and nothing of what is behind it.

import type { History } from './history.ts';

/** What happens to a store that others use, too, without anybody here having asked. */
export type StoreEvent =
  /** It cannot be reached, and the server does not start before it can, or has waited enough. */
  | { event: 'waitingForStore'; reason: string }
  /** It cannot be reached: reading goes on with what is known, and nothing can be stored. */
  | { event: 'storeUnavailable'; reason: string }
  | { event: 'storeRecovered'; afterMs: number }
  /** Somebody stored through another server. */
  | { event: 'updatedRemotely'; message: string }
  /** `store` has failed for want of an answer; now there is one. */
  | { event: 'storeConfirmedLate'; message: string }
  /** The same, and now the store is closed: nobody will find out. */
  | { event: 'storeOutcomeUnknown'; message: string };

export type StoreLog = (event: StoreEvent) => void;

/** How well what is read agrees with what others have stored. */
export interface Freshness {
  /** Everything stored before that is known: in milliseconds from now. */
  ageMs: number;
  /** Why the store cannot be reached, in words; `undefined` where it can. */
  outage: string | undefined;
}

/** A store that nobody shares. */
export const ALWAYS_FRESH: Freshness = { ageMs: 0, outage: undefined };

export interface StoreOptions {
  /** The message in force until one is stored. */
  initialMessage: string;
  /** How many messages the history keeps, at least 1. */
  historyLimit: number;
  /** Takes what happens to the store. */
  log?: StoreLog | undefined;
}

export interface MessageStore {
  /** The message in force: one line of plain text. Reading never waits and never fails. */
  readonly message: string;
  /**
   * The messages stored so far, the one in force last; kept in memory, so it reads like `message`.
   */
  readonly history: History;
  readonly freshness: Freshness;
  /**
   * Makes a message the one in force, for good.
   *
   * @param message One line of plain text (PROTOCOL.md, "Plain text"), at most `MAX_LINE_BYTES`.
   * @param storedAtMs When it was stored, where that is not now: for a copy of another store.
   * @returns Once the message is as durable as this store makes it; only then may anybody be told.
   * @throws Where it could not be stored: the old message stands.
   */
  store(message: string, storedAtMs?: number): Promise<void>;
  /**
   * Calls back whenever the history has grown, whoever stored. One listener; a new one replaces it.
   */
  onUpdate(listener: () => void): void;
  /** Releases what the store holds, once every `store` has settled. */
  close(): Promise<void>;
}
