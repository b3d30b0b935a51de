// Where the message lives. The server knows this interface and nothing of what is behind it.

export interface MessageStore {
  /** The message in force: one line of plain text. Reading never waits and never fails. */
  readonly message: string;

  /**
   * Makes a message the one in force, for good.
   *
   * @param message One line of plain text (PROTOCOL.md, "Plain text"), at most `MAX_LINE_BYTES`.
   * @returns Once the message is as durable as this store makes it; only then may anybody be told.
   * @throws Where it could not be stored: the old message stands.
   */
  store(message: string): Promise<void>;

  /** Releases what the store holds, once every `store` has settled. */
  close(): Promise<void>;
}
