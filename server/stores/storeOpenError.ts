// Why a store cannot be opened, in words for the operator.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeFileError, errorCode } from '../../access/systemErrors.ts';
import { errorMessage } from '../errorMessage.ts';
import { DATA_FILE } from './lmdb/storeFileNames.ts';

/** The folder can perhaps be read, but not written. */
const NOT_WRITABLE = ['EROFS', 'EACCES', 'EPERM'];

/** The message says what is wrong and what to do about it, on one line. Nothing was changed. */
export class StoreOpenError extends Error {
  override name = 'StoreOpenError';
}

/** For when the operating system, or a library, does not let a server use a folder. */
export function folderOpenError(folder: string, error: unknown): StoreOpenError {
  const code = errorCode(error) ?? '';
  if (NOT_WRITABLE.includes(code)) {
    const advice = existsSync(join(folder, DATA_FILE))
      ? `; to copy the messages that are in it: motd copy-store lmdb:${folder} lmdb:OTHER`
      : '';
    return new StoreOpenError(
      `cannot write in ${folder}: ${describeFileError(code)}; choose another folder with --store${advice}`,
      { cause: error },
    );
  }
  return new StoreOpenError(`cannot use ${folder}: ${errorMessage(error)}; check --store`, {
    cause: error,
  });
}
