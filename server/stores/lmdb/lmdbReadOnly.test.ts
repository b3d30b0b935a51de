import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLmdbStore } from '../../../dist/server/stores/lmdb/lmdbStore.js';
import type { MessageStore } from '../store.ts';
import { readLmdbReadOnly } from './lmdbReadOnly.ts';

const OPTIONS = { initialMessage: 'first', historyLimit: 1000 };

let parent = '';
let folder = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'motd-read-'));
  folder = join(parent, 'store');
});
afterEach(() => rmSync(parent, { recursive: true }));

/** Stores messages, and calls `use` before the store is closed. */
async function storing(messages: string[], use?: (store: MessageStore) => Promise<void>) {
  const store = await openLmdbStore(folder, OPTIONS);
  try {
    for (const message of messages) await store.store(message);
    await use?.(store);
  } finally {
    await store.close();
  }
}

async function messagesIn(path = folder): Promise<string[]> {
  return (await readLmdbReadOnly(path)).entries.map(({ message }) => message);
}

/** The attributes of a folder and its files. */
function stateOf(path: string): unknown[] {
  return ['.', ...readdirSync(path).sort()].map((name) => {
    const { mode, mtimeMs, ctimeMs, size } = lstatSync(join(path, name));
    return { name, mode, mtimeMs, ctimeMs, size };
  });
}

test('reads every entry in order, with its time', async () => {
  await storing(['a', 'b', 'c'], async ({ history }) => {
    const { entries } = await readLmdbReadOnly(folder);
    expect(entries).toEqual([1, 2, 3].map((number) => history.at(number)));
  });
});

test('reads entries of any size, after others were dropped', async () => {
  const messages = Array.from({ length: 30 }, (_, index) => `${index}`.repeat(1 + index * 60));
  const short = { ...OPTIONS, historyLimit: 10 };
  const store = await openLmdbStore(folder, short);
  for (const message of messages) await store.store(message);
  await store.close();
  expect(await messagesIn()).toEqual(messages.slice(-10));
});

test('reports whether a server uses the store', async () => {
  await storing(['a'], async (store) => {
    expect(await readLmdbReadOnly(folder)).toMatchObject({ isInUse: true });
    // The server can still store: reading did not release its lock.
    await store.store('b');
    expect(await messagesIn()).toEqual(['a', 'b']);
  });
  expect(await readLmdbReadOnly(folder)).toMatchObject({ isInUse: false });
});

test('changes nothing, and creates nothing', async () => {
  await storing(['a']);
  chmodSync(folder, 0o755);
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
  const before = stateOf(folder);
  expect(await messagesIn()).toEqual(['a']);
  expect(stateOf(folder)).toEqual(before);

  const empty = join(parent, 'empty');
  mkdirSync(empty);
  await expect(readLmdbReadOnly(empty)).rejects.toThrow(`no store in ${empty}: it has no data.mdb`);
  expect(readdirSync(empty)).toEqual([]);
});

test('reads a copy of the data file alone', async () => {
  await storing(['a']);
  const copy = join(parent, 'copy');
  mkdirSync(copy);
  copyFileSync(join(folder, 'data.mdb'), join(copy, 'data.mdb'));
  expect(await messagesIn(copy)).toEqual(['a']);
  expect(readdirSync(copy)).toEqual(['data.mdb']);
});

test.each([
  ['a missing folder', () => 'nowhere', /^no such folder; check --store$/],
  ['a file', () => 'store/data.mdb', /data\.mdb is a file; name the folder that holds data\.mdb$/],
])('rejects %s', async (_what, path, words) => {
  await storing(['a']);
  await expect(readLmdbReadOnly(join(parent, path()))).rejects.toThrow(words);
});

test('rejects a damaged file, and reports why', async () => {
  await storing(['a']);
  const file = join(folder, 'data.mdb');
  writeFileSync(file, readFileSync(file).subarray(0, 9000));
  await expect(readLmdbReadOnly(folder)).rejects.toThrow(
    /data\.mdb is damaged, or another program's: /,
  );
});

test.skipIf(process.getuid?.() !== 0)('reads a folder of another user', async () => {
  await storing(['a']);
  for (const path of [folder, join(folder, 'data.mdb')]) chownSync(path, 65_534, 65_534);
  expect(await messagesIn(folder)).toEqual(['a']);
});

test('reads a backup made of hard links', async () => {
  await storing(['a']);
  const backup = join(parent, 'backup');
  mkdirSync(backup);
  for (const name of readdirSync(folder)) linkSync(join(folder, name), join(backup, name));
  expect(await messagesIn(backup)).toEqual(['a']);
});

test.skipIf(process.platform === 'win32').each(
  ['data.mdb', 'server.lock'].flatMap(
    (name) =>
      [
        [name, 'a symbolic link', (path: string) => symlinkSync(join(parent, 'other'), path)],
        [name, 'not a regular file', (path: string) => spawnSync('mkfifo', [path])],
      ] as const,
  ),
)('rejects %s that is %s', async (name, words, replace) => {
  await storing(['a']);
  const other = join(parent, 'other');
  copyFileSync(join(folder, name), other);
  rmSync(join(folder, name));
  replace(join(folder, name));
  await expect(readLmdbReadOnly(folder)).rejects.toThrow(new RegExp(`${name} .*${words}`));
});
