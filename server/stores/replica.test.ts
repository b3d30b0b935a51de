// A store, and replicas of it that are fed as over a channel between processes.

import { expect, onTestFinished, test, vi } from 'vitest';
import { HistoryFeed } from './historyFeed.ts';
import { openMemoryStore } from './memory.ts';
import { Replica } from './replica.ts';
import { entriesIn, messageIn, messagesIn, storeIn } from './store.harness.ts';
import type { MessageStore } from './store.ts';

const LIMIT = 1000;

function memoryStore(historyLimit = LIMIT): MessageStore {
  return openMemoryStore({ historyLimit });
}

interface Replicated {
  replica: Replica;
  feed: HistoryFeed;
  /** How often `onLost` was called. */
  onLost: ReturnType<typeof vi.fn>;
  /** The number of entries of each batch. */
  batches: number[];
  /** Holds back what is sent, as after SIGSTOP. */
  pause(): void;
  resume(): void;
  /** Fails to apply what is sent from now on. */
  fail(): void;
}

function replicate(store: MessageStore, historyLimit = LIMIT, hangAfterMs = 60_000): Replicated {
  const onLost = vi.fn();
  let isFailing = false;
  const batches: number[] = [];
  let gate = Promise.resolve();
  let open = () => {};
  const replica = new Replica({
    historyLimit,
    append: async (record, after) => {
      const number = await store.append(record, after);
      await feed.reached(store.history.last);
      return number;
    },
  });
  const feed = new HistoryFeed({
    history: store.history,
    async send(batch) {
      batches.push(batch.records.length);
      await gate;
      if (isFailing) throw new Error('out of memory');
      replica.apply(JSON.parse(JSON.stringify(batch)));
    },
    onLost,
    hangAfterMs,
  });
  store.onUpdate(() => feed.update());
  const pause = () => {
    gate = new Promise((resolve) => {
      open = resolve;
    });
  };
  onTestFinished(() => open());
  const fail = () => {
    isFailing = true;
  };
  return { replica, feed, onLost, batches, pause, resume: () => open(), fail };
}

test('has the initial message, then what was stored before, with numbers and times', async () => {
  const store = memoryStore(3);
  const empty = replicate(store, 3);
  expect(messageIn(empty.replica)).toBe('first');
  for (const message of ['a', 'b', 'c', 'd', 'e']) await storeIn(store, message);
  const { replica, feed } = replicate(store, 3);
  await feed.reached(store.history.last);
  expect(messagesIn(replica)).toEqual(['c', 'd', 'e']);
  expect([replica.history.first, messageIn(replica)]).toEqual([3, 'e']);
  expect(entriesIn(replica)).toEqual(entriesIn(store));
});

test('reads its own write, and notifies its listener before', async () => {
  const { replica } = replicate(memoryStore());
  const read: string[] = [];
  replica.onUpdate(() => read.push(messageIn(replica)));
  await storeIn(replica, 'a');
  expect([messageIn(replica), read]).toEqual(['a', ['a']]);
});

test('is sent what was stored while it was slow in few batches, in order', async () => {
  const store = memoryStore();
  const { replica, feed, batches, pause, resume } = replicate(store);
  pause();
  const messages = Array.from({ length: 600 }, (_, index) => `message ${index}`);
  for (const message of messages) await storeIn(store, message);
  expect(batches).toEqual([1]);
  resume();
  await feed.reached(600);
  expect(messagesIn(replica)).toEqual(messages);
  expect(batches).toEqual([1, 250, 250, 99]);
});

test('leaves out what the history has dropped while it was slow', async () => {
  const store = memoryStore(2);
  const { replica, feed, pause, resume } = replicate(store, 2);
  pause();
  for (const message of ['a', 'b', 'c', 'd', 'e']) await storeIn(store, message);
  resume();
  await feed.reached(5);
  expect(messagesIn(replica)).toEqual(['d', 'e']);
  expect(replica.history.first).toBe(4);
});

test('keeps what the history keeps, and nothing whose cancellation it missed while it was slow', async () => {
  const store = memoryStore(2);
  const { replica, feed, pause, resume } = replicate(store, 2);
  const fromMs = Date.now() + 60_000;
  await store.append({ message: 'plan', storedAtMs: 0, fromMs });
  await store.append({ message: 'canceled', storedAtMs: 0, fromMs });
  for (const message of ['a', 'b']) await storeIn(store, message);
  await feed.reached(4);
  pause();
  await store.append({ cancels: 2, storedAtMs: 0 });
  for (const message of ['c', 'd', 'e']) await storeIn(store, message);
  resume();
  await feed.reached(8);
  expect(messagesIn(replica)).toEqual(['plan', 'd', 'e']);
  expect(replica.history.inForce(fromMs).entry?.message).toBe('plan');
});

test('is sent what was stored while it received nothing but records that are kept', async () => {
  const store = memoryStore();
  store.history.addKept({ message: 'plan', storedAtMs: 0, fromMs: Date.now() + 60_000 }, 4);
  const { replica, feed } = replicate(store);
  await storeIn(store, 'a');
  await feed.reached(5);
  expect(messagesIn(replica)).toEqual(['plan', 'a']);
});

test('passes on why a message was not stored', async () => {
  const store = { ...memoryStore(), append: () => Promise.reject(new Error('disk full')) };
  await expect(storeIn(replicate(store).replica, 'a')).rejects.toThrow('disk full');
});

test('reports a replica that does not answer, and waits no longer once it is closed', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const store = memoryStore();
  const { replica, feed, onLost, pause } = replicate(store, LIMIT, 5000);
  pause();
  const storing = storeIn(replica, 'a');
  await vi.advanceTimersByTimeAsync(5400);
  expect(onLost).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(onLost).toHaveBeenCalledExactlyOnceWith('does not respond');
  feed.close();
  await storing;
  await feed.reached(99);
});

test('reports a replica that fails, and acknowledges no message before it is closed', async () => {
  const store = memoryStore();
  const { replica, feed, onLost, fail } = replicate(store);
  fail();
  let isAcknowledged = false;
  const storing = storeIn(replica, 'a').then(() => {
    isAcknowledged = true;
  });
  await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce());
  await storeIn(store, 'b');
  expect([isAcknowledged, messageIn(replica)]).toEqual([false, 'first']);
  feed.close();
  await storing;
  expect(onLost).toHaveBeenCalledExactlyOnceWith('failed to apply a message');
});
