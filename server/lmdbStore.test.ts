import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { crc32 } from 'node:zlib';
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openLmdbStore } from '../dist/server/lmdbStore.js';
import { metaAt } from './lmdbFormat.ts';
import type { MessageStore } from './store.ts';

const OPTIONS = { initialMessage: 'first', historyLimit: 1000 };

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'motd-lmdb-'));
  file = join(folder, 'data.mdb');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Opens the store, lets `use` have it, and closes it. */
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

test('what was stored is there when it is opened again, with its history and its times', async () => {
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

test('a record that no server writes is refused, by its number', async () => {
  await using((store) => store.store('a'));
  await craft(2, '+275760-09-13T00:00:00.001Z b');
  await expect(openLmdbStore(folder, OPTIONS)).rejects.toThrow(
    /data\.mdb is damaged or not ours: record 2 has no valid time; put a copy back/,
  );
  await craft(2, '2026-11-22T17:00:00.000Z \x1b[2J');
  await expect(openLmdbStore(folder, OPTIONS)).rejects.toThrow(
    /: record 2 holds control characters;/,
  );
});

test('messages that arrive together share a commit', async () => {
  await using(async (store) => {
    const before = commitOf(readFileSync(file));
    await Promise.all(Array.from({ length: 200 }, (_, number) => store.store(`${number}`)));
    expect(commitOf(readFileSync(file)) - before).toBe(1);
  });
});

test('a limit that was lowered counts from the next start, and drops the rest for good', async () => {
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

test('two servers on one folder: the second is refused, until the first has gone', async () => {
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
  ['one whose record was changed', () => changedRecord()],
  ['an empty file', () => writeFileSync(file, '')],
  ['one that was cut', () => writeFileSync(file, readFileSync(file).subarray(0, 9000))],
])('%s is refused, and left as it was', async (_what, damage) => {
  await using(async (store) => {
    for (let number = 0; number < 100; number++) await store.store(`message number ${number}`);
  });
  await damage();
  const before = readFileSync(file);
  await expect(openLmdbStore(folder, OPTIONS)).rejects.toThrow(
    /data\.mdb is damaged or not ours: .*; put a copy back, or move it away/,
  );
  expect(readFileSync(file)).toEqual(before);
});

test('what was left of a start that was cut short goes, and nothing else does', async () => {
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
])('nothing is stored in a file that was %s meanwhile', async (_how, spoil) => {
  await using(async (store) => {
    await store.store('first');
    copyFileSync(file, `${file}.copy`);
    await store.store('second');
    spoil();
    await expect(store.store('third')).rejects.toThrow(/data\.mdb was moved or deleted/);
    await expect(store.store('fourth')).rejects.toThrow(/somebody has changed it/);
    expect(store.message).toBe('second');
  });
});

test('a copy of the file is a backup', async () => {
  await using((store) => store.store('kept'));
  copyFileSync(file, `${file}.copy`);
  await using((store) => store.store('lost'));
  copyFileSync(`${file}.copy`, file);
  await using((store) => expect(store.message).toBe('kept'));
});

describe.skipIf(process.platform === 'win32')('the files of a store', () => {
  const modesIn = (path: string) =>
    Object.fromEntries(
      [path, ...readdirSync(path).map((name) => join(path, name))].map((one) => [
        relative(path, one),
        (statSync(one).mode & 0o777).toString(8),
      ]),
    );
  const PRIVATE = { '': '700', 'data.mdb': '600', 'lock.mdb': '600', 'server.lock': '600' };

  test('are for their user alone, whatever the umask', async () => {
    const store = await openLmdbStore(join(folder, 'new'), OPTIONS);
    onTestFinished(() => store.close());
    await store.store('a');
    expect(modesIn(join(folder, 'new'))).toEqual(PRIVATE);
  });

  test('are closed to others if they were open', async () => {
    await using((store) => store.store('a'));
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o664);
    chmodSync(folder, 0o755);
    await using((store) => {
      expect(store.message).toBe('a');
      expect(modesIn(folder)).toEqual(PRIVATE);
    });
  });

  test('are closed in a folder that holds something else, too, and the folder stays as it was', async () => {
    writeFileSync(join(folder, 'notes.txt'), '');
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'notes.txt'), 0o644);
    await using(() =>
      expect(modesIn(folder)).toEqual({ ...PRIVATE, '': '755', 'notes.txt': '644' }),
    );
  });

  test.each(['server.lock', 'data.mdb', 'lock.mdb'])(
    '%s is not a link to another file',
    async (name) => {
      const other = join(folder, 'other');
      await using((store) => store.store('a'));
      renameSync(join(folder, name), other);
      symlinkSync(other, join(folder, name));
      const before = readFileSync(other);
      await expect(openLmdbStore(folder, OPTIONS)).rejects.toThrow(
        new RegExp(`^cannot use .*${name} is a symbolic link; check --store$`),
      );
      expect(readFileSync(other)).toEqual(before);
    },
  );

  test.each(['server.lock', 'data.mdb', 'lock.mdb'])('%s is a file', async (name) => {
    mkdirSync(join(folder, name));
    await expect(openLmdbStore(folder, OPTIONS)).rejects.toThrow(/^cannot use .*; check --store$/);
    rmSync(join(folder, name), { recursive: true });
    execFileSync('mkfifo', [join(folder, name)]);
    await expect(openLmdbStore(folder, OPTIONS)).rejects.toThrow(`${name} is not a file`);
  });

  test('may be in a folder that is reached by a link', async () => {
    symlinkSync(folder, `${folder}-link`);
    onTestFinished(() => rmSync(`${folder}-link`));
    const store = await openLmdbStore(`${folder}-link`, OPTIONS);
    onTestFinished(() => store.close());
    expect(modesIn(folder)).toEqual(PRIVATE);
  });
});

test('a folder that cannot be is refused in words', async () => {
  writeFileSync(file, '');
  await expect(openLmdbStore(join(file, 'sub'), OPTIONS)).rejects.toThrow(/cannot use .*--store/);
  expect(existsSync(join(folder, 'sub'))).toBe(false);
  if (process.platform === 'linux')
    await expect(openLmdbStore('/proc/x/y', OPTIONS)).rejects.toThrow(/cannot use .*--store/);
});

async function foreignDatabase(): Promise<void> {
  rmSync(file);
  const database = open<string, string>({ path: folder, noSubdir: false, overlappingSync: false });
  await database.put('key', 'value');
  await database.close();
}

/** Writes a record with a checksum that is right, as whoever can write the file may. */
async function craft(number: number, body: string): Promise<void> {
  const sum = crc32(`${number} ${body}`).toString(16).padStart(8, '0');
  const database = open<Buffer, number>({
    path: folder,
    noSubdir: false,
    overlappingSync: false,
    encoding: 'binary',
    keyEncoding: 'uint32',
  });
  await database.put(number, Buffer.from(`${sum} ${body}`));
  await database.close();
}

function changedRecord(): void {
  const bytes = readFileSync(file);
  for (let at = bytes.indexOf('number 57'); at !== -1; at = bytes.indexOf('number 57', at + 1)) {
    bytes.write('number 58', at);
  }
  writeFileSync(file, bytes);
}

/** The number of the newest commit in a file. */
function commitOf(bytes: Buffer): number {
  const first = metaAt(bytes, 0, 0);
  return Math.max(first.txnid, metaAt(bytes, 1, first.pageBytes).txnid);
}
