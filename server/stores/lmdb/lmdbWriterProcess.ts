// The process that holds the database: it alone opens the file, reads it once, and commits what it
// is sent (lmdbStore.ts says why it is a process). It ends with its parent, and at no signal that
// is meant for the whole group: what it was sent is committed first.

import '../../ignoreDebugSignal.ts';

import process from 'node:process';
import { errorMessage } from '../../errorMessage.ts';
import { type LmdbDatabase, openDatabase } from './lmdbDatabase.ts';
import type { CommitRequest, LmdbReply } from './lmdbIpc.ts';
import { MetaPages } from './lmdbMetaPages.ts';
import { encodeRecord } from './lmdbRecord.ts';

/** Keys are unsigned integers of 32 bits. */
const MAX_NUMBER = 0xffff_ffff;

const [, , folder = '', fileId] = process.argv;

// LMDB makes files that every user may read, if it may.
process.umask(0o077);
for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const) {
  process.on(signal, () => {});
}
process.on('disconnect', () => process.exit());
await serve().catch((error: unknown) => report({ is: 'openFailed', why: reasonIn(error) }));

async function serve(): Promise<void> {
  const { database, file, opened } = await openDatabase(folder, fileId);
  const metaPages = new MetaPages(file);
  process.on('message', (commit: CommitRequest) => {
    const outcome = tryToWrite(database, metaPages, commit);
    // What is written to a file without a name is not there tomorrow.
    report(metaPages.isOf(file) ? outcome : { is: 'failed', why: `${file} was moved or deleted` });
  });
  report({ is: 'opened', ...opened });
}

/** A failure may have spoilt this process's memory: nothing is written by it again. */
function tryToWrite(
  database: LmdbDatabase,
  metaPages: MetaPages,
  commit: CommitRequest,
): LmdbReply {
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
function write(database: LmdbDatabase, { first, entries, oldest }: CommitRequest): void {
  // LMDB would take the next one for 0.
  if (first + entries.length - 1 > MAX_NUMBER) throw new Error('there is no higher number');
  database.transactionSync(() => {
    // What a commit left behind of which nobody was told that it had succeeded.
    for (const number of [...database.getKeys({ start: first })]) database.removeSync(number);
    for (const number of [...database.getKeys({ end: oldest })]) database.removeSync(number);
    for (const [index, entry] of entries.entries()) {
      const number = first + index;
      if (number >= oldest) database.putSync(number, encodeRecord(number, entry));
    }
  });
}

/** LMDB adds what only its developers can use. */
function reasonIn(error: unknown): string {
  return errorMessage(error).replace(/: Attempting to write page .*/, '');
}

function report(what: LmdbReply): void {
  process.send?.(what);
}
