// Reads the history in a folder and changes nothing there: no lock is taken, no file is made, no mode
// is changed. So it also reads a backup, a read-only file system, and the store of a running server.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeFileError, errorCode } from '../../../access/systemErrors.ts';
import type { HistoryEntry } from '../history.ts';
import { StoreOpenError } from '../storeOpenError.ts';
import { isFolderInUse } from './folderLock.ts';
import { decodeLmdbEntries } from './lmdbEntries.ts';
import { readSnapshot } from './lmdbSnapshot.ts';
import { DATA_FILE } from './storeFileNames.ts';

export interface StoredEntries {
  /** Everything that one commit left, oldest first. */
  entries: readonly HistoryEntry[];
  /** Whether a server uses the store: more may be stored in it by now. */
  isInUse: boolean;
}

/**
 * @throws StoreOpenError if the folder holds no store, cannot be read, or its file is damaged or
 *   not ours.
 */
export async function readLmdbReadOnly(folder: string): Promise<StoredEntries> {
  const file = join(folder, DATA_FILE);
  try {
    const isInUse = isFolderInUse(folder);
    const { bytes, isBeingWritten } = await readSnapshot(file);
    return { entries: decodeLmdbEntries(file, bytes).entries, isInUse: isInUse || isBeingWritten };
  } catch (error) {
    throw error instanceof StoreOpenError ? error : unreadable(folder, error);
  }
}

function unreadable(folder: string, error: unknown): StoreOpenError {
  const code = errorCode(error);
  const reason = { cause: error };
  switch (code) {
    case 'ENOENT':
      return new StoreOpenError(
        existsSync(folder)
          ? `no store in ${folder}: it has no ${DATA_FILE}`
          : 'no such folder; check --store',
        reason,
      );
    case 'ENOTDIR':
      return new StoreOpenError(
        `${folder} is a file; name the folder that holds ${DATA_FILE}`,
        reason,
      );
    case 'EACCES':
    case 'EPERM':
      return new StoreOpenError(
        `cannot read ${join(folder, DATA_FILE)}: ${describeFileError(code)}; run this as its owner`,
        reason,
      );
    case undefined:
      throw error;
    default:
      return new StoreOpenError(`cannot read ${join(folder, DATA_FILE)}: ${code}`, reason);
  }
}
