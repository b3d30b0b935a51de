// The contract of `MessageStore`, for every store.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
} from 'vitest';
import { openStore } from '../../dist/node/server/stores/openStore.js';
import { isWithoutEtcd, LocalEtcd } from '../../testing/etcd.ts';
import type { MessageStore } from './store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'motd-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function opened(url: string, historyLimit = 1000): Promise<MessageStore> {
  const store = await openStore(url, { initialMessage: 'first', historyLimit });
  onTestFinished(() => store.close());
  return store;
}

function historyOf({ history }: MessageStore): string[] {
  const messages: string[] = [];
  for (let number = history.first; number <= history.last; number++) {
    messages.push(history.at(number)?.message ?? 'missing');
  }
  return messages;
}

let etcd: LocalEtcd | undefined;
let prefixes = 0;
beforeAll(async () => {
  if (!isWithoutEtcd) etcd = await LocalEtcd.start({ members: 1 });
});
afterAll(() => etcd?.close());

const STORES: [name: string, url: () => string][] = [
  ['memory', () => 'memory:'],
  ['file', () => `file:${join(folder, 'data')}`],
];
if (!isWithoutEtcd) STORES.push(['etcd', () => `etcd://${etcd?.endpoints}/test-${++prefixes}`]);

describe.each(STORES)('%s', (_name, url) => {
  test('has the initial message in force until one is stored, and not in the history', async () => {
    const store = await opened(url());
    expect(store.message).toBe('first');
    expect(historyOf(store)).toEqual([]);
    await store.store('second');
    expect(store.message).toBe('second');
    expect(historyOf(store)).toEqual(['second']);
  });

  test('keeps the newest messages in the history, in order, with their times', async () => {
    const store = await opened(url(), 3);
    const before = Date.now();
    for (const message of ['a', 'b', 'c', 'd', 'e']) await store.store(message);
    expect(historyOf(store)).toEqual(['c', 'd', 'e']);
    expect(store.history.latest?.storedAtMs).toBeGreaterThanOrEqual(before);
    expect(store.history.at(store.history.first - 1)).toBeUndefined();
    expect(store.history.at(store.history.last + 1)).toBeUndefined();
  });

  test('keeps all messages of concurrent stores, in order', async () => {
    const store = await opened(url());
    const messages = Array.from({ length: 600 }, (_, index) => `message ${index}`);
    await Promise.all(messages.map((message) => store.store(message)));
    expect(historyOf(store)).toEqual(messages);
    expect(store.message).toBe('message 599');
  });

  test('calls the listener when a stored message can be read', async () => {
    const store = await opened(url());
    const messages: string[] = [];
    store.onUpdate(() => messages.push(store.message));
    await store.store('a');
    await store.store('b');
    expect(messages).toEqual(['a', 'b']);
  });

  test('stores a message with a given time', async () => {
    const store = await opened(url());
    const storedAtMs = Date.UTC(2026, 10, 22, 17);
    await store.store('from yesterday', storedAtMs);
    expect(store.history.latest).toMatchObject({ message: 'from yesterday', storedAtMs });
  });

  test('returns every line of text unchanged', async () => {
    const store = await opened(url());
    for (const message of ['x'.repeat(4096), '漢'.repeat(1365), '👩🏽‍💻 a\tb', '0', '. \\ " $1']) {
      await store.store(message);
      expect(store.message).toBe(message);
    }
  });
});

test.each(['', 'memory', 'redis://host', 'file:', 'lmdb:'])('rejects the URL %j', async (url) => {
  await expect(opened(url)).rejects.toThrow(/^no such store: .*--store/);
  expect(readdirSync(folder)).toEqual([]);
});
