// Reads LMDB's data file as one commit left it, without a lock, while another process may write it.
//
// A reader that uses LMDB registers in `lock.mdb`, so that no commit reuses the pages it reads.
// That needs write permission. This reader relies on the order of writes instead: commit N writes
// only pages that neither commit N - 1 nor commit N - 2 reaches (mdb.c, mdb_find_oldest), and its
// meta page last. So the pages of commit N are intact until commit N + 2 is finished and N + 3
// begins.
//
// The meta pages are read before and after the file. If they are equal, or one commit apart, the
// file holds what the first ones refer to. Otherwise the file is read again.

import { closeSync, fstatSync, readSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { StoreOpenError } from '../storeOpenError.ts';
import { findLmdbFault } from './lmdbFileCheck.ts';
import { CorruptFileError, MAX_FILE_BYTES, META_BYTES, metaAt } from './lmdbFormat.ts';
import { openForReading } from './privateFiles.ts';

/** About two seconds in total: enough to succeed beside a server that stores without a pause. */
const MAX_TRIES = 100;
const MAX_RETRY_DELAY_MS = 40;

interface MetaPagePair {
  /** Only the first one if it is damaged. */
  pages: readonly { at: number; bytes: Buffer }[];
  /** The newest commit; 0 if a page is damaged. */
  txnid: number;
}

export interface LmdbSnapshot {
  /** The content of the file, unchecked. */
  bytes: Buffer;
  /** Whether another process wrote to the file during the read. */
  isBeingWritten: boolean;
}

/**
 * @param path `data.mdb`. LMDB must not have it open in this process: closing a file releases every
 *   lock on it (fcntl(2)).
 * @throws StoreOpenError if it is not a regular file, is too large, or changes faster than it can
 *   be read. Otherwise what `node:fs` throws.
 */
export async function readSnapshot(path: string, maxTries = MAX_TRIES): Promise<LmdbSnapshot> {
  const descriptor = openForReading(path);
  try {
    for (let tries = 1; tries <= maxTries; tries++) {
      const { bytes, isBeingWritten, isWhole } = tryToRead(descriptor, path);
      if (isWhole) return { bytes, isBeingWritten: isBeingWritten || tries > 1 };
      await setTimeout(Math.random() * MAX_RETRY_DELAY_MS);
    }
  } finally {
    closeSync(descriptor);
  }
  throw new StoreOpenError(
    `cannot read ${path}: it changes faster than it can be read; stop the server that uses it, or try again later`,
  );
}

function tryToRead(descriptor: number, path: string): LmdbSnapshot & { isWhole: boolean } {
  const before = readMetas(descriptor);
  const bytes = readAll(descriptor, path);
  const after = readMetas(descriptor);
  // The meta pages in `bytes` may be newer than other pages in it.
  for (const page of before.pages) page.bytes.copy(bytes, page.at);
  if (areEqual(before, after)) return { bytes, isBeingWritten: false, isWhole: true };
  const isNextCommit = after.txnid === before.txnid + 1;
  // A further commit may already overwrite pages that only the commit before ours reaches.
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

function areEqual(one: MetaPagePair, other: MetaPagePair): boolean {
  return (
    one.pages.length === other.pages.length &&
    one.pages.every(({ bytes }, index) => other.pages[index]?.bytes.equals(bytes))
  );
}

function readAll(descriptor: number, path: string): Buffer {
  const { size } = fstatSync(descriptor);
  if (size <= MAX_FILE_BYTES) return readAt(descriptor, 0, size);
  throw new StoreOpenError(
    `${path} is too large for a store: ${size} bytes, more than ${MAX_FILE_BYTES}; check --store`,
  );
}

/** @returns Fewer bytes if the file ends earlier. */
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
