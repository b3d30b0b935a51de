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
import { MAX_USER_NAME_BYTES } from '../../access/userName.ts';
import { openStore } from '../../dist/node/server/stores/openStore.js';
import { MAX_LINE_BYTES } from '../../protocol/lines.ts';
import { isWithoutEtcd, LocalEtcd } from '../../testing/etcd.ts';
import { entriesIn, messageIn, messagesIn, storeIn } from './store.harness.ts';
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
    expect(entriesIn(store).at(-1)?.storedAtMs).toBeGreaterThanOrEqual(before);
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
    expect(entriesIn(store)).toEqual([{ message: 'from yesterday', storedAtMs }]);
  });

  test('numbers the records', async () => {
    const store = await opened(url());
    expect([await storeIn(store, 'a'), await storeIn(store, 'b')]).toEqual([1, 2]);
  });

  test('appends a record only after the one that it names, if it names one', async () => {
    const store = await opened(url());
    const record = (message: string) => ({ message, storedAtMs: Date.now() });
    expect(await store.append(record('a'), 0)).toBe(1);
    expect(await store.append(record('b'), 0)).toBe(0);
    const racing = ['c', 'd', 'e'].map((message) => store.append(record(message), 1));
    expect((await Promise.all(racing)).sort()).toEqual([0, 0, 2]);
    expect(store.history.last).toBe(2);
  });

  test('stores no record that it could not read again', async () => {
    const at = url();
    if (at === 'memory:') return;
    const store = await opened(at);
    await expect(store.append({ message: '', storedAtMs: 0 })).rejects.toThrow(/empty message/);
    expect(await storeIn(store, 'a')).toBe(1);
  });

  test('keeps windows, authors and cancellations across a restart', async () => {
    const at = url();
    const store = await openStore(at, { historyLimit: 9 });
    const now = Date.now();
    const records = [
      { message: 'plan', storedAtMs: now, fromMs: now + 60_000, untilMs: now + 120_000 },
      { message: 'endless', storedAtMs: now, fromMs: now + 60_000, author: 'Zoë; a b%' },
      { message: 'until', storedAtMs: now, untilMs: now + 60_000 },
      { cancels: 2, storedAtMs: now, author: '-' },
    ];
    for (const record of records) await store.append(record);
    const before = [...store.history.after()];
    expect(store.history.planned(now).map(({ number }) => number)).toEqual([1, 3]);
    await store.close();
    if (at === 'memory:') return;
    const again = await opened(at, 9);
    expect([...again.history.after()]).toEqual(before);
    expect(again.history.planned(now).map(({ number }) => number)).toEqual([1, 3]);
  });

  test('may be closed repeatedly', async () => {
    const store = await openStore(url(), { historyLimit: 9 });
    await storeIn(store, 'a');
    await Promise.all([store.close(), store.close()]);
    await store.close();
  });

  test('keeps what is planned, whatever is stored since, across restarts', async () => {
    const at = url();
    const store = await openStore(at, { historyLimit: 2 });
    const now = Date.now();
    await store.append({ message: 'plan', storedAtMs: now, fromMs: now + 60_000 });
    await storeIn(store, 'under it');
    await store.append({ message: 'other', storedAtMs: now, untilMs: now + 60_000 });
    for (const message of ['a', 'b'])
      await store.append({ message, storedAtMs: now, untilMs: now + 1 });
    const kept = ['plan', 'under it', 'other', 'a', 'b'];
    expect(messagesIn(store)).toEqual(kept);
    await store.close();
    if (at === 'memory:') return;
    for (let restarts = 0; restarts < 2; restarts++) {
      const again = await openStore(at, { historyLimit: 2 });
      expect(messagesIn(again)).toEqual(kept);
      await again.close();
    }
    const last = await opened(at, 2);
    for (const message of ['c', 'd', 'e']) await storeIn(last, message);
    expect(messagesIn(last)).toEqual(['plan', 'other', 'd', 'e']);
  });

  test('puts the message before a canceled one in force, also after a restart', async () => {
    const at = url();
    const store = await openStore(at, { historyLimit: 2 });
    await storeIn(store, 'a');
    const number = await storeIn(store, 'b');
    await store.append({ cancels: number, storedAtMs: Date.now() });
    expect(messageIn(store)).toBe('a');
    await store.close();
    if (at === 'memory:') return;
    const again = await opened(at, 2);
    expect(messageIn(again)).toBe('a');
    await storeIn(again, 'c');
    await again.append({ cancels: again.history.last, storedAtMs: Date.now() });
    expect(messageIn(again)).toBe('a');
  });

  test('keeps entries with windows unchanged up to the limit of a line, across a restart', async () => {
    const at = url();
    const store = await openStore(at, { historyLimit: 2 });
    const fromMs = Date.UTC(2099, 0, 1, 0, 0, 0, 1);
    const window = {
      storedAtMs: Date.now(),
      fromMs,
      untilMs: Date.UTC(9999, 11, 31, 23, 59, 59, 999),
    };
    const author = '漢'.repeat(MAX_USER_NAME_BYTES / 3);
    const entries = [MAX_LINE_BYTES - 1, MAX_LINE_BYTES].flatMap((bytes) =>
      ['x', '"', '\\', '漢', '👩🏽‍💻', 'a\tb'].map((text) => {
        const fitting = text.repeat(bytes / Buffer.byteLength(text));
        const message = fitting + '.'.repeat(bytes - Buffer.byteLength(fitting));
        return { message, author, ...window };
      }),
    );
    for (const entry of entries) await store.append(entry);
    expect(entriesIn(store)).toEqual(entries);
    await store.close();
    if (at === 'memory:') return;
    expect(entriesIn(await opened(at, 2))).toEqual(entries);
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
