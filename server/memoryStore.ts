// A store that forgets when the process ends: `--store memory:`.

import { History } from './history.ts';
import type { MessageStore, StoreOptions } from './store.ts';

/** Opens a store in memory. */
export function openMemoryStore({ initialMessage, historyLimit }: StoreOptions): MessageStore {
  const history = new History(historyLimit);
  let listener = () => {};
  return {
    history,
    get message() {
      return history.latest?.message ?? initialMessage;
    },
    async store(message) {
      history.add({ message, storedAtMs: Date.now() });
      listener();
    },
    onUpdate(newListener) {
      listener = newListener;
    },
    async close() {},
  };
}
