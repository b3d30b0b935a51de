// Follows the trees of LMDB's data file, page by page, and keeps account of the pages
// (lmdbFileCheck.ts says what for).

import {
  check,
  F_BIGDATA,
  FIRST_PAGE,
  i64,
  MDB_INTEGERKEY,
  type MetaPage,
  NODE,
  P_BRANCH,
  P_LEAF,
  P_OVERFLOW,
  PAGE,
  type PageTree,
  RUN,
  u64,
} from './lmdbFormat.ts';

/** Who has which page: nobody twice, and in the end nobody none. */
export class PageOwners {
  readonly #file: Buffer;
  readonly #pageBytes: number;
  readonly #isTaken: Uint8Array;
  #left: number;

  constructor(file: Buffer, { pageBytes, lastPage }: MetaPage) {
    this.#file = file;
    this.#pageBytes = pageBytes;
    this.#isTaken = new Uint8Array(lastPage + 1);
    this.#left = lastPage + 1 - FIRST_PAGE;
  }

  /**
   * Claims pages. Only those in use must be in the file: one taken and given back within a commit
   * is never written (mdb_page_loose), so the file may end before the last page.
   */
  claim(pgno: number, pages: number): void {
    const end = pgno + pages;
    const isInside = pgno >= FIRST_PAGE && pages >= 1 && end <= this.#isTaken.length;
    check(isInside, `page ${pgno}, of ${pages}, is out of range`);
    for (let page = pgno; page < end; page++) {
      check(this.#isTaken[page] === 0, `page ${page} has two owners`);
      this.#isTaken[page] = 1;
    }
    this.#left -= pages;
  }

  /** Claims pages in use. @returns Where they start. */
  use(pgno: number, pages: number): number {
    this.claim(pgno, pages);
    const at = pgno * this.#pageBytes;
    check(at + pages * this.#pageBytes <= this.#file.length, `it ends before page ${pgno} does`);
    const says = u64(this.#file, at + PAGE.pgno);
    check(says === pgno, `page ${pgno} says it is page ${says}`);
    return at;
  }

  checkNoneMissing(): void {
    check(this.#left === 0, `${this.#left} pages are neither in use nor free`);
  }
}

/** Takes an entry of the tree of the entries: the bytes of its key and of its value. */
export type OnTreeEntry = (key: Buffer, value: Buffer) => void;

/** Follows one tree from left to right. */
export class TreeWalk {
  readonly #file: Buffer;
  readonly #meta: MetaPage;
  readonly #tree: PageTree;
  readonly #owners: PageOwners;
  readonly #hasIntegerKeys: boolean;
  readonly #onEntry: OnTreeEntry;
  readonly #counts = { branches: 0, leaves: 0, overflows: 0, entries: 0 };
  #lastKey: Buffer | undefined;
  #isLastOfBranch = false;

  /** @param onEntry Only for `meta.main`. What it is given points into `file`. */
  constructor(
    file: Buffer,
    meta: MetaPage,
    tree: PageTree,
    owners: PageOwners,
    onEntry: OnTreeEntry = () => {},
  ) {
    this.#onEntry = onEntry;
    this.#file = file;
    this.#meta = meta;
    this.#tree = tree;
    this.#owners = owners;
    this.#hasIntegerKeys = (tree.flags & MDB_INTEGERKEY) !== 0;
  }

  run(): void {
    const { root, depth, counts } = this.#tree;
    if (root === undefined) check(depth === 0, `an empty tree has depth ${depth}`);
    else this.#page(root, depth, this.#meta.txnid);
    const [has, says] = [this.#counts, counts].map((some) => Object.values(some).join());
    check(has === says, `a tree says it has ${says} pages and entries; it has ${has}`);
  }

  /** @param height 1 for a leaf. @param maxTxnid What points at a page is never older than it. */
  #page(pgno: number, height: number, maxTxnid: number): void {
    const isLeaf = height === 1;
    const at = this.#owners.use(pgno, 1);
    const flags = this.#file.readUInt16LE(at + PAGE.flags);
    check(flags === (isLeaf ? P_LEAF : P_BRANCH), `page ${pgno} is of the wrong kind`);
    const txnid = u64(this.#file, at + PAGE.txnid);
    check(txnid <= maxTxnid, `page ${pgno} is newer than what points at it`);
    this.#counts[isLeaf ? 'leaves' : 'branches']++;

    for (const [index, node] of this.#nodes(pgno, at, isLeaf).entries()) {
      // The first key of a branch is not read.
      if (isLeaf || index > 0) this.#key(pgno, node, isLeaf);
      if (isLeaf) this.#entry(pgno, node, txnid);
      else this.#page(this.#file.readUIntLE(node + NODE.child, 6), height - 1, txnid);
    }
  }

  /**
   * Nodes fill a page from its upper bound to its end, without a gap (mdb_node_add, mdb_node_del).
   */
  #nodes(pgno: number, at: number, isLeaf: boolean): number[] {
    const start = at + PAGE.bytes;
    const end = at + this.#meta.pageBytes;
    const lower = this.#file.readUInt16LE(at + PAGE.lower);
    const upper = this.#file.readUInt16LE(at + PAGE.upper);
    const leastLower = isLeaf ? 2 : 4; // One pointer; two in a branch.
    const isBound =
      lower % 2 === 0 && leastLower <= lower && lower <= upper && start + upper <= end;
    check(isBound, `page ${pgno} has bounds ${lower} and ${upper}`);

    let used = 0;
    const nodes = Array.from({ length: lower / 2 }, (_, index) => {
      const offset = this.#file.readUInt16LE(start + index * 2);
      const node = start + offset;
      const isInside = offset % 2 === 0 && offset >= upper && node + NODE.bytes <= end;
      check(isInside, `page ${pgno} points outside itself`);
      const bytes = this.#nodeBytes(node, isLeaf);
      check(node + bytes <= end, `a node leaves page ${pgno}`);
      used += bytes;
      return node;
    });
    check(start + upper + used === end, `page ${pgno} is not filled by its nodes`);
    return nodes;
  }

  #nodeBytes(node: number, isLeaf: boolean): number {
    const isBig = this.#file.readUInt16LE(node + NODE.flags) === F_BIGDATA;
    const dataBytes = isBig ? RUN.bytes : this.#file.readUInt32LE(node + NODE.dataBytes);
    const keyBytes = this.#file.readUInt16LE(node + NODE.keyBytes);
    const bytes = NODE.bytes + keyBytes + (isLeaf ? dataBytes : 0);
    return bytes + (bytes % 2);
  }

  /**
   * Keys rise. A branch key is above all that is left of it, and at most the next key in a leaf.
   */
  #key(pgno: number, node: number, isOfLeaf: boolean): void {
    const bytes = this.#file.readUInt16LE(node + NODE.keyBytes);
    const isKey =
      bytes === 8 || !this.#hasIntegerKeys || (bytes === 4 && this.#tree === this.#meta.main);
    check(isKey, `page ${pgno} has a key of ${bytes} bytes`);
    const key = Buffer.from(this.#file.subarray(node + NODE.bytes, node + NODE.bytes + bytes));
    // Little-endian, so that the bytes compare as the number.
    if (this.#hasIntegerKeys) key.reverse();

    const rise = this.#lastKey === undefined ? 1 : Buffer.compare(key, this.#lastKey);
    const isRising = rise > 0 || (rise === 0 && isOfLeaf && this.#isLastOfBranch);
    check(isRising, `page ${pgno} has keys out of order`);
    this.#lastKey = key;
    this.#isLastOfBranch = !isOfLeaf;
  }

  #entry(pgno: number, node: number, maxTxnid: number): void {
    const flags = this.#file.readUInt16LE(node + NODE.flags);
    check(flags === 0 || flags === F_BIGDATA, `page ${pgno} has a node with flags ${flags}`);
    const bytes = this.#file.readUInt32LE(node + NODE.dataBytes);
    const key = node + NODE.bytes;
    const at = key + this.#file.readUInt16LE(node + NODE.keyBytes);
    const data = flags === F_BIGDATA ? this.#overflow(at, bytes, maxTxnid) : at;
    this.#counts.entries++;
    if (this.#tree === this.#meta.main) {
      this.#onEntry(this.#file.subarray(key, at), this.#file.subarray(data, data + bytes));
      return;
    }

    const freedBy = u64(this.#file, key);
    this.#freed(pgno, freedBy, data, bytes);
  }

  /** A value in pages of its own. @returns Where it starts. */
  #overflow(at: number, bytes: number, maxTxnid: number): number {
    const pgno = u64(this.#file, at + RUN.pgno);
    const txnid = u64(this.#file, at + RUN.txnid);
    const pages = u64(this.#file, at + RUN.pages);
    const start = this.#owners.use(pgno, pages);
    const flags = this.#file.readUInt16LE(start + PAGE.flags);
    check(flags === P_OVERFLOW, `page ${pgno} is of the wrong kind`);
    check(this.#file.readUInt32LE(start + PAGE.pages) === pages, `page ${pgno} has another length`);
    const isOwn = u64(this.#file, start + PAGE.txnid) === txnid && txnid <= maxTxnid;
    check(isOwn, `page ${pgno} is of another commit than what points at it`);
    // Pages may be left over: a value put twice in one commit keeps them (mdb_cursor_put).
    check(PAGE.bytes + bytes <= pages * this.#meta.pageBytes, `page ${pgno} is too short`);
    this.#counts.overflows += pages;
    return start + PAGE.bytes;
  }

  /**
   * The pages one commit freed, as lmdb-js writes them (mdb_midl_xmerge): a count of words, then
   * the words, in no order. Above 0 it is a page, below 0 a length and a page follows, 0 is a gap.
   */
  #freed(pgno: number, txnid: number, at: number, bytes: number): void {
    const isCommit = txnid >= 1 && txnid <= this.#meta.txnid;
    check(isCommit, `page ${pgno} lists what commit ${txnid} freed`);
    check(bytes >= 8, `page ${pgno} has an empty free list`);
    const words = u64(this.#file, at);
    check((words + 1) * 8 <= bytes, `page ${pgno} has a free list of ${words} words`);
    for (let word = 1; word <= words; word++) {
      const value = i64(this.#file, at + word * 8);
      if (value > 0) this.#owners.claim(value, 1);
      if (value >= 0) continue;
      word++;
      check(word <= words, `page ${pgno} has a free list that ends early`);
      this.#owners.claim(i64(this.#file, at + word * 8), -value);
    }
  }
}
