// The store for `--store memory:`, which lasts as long as the process.

import { History } from './history.ts';
import { ALWAYS_FRESH, CONFLICT, type MessageStore, type StoreOptions } from './store.ts';

export function openMemoryStore({ historyLimit }: StoreOptions): MessageStore {
  const history = new History(historyLimit);
  const listeners: (() => void)[] = [];
  return {
    history,
    freshness: ALWAYS_FRESH,
    async append(record, after = history.last) {
      if (after !== history.last) return CONFLICT;
      history.add(record);
      const number = history.last;
      for (const listener of listeners) listener();
      return number;
    },
    onUpdate(listener) {
      listeners.push(listener);
    },
    async close() {},
  };
}
