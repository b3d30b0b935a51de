// The layout of LMDB's data file: data version 2, 64 bits, little-endian. The source is mdb.c of
// the npm package `lmdb` (dependencies/lmdb/libraries/liblmdb). Comments give the names in C.

// MDB_page_header. In overflow pages, pb_pages overlays pb_lower and pb_upper (a union in C).
export const PAGE = { pgno: 0, txnid: 8, flags: 18, lower: 20, upper: 22, pages: 20, bytes: 24 };
// MDB_node
export const NODE = { child: 0, dataBytes: 0, flags: 4, keyBytes: 6, bytes: 8 };
// MDB_ovpage
export const OVERFLOW_RUN = { pgno: 0, txnid: 8, pages: 16, bytes: 24 };
// MDB_meta, after its page header
const META = { magic: 24, version: 28, free: 48, main: 96, lastPage: 144, txnid: 152, bytes: 168 };
const TREE = {
  pageBytes: 0,
  flags: 4,
  depth: 6,
  branches: 8,
  leaves: 16,
  overflows: 24,
  entries: 32,
  root: 40,
}; // MDB_db

/** The used part of a meta page, with its header. */
export const META_BYTES = META.bytes;

const MAGIC = 0xbeefc0de; // MDB_MAGIC
const VERSION = 2; // MDB_DATA_VERSION
const NO_ROOT = 2n ** 64n - 1n; // P_INVALID

export const FIRST_PAGE = 2; // NUM_METAS
// The flags of pages, nodes and databases have the prefixes of their names in C.
export const P_BRANCH = 0x01;
export const P_LEAF = 0x02;
export const P_OVERFLOW = 0x04;
const P_META = 0x08;
export const F_BIGDATA = 0x01;
export const MDB_INTEGERKEY = 0x08;

/** The limit of `fs.read` (ERR_OUT_OF_RANGE). */
export const MAX_FILE_BYTES = 2 ** 31 - 1;

/** The size of a tree; the first three count pages. */
export interface PageCounts {
  branches: number;
  leaves: number;
  overflows: number;
  entries: number;
}

export interface PageTree {
  readonly flags: number;
  readonly depth: number;
  readonly counts: PageCounts;
  /** A page number; `undefined` if the tree is empty. */
  readonly root: number | undefined;
}

/** The state after one commit: the tree of free pages, and the tree of entries. */
export interface MetaPage {
  readonly page: number;
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly txnid: number;
  readonly free: PageTree;
  readonly main: PageTree;
}

/** The message states the fault of the file, for the operator. */
export class CorruptFileError extends Error {}

/** @throws {CorruptFileError} With `fault`, unless the condition holds. */
export function assertFile(condition: boolean, fault: string): void {
  if (!condition) throw new CorruptFileError(fault);
}

/** Decodes a meta page. @throws {CorruptFileError} */
export function metaAt(file: Buffer, page: number, at: number): MetaPage {
  assertFile(at + META.bytes <= file.length, `the file ends within meta page ${page}`);
  assertFile(u64(file, at + PAGE.pgno) === page, `meta page ${page} has the wrong page number`);
  assertFile(file.readUInt16LE(at + PAGE.flags) === P_META, `page ${page} is not a meta page`);
  assertFile(file.readUInt32LE(at + META.magic) === MAGIC, `meta page ${page} is not LMDB's`);
  assertFile(
    file.readUInt32LE(at + META.version) === VERSION,
    `meta page ${page} has another data version than ${VERSION}`,
  );

  const pageBytes = file.readUInt32LE(at + META.free + TREE.pageBytes);
  const isPowerOf2 = Number.isInteger(Math.log2(pageBytes));
  assertFile(isPowerOf2 && pageBytes >= 512, `meta page ${page} has page size ${pageBytes}`);
  const lastPage = u64(file, at + META.lastPage);
  const isSmall = lastPage < MAX_FILE_BYTES / pageBytes;
  assertFile(isSmall, `meta page ${page} has last page ${lastPage}`);
  const txnid = u64(file, at + META.txnid);
  const free = treeAt(file, at + META.free);
  const main = treeAt(file, at + META.main);
  return { page, pageBytes, lastPage, txnid, free, main };
}

function treeAt(file: Buffer, at: number): PageTree {
  const isEmpty = file.readBigUInt64LE(at + TREE.root) === NO_ROOT;
  return {
    flags: file.readUInt16LE(at + TREE.flags),
    depth: file.readUInt16LE(at + TREE.depth),
    counts: {
      branches: u64(file, at + TREE.branches),
      leaves: u64(file, at + TREE.leaves),
      overflows: u64(file, at + TREE.overflows),
      entries: u64(file, at + TREE.entries),
    },
    root: isEmpty ? undefined : u64(file, at + TREE.root),
  };
}

/** Exact up to 2 ** 53. Larger numbers are out of range anyway, and stay larger. */
export function u64(file: Buffer, at: number): number {
  return file.readUInt32LE(at) + file.readUInt32LE(at + 4) * 2 ** 32;
}

export function i64(file: Buffer, at: number): number {
  return file.readUInt32LE(at) + file.readInt32LE(at + 4) * 2 ** 32;
}
