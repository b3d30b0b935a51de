// Reads and checks LMDB's data file without LMDB, as fsck does before a mount. It never writes, and
// needs no lock.
//
// LMDB maps the file and trusts it: a truncated file kills the process with SIGBUS, a damaged meta
// page silently brings back an older message, and a damaged free list later overwrites live pages.
// This module checks the whole structure; the caller checks the values.
//
// A commit writes only pages that neither meta page reaches (mdb_find_oldest), syncs, and then
// writes meta page (txnid % 2). So after a kill at any moment, both meta pages match what they
// refer to, and by the newest one every page is either used once or free once.

import {
  assertFile,
  CorruptFileError,
  FIRST_PAGE,
  MDB_INTEGERKEY,
  type MetaPage,
  metaAt,
  PAGE,
  u64,
} from './lmdbFormat.ts';
import { type OnTreeEntry, PageOwners, TreeWalk } from './lmdbTree.ts';

/**
 * Checks a data file, and reads its entries. An empty file is an error, although LMDB would accept
 * it as a new one.
 *
 * @param onEntry Called in the order of the keys. If an error is thrown later, the entries are not
 *   to be trusted.
 * @throws {CorruptFileError} If LMDB must not open the file: `page 7 has page number 9`.
 */
export function checkLmdbFile(file: Buffer, onEntry?: OnTreeEntry): void {
  const first = metaAt(file, 0, 0);
  const second = metaAt(file, 1, first.pageBytes);
  const [newest, other] = first.txnid >= second.txnid ? [first, second] : [second, first];
  checkCommitOrder(newest, other);
  checkRoots(file, newest);
  checkRoots(file, other);

  const owners = new PageOwners(file, newest);
  new TreeWalk(file, newest, newest.free, owners).run();
  new TreeWalk(file, newest, newest.main, owners, onEntry).run();
  owners.checkNoneMissing();
}

/** @returns What is wrong with a data file; `undefined` if it is sound. */
export function findLmdbFault(file: Buffer): string | undefined {
  try {
    checkLmdbFile(file);
    return undefined;
  } catch (error) {
    if (error instanceof CorruptFileError) return error.message;
    throw error;
  }
}

/** Commit N follows commit N - 1 and writes meta page N % 2. */
function checkCommitOrder(newest: MetaPage, other: MetaPage): void {
  const isNew = newest.txnid === 0 && other.txnid === 0;
  const isNext = newest.txnid === other.txnid + 1 && newest.txnid % 2 === newest.page;
  assertFile(isNew || isNext, `the meta pages are of commits ${other.txnid} and ${newest.txnid}`);
  assertFile(newest.pageBytes === other.pageBytes, 'the meta pages differ in page size');
  assertFile(newest.free.flags === other.free.flags, 'the meta pages differ in flags');

  // The flag for integer keys is set once, by a commit without entries (mdb_dbi_open).
  const { flags, root } = newest.main;
  assertFile(flags === 0 || flags === MDB_INTEGERKEY, `the entries have flags ${flags}`);
  const isFirst = other.txnid === 0 && root === undefined;
  assertFile(
    isFirst || flags === other.main.flags,
    'the meta pages differ in the flags of the entries',
  );
}

/** Every commit writes one or both roots, so a meta page cannot pass for an older or newer one. */
function checkRoots(
  file: Buffer,
  { page, pageBytes, lastPage, txnid, free, main }: MetaPage,
): void {
  const roots = [free.root, main.root].filter((root) => root !== undefined);
  const txnids = roots.map((root) => {
    const at = root * pageBytes;
    const isInside = root >= FIRST_PAGE && root <= lastPage && at + pageBytes <= file.length;
    assertFile(isInside, `meta page ${page} refers to page ${root}, which is missing`);
    assertFile(u64(file, at + PAGE.pgno) === root, `page ${root} has the wrong page number`);
    return u64(file, at + PAGE.txnid);
  });
  const isNew = roots.length === 0 && lastPage === FIRST_PAGE - 1 && txnid <= 1;
  const isOwn = Math.max(...txnids) === txnid;
  assertFile(isNew || isOwn, `meta page ${page} is of commit ${txnid}, its roots are of ${txnids}`);
}
