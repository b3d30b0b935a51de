// Why a store cannot be opened, in words for the operator.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage } from '../errorMessage.ts';
import { DATA_FILE } from './lmdb/storeFileNames.ts';

/** By error code, why a folder cannot be written in. */
const WRITE_FAULTS: ReadonlyMap<string, string> = new Map([
  ['EROFS', 'its file system is read-only'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
]);

/** The message says what is wrong and what to do about it, on one line. Nothing was changed. */
export class StoreOpenError extends Error {
  override name = 'StoreOpenError';
}

/** The code of an error of the operating system: `EROFS`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** For when the operating system, or a library, does not let a server use a folder. */
export function folderOpenError(folder: string, error: unknown): StoreOpenError {
  const code = errorCode(error) ?? '';
  const fault = WRITE_FAULTS.get(code);
  if (fault !== undefined) {
    const advice = existsSync(join(folder, DATA_FILE))
      ? `; to copy the messages that are in it: motd copy-store lmdb:${folder} lmdb:OTHER`
      : '';
    return new StoreOpenError(
      `cannot write in ${folder}: ${fault} (${code}); choose another folder with --store${advice}`,
      { cause: error },
    );
  }
  return new StoreOpenError(`cannot use ${folder}: ${errorMessage(error)}; check --store`, {
    cause: error,
  });
}
