// Which store a `--store` value names.

import { openMemoryStore } from './memoryStore.ts';
import type { MessageStore, StoreOptions } from './store.ts';
import { UnusableStoreError } from './unusableStore.ts';

const LMDB = 'lmdb:';

/**
 * Opens the store a URL names.
 *
 * @param url `lmdb:DIR` or `memory:`
 * @throws UnusableStoreError where the URL names no store we have, or that store cannot be used.
 */
export async function openStore(url: string, options: StoreOptions): Promise<MessageStore> {
  if (url === 'memory:') return openMemoryStore(options);
  if (!url.startsWith(LMDB) || url === LMDB) {
    throw new UnusableStoreError(`no such store: ${url}; --store takes lmdb:DIR or memory:`);
  }
  // A native library is not loaded where it is not needed.
  const { openLmdbStore } = await import('./lmdbStore.ts');
  return openLmdbStore(url.slice(LMDB.length), options);
}
