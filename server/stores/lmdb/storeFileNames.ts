// The names in the folder of an LMDB store, beside the lock of the server (folderLock.ts).

/** LMDB's own names for its files in a folder. */
export const DATA_FILE = 'data.mdb';
export const LMDB_LOCK_FILE = 'lock.mdb';

/** How a folder in which a new database is made begins. No other program uses this name. */
export const NEW_PREFIX = '.motd-new-';
