// Reads and checks LMDB's data file without LMDB, as fsck does before a mount. It never writes, and
// needs no lock.
//
// LMDB maps the file and believes it: a file cut short kills the process with SIGBUS, a damaged
// meta page brings back an older message in silence, a damaged free list overwrites live pages
// later. The structure is checked here, all of it; the caller checks the values.
//
// A commit writes only pages that neither meta page reaches (mdb_find_oldest), waits for the disk,
// then writes meta page (txnid % 2). So whenever it is killed, both metas fit what they point at,
// and by the newest one every page is in use once or free once, never both and never neither.

import {
  CorruptFileError,
  check,
  FIRST_PAGE,
  MDB_INTEGERKEY,
  type MetaPage,
  metaAt,
  PAGE,
  u64,
} from './lmdbFormat.ts';
import { type OnTreeEntry, PageOwners, TreeWalk } from './lmdbTree.ts';

/**
 * Checks the bytes of a data file, and reads its entries. An empty file, which LMDB would take for
 * new, is not sound.
 *
 * @param onEntry Takes the entries in the order of their keys. Those it took before a fault was
 *   found are not to be trusted.
 * @throws {CorruptFileError} If LMDB must not be trusted with the file: `page 7 says it is page 9`.
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

/** @returns What is wrong with the bytes of a data file; `undefined` if it is sound. */
export function findLmdbFault(file: Buffer): string | undefined {
  try {
    checkLmdbFile(file);
    return undefined;
  } catch (error) {
    if (error instanceof CorruptFileError) return error.message;
    throw error;
  }
}

/** CommitRequest N follows commit N - 1 and writes meta page N % 2. */
function checkCommitOrder(newest: MetaPage, other: MetaPage): void {
  const isNew = newest.txnid === 0 && other.txnid === 0;
  const isNext = newest.txnid === other.txnid + 1 && newest.txnid % 2 === newest.page;
  check(isNew || isNext, `the metas are of commits ${other.txnid} and ${newest.txnid}`);
  check(newest.pageBytes === other.pageBytes, 'the metas differ in page size');
  check(newest.free.flags === other.free.flags, 'the metas differ in flags');

  // The flag for integer keys is set once, by a commit that stores nothing (mdb_dbi_open).
  const { flags, root } = newest.main;
  check(flags === 0 || flags === MDB_INTEGERKEY, `the entries have flags ${flags}`);
  const isFirst = other.txnid === 0 && root === undefined;
  check(isFirst || flags === other.main.flags, 'the metas differ in the flags of the entries');
}

/** Every commit writes a root or two. So a meta cannot pass for an older or a newer one. */
function checkRoots(
  file: Buffer,
  { page, pageBytes, lastPage, txnid, free, main }: MetaPage,
): void {
  const roots = [free.root, main.root].filter((root) => root !== undefined);
  const txnids = roots.map((root) => {
    const at = root * pageBytes;
    const isInside = root >= FIRST_PAGE && root <= lastPage && at + pageBytes <= file.length;
    check(isInside, `meta page ${page} points at page ${root}, which is not there`);
    check(u64(file, at + PAGE.pgno) === root, `page ${root} says it is another page`);
    return u64(file, at + PAGE.txnid);
  });
  const isNew = roots.length === 0 && lastPage === FIRST_PAGE - 1 && txnid <= 1;
  const isOwn = Math.max(...txnids) === txnid;
  check(isNew || isOwn, `meta page ${page} says commit ${txnid}, its roots say ${txnids}`);
}
