// Where the message lives. The server knows this interface and nothing of what is behind it.

import type { History } from './history.ts';

export interface StoreOptions {
  /** The message in force until one is stored. */
  initialMessage: string;
  /** How many messages the history keeps, at least 1. */
  historyLimit: number;
}

export interface MessageStore {
  /** The message in force: one line of plain text. Reading never waits and never fails. */
  readonly message: string;
  /**
   * The messages stored so far, the one in force last; kept in memory, so it reads like `message`.
   */
  readonly history: History;
  /**
   * Makes a message the one in force, for good.
   *
   * @param message One line of plain text (PROTOCOL.md, "Plain text"), at most `MAX_LINE_BYTES`.
   * @returns Once the message is as durable as this store makes it; only then may anybody be told.
   * @throws Where it could not be stored: the old message stands.
   */
  store(message: string): Promise<void>;
  /**
   * Calls back whenever the history has grown, whoever stored. One listener; a new one replaces it.
   */
  onUpdate(listener: () => void): void;
  /** Releases what the store holds, once every `store` has settled. */
  close(): Promise<void>;
}
