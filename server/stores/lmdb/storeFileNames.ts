// The names of the files in an LMDB store's folder.

/** LMDB's own files. */
export const DATA_FILE = 'data.mdb';
export const LMDB_LOCK_FILE = 'lock.mdb';

/** Locked by the server that uses the folder (folderLock.ts). */
export const SERVER_LOCK_FILE = 'server.lock';

/** The prefix of temporary folders in which new databases are created. */
export const NEW_PREFIX = '.motd-new-';

/** Whether a store may have created a file or folder of this name. */
export function isStoreFile(name: string): boolean {
  return (
    [DATA_FILE, LMDB_LOCK_FILE, SERVER_LOCK_FILE].includes(name) || name.startsWith(NEW_PREFIX)
  );
}
