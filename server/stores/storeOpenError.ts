// The error for a store that cannot be opened, with a message for the operator.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ListenAddress } from '../../access/endpoint.ts';
import { errorMessage } from '../../access/errorMessage.ts';
import {
  describeFileError,
  errorCode,
  hasErrorCode,
  NO_DESCRIPTOR,
} from '../../access/systemErrors.ts';
import { LOG_FILE } from './file/fileNames.ts';

/** Error codes of a folder that may be readable, but is not writable. */
const NOT_WRITABLE = ['EROFS', 'EACCES', 'EPERM'];

/** Error codes of a disk that is full or fails. */
const DISK_FAILURES = ['ENOSPC', 'EDQUOT', 'EIO'];

/** Part of the short codes of the commands (cli/shortCodes.ts). */
export type StoreShortCode =
  | 'invalid-store-url'
  | 'store-in-use'
  | 'store-damaged'
  | 'store-unusable'
  | 'store-unreadable'
  | 'store-not-found'
  | 'store-exposed'
  | 'store-not-converted'
  | 'etcd-unusable';

/** The message is one line: what failed, and what to do. The store was not changed. */
export class StoreOpenError extends Error {
  override name = 'StoreOpenError';
  readonly shortCode: StoreShortCode;

  constructor(shortCode: StoreShortCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.shortCode = shortCode;
  }
}

/** Another server uses the folder. */
export class FolderInUseError extends StoreOpenError {
  override name = 'FolderInUseError';
  /** Where that server answers, if it does. */
  readonly holder: ListenAddress | undefined;

  constructor(folder: string, holder: ListenAddress | undefined) {
    super(
      'store-in-use',
      `${folder} is in use by another server; stop it, or choose another folder with --store`,
    );
    this.holder = holder;
  }
}

/**
 * Converts an error of the operating system, or of a library, that prevents the use of a folder.
 */
export function folderOpenError(folder: string, error: unknown): StoreOpenError {
  const code = errorCode(error) ?? '';
  if (NOT_WRITABLE.includes(code)) {
    const advice = existsSync(join(folder, LOG_FILE))
      ? `; to copy its messages to another folder: motd copy-store file:${folder} file:OTHER`
      : '';
    return new StoreOpenError(
      'store-unusable',
      `cannot write to ${folder}: ${describeFileError(code)}; choose another folder with --store${advice}`,
      { cause: error },
    );
  }
  if (code === 'ENOTDIR' && existsSync(folder)) {
    return new StoreOpenError('store-unusable', `${folder} is a file; name a folder with --store`, {
      cause: error,
    });
  }
  // A sync that failed has its code in its cause.
  const isDisk = [error, error instanceof Error && error.cause].some((one) =>
    hasErrorCode(one, DISK_FAILURES),
  );
  return new StoreOpenError(
    'store-unusable',
    `cannot use ${folder}: ${errorMessage(error)}; ${adviceFor(code, isDisk)}`,
    { cause: error },
  );
}

function adviceFor(code: string, isDisk: boolean): string {
  if (NO_DESCRIPTOR.includes(code)) return 'raise the limit of open files (ulimit -n)';
  return isDisk ? 'check the disk' : 'check --store';
}
