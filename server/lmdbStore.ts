// A store that survives whatever ends the process, or the machine: `--store lmdb:DIR`.
//
// Messages are numbered; a record each, in one LMDB database. Those that arrive while a commit is
// under way are written by the next one together, and so share its syncs; only then is anybody
// answered. Everything kept is in memory, too: reading never touches the disk.
//
// The database is held by a process of its own (lmdbProcess.ts). LMDB maps its file and runs native
// code: a disk that fails, or hangs, may take that process with it, but never the readers. One that
// has failed to commit is ended, and the next store starts another.

import { closeSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { lockFolder } from './folderLock.ts';
import { History, type HistoryEntry } from './history.ts';
import type { Contents } from './lmdbReport.ts';
import { LmdbWriter } from './lmdbWriter.ts';
import { ALWAYS_FRESH, type MessageStore, type StoreOptions } from './store.ts';
import { UnusableStoreError, unusable } from './unusableStore.ts';

/** The most messages one commit writes; the others go with the next. */
const MAX_COMMIT = 256;

/** A disk that hangs must not hold up the end of the server for longer. */
const CLOSE_DEADLINE_MS = 3000;

interface Waiting {
  entry: HistoryEntry;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

/**
 * Opens the store in a folder, which is made where there is none.
 *
 * @throws UnusableStoreError where the folder cannot be used, another server uses it, or its file
 *   is damaged or not ours; the file is then as it was.
 */
export async function openLmdbStore(folder: string, options: StoreOptions): Promise<MessageStore> {
  const lock = await lockFolder(folder);
  try {
    const startWriter = () => new LmdbWriter(folder, lock);
    const writer = startWriter();
    return new LmdbStore(lock, startWriter, writer, await writer.opened, options);
  } catch (error) {
    closeSync(lock);
    // Where there is no room for another process, it is Node that says so.
    throw error instanceof UnusableStoreError ? error : unusable(folder, error);
  }
}

class LmdbStore implements MessageStore {
  readonly history: History;
  readonly freshness = ALWAYS_FRESH;
  readonly #lock: number;
  readonly #startWriter: () => LmdbWriter;
  readonly #options: StoreOptions;
  /** There is none after a commit has failed, until the next one. */
  #writer: LmdbWriter | undefined;
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined;
  #isClosing = false;
  #listener = () => {};

  constructor(
    lock: number,
    startWriter: () => LmdbWriter,
    writer: LmdbWriter,
    contents: Contents,
    options: StoreOptions,
  ) {
    this.#lock = lock;
    this.#startWriter = startWriter;
    this.#writer = writer;
    this.#options = options;
    this.history = new History(options.historyLimit, contents.first);
    for (const entry of contents.entries) this.history.add(entry);
  }

  get message(): string {
    return this.history.latest?.message ?? this.#options.initialMessage;
  }

  store(message: string, storedAtMs = Date.now()): Promise<void> {
    const entry = { message, storedAtMs };
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      this.#committing ??= this.#commitAll();
    });
  }

  onUpdate(listener: () => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.race([this.#finish(), setTimeout(CLOSE_DEADLINE_MS, undefined, { ref: false })]);
    this.#writer?.abandon();
    closeSync(this.#lock);
  }

  async #finish(): Promise<void> {
    await this.#committing;
    await this.#writer?.close();
  }

  async #commitAll(): Promise<void> {
    // What comes in with the same turn of the event loop goes out with the same commit.
    await setImmediate();
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, MAX_COMMIT));
    this.#committing = undefined;
  }

  async #commit(batch: Waiting[]): Promise<void> {
    try {
      await this.#write(batch.map(({ entry }) => entry));
    } catch (error) {
      const writer = this.#writer;
      this.#writer = undefined;
      await writer?.kill();
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const { entry, resolve } of batch) {
      this.history.add(entry);
      resolve();
    }
    this.#listener();
  }

  /**
   * Writes entries behind those there are, and drops those beyond the limit, in one transaction.
   */
  async #write(entries: HistoryEntry[]): Promise<void> {
    const first = this.history.last + 1;
    const oldest = Math.max(first + entries.length - this.#options.historyLimit, 1);
    const writer = this.#writer ?? (await this.#newWriter()).writer;
    const outcome = await writer.commit({ first, entries, oldest });
    if (outcome.is === 'committed') return;
    if (outcome.is === 'failed') throw new Error(outcome.why);

    // It ended without an answer: what is on the disk says whether the commit was made.
    const { contents } = await this.#newWriter();
    const last = first + entries.length - 1;
    if (isSame(entryIn(contents, last), entries.at(-1))) return;
    throw new Error(`the process that writes ended unexpectedly (${outcome.how})`);
  }

  /** Another process in the place of one that is gone. */
  async #newWriter(): Promise<{ writer: LmdbWriter; contents: Contents }> {
    if (this.#isClosing) throw new Error('the server is stopping');
    const writer = this.#startWriter();
    this.#writer = writer;
    const contents = await writer.opened;
    const { last, latest } = this.history;
    if (latest !== undefined && !isSame(entryIn(contents, last), latest)) {
      throw new Error('the file is not the one that was written: somebody has changed it');
    }
    return { writer, contents };
  }
}

function entryIn({ first, entries }: Contents, number: number): HistoryEntry | undefined {
  return entries[number - first];
}

function isSame(one: HistoryEntry | undefined, other: HistoryEntry | undefined): boolean {
  return one?.message === other?.message && one?.storedAtMs === other?.storedAtMs;
}
