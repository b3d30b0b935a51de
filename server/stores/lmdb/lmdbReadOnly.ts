// Reads the entries in a folder without changing anything: takes no exclusive lock, creates no
// file, changes no mode. So it also works on a backup, a read-only file system, and a store in use.

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
  /** The state after one commit, oldest entry first. */
  entries: readonly HistoryEntry[];
  /** Whether a server uses the store, and may have stored more since. */
  isInUse: boolean;
}

/**
 * @throws StoreOpenError if the folder holds no store or cannot be read, or if its data file is
 *   damaged or another program's.
 */
export async function readLmdbReadOnly(folder: string): Promise<StoredEntries> {
  const file = join(folder, DATA_FILE);
  try {
    const isInUse = isFolderInUse(folder);
    const { bytes, isBeingWritten } = await readSnapshot(file);
    return { entries: decodeLmdbEntries(file, bytes).entries, isInUse: isInUse || isBeingWritten };
  } catch (error) {
    throw error instanceof StoreOpenError ? error : readError(folder, error);
  }
}

function readError(folder: string, error: unknown): StoreOpenError {
  const code = errorCode(error);
  const options = { cause: error };
  switch (code) {
    case 'ENOENT':
      return new StoreOpenError(
        existsSync(folder)
          ? `no store in ${folder}: it has no ${DATA_FILE}`
          : 'no such folder; check --store',
        options,
      );
    case 'ENOTDIR':
      return new StoreOpenError(
        `${folder} is a file; name the folder that holds ${DATA_FILE}`,
        options,
      );
    case 'EACCES':
    case 'EPERM':
      return new StoreOpenError(
        `cannot read ${join(folder, DATA_FILE)}: ${describeFileError(code)}; run the command as the owner of the file`,
        options,
      );
    case undefined:
      throw error;
    default:
      return new StoreOpenError(`cannot read ${join(folder, DATA_FILE)}: ${code}`, options);
  }
}
