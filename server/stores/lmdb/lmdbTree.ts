// Walks the trees of LMDB's data file, and tracks which pages they use (see lmdbFileCheck.ts).

import {
  assertFile,
  F_BIGDATA,
  FIRST_PAGE,
  i64,
  MDB_INTEGERKEY,
  type MetaPage,
  NODE,
  OVERFLOW_RUN,
  P_BRANCH,
  P_LEAF,
  P_OVERFLOW,
  PAGE,
  type PageTree,
  u64,
} from './lmdbFormat.ts';

/** Tracks the owner of every page: each page must have exactly one. */
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
   * Claims pages, used or free. Free ones need not be in the file: a page that was allocated and
   * freed within a commit is never written (mdb_page_loose), so the file may end before it.
   */
  claim(pgno: number, pages: number): void {
    const end = pgno + pages;
    const isInside = pgno >= FIRST_PAGE && pages >= 1 && end <= this.#isTaken.length;
    assertFile(isInside, `${pages} pages from page ${pgno} on are out of range`);
    for (let page = pgno; page < end; page++) {
      assertFile(this.#isTaken[page] === 0, `page ${page} has two owners`);
      this.#isTaken[page] = 1;
    }
    this.#left -= pages;
  }

  /** Claims used pages. @returns Their offset in the file. */
  use(pgno: number, pages: number): number {
    this.claim(pgno, pages);
    const at = pgno * this.#pageBytes;
    assertFile(
      at + pages * this.#pageBytes <= this.#file.length,
      `the file ends within page ${pgno}`,
    );
    const stored = u64(this.#file, at + PAGE.pgno);
    assertFile(stored === pgno, `page ${pgno} has page number ${stored}`);
    return at;
  }

  /** Call after all trees were walked. */
  checkNoneMissing(): void {
    assertFile(this.#left === 0, `${this.#left} pages are neither used nor free`);
  }
}

/** Receives one entry; both buffers are views of the file. */
export type OnTreeEntry = (key: Buffer, value: Buffer) => void;

/** Walks one tree from left to right. */
export class TreeWalk {
  readonly #file: Buffer;
  readonly #meta: MetaPage;
  readonly #tree: PageTree;
  readonly #owners: PageOwners;
  readonly #hasIntegerKeys: boolean;
  readonly #onEntry: OnTreeEntry;
  readonly #counts = { branches: 0, leaves: 0, overflows: 0, entries: 0 };
  #lastKey: Buffer | undefined;
  #isLastKeyOfBranch = false;

  /** @param onEntry Called only if `tree` is `meta.main`. */
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
    if (root === undefined) assertFile(depth === 0, `an empty tree has depth ${depth}`);
    else this.#page(root, depth, this.#meta.txnid);
    const [found, stored] = [this.#counts, counts].map((sizes) => Object.values(sizes).join());
    assertFile(
      found === stored,
      `a tree should have ${stored} pages and entries, but has ${found}`,
    );
  }

  /** @param height 1 for a leaf. @param maxTxnid The commit of the parent, which is never older. */
  #page(pgno: number, height: number, maxTxnid: number): void {
    const isLeaf = height === 1;
    const at = this.#owners.use(pgno, 1);
    const flags = this.#file.readUInt16LE(at + PAGE.flags);
    assertFile(flags === (isLeaf ? P_LEAF : P_BRANCH), `page ${pgno} is of the wrong kind`);
    const txnid = u64(this.#file, at + PAGE.txnid);
    assertFile(txnid <= maxTxnid, `page ${pgno} is newer than the page that refers to it`);
    this.#counts[isLeaf ? 'leaves' : 'branches']++;

    for (const [index, node] of this.#nodes(pgno, at, isLeaf).entries()) {
      // LMDB does not read the first key of a branch.
      if (isLeaf || index > 0) this.#key(pgno, node, isLeaf);
      if (isLeaf) this.#entry(pgno, node, txnid);
      else this.#page(this.#file.readUIntLE(node + NODE.child, 6), height - 1, txnid);
    }
  }

  /**
   * Nodes fill a page from its upper bound to its end without gaps (mdb_node_add, mdb_node_del).
   */
  #nodes(pgno: number, at: number, isLeaf: boolean): number[] {
    const start = at + PAGE.bytes;
    const end = at + this.#meta.pageBytes;
    const lower = this.#file.readUInt16LE(at + PAGE.lower);
    const upper = this.#file.readUInt16LE(at + PAGE.upper);
    const leastLower = isLeaf ? 2 : 4; // One pointer; two in a branch.
    const isBound =
      lower % 2 === 0 && leastLower <= lower && lower <= upper && start + upper <= end;
    assertFile(isBound, `page ${pgno} has bounds ${lower} and ${upper}`);

    let used = 0;
    const nodes = Array.from({ length: lower / 2 }, (_, index) => {
      const offset = this.#file.readUInt16LE(start + index * 2);
      const node = start + offset;
      const isInside = offset % 2 === 0 && offset >= upper && node + NODE.bytes <= end;
      assertFile(isInside, `page ${pgno} points outside itself`);
      const bytes = this.#nodeBytes(node, isLeaf);
      assertFile(node + bytes <= end, `a node extends beyond page ${pgno}`);
      used += bytes;
      return node;
    });
    assertFile(start + upper + used === end, `page ${pgno} is not filled by its nodes`);
    return nodes;
  }

  #nodeBytes(node: number, isLeaf: boolean): number {
    const isBig = this.#file.readUInt16LE(node + NODE.flags) === F_BIGDATA;
    const dataBytes = isBig ? OVERFLOW_RUN.bytes : this.#file.readUInt32LE(node + NODE.dataBytes);
    const keyBytes = this.#file.readUInt16LE(node + NODE.keyBytes);
    const bytes = NODE.bytes + keyBytes + (isLeaf ? dataBytes : 0);
    return bytes + (bytes % 2);
  }

  /**
   * Keys must ascend. A branch key is greater than all keys left of it, and may equal the next key
   * in a leaf.
   */
  #key(pgno: number, node: number, isOfLeaf: boolean): void {
    const bytes = this.#file.readUInt16LE(node + NODE.keyBytes);
    const isKey =
      bytes === 8 || !this.#hasIntegerKeys || (bytes === 4 && this.#tree === this.#meta.main);
    assertFile(isKey, `page ${pgno} has a key of ${bytes} bytes`);
    const key = Buffer.from(this.#file.subarray(node + NODE.bytes, node + NODE.bytes + bytes));
    // Reverse the little-endian bytes, so that they compare like the numbers.
    if (this.#hasIntegerKeys) key.reverse();

    const order = this.#lastKey === undefined ? 1 : Buffer.compare(key, this.#lastKey);
    const isAscending = order > 0 || (order === 0 && isOfLeaf && this.#isLastKeyOfBranch);
    assertFile(isAscending, `page ${pgno} has keys out of order`);
    this.#lastKey = key;
    this.#isLastKeyOfBranch = !isOfLeaf;
  }

  #entry(pgno: number, node: number, maxTxnid: number): void {
    const flags = this.#file.readUInt16LE(node + NODE.flags);
    assertFile(flags === 0 || flags === F_BIGDATA, `page ${pgno} has a node with flags ${flags}`);
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

  /** Checks a value in overflow pages. @returns Its offset in the file. */
  #overflow(at: number, bytes: number, maxTxnid: number): number {
    const pgno = u64(this.#file, at + OVERFLOW_RUN.pgno);
    const txnid = u64(this.#file, at + OVERFLOW_RUN.txnid);
    const pages = u64(this.#file, at + OVERFLOW_RUN.pages);
    const start = this.#owners.use(pgno, pages);
    const flags = this.#file.readUInt16LE(start + PAGE.flags);
    assertFile(flags === P_OVERFLOW, `page ${pgno} is of the wrong kind`);
    assertFile(
      this.#file.readUInt32LE(start + PAGE.pages) === pages,
      `page ${pgno} has another length`,
    );
    const isOwn = u64(this.#file, start + PAGE.txnid) === txnid && txnid <= maxTxnid;
    assertFile(isOwn, `page ${pgno} is of another commit than the node that refers to it`);
    // There may be more pages than needed: a value put twice in one commit keeps them
    // (mdb_cursor_put).
    assertFile(PAGE.bytes + bytes <= pages * this.#meta.pageBytes, `page ${pgno} is too short`);
    this.#counts.overflows += pages;
    return start + PAGE.bytes;
  }

  /**
   * Claims the pages that one commit freed. lmdb-js writes a count of words, then the words, in no
   * order (mdb_midl_xmerge): n > 0 is page n, 0 is a gap, -n means that n pages start at the page
   * in the next word.
   */
  #freed(pgno: number, txnid: number, at: number, bytes: number): void {
    const isCommit = txnid >= 1 && txnid <= this.#meta.txnid;
    assertFile(isCommit, `page ${pgno} has a free list of commit ${txnid}`);
    assertFile(bytes >= 8, `page ${pgno} has an empty free list`);
    const words = u64(this.#file, at);
    assertFile((words + 1) * 8 <= bytes, `page ${pgno} has a free list of ${words} words`);
    for (let word = 1; word <= words; word++) {
      const value = i64(this.#file, at + word * 8);
      if (value > 0) this.#owners.claim(value, 1);
      if (value >= 0) continue;
      word++;
      assertFile(word <= words, `page ${pgno} has a free list that ends early`);
      this.#owners.claim(i64(this.#file, at + word * 8), -value);
    }
  }
}
