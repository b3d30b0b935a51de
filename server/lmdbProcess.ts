// The process that holds the database: it alone opens the file, reads it once, and commits what it is
// sent (lmdbStore.ts says why it is a process). It ends with its parent, and by itself at no signal
// meant for the whole group: what it was sent is committed first.

import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { tryLock } from 'fs-native-extensions';
import { open, type RootDatabase } from 'lmdb';
import type { HistoryEntry } from './history.ts';
import { lmdbFileFault } from './lmdbFile.ts';
import { MetaPages } from './lmdbMetaPages.ts';
import { decodeRecord, encodeRecord } from './lmdbRecord.ts';
import type { Commit, Report } from './lmdbWriter.ts';
import { UnusableStoreError } from './unusableStore.ts';

/** LMDB's own name for its file in a folder. */
const DATA_FILE = 'data.mdb';
const LOCK_FILE = 'server.lock';

/** The writer of a server that was killed needs a moment to notice, and to finish its last commit. */
const LOCK_PATIENCE_MS = 2000;
const LOCK_RETRY_MS = 20;

type Database = RootDatabase<Buffer, number>;

const [, , folder = ''] = process.argv;
const file = join(folder, DATA_FILE);

process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit());
await serve().catch((error: unknown) => {
  report({ is: 'unusable', why: reasonIn(error) });
});

async function serve(): Promise<void> {
  await lockFolder();
  if (!existsSync(file)) createDatabase();
  const opened = await readFile();
  const database = openDatabase(folder);
  const metaPages = new MetaPages(file);
  process.on('message', (commit: Commit) => report(tryToWrite(database, metaPages, commit)));
  report(opened);
}

/** A failure may have spoilt this process's memory: nothing is written by it again. */
function tryToWrite(database: Database, metaPages: MetaPages, commit: Commit): Report {
  try {
    metaPages.remember();
    write(database, commit);
    return { is: 'committed' };
  } catch (error) {
    metaPages.restore();
    return { is: 'failed', why: reasonIn(error) };
  }
}

/** Writes pages, waits for the disk (fdatasync), then writes the meta page through O_DSYNC. */
function write(database: Database, { first, entries, oldest }: Commit): void {
  database.transactionSync(() => {
    // What a commit left behind of which nobody was told that it had succeeded.
    for (const number of [...database.getKeys({ start: first })]) database.removeSync(number);
    for (const number of [...database.getKeys({ end: oldest })]) database.removeSync(number);
    for (const [index, entry] of entries.entries()) {
      if (first + index < oldest) continue;
      database.putSync(first + index, encodeRecord(first + index, entry));
    }
  });
}

/** Makes sure that nobody else serves this folder; the lock ends with this process. */
async function lockFolder(): Promise<void> {
  let lock: number;
  try {
    mkdirSync(folder, { recursive: true });
    lock = openSync(join(folder, LOCK_FILE), 'a');
  } catch (error) {
    throw unusable(error);
  }
  const endsAtMs = Date.now() + LOCK_PATIENCE_MS;
  while (!tryLock(lock)) {
    if (Date.now() > endsAtMs) {
      throw new UnusableStoreError(
        `${folder} is in use by another server; stop that one, or choose another folder with --store`,
      );
    }
    await setTimeout(LOCK_RETRY_MS);
  }
}

/**
 * Makes an empty database. It is made aside and renamed once it is safe, so that a file that is empty
 * or cut short is never a beginning, and always damage.
 */
function createDatabase(): void {
  const aside = join(folder, 'new');
  try {
    rmSync(aside, { recursive: true, force: true });
    void openDatabase(aside).close();
    sync(join(aside, DATA_FILE));
    renameSync(join(aside, DATA_FILE), file);
    rmSync(aside, { recursive: true });
    sync(folder);
    sync(dirname(resolve(folder)));
  } catch (error) {
    throw unusable(error);
  }
}

/** Every record in the file, read without changing it: it may not be ours. */
async function readFile(): Promise<Report> {
  const fault = await lmdbFileFault(file);
  if (fault !== undefined) throw damaged(fault);

  const database = openDatabase(folder, { readOnly: true });
  const entries: HistoryEntry[] = [];
  let first: number | undefined;
  for (const { key, value } of database.getRange()) {
    first ??= key;
    const entry = decodeRecord(key, value);
    const isNext = key === first + entries.length;
    if (entry === undefined || !isNext) throw damaged('it holds something else than messages');
    entries.push(entry);
  }
  await database.close();
  return { is: 'opened', first: first ?? 1, entries };
}

function openDatabase(path: string, options: { readOnly?: boolean } = {}): Database {
  try {
    return open<Buffer, number>({
      path,
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
    throw unusable(error);
  }
}

/** Waits until a file, or what a folder names, is on the disk (fsync(2)). */
function sync(path: string): void {
  // Windows syncs no folders, and no file that is not open for writing.
  if (platform() === 'win32') return;
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function damaged(fault: string): UnusableStoreError {
  return new UnusableStoreError(
    `${file} is damaged or not ours: ${fault}; put a copy back, or move it away to begin anew`,
  );
}

function unusable(error: unknown): UnusableStoreError {
  return new UnusableStoreError(`cannot use ${folder}: ${reasonIn(error)}; check --store`);
}

function reasonIn(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function report(what: Report): void {
  process.send?.(what);
}
