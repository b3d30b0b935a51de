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
import { entriesIn, messagesIn, storeIn } from '../store.harness.ts';
import type { MessageStore, OnRead } from '../store.ts';
import { openFileStore } from './fileStore.ts';
import { readReadOnly } from './readOnly.ts';

const OPTIONS = { historyLimit: 1000 };

let parent = '';
let folder = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'motd-read-'));
  folder = join(parent, 'store');
});
afterEach(() => rmSync(parent, { recursive: true }));

/** Stores messages, and calls `use` before the store is closed. */
async function storing(messages: string[], use?: (store: MessageStore) => Promise<void>) {
  const store = await openFileStore(folder, OPTIONS);
  try {
    for (const message of messages) await storeIn(store, message);
    await use?.(store);
  } finally {
    await store.close();
  }
}

function messagesRead(path = folder): string[] {
  return messagesIn(readReadOnly(path));
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
    expect(entriesIn(readReadOnly(folder))).toEqual([1, 2, 3].map((number) => history.at(number)));
  });
});

test('reads entries of any size, after others were dropped', async () => {
  const messages = Array.from({ length: 30 }, (_, index) => `${index}`.repeat(1 + index * 60));
  const store = await openFileStore(folder, { historyLimit: 10 });
  for (const message of messages) await storeIn(store, message);
  await store.close();
  expect(messagesRead()).toEqual(messages.slice(-10));
});

test('reports how much of a large file it has read', async () => {
  const store = await openFileStore(folder, { historyLimit: 5000 });
  const messages = Array.from({ length: 2500 }, (_, index) => `message ${index}`);
  await Promise.all(messages.map((message) => storeIn(store, message)));
  await store.close();
  const { size } = lstatSync(join(folder, 'messages.log'));
  for (const read of [
    (onRead: OnRead) => readReadOnly(folder, onRead),
    async (onRead: OnRead) => {
      await (await openFileStore(folder, { historyLimit: 5000, onRead })).close();
    },
  ]) {
    const calls: [number, number][] = [];
    await read((bytes, totalBytes) => calls.push([bytes, totalBytes]));
    const [[first, total] = [0, 0], [second] = [0, 0], ...others] = calls;
    expect(others).toEqual([]);
    expect(total).toBe(size);
    expect(0 < first && first < second && second < total).toBe(true);
  }
});

test('reports whether a server uses the store', async () => {
  await storing(['a'], async (store) => {
    expect(readReadOnly(folder)).toMatchObject({ isInUse: true });
    // The server can still store: reading did not release its lock.
    await storeIn(store, 'b');
    expect(messagesRead()).toEqual(['a', 'b']);
  });
  expect(readReadOnly(folder)).toMatchObject({ isInUse: false });
});

test('changes nothing, and creates nothing', async () => {
  await storing(['a']);
  chmodSync(folder, 0o755);
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
  const before = stateOf(folder);
  expect(messagesRead()).toEqual(['a']);
  expect(stateOf(folder)).toEqual(before);

  const empty = join(parent, 'empty');
  mkdirSync(empty);
  expect(() => readReadOnly(empty)).toThrow(`no store in ${empty}: it has no messages.log`);
  expect(readdirSync(empty)).toEqual([]);
});

test('reads a copy of the data file alone', async () => {
  await storing(['a']);
  const copy = join(parent, 'copy');
  mkdirSync(copy);
  copyFileSync(join(folder, 'messages.log'), join(copy, 'messages.log'));
  expect(messagesRead(copy)).toEqual(['a']);
  expect(readdirSync(copy)).toEqual(['messages.log']);
});

test.each([
  ['a missing folder', 'nowhere', /^no such folder; check --store$/],
  [
    'a file',
    'store/messages.log',
    /messages\.log is a file; name the folder that holds messages\.log$/,
  ],
])('rejects %s', async (_what, path, words) => {
  await storing(['a']);
  expect(() => readReadOnly(join(parent, path))).toThrow(words);
});

test('rejects a damaged file, and reports why', async () => {
  await storing(['a']);
  const file = join(folder, 'messages.log');
  writeFileSync(file, readFileSync(file).subarray(0, 8200));
  expect(() => readReadOnly(folder)).toThrow(/messages\.log is damaged, or another program's: /);
});

test.skipIf(process.getuid?.() !== 0)('reads a folder of another user', async () => {
  await storing(['a']);
  for (const path of [folder, join(folder, 'messages.log')]) chownSync(path, 65_534, 65_534);
  expect(messagesRead(folder)).toEqual(['a']);
});

test('reads a backup made of hard links', async () => {
  await storing(['a']);
  const backup = join(parent, 'backup');
  mkdirSync(backup);
  for (const name of readdirSync(folder)) linkSync(join(folder, name), join(backup, name));
  expect(messagesRead(backup)).toEqual(['a']);
});

test.skipIf(process.platform === 'win32').each(
  ['messages.log', 'server.lock'].flatMap(
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
  expect(() => readReadOnly(folder)).toThrow(new RegExp(`${name} .*${words}`));
});
