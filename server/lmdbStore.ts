// A store that survives whatever ends the process, or the machine: `--store lmdb:DIR`.
//
// Messages are numbered; a record each, in one LMDB database. Those that arrive while a commit is
// under way are written by the next one together, and so share its syncs; only then is anybody
// answered. Everything kept is in memory, too: reading never touches the disk.
//
// The database is held by a process of its own (lmdbProcess.ts). LMDB maps its file and runs native
// code: a disk that fails, or hangs, may take that process with it, but never the readers.
//
//   opening --opened--> open --a commit fails--> ended, until the next store --> opening
//   opening, open --it dies while idle--> ended, for a moment --> opening
//   open --it dies in a commit--> opening; the file shows whether the commit was made, or it is made now

import { closeSync } from 'node:fs';
import { setTimeout as setTimer } from 'node:timers';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { lockFolder } from './folderLock.ts';
import { History, type HistoryEntry } from './history.ts';
import type { Contents } from './lmdbReport.ts';
import { LmdbWriter } from './lmdbWriter.ts';
import { ALWAYS_FRESH, type MessageStore, type StoreOptions } from './store.ts';
import { UnusableStoreError, unusable } from './unusableStore.ts';

/** The most messages one commit writes; the others go with the next. */
const MAX_COMMIT = 256;

/** After each death while idle, the next process waits twice as long; one that lived long, not at all. */
const FIRST_REPLACEMENT_MS = 100;
const LAST_REPLACEMENT_MS = 30_000;
const LONG_LIFE_MS = 60_000;

/** A commit is made by another process, if the one it was given to has died. */
const MAX_TRIES = 2;

/** A disk that hangs must not hold up the end of the server for longer. */
const CLOSE_DEADLINE_MS = 3000;

type Writer =
  | { is: 'opening'; process: LmdbWriter; opened: Promise<Contents> }
  | { is: 'open'; process: LmdbWriter }
  | { is: 'ended' };

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
  #writer: Writer = { is: 'ended' };
  #startedAtMs = performance.now();
  #replacementMs = 0;
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
    this.#options = options;
    this.history = new History(options.historyLimit, contents.first);
    for (const entry of contents.entries) this.history.add(entry);
    this.#open(writer);
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
    if (this.#writer.is !== 'ended') this.#writer.process.abandon();
    closeSync(this.#lock);
  }

  async #finish(): Promise<void> {
    await this.#committing;
    if (this.#writer.is !== 'ended') await this.#writer.process.close();
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
      this.#writer = { is: 'ended' };
      // A failure may have spoilt its memory.
      if (writer.is !== 'ended') await writer.process.kill();
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
    const last = first + entries.length - 1;
    const oldest = Math.max(last - this.#options.historyLimit + 1, 1);
    for (let tries = 1; ; tries++) {
      const writer = await this.#ready();
      const outcome = await writer.commit({ first, entries, oldest });
      if (outcome.is === 'committed') return;
      if (outcome.is === 'failed') throw new Error(outcome.why);

      // It ended without an answer: what is on the disk says whether the commit was made.
      const contents = await this.#replace();
      if (isSame(entryIn(contents, last), entries.at(-1))) return;
      if (tries === MAX_TRIES)
        throw new Error(`the process that writes ended unexpectedly (${outcome.how})`);
    }
  }

  /** The process that writes, once it has opened the file. @throws Error if it cannot. */
  async #ready(): Promise<LmdbWriter> {
    if (this.#writer.is === 'ended') await this.#replace();
    else if (this.#writer.is === 'opening') await this.#writer.opened;
    if (this.#writer.is !== 'open') throw new Error('the server is stopping');
    return this.#writer.process;
  }

  /** Starts another process in the place of one that has ended. @returns What the file holds. */
  async #replace(): Promise<Contents> {
    if (this.#isClosing) throw new Error('the server is stopping');
    const process = this.#startWriter();
    const opened = process.opened.then((contents) => this.#checked(contents));
    this.#startedAtMs = performance.now();
    this.#writer = { is: 'opening', process, opened };
    try {
      const contents = await opened;
      this.#open(process);
      return contents;
    } catch (error) {
      this.#writer = { is: 'ended' };
      await process.kill();
      throw error;
    }
  }

  #open(process: LmdbWriter): void {
    this.#writer = { is: 'open', process };
    void process.ended.then(() => this.#writerOnEnd(process));
  }

  /** Replaces a process that died while nobody needed it: the next store is not to wait, or fail. */
  #writerOnEnd(process: LmdbWriter): void {
    const isInUse = this.#committing !== undefined || this.#isClosing;
    if (isInUse || this.#writer.is !== 'open' || this.#writer.process !== process) return;
    this.#writer = { is: 'ended' };
    this.#replaceLater();
  }

  #replaceLater(): void {
    const lived = performance.now() - this.#startedAtMs;
    const delayMs = lived > LONG_LIFE_MS ? 0 : this.#replacementMs;
    this.#replacementMs = Math.min(
      Math.max(delayMs * 2, FIRST_REPLACEMENT_MS),
      LAST_REPLACEMENT_MS,
    );
    setTimer(() => {
      if (this.#writer.is !== 'ended' || this.#isClosing) return;
      this.#replace().catch(() => this.#replaceLater());
    }, delayMs).unref();
  }

  #checked(contents: Contents): Contents {
    const { last, latest } = this.history;
    if (latest === undefined || isSame(entryIn(contents, last), latest)) return contents;
    throw new Error('the file is not the one that was written: somebody has changed it');
  }
}

function entryIn({ first, entries }: Contents, number: number): HistoryEntry | undefined {
  return entries[number - first];
}

function isSame(one: HistoryEntry | undefined, other: HistoryEntry | undefined): boolean {
  return one?.message === other?.message && one?.storedAtMs === other?.storedAtMs;
}
