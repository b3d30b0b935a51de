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
import { messageIn, messagesIn, storeIn } from './store.harness.ts';
import type { MessageStore } from './store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'motd-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function opened(url: string, historyLimit = 1000): Promise<MessageStore> {
  const store = await openStore(url, { historyLimit });
  onTestFinished(() => store.close());
  return store;
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
    expect(messageIn(store)).toBe('first');
    expect(messagesIn(store)).toEqual([]);
    await storeIn(store, 'second');
    expect(messageIn(store)).toBe('second');
    expect(messagesIn(store)).toEqual(['second']);
  });

  test('keeps the newest messages in the history, in order, with their times', async () => {
    const store = await opened(url(), 3);
    const before = Date.now();
    for (const message of ['a', 'b', 'c', 'd', 'e']) await storeIn(store, message);
    expect(messagesIn(store)).toEqual(['c', 'd', 'e']);
    expect(store.history.latest?.storedAtMs).toBeGreaterThanOrEqual(before);
    expect(store.history.at(store.history.first - 1)).toBeUndefined();
    expect(store.history.at(store.history.last + 1)).toBeUndefined();
  });

  test('keeps all messages of concurrent stores, in order', async () => {
    const store = await opened(url());
    const messages = Array.from({ length: 600 }, (_, index) => `message ${index}`);
    await Promise.all(messages.map((message) => storeIn(store, message)));
    expect(messagesIn(store)).toEqual(messages);
    expect(messageIn(store)).toBe('message 599');
  });

  test('calls the listener when a stored message can be read', async () => {
    const store = await opened(url());
    const messages: string[] = [];
    store.onUpdate(() => messages.push(messageIn(store)));
    await storeIn(store, 'a');
    await storeIn(store, 'b');
    expect(messages).toEqual(['a', 'b']);
  });

  test('stores a message with a given time', async () => {
    const store = await opened(url());
    const storedAtMs = Date.UTC(2026, 10, 22, 17);
    await storeIn(store, 'from yesterday', storedAtMs);
    expect(store.history.latest).toMatchObject({ message: 'from yesterday', storedAtMs });
  });

  test('returns every line of text unchanged', async () => {
    const store = await opened(url());
    for (const message of ['x'.repeat(4096), '漢'.repeat(1365), '👩🏽‍💻 a\tb', '0', '. \\ " $1']) {
      await storeIn(store, message);
      expect(messageIn(store)).toBe(message);
    }
  });
});

test.each(['', 'memory', 'redis://host', 'file:', 'lmdb:'])('rejects the URL %j', async (url) => {
  await expect(opened(url)).rejects.toThrow(/^no such store: .*--store/);
  expect(readdirSync(folder)).toEqual([]);
});
