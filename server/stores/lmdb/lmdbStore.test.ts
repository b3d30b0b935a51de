import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { open } from 'lmdb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLmdbStore } from '../../../dist/server/stores/lmdb/lmdbStore.js';
import type { MessageStore } from '../store.ts';
import { metaAt } from './lmdbFormat.ts';

const OPTIONS = { initialMessage: 'first', historyLimit: 1000 };

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'motd-lmdb-'));
  file = join(folder, 'data.mdb');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Opens the store, calls `use`, and closes it. */
async function using<Result>(
  use: (store: MessageStore) => Promise<Result> | Result,
  options = OPTIONS,
): Promise<Result> {
  const store = await openLmdbStore(folder, options);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

function historyOf({ history }: MessageStore): (string | undefined)[] {
  const numbers = Array.from({ length: history.last - history.first + 1 }, (_, n) => n);
  return numbers.map((n) => history.at(history.first + n)?.message);
}

test('keeps the message, the history and the times across a restart', async () => {
  const before = await using(async (store) => {
    for (const message of ['a', 'b', 'c']) await store.store(message);
    return store.history.latest;
  });
  await using((store) => {
    expect(store.message).toBe('c');
    expect(historyOf(store)).toEqual(['a', 'b', 'c']);
    expect(store.history.latest).toEqual(before);
  });
});

test('stores messages that arrive together in one commit', async () => {
  await using(async (store) => {
    const before = commitOf(readFileSync(file));
    await Promise.all(Array.from({ length: 200 }, (_, number) => store.store(`${number}`)));
    expect(commitOf(readFileSync(file)) - before).toBe(1);
  });
});

test('applies a lower history limit at the next start, and deletes the rest', async () => {
  await using(async (store) => {
    for (const message of ['a', 'b', 'c', 'd']) await store.store(message);
  });
  await using(
    async (store) => {
      expect(historyOf(store)).toEqual(['c', 'd']);
      await store.store('e');
    },
    { ...OPTIONS, historyLimit: 2 },
  );
  await using((store) => expect(historyOf(store)).toEqual(['d', 'e']));
});

test('rejects a second server on the same folder until the first one closes', async () => {
  await using(async () => {
    await expect(openLmdbStore(folder, OPTIONS)).rejects.toThrow(
      /in use by another server.*--store/,
    );
  });
  await using((store) => expect(store.message).toBe('first'));
});

test.each([
  ['a text file', () => writeFileSync(file, 'not a database\n'.repeat(1000))],
  ['another LMDB database', () => foreignDatabase()],
  ['a file with a changed record', () => changedRecord()],
  ['an empty file', () => writeFileSync(file, '')],
  ['a truncated file', () => writeFileSync(file, readFileSync(file).subarray(0, 9000))],
])('rejects %s, and leaves it unchanged', async (_what, damage) => {
  await using(async (store) => {
    for (let number = 0; number < 100; number++) await store.store(`message number ${number}`);
  });
  await damage();
  const before = readFileSync(file);
  await expect(openLmdbStore(folder, OPTIONS)).rejects.toThrow(
    /data\.mdb is damaged, or another program's: .*; restore a backup, or move the file away/,
  );
  expect(readFileSync(file)).toEqual(before);
});

test.each([
  [/record 2 has an invalid time;/, 'yesterday a'],
  [/record 2 has a time outside of the years 0000 to 9999;/, '+010000-01-01T00:00:00.000Z a'],
  [/record 2 contains a message that is not plain text;/, '2026-11-22T17:00:00.000Z \x1b[2J'],
])('rejects a crafted record: %s', async (fault, body) => {
  await using(async (store) => {
    for (const message of ['a', 'b', 'c']) await store.store(message);
  });
  await putRecord(2, body);
  await expect(openLmdbStore(folder, OPTIONS)).rejects.toThrow(fault);
});

test('stores nothing after the highest number, and keeps what is there', async () => {
  await using(() => {});
  await putRecord(0xffff_ffff, '2026-11-22T17:00:00.000Z the last one');
  for (const _start of [1, 2]) {
    await using(async (store) => {
      expect(store.message).toBe('the last one');
      await expect(store.store('one more')).rejects.toThrow(
        'the highest entry number is 4294967295',
      );
    });
  }
});

test('removes what an interrupted start left, and nothing else', async () => {
  for (const name of ['.motd-new-x', 'new']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'data.mdb'), 'half a file');
  }
  await using((store) => expect(store.message).toBe('first'));
  expect(readdirSync(folder).sort()).toEqual(['data.mdb', 'lock.mdb', 'new', 'server.lock']);
});

test.each([
  ['replaced', () => renameSync(`${file}.copy`, file)],
  ['deleted', () => rmSync(file)],
])('stores nothing in a file that was %s while the server ran', async (_how, spoil) => {
  await using(async (store) => {
    await store.store('first');
    copyFileSync(file, `${file}.copy`);
    await store.store('second');
    spoil();
    await expect(store.store('third')).rejects.toThrow(/data\.mdb was moved or deleted/);
    await expect(store.store('fourth')).rejects.toThrow(
      /was replaced or deleted while the server ran/,
    );
    expect(store.message).toBe('second');
  });
});

test('neither writes to another file nor creates one if an empty store loses its file', async () => {
  await using(async (store) => {
    rmSync(file);
    await expect(store.store('a')).rejects.toThrow(/data\.mdb was moved or deleted/);
    await expect(store.store('b')).rejects.toThrow(/was replaced or deleted while the server ran/);
    expect(existsSync(file)).toBe(false);
    const other = join(folder, 'other');
    const another = await openLmdbStore(other, OPTIONS);
    await another.store('of another server');
    await another.close();
    copyFileSync(join(other, 'data.mdb'), file);
    await expect(store.store('c')).rejects.toThrow(/was replaced or deleted while the server ran/);
  });
  await using((store) => expect(store.message).toBe('of another server'));
});

test('opens a copy of the file as a backup', async () => {
  await using((store) => store.store('kept'));
  copyFileSync(file, `${file}.copy`);
  await using((store) => store.store('lost'));
  copyFileSync(`${file}.copy`, file);
  await using((store) => expect(store.message).toBe('kept'));
});

test('rejects a folder that cannot exist, and reports why', async () => {
  writeFileSync(file, '');
  await expect(openLmdbStore(join(file, 'sub'), OPTIONS)).rejects.toThrow(/cannot use .*--store/);
  expect(existsSync(join(folder, 'sub'))).toBe(false);
});

/** Writes a record with any body and a correct checksum. */
async function putRecord(number: number, body: string): Promise<void> {
  const database = open<Buffer, number>({
    path: folder,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'uint32',
    overlappingSync: false,
  });
  const sum = crc32(`${number} ${body}`).toString(16).padStart(8, '0');
  await database.put(number, Buffer.from(`${sum} ${body}`));
  await database.close();
}

async function foreignDatabase(): Promise<void> {
  rmSync(file);
  const database = open<string, string>({ path: folder, noSubdir: false, overlappingSync: false });
  await database.put('key', 'value');
  await database.close();
}

function changedRecord(): void {
  const bytes = readFileSync(file);
  for (let at = bytes.indexOf('number 57'); at !== -1; at = bytes.indexOf('number 57', at + 1)) {
    bytes.write('number 58', at);
  }
  writeFileSync(file, bytes);
}

/** The number of the newest commit in the file. */
function commitOf(bytes: Buffer): number {
  const first = metaAt(bytes, 0, 0);
  return Math.max(first.txnid, metaAt(bytes, 1, first.pageBytes).txnid);
}
