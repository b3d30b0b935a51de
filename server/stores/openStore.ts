// Which store a `--store` value names.

import type { EtcdCredentials } from './etcd/etcdCredentials.ts';
import { openMemoryStore } from './memory.ts';
import type { MessageStore, StoreOptions } from './store.ts';
import { StoreOpenError } from './storeOpenError.ts';

const LMDB = 'lmdb:';
const ETCD = /^etcds?:/;

/** Whether others may use the store a URL names: it may then be away. */
export function isShared(url: string): boolean {
  return ETCD.test(url);
}

/** The folder that a URL names; `undefined` if it names no store in a folder. */
export function folderIn(url: string): string | undefined {
  return url.startsWith(LMDB) && url !== LMDB ? url.slice(LMDB.length) : undefined;
}

export interface OpenOptions extends StoreOptions {
  /** For `etcd://`. */
  etcd?: EtcdCredentials | undefined;
}

/**
 * Opens the store a URL names.
 *
 * @param url `lmdb:DIR`, `memory:`, or `etcd://HOST:PORT,HOST:PORT/PREFIX` (`etcds://` for TLS)
 * @throws StoreOpenError where the URL names no store we have, or that store cannot be used.
 */
export async function openStore(url: string, options: OpenOptions): Promise<MessageStore> {
  // No library is loaded where it is not needed.
  if (url === 'memory:') return openMemoryStore(options);
  if (isShared(url)) {
    const { openEtcdStore } = await import('./etcd/etcdStore.ts');
    return openEtcdStore(url, options);
  }
  const folder = folderIn(url);
  if (folder === undefined) {
    throw new StoreOpenError(
      `no such store: ${url}; --store takes lmdb:DIR, memory: or etcd://HOST:PORT/PREFIX`,
    );
  }
  const { openLmdbStore } = await import('./lmdb/lmdbStore.ts');
  return openLmdbStore(folder, options);
}
