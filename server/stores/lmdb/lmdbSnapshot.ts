// Reads LMDB's data file as one commit left it, without a lock and while another process writes it.
//
// A reader of LMDB enters itself in `lock.mdb`, so that no commit reuses the pages that it reads.
// Where nothing can be written, there is no such protection. But commit N writes only pages that
// neither commit N - 1 nor commit N - 2 reaches (mdb.c, mdb_find_oldest), and its meta page last. So
// what commit N left is whole until commit N + 2 is finished and N + 3 begins.
//
// The meta pages are read before and after the file. If they are the same, or one commit further,
// the file holds what the first ones point at. Otherwise it is read again.

import { closeSync, fstatSync, readSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { StoreOpenError } from '../storeOpenError.ts';
import { findLmdbFault } from './lmdbFileCheck.ts';
import { CorruptFileError, MAX_FILE_BYTES, META_BYTES, metaAt } from './lmdbFormat.ts';
import { openForReading } from './privateFiles.ts';

/** Together they take about two seconds: a server that stores without a pause leaves one in time. */
const MAX_TRIES = 100;
const MAX_PAUSE_MS = 40;

/** Both meta pages, and the number of the newest commit; 0 if they are damaged. */
interface MetaPagePair {
  pages: readonly { at: number; bytes: Buffer }[];
  txnid: number;
}

export interface LmdbSnapshot {
  /** The file's; whether they are sound is still to be checked. */
  bytes: Buffer;
  /** Whether another process wrote it meanwhile. */
  isBeingWritten: boolean;
}

/**
 * @param path `data.mdb`. LMDB must not have it open in this process: closing a file drops every
 *   lock on it (fcntl(2)).
 * @throws StoreOpenError if it is no regular file, too large, or written faster than it can be
 *   read; else what `node:fs` throws.
 */
export async function readSnapshot(path: string, maxTries = MAX_TRIES): Promise<LmdbSnapshot> {
  const descriptor = openForReading(path);
  try {
    for (let tries = 1; tries <= maxTries; tries++) {
      const { bytes, isBeingWritten, isWhole } = tryToRead(descriptor, path);
      if (isWhole) return { bytes, isBeingWritten: isBeingWritten || tries > 1 };
      await setTimeout(Math.random() * MAX_PAUSE_MS);
    }
  } finally {
    closeSync(descriptor);
  }
  throw new StoreOpenError(
    `cannot read ${path}: it is written faster than it can be read; stop its server, or try again later`,
  );
}

function tryToRead(descriptor: number, path: string): LmdbSnapshot & { isWhole: boolean } {
  const before = readMetas(descriptor);
  const bytes = readAll(descriptor, path);
  const after = readMetas(descriptor);
  // Those in `bytes` may be newer than pages that were read before them.
  for (const page of before.pages) page.bytes.copy(bytes, page.at);
  if (isSame(before, after)) return { bytes, isBeingWritten: false, isWhole: true };
  const isNextCommit = after.txnid === before.txnid + 1;
  // What only the commit before ours reaches may be overwritten already: then it is read again.
  const isWhole = isNextCommit && findLmdbFault(bytes) === undefined;
  return { bytes, isBeingWritten: true, isWhole };
}

function readMetas(descriptor: number): MetaPagePair {
  const first = readAt(descriptor, 0, META_BYTES);
  try {
    const { pageBytes, txnid } = metaAt(first, 0, 0);
    const second = readAt(descriptor, pageBytes, META_BYTES);
    const pages = [
      { at: 0, bytes: first },
      { at: pageBytes, bytes: second },
    ];
    return { pages, txnid: Math.max(txnid, metaAt(second, 1, 0).txnid) };
  } catch (error) {
    if (!(error instanceof CorruptFileError)) throw error;
    return { pages: [{ at: 0, bytes: first }], txnid: 0 };
  }
}

function isSame(one: MetaPagePair, other: MetaPagePair): boolean {
  return (
    one.pages.length === other.pages.length &&
    one.pages.every(({ bytes }, index) => other.pages[index]?.bytes.equals(bytes))
  );
}

function readAll(descriptor: number, path: string): Buffer {
  const { size } = fstatSync(descriptor);
  if (size <= MAX_FILE_BYTES) return readAt(descriptor, 0, size);
  throw new StoreOpenError(`${path} is too large to be a store: ${size} bytes; check --store`);
}

/** @returns Fewer bytes if the file ends before. */
function readAt(descriptor: number, start: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(descriptor, bytes, filled, length - filled, start + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
