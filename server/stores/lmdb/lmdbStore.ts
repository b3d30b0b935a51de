// The store that survives the end of the process and of the machine: `--store lmdb:DIR`.
//
// Goals
//
// A message is acknowledged only after it is synced to disk. A crash at any moment loses no
// acknowledged message. A damaged file is reported at the start, never served and never changed.
// Reading never touches the disk, and no fault of the disk can stop the readers.
//
// Operations
//
// open       Lock the folder (folderLock), so that one server uses it. Reject links, and folders of
//            other users (privateFiles). Check the whole data file before LMDB opens it
//            (lmdbFileCheck), because LMDB trusts its file. Read all entries into memory.
// store      Commit, then acknowledge. Messages that arrive during a commit wait for the next one,
//            and share its syncs.
// read-only  `motd copy-store` reads a folder without locking or changing anything (lmdbReadOnly).
//
// Design
//
//   store ─▶ LmdbStore ─▶ LmdbSupervisor ─▶ LmdbWriter ─IPC─▶ lmdbWriterProcess ─▶ data.mdb
//
// A child process, the writer process, holds the database. LMDB maps its file and runs native code,
// so a disk that fails or hangs can take down that process, but not the server.
//
// One transaction writes the new entries, one record for each, and deletes those over the history
// limit. LMDB writes the pages, syncs, and then writes one of its two meta pages.
//
//   lmdbSupervisor  replaces the process   lmdbWriter          starts it, sends commits
//   lmdbIpc         the IPC messages       lmdbWriterProcess   its main module
//   lmdbDatabase    opens, creates         lmdbMetaPageBackup  undoes a failed commit
//   lmdbEntries     decodes all records    lmdbRecord          encodes and decodes one record
//   lmdbFileCheck   checks a data file     lmdbTree            checks its trees
//   lmdbFormat      its layout             lmdbSnapshot        reads it without a lock
//   lmdbReadOnly    for `copy-store`       folderLock          one server per folder
//   privateFiles    owners and modes       storeFileNames      names in the folder
//
// Failures
//
// a commit fails        The peers get 503. The writer process restores the meta pages and is
//                       replaced, because LMDB's memory may be inconsistent.
// the process ends      It is replaced immediately. The file shows whether its commit was made; if
//                       not, the commit is retried once.
// the file is replaced  The peers get 503. A new writer process opens only the file that the first
//                       one opened, and only if it holds the last acknowledged message.
// the server is killed  The writer process holds the lock too, so no other server starts before the
//                       last commit is finished.

import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { History, type HistoryEntry } from '../history.ts';
import { ALWAYS_FRESH, type MessageStore, type StoreOptions } from '../store.ts';
import { folderOpenError, StoreOpenError } from '../storeOpenError.ts';
import { lockFolder } from './folderLock.ts';
import type { NumberedEntries } from './lmdbIpc.ts';
import { entryAt, isSameEntry, LmdbSupervisor } from './lmdbSupervisor.ts';
import { LmdbWriter } from './lmdbWriter.ts';
import { DATA_FILE } from './storeFileNames.ts';

/** The most messages in one commit. */
const MAX_BATCH = 256;

/** A disk that hangs must not delay the server's exit for longer. */
const CLOSE_TIMEOUT_MS = 3000;

interface PendingLmdbWrite {
  entry: HistoryEntry;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

/**
 * Opens the store in a folder, and creates it if there is none.
 *
 * @throws StoreOpenError if the folder cannot be used, another server uses it, or its data file is
 *   damaged or another program's. The file is then unchanged.
 */
export async function openLmdbStore(folder: string, options: StoreOptions): Promise<MessageStore> {
  const lock = await lockFolder(folder);
  try {
    const writer = new LmdbWriter(folder, lock);
    const { fileId, ...stored } = await writer.opened;
    const start = () => new LmdbWriter(folder, lock, fileId);
    const file = openDataFile(folder, writer);
    return new LmdbStore({ descriptors: [file, lock], start, writer, stored }, options);
  } catch (error) {
    closeSync(lock);
    // If the system cannot start another process, the error is Node's.
    throw error instanceof StoreOpenError ? error : folderOpenError(folder, error);
  }
}

/**
 * While the file is open, the system does not reuse its inode. So a file that was created after a
 * deletion never has the same `fileId`.
 */
function openDataFile(folder: string, writer: LmdbWriter): number {
  try {
    return openSync(join(folder, DATA_FILE), 'r');
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

interface OpenedFolder {
  /** To be closed in this order. */
  descriptors: readonly number[];
  start: () => LmdbWriter;
  writer: LmdbWriter;
  stored: NumberedEntries;
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

  constructor({ descriptors, start, writer, stored }: OpenedFolder, options: StoreOptions) {
    this.#descriptors = descriptors;
    this.#options = options;
    this.history = new History(options.historyLimit, stored.first);
    for (const entry of stored.entries) this.history.add(entry);
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
    await Promise.race([this.#finish(), setTimeout(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    this.#supervisor.abandon();
    for (const descriptor of this.#descriptors) closeSync(descriptor);
  }

  async #finish(): Promise<void> {
    await this.#flushing;
    await this.#supervisor.close();
  }

  async #commitAll(): Promise<void> {
    // Let everything that arrives in this turn of the event loop share the first commit.
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

  /** Appends entries and deletes those over the limit, in one transaction. */
  async #write(entries: HistoryEntry[]): Promise<void> {
    const first = this.history.last + 1;
    const oldest = Math.max(first + entries.length - this.#options.historyLimit, 1);
    await this.#supervisor.commit({ first, entries, oldest });
  }

  /** @throws If the last acknowledged entry is missing. */
  #verify(found: NumberedEntries): void {
    const { last, latest } = this.history;
    if (latest === undefined || isSameEntry(entryAt(found, last), latest)) return;
    throw new Error(
      `${DATA_FILE} lacks the last stored message: another program changed it; restart the server to use what it holds`,
    );
  }
}
