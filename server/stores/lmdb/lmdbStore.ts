// A store that survives whatever ends the process, or the machine: `--store lmdb:DIR`.
//
// Messages are numbered; a record each, in one LMDB database. Those that arrive while a commit is
// under way are written by the next one together, and so share its syncs; only then is anybody
// answered. Everything kept is in memory, too: reading never touches the disk.
//
// The database is held by a process of its own (lmdbWriterProcess.ts). LMDB maps its file and runs native
// code: a disk that fails, or hangs, may take that process with it, but never the readers. One that
// fails to commit, or ends, is replaced at once (lmdbSupervisor.ts).

import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { History, type HistoryEntry } from '../history.ts';
import { ALWAYS_FRESH, type MessageStore, type StoreOptions } from '../store.ts';
import { folderOpenError, StoreOpenError } from '../storeOpenError.ts';
import { lockFolder } from './folderLock.ts';
import type { NumberedEntries } from './lmdbIpc.ts';
import { entryIn, isSameEntry, LmdbSupervisor } from './lmdbSupervisor.ts';
import { LmdbWriter } from './lmdbWriter.ts';
import { DATA_FILE } from './storeFileNames.ts';

/** The most messages one commit writes; the others go with the next. */
const MAX_BATCH = 256;

/** A disk that hangs must not hold up the end of the server for longer. */
const CLOSE_DEADLINE_MS = 3000;

interface PendingLmdbWrite {
  entry: HistoryEntry;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

/**
 * Opens the store in a folder, which is made where there is none.
 *
 * @throws StoreOpenError where the folder cannot be used, another server uses it, or its file
 *   is damaged or not ours; the file is then as it was.
 */
export async function openLmdbStore(folder: string, options: StoreOptions): Promise<MessageStore> {
  const lock = await lockFolder(folder);
  try {
    const writer = new LmdbWriter(folder, lock);
    const { fileId, ...contents } = await writer.opened;
    const start = () => new LmdbWriter(folder, lock, fileId);
    const file = openDataFile(folder, writer);
    return new LmdbStore({ descriptors: [file, lock], start, writer, contents }, options);
  } catch (error) {
    closeSync(lock);
    // Where there is no room for another process, it is Node that says so.
    throw error instanceof StoreOpenError ? error : folderOpenError(folder, error);
  }
}

/**
 * While it is open, the system gives its number to no other file (`fileId`), and a deleted file is
 * not taken for one that came after it.
 */
function openDataFile(folder: string, writer: LmdbWriter): number {
  try {
    return openSync(join(folder, DATA_FILE), 'r');
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

interface Opened {
  /** To be closed in this order. */
  descriptors: readonly number[];
  start: () => LmdbWriter;
  writer: LmdbWriter;
  contents: NumberedEntries;
}

class LmdbStore implements MessageStore {
  readonly history: History;
  readonly freshness = ALWAYS_FRESH;
  readonly #descriptors: readonly number[];
  readonly #supervisor: LmdbSupervisor;
  readonly #options: StoreOptions;
  #pending: PendingLmdbWrite[] = [];
  #flushing: Promise<void> | undefined;
  #listener = () => {};

  constructor({ descriptors, start, writer, contents }: Opened, options: StoreOptions) {
    this.#descriptors = descriptors;
    this.#options = options;
    this.history = new History(options.historyLimit, contents.first);
    for (const entry of contents.entries) this.history.add(entry);
    this.#supervisor = new LmdbSupervisor({
      writer,
      start,
      verify: (found) => this.#verify(found),
    });
  }

  get message(): string {
    return this.history.latest?.message ?? this.#options.initialMessage;
  }

  store(message: string, storedAtMs = Date.now()): Promise<void> {
    const entry = { message, storedAtMs };
    return new Promise((resolve, reject) => {
      this.#pending.push({ entry, resolve, reject });
      this.#flushing ??= this.#commitAll();
    });
  }

  onUpdate(listener: () => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    this.#supervisor.stop();
    await Promise.race([this.#finish(), setTimeout(CLOSE_DEADLINE_MS, undefined, { ref: false })]);
    this.#supervisor.abandon();
    for (const descriptor of this.#descriptors) closeSync(descriptor);
  }

  async #finish(): Promise<void> {
    await this.#flushing;
    await this.#supervisor.close();
  }

  async #commitAll(): Promise<void> {
    // What comes in with the same turn of the event loop goes out with the same commit.
    await setImmediate();
    while (this.#pending.length > 0) await this.#commit(this.#pending.splice(0, MAX_BATCH));
    this.#flushing = undefined;
  }

  async #commit(batch: PendingLmdbWrite[]): Promise<void> {
    try {
      await this.#write(batch.map(({ entry }) => entry));
    } catch (error) {
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
    await this.#supervisor.commit({ first, entries, oldest });
  }

  /** @throws If a file is not the one that was written. */
  #verify(contents: NumberedEntries): void {
    const { last, latest } = this.history;
    if (latest === undefined || isSameEntry(entryIn(contents, last), latest)) return;
    throw new Error('the file is not the one that was written: somebody has changed it');
  }
}
