// A store that forgets when the process ends: `--store memory:`.

import type { MessageStore } from './store.ts';

/** @param initialMessage The message in force until another is stored. */
export function openMemoryStore(initialMessage: string): MessageStore {
  let message = initialMessage;
  return {
    get message() {
      return message;
    },
    async store(newMessage) {
      message = newMessage;
    },
    async close() {},
  };
}
