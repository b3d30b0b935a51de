// Opens the store that a `--store` URL names.

import type { ListenAddress } from '../../access/endpoint.ts';
import type { EtcdCredentials } from './etcd/etcdCredentials.ts';
import { openMemoryStore } from './memory.ts';
import type { MessageStore, StoreOptions } from './store.ts';
import { StoreOpenError } from './storeOpenError.ts';

const FILE = 'file:';
const LMDB = 'lmdb:';
const ETCD = /^etcds?:/;
const PATH = /^\.{0,2}\//;

/** Whether several servers can share the store of a URL. Such a store may be unavailable. */
export function isShared(url: string): boolean {
  return ETCD.test(url);
}

/** @returns The folder of a store; `undefined` if the store of the URL is not in a folder. */
export function folderOf(url: string): string | undefined {
  return url.startsWith(FILE) && url !== FILE ? url.slice(FILE.length) : undefined;
}

export interface OpenOptions extends StoreOptions {
  /** For `etcd://`. */
  etcd?: EtcdCredentials | undefined;
}

/**
 * Opens the store of a URL.
 *
 * @param url `file:DIR`, `memory:`, or `etcd://HOST:PORT,HOST:PORT/PREFIX` (`etcds://` for TLS)
 * @throws StoreOpenError if the URL is invalid, or the store cannot be used.
 */
export async function openStore(url: string, options: OpenOptions): Promise<MessageStore> {
  // Dynamic imports, to load a store's library only if it is used.
  if (url === 'memory:') return openMemoryStore(options);
  if (isShared(url)) {
    const { openEtcdStore } = await import('./etcd/etcdStore.ts');
    return openEtcdStore(url, options);
  }
  const folder = folderOf(url);
  if (folder === undefined) throw new StoreOpenError('invalid-store-url', describeUnknown(url));
  // The shell leaves it as it is after `file:`, and so a folder of this name would be created.
  if (folder.startsWith('~')) {
    throw new StoreOpenError(
      'invalid-store-url',
      `the shell does not expand ~ in ${url}; write file:$HOME/… in --store, or file:./~… for a folder of this name`,
    );
  }
  const { openFileStore } = await import('./file/fileStore.ts');
  return openFileStore(folder, options);
}

/**
 * Lets a second server with the same `file:` URL name this one, which has opened the store, in its
 * error.
 *
 * @param address `undefined` if this server stops soon: the second one waits for it.
 */
export async function publishAddress(
  url: string,
  address: ListenAddress | undefined,
): Promise<void> {
  const folder = folderOf(url);
  if (folder === undefined) return;
  const { writeAddress } = await import('./file/lockHolder.ts');
  writeAddress(folder, address);
}

function describeUnknown(url: string): string {
  if (url.startsWith(LMDB) && url !== LMDB) {
    const folder = url.slice(LMDB.length);
    return `${url} is now file:${folder}: use that URL; a server that starts on the folder converts it`;
  }
  if (PATH.test(url)) return `no such store: ${url}; did you mean file:${url}?`;
  return `no such store: ${url}; --store takes file:DIR, memory: or etcd://HOST:PORT/PREFIX`;
}
