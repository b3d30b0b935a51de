// A store that survives whatever ends the process, or the machine: `--store lmdb:DIR`.
//
// Messages are numbered; a record each, in one LMDB database. Those that arrive while a commit is
// under way are written by the next one together, and so share its syncs; only then is anybody
// answered. Everything kept is in memory, too: reading never touches the disk.
//
// The database is held by a process of its own (lmdbProcess.ts). LMDB maps its file and runs native
// code: a disk that fails, or hangs, may take that process with it, but never the readers. One that
// has failed to commit is ended, and the next store starts another.

import { setImmediate } from 'node:timers/promises';
import { History, type HistoryEntry } from './history.ts';
import { type Contents, type LmdbWriter, startWriter } from './lmdbWriter.ts';
import type { MessageStore, StoreOptions } from './store.ts';

/** The most messages one commit writes; the others go with the next. */
const MAX_COMMIT = 256;

/** A disk that hangs must not hold up the end of the server for longer. */
const CLOSE_DEADLINE_MS = 5000;

interface Waiting {
  entry: HistoryEntry;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

/**
 * Opens the store in a folder, which is made where there is none.
 *
 * @throws UnusableStoreError where the folder cannot be used, another server uses it, or its file is
 *   damaged or not ours; the file is then as it was.
 */
export async function openLmdbStore(folder: string, options: StoreOptions): Promise<MessageStore> {
  const { writer, contents } = await startWriter(folder);
  return new LmdbStore(folder, writer, contents, options);
}

class LmdbStore implements MessageStore {
  readonly history: History;
  readonly #folder: string;
  readonly #options: StoreOptions;
  /** There is none after a commit has failed, until the next one. */
  #writer: LmdbWriter | undefined;
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined;
  #listener = () => {};

  constructor(folder: string, writer: LmdbWriter, contents: Contents, options: StoreOptions) {
    this.#folder = folder;
    this.#writer = writer;
    this.#options = options;
    this.history = new History(options.historyLimit, contents.first);
    for (const entry of contents.entries) this.history.add(entry);
  }

  get message(): string {
    return this.history.latest?.message ?? this.#options.initialMessage;
  }

  store(message: string): Promise<void> {
    const entry = { message, storedAtMs: Date.now() };
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      this.#committing ??= this.#commitAll();
    });
  }

  onUpdate(listener: () => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    const deadline = setTimeout(() => this.#writer?.kill(), CLOSE_DEADLINE_MS);
    await this.#committing;
    await this.#writer?.close();
    clearTimeout(deadline);
  }

  async #commitAll(): Promise<void> {
    // What comes in with the same turn of the event loop goes out with the same commit.
    await setImmediate();
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, MAX_COMMIT));
    this.#committing = undefined;
  }

  async #commit(batch: Waiting[]): Promise<void> {
    const entries = batch.map(({ entry }) => entry);
    try {
      await this.#write(entries);
    } catch (error) {
      await this.#writer?.kill();
      this.#writer = undefined;
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const { entry, resolve } of batch) {
      this.history.add(entry);
      resolve();
    }
    this.#listener();
  }

  /** Writes entries behind those there are, and drops those beyond the limit, in one transaction. */
  async #write(entries: HistoryEntry[]): Promise<void> {
    const first = this.history.last + 1;
    const oldest = Math.max(first + entries.length - this.#options.historyLimit, 1);
    this.#writer ??= (await startWriter(this.#folder)).writer;
    const outcome = await this.#writer.commit({ first, entries, oldest });
    if (outcome.is === 'committed') return;
    if (outcome.is === 'failed') throw new Error(outcome.why);
    await this.#settle(first + entries.length - 1, outcome.how);
  }

  /** The writer ended without an answer: what is on the disk says whether the commit was made. */
  async #settle(last: number, how: string): Promise<void> {
    const { writer, contents } = await startWriter(this.#folder);
    this.#writer = writer;
    const isMade = contents.first + contents.entries.length - 1 === last;
    if (!isMade) throw new Error(`the process that writes ended unexpectedly (${how})`);
  }
}
