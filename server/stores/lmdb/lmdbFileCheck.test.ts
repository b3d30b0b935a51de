import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findLmdbFault } from './lmdbFileCheck.ts';

const PAGE_BYTES = 4096;
const FREE_TREE = 48;
const MAIN_TREE = 96;

const directories: string[] = [];
let history: Buffer;

beforeAll(async () => {
  history = await fileOf(churn);
});

afterEach(async () => {
  for (const path of directories.splice(0)) await rm(path, { recursive: true });
});

async function newDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'lmdb-file-'));
  directories.push(path);
  return path;
}

type TestDatabase = ReturnType<typeof openAt>;

function openAt(path: string) {
  return open<Buffer, number>({
    path,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'uint32',
    overlappingSync: false,
    noSync: true,
  });
}

/** The data file that LMDB leaves after `use`. */
async function fileOf(use: (store: TestDatabase) => void): Promise<Buffer> {
  const path = await newDirectory();
  const store = openAt(path);
  use(store);
  await store.close();
  return readFile(join(path, 'data.mdb'));
}

/** Keeps the last 150 of many messages of all sizes: two levels, overflow pages, free pages. */
function churn(store: TestDatabase): void {
  for (let key = 1; key <= 450; key++) {
    store.transactionSync(() => {
      store.putSync(key, Buffer.alloc((key * 997) % 4300, key));
      if (key > 150) store.removeSync(key - 150);
    });
  }
}

function putOne(store: TestDatabase): void {
  store.putSync(1, Buffer.from('apple'));
}

/** The offsets of the newest meta page, and of the other. */
function metasOf(file: Buffer): [newest: number, other: number] {
  const isFirst = file.readUInt32LE(152) > file.readUInt32LE(PAGE_BYTES + 152);
  return isFirst ? [0, PAGE_BYTES] : [PAGE_BYTES, 0];
}

function rootOf(file: Buffer, tree: number): number {
  return file.readUInt32LE(metasOf(file)[0] + tree + 40) * PAGE_BYTES;
}

function changed(file: Buffer, change: (copy: Buffer) => void): string | undefined {
  const copy = Buffer.from(file);
  change(copy);
  return findLmdbFault(copy);
}

/** The offsets in a range at which a changed byte is not detected. */
function undetected(file: Buffer, start: number, end: number): number[] {
  const offsets = Array.from({ length: end - start }, (_, index) => start + index);
  return offsets.filter((offset) =>
    [0x01, 0x80, 0xff].some((bits) => isUndetected(file, offset, bits)),
  );
}

function isUndetected(file: Buffer, offset: number, bits: number): boolean {
  const byte = file.readUInt8(offset);
  file.writeUInt8(byte ^ bits, offset);
  const fault = findLmdbFault(file);
  file.writeUInt8(byte, offset);
  return fault === undefined;
}

describe('accepts', () => {
  test.each<[string, (store: TestDatabase) => void]>([
    ['a new file', () => undefined],
    ['a file with one message', putOne],
    ['a history after many commits', churn],
    [
      'a history that was emptied',
      (store) => {
        churn(store);
        store.transactionSync(() => {
          for (const key of [...store.getKeys()]) store.removeSync(key);
        });
      },
    ],
  ])('%s', async (_what, use) => {
    expect(findLmdbFault(await fileOf(use))).toBeUndefined();
  });

  test('a file longer than its last page', () => {
    expect(findLmdbFault(Buffer.concat([history, Buffer.alloc(10_000, 0xff)]))).toBeUndefined();
  });

  test('the file after each commit, also after it was reopened', async () => {
    const path = await newDirectory();
    for (let key = 1; key <= 60; key += 10) {
      const store = openAt(path);
      for (let more = 0; more < 10; more++) {
        store.putSync(key + more, Buffer.alloc(key * 70));
        if (more > 5) store.removeSync(key + more - 5);
        expect(findLmdbFault(await readFile(join(path, 'data.mdb')))).toBeUndefined();
      }
      await store.close();
    }
  });
});

describe('rejects', () => {
  test('a file truncated anywhere, if its last pages are used', async () => {
    const file = await fileOf(putOne);
    for (let end = 1; end < file.length; end += 97) {
      expect(findLmdbFault(file.subarray(0, end))).toBeDefined();
    }
    expect(findLmdbFault(file.subarray(0, -1))).toBe(
      'meta page 0 refers to page 2, which is missing',
    );
  });

  test('a meta page that claims an older commit, so that LMDB would go back one', () => {
    const [newest] = metasOf(history);
    const txnid = history.readUInt32LE(newest + 152);
    expect(changed(history, (copy) => copy.writeUInt32LE(txnid - 2, newest + 152))).toBe(
      `meta page ${newest / PAGE_BYTES} is of commit ${txnid - 2}, its roots are of ${txnid},${txnid}`,
    );
  });

  test('a meta page that claims a newer commit', () => {
    const [, other] = metasOf(history);
    const txnid = history.readUInt32LE(other + 152);
    expect(changed(history, (copy) => copy.writeUInt32LE(txnid + 2, other + 152))).toMatch(
      `is of commit ${txnid + 2}`,
    );
  });

  test('a page with a wrong page number', () => {
    const root = rootOf(history, MAIN_TREE);
    expect(changed(history, (copy) => copy.writeUInt32LE(1, root))).toBe(
      `page ${root / PAGE_BYTES} has the wrong page number`,
    );
  });

  test('a changed byte in the newest meta page', () => {
    const [newest] = metasOf(history);
    expect(undetected(history, newest + FREE_TREE, newest + 160)).toEqual(
      // The main tree's md_pad, which only fixed-size duplicates use.
      [0, 1, 2, 3].map((offset) => newest + MAIN_TREE + offset),
    );
  });

  test('a changed byte in the header, the pointers and the children of a branch', () => {
    const root = rootOf(history, MAIN_TREE);
    const pointers = history.readUInt16LE(root + 20);
    const spots = undetected(history, root, root + 24 + pointers);
    // A lower txnid is valid if the children are still older, and mp_pad is unused.
    expect(spots.filter((spot) => spot < root + 8 || spot >= root + 18)).toEqual([]);

    for (let pointer = 0; pointer < pointers; pointer += 2) {
      const node = root + 24 + history.readUInt16LE(root + 24 + pointer);
      expect(undetected(history, node, node + 8)).toEqual([]);
    }
  });

  test('a free list that holds a used page, holds a page twice, or lacks one', () => {
    const leaf = rootOf(history, FREE_TREE);
    const record =
      leaf + 24 + history.readUInt16LE(leaf + 24 + history.readUInt16LE(leaf + 20) - 2);
    const word = record + 8 + 8 + 8; // After the node's header, its key and the count of words.
    const used = rootOf(history, MAIN_TREE) / PAGE_BYTES;
    expect(changed(history, (copy) => copy.writeUInt32LE(used, word))).toMatch('has two owners');
    expect(changed(history, (copy) => copy.copy(copy, word, word + 8, word + 16))).toMatch(
      'has two owners',
    );
    expect(changed(history, (copy) => copy.fill(0, word, word + 8))).toBe(
      '1 pages are neither used nor free',
    );
  });

  test('a file that is not LMDB’s', () => {
    expect(findLmdbFault(Buffer.alloc(100))).toBe('the file ends within meta page 0');
    expect(findLmdbFault(Buffer.alloc(8192))).toBe('page 0 is not a meta page');
  });
});
