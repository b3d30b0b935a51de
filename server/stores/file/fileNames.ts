// The names of the files in a store's folder.

/** The messages (logFormat.ts). */
export const LOG_FILE = 'messages.log';

/** A log that is being written. It gets its name when it is complete; a crash leaves it behind. */
export const NEW_LOG_FILE = 'messages.log.new';

/** Locked by the server that uses the folder (folderLock.ts). */
export const SERVER_LOCK_FILE = 'server.lock';

/** The files of earlier versions, which stored in LMDB (convertLmdb.ts). */
export const LMDB_DATA_FILE = 'data.mdb';
const LMDB_LOCK_FILE = 'lock.mdb';

/** Whether a store may have created a file of this name. */
export function isStoreFile(name: string): boolean {
  return [LOG_FILE, NEW_LOG_FILE, SERVER_LOCK_FILE, LMDB_DATA_FILE, LMDB_LOCK_FILE].includes(name);
}
