// What every store promises.

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
import { openStore } from '../../dist/server/stores/openStore.js';
import { EtcdCluster, isWithoutEtcd } from '../../testing/etcd.ts';
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

let etcd: EtcdCluster | undefined;
let prefixes = 0;
beforeAll(async () => {
  if (!isWithoutEtcd) etcd = await EtcdCluster.start({ members: 1 });
});
afterAll(() => etcd?.close());

const STORES: [name: string, url: () => string][] = [
  ['memory', () => 'memory:'],
  ['lmdb', () => `lmdb:${join(folder, 'data')}`],
];
if (!isWithoutEtcd) STORES.push(['etcd', () => `etcd://${etcd?.endpoints}/test-${++prefixes}`]);

describe.each(STORES)('%s', (_name, url) => {
  test('the initial message is in force until one is stored, and is no history', async () => {
    const store = await opened(url());
    expect(store.message).toBe('first');
    expect(historyOf(store)).toEqual([]);
    await store.store('second');
    expect(store.message).toBe('second');
    expect(historyOf(store)).toEqual(['second']);
  });

  test('the history keeps the newest, as many as it may, in their order and with their time', async () => {
    const store = await opened(url(), 3);
    const before = Date.now();
    for (const message of ['a', 'b', 'c', 'd', 'e']) await store.store(message);
    expect(historyOf(store)).toEqual(['c', 'd', 'e']);
    expect(store.history.latest?.storedAtMs).toBeGreaterThanOrEqual(before);
    expect(store.history.at(store.history.first - 1)).toBeUndefined();
    expect(store.history.at(store.history.last + 1)).toBeUndefined();
  });

  test('stores at once are all kept, in the order they came', async () => {
    const store = await opened(url());
    const messages = Array.from({ length: 600 }, (_, index) => `message ${index}`);
    await Promise.all(messages.map((message) => store.store(message)));
    expect(historyOf(store)).toEqual(messages);
    expect(store.message).toBe('message 599');
  });

  test('whoever listens hears of what is stored once it can be read', async () => {
    const store = await opened(url());
    const heard: string[] = [];
    store.onUpdate(() => heard.push(store.message));
    await store.store('a');
    await store.store('b');
    expect(heard).toEqual(['a', 'b']);
  });

  test('a copy keeps the time of each message', async () => {
    const store = await opened(url());
    const storedAtMs = Date.UTC(2026, 10, 22, 17);
    await store.store('of yesterday', storedAtMs);
    expect(store.history.latest).toMatchObject({ message: 'of yesterday', storedAtMs });
  });

  test('any line of text comes back as it was', async () => {
    const store = await opened(url());
    for (const message of ['x'.repeat(4096), '漢'.repeat(1365), '👩🏽‍💻 a\tb', '0', '. \\ " $1']) {
      await store.store(message);
      expect(store.message).toBe(message);
    }
  });
});

test.each(['', 'memory', 'redis://host', 'lmdb:'])('%j names no store', async (url) => {
  await expect(opened(url)).rejects.toThrow(/^no such store: .*--store/);
  expect(readdirSync(folder)).toEqual([]);
});
