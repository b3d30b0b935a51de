// Which store a `--store` value names.

import { openMemoryStore } from './memoryStore.ts';
import type { MessageStore } from './store.ts';

/**
 * Opens the store a URL names.
 *
 * @param url `memory:`
 * @param initialMessage The message where the store holds none yet.
 * @returns The open store; `undefined` where the URL names no store we have.
 */
export async function openStore(
  url: string,
  initialMessage: string,
): Promise<MessageStore | undefined> {
  if (url === 'memory:') return openMemoryStore(initialMessage);
  return undefined;
}
