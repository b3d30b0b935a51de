// A store that survives whatever ends the process, or the machine: `--store lmdb:DIR`.
//
// Messages are numbered; a record each, in one LMDB database. Those that arrive while a commit is
// under way are written by the next one together, and so share its syncs: pages, fdatasync, then the
// meta page through O_DSYNC; only then is anybody answered. Everything kept is in memory, too:
// reading never touches the disk.

import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { tryLock } from 'fs-native-extensions';
import { open, type RootDatabase } from 'lmdb';
import { History, type HistoryEntry } from './history.ts';
import { lmdbFileFault } from './lmdbFile.ts';
import { decodeRecord, encodeRecord } from './lmdbRecord.ts';
import type { MessageStore, StoreOptions } from './store.ts';
import { UnusableStoreError } from './unusableStore.ts';

/** LMDB's own name for its file in a folder. */
const DATA_FILE = 'data.mdb';
const LOCK_FILE = 'server.lock';

/** The most messages one commit writes; the others go with the next. */
const MAX_COMMIT = 256;

type Database = RootDatabase<Buffer, number>;

/** Consecutive records, and the number of the first. */
interface Records {
  first: number;
  entries: HistoryEntry[];
}

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
  const lock = lockFolder(folder);
  try {
    const records = await readRecords(folder);
    const database = openDatabase(folder);
    syncFolder(folder);
    return new LmdbStore({ folder, lock, database, records, options });
  } catch (error) {
    closeSync(lock);
    throw error;
  }
}

class LmdbStore implements MessageStore {
  readonly history: History;
  readonly #initialMessage: string;
  readonly #historyLimit: number;
  readonly #folder: string;
  readonly #lock: number;
  /** Closed after a commit has failed, until the next one opens it again. */
  #database: Database | undefined;
  #firstInFile: number;
  /** Numbers in the file beyond our last. */
  #leftovers: number[] = [];
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined;
  #listener = () => {};

  constructor(opened: {
    folder: string;
    lock: number;
    database: Database;
    records: Records;
    options: StoreOptions;
  }) {
    const { records, options } = opened;
    this.history = new History(options.historyLimit, records.first);
    for (const entry of records.entries) this.history.add(entry);
    this.#firstInFile = records.first;
    this.#initialMessage = options.initialMessage;
    this.#historyLimit = options.historyLimit;
    this.#folder = opened.folder;
    this.#lock = opened.lock;
    this.#database = opened.database;
  }

  get message(): string {
    return this.history.latest?.message ?? this.#initialMessage;
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
    await this.#committing;
    await this.#closeDatabase();
    closeSync(this.#lock);
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
      // LMDB takes nothing more once a sync has failed: the next commit begins with a fresh start.
      await this.#closeDatabase();
      const reason = await reasonOf(error);
      for (const { reject } of batch) reject(reason);
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
    const { last } = this.history;
    const database = this.#openedDatabase();
    const first = Math.max(this.#firstInFile, last + entries.length - this.#historyLimit + 1);
    await database.batch(() => {
      for (const number of this.#leftovers) void database.remove(number);
      for (const [index, entry] of entries.entries()) {
        const number = last + 1 + index;
        void database.put(number, encodeRecord(number, entry));
      }
      for (let number = this.#firstInFile; number < first; number++) void database.remove(number);
    });
    this.#firstInFile = first;
    this.#leftovers = [];
  }

  #openedDatabase(): Database {
    if (this.#database === undefined) {
      this.#database = openDatabase(this.#folder);
      // A commit that failed may have reached the disk all the same; nobody was told that it had.
      this.#leftovers = [...this.#database.getKeys({ start: this.history.last + 1 })];
    }
    return this.#database;
  }

  async #closeDatabase(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    await database?.close().catch(() => {});
  }
}

/** Makes sure that nobody else serves this folder. */
function lockFolder(folder: string): number {
  let lock: number;
  try {
    mkdirSync(folder, { recursive: true });
    lock = openSync(join(folder, LOCK_FILE), 'a');
  } catch (error) {
    throw new UnusableStoreError(`cannot use ${folder}: ${reasonIn(error)}; check --store`, {
      cause: error,
    });
  }
  if (tryLock(lock)) return lock;
  closeSync(lock);
  throw new UnusableStoreError(
    `${folder} is in use by another server; stop that one, or choose another folder with --store`,
  );
}

function openDatabase(folder: string, options: { readOnly?: boolean } = {}): Database {
  try {
    return open<Buffer, number>({
      path: folder,
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'uint32',
      // A commit is not done before its sync is.
      overlappingSync: false,
      // What else is in our memory has no business in a file.
      noMemInit: false,
      ...options,
    });
  } catch (error) {
    throw new UnusableStoreError(
      `cannot open ${join(folder, DATA_FILE)}: ${reasonIn(error)}; check --store`,
      { cause: error },
    );
  }
}

/** Every record in the file, read without changing it: it may not be ours. */
async function readRecords(folder: string): Promise<Records> {
  const file = join(folder, DATA_FILE);
  if (!existsSync(file) || statSync(file).size === 0) return { first: 1, entries: [] };
  const fault = await lmdbFileFault(file);
  if (fault !== undefined) throw damaged(file, fault);

  const database = openDatabase(folder, { readOnly: true });
  try {
    const records = decodeAll(database);
    if (records !== undefined) return records;
  } finally {
    await database.close();
  }
  throw damaged(file, 'it holds something else than messages');
}

/** @returns `undefined` where one is not what was written, or missing. */
function decodeAll(database: Database): Records | undefined {
  let first: number | undefined;
  const entries: HistoryEntry[] = [];
  for (const { key, value } of database.getRange()) {
    first ??= key;
    const entry = decodeRecord(key, value);
    if (entry === undefined || key !== first + entries.length) return undefined;
    entries.push(entry);
  }
  return { first: first ?? 1, entries };
}

/** A file is not safe before the folder that names it is (fsync(2)); LMDB leaves that to us. */
function syncFolder(folder: string): void {
  // Windows has no such thing.
  if (platform() === 'win32') return;
  for (const path of [folder, dirname(resolve(folder))]) {
    const descriptor = openSync(path, 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
  }
}

function damaged(file: string, fault: string): UnusableStoreError {
  return new UnusableStoreError(
    `${file} is damaged or not ours: ${fault}; put a copy back, or move it away to begin anew`,
  );
}

function reasonIn(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** lmdb rejects with the bare fact; why it failed is in a promise beside it. */
function reasonOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && 'commitError' in error)) return Promise.resolve(error);
  const reason = Promise.resolve(error.commitError).then(
    () => error,
    (why: unknown) => why,
  );
  return Promise.race([reason, setImmediate(error)]);
}
