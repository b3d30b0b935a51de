// Reads the records in a folder without changing anything: takes no exclusive lock, creates no
// file, changes no mode. So it also works on a backup, a read-only file system, and a store in use.

import { closeSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeFileError, errorCode } from '../../../access/systemErrors.ts';
import type { History } from '../history.ts';
import type { OnRead } from '../store.ts';
import { StoreOpenError } from '../storeOpenError.ts';
import { LMDB_DATA_FILE, LOG_FILE } from './fileNames.ts';
import { isFolderInUse } from './folderLock.ts';
import { openForReading } from './privateFiles.ts';
import { readLog } from './readLog.ts';

export interface StoredHistory {
  history: History;
  /** Whether a server uses the store, and may have stored more since. */
  isInUse: boolean;
}

/**
 * @throws StoreOpenError if the folder holds no store or cannot be read, or if its file is damaged
 *   or another program's.
 */
export function readReadOnly(folder: string, onRead?: OnRead): StoredHistory {
  const path = join(folder, LOG_FILE);
  try {
    const isInUse = isFolderInUse(folder);
    const descriptor = openForReading(path);
    try {
      return { history: readLog(descriptor, path, onRead).history, isInUse };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw error instanceof StoreOpenError ? error : readError(folder, error);
  }
}

function readError(folder: string, error: unknown): StoreOpenError {
  const code = errorCode(error);
  const options = { cause: error };
  switch (code) {
    case 'ENOENT':
      return new StoreOpenError('store-not-found', describeMissingFile(folder), options);
    case 'ENOTDIR':
      return new StoreOpenError(
        'store-not-found',
        `${folder} is a file; name the folder that holds ${LOG_FILE}`,
        options,
      );
    case 'EACCES':
    case 'EPERM':
      return new StoreOpenError(
        'store-unreadable',
        `cannot read ${join(folder, LOG_FILE)}: ${describeFileError(code)}; run the command as the owner of the file`,
        options,
      );
    case undefined:
      throw error;
    default:
      return new StoreOpenError(
        'store-unreadable',
        `cannot read ${join(folder, LOG_FILE)}: ${code}`,
        options,
      );
  }
}

function describeMissingFile(folder: string): string {
  if (!existsSync(folder)) return 'no such folder; check --store';
  const missing = `no store in ${folder}: it has no ${LOG_FILE}`;
  return existsSync(join(folder, LMDB_DATA_FILE))
    ? `${missing}; to convert its ${LMDB_DATA_FILE}, start a server with --store file:${folder}`
    : missing;
}
