// The store for `--store memory:`, which lasts as long as the process.

import { History } from './history.ts';
import { ALWAYS_FRESH, type MessageStore, type StoreOptions } from './store.ts';

export function openMemoryStore({ initialMessage, historyLimit }: StoreOptions): MessageStore {
  const history = new History(historyLimit);
  let listener = () => {};
  return {
    history,
    freshness: ALWAYS_FRESH,
    get message() {
      return history.latest?.message ?? initialMessage;
    },
    async store(message, storedAtMs = Date.now()) {
      history.add({ message, storedAtMs });
      listener();
    },
    onUpdate(newListener) {
      listener = newListener;
    },
    async close() {},
  };
}
