// The store for `--store memory:`, which lasts as long as the process.

import { History } from './history.ts';
import { ALWAYS_FRESH, CONFLICT, type MessageStore, type StoreOptions } from './store.ts';

export function openMemoryStore({ historyLimit }: StoreOptions): MessageStore {
  const history = new History(historyLimit);
  let listener = () => {};
  return {
    history,
    freshness: ALWAYS_FRESH,
    async append(record, after = history.last) {
      if (after !== history.last) return CONFLICT;
      history.add(record);
      const number = history.last;
      listener();
      return number;
    },
    onUpdate(newListener) {
      listener = newListener;
    },
    async close() {},
  };
}
