// Why a store cannot be opened, in words for the operator.

import { reasonOf } from './reason.ts';

/** The message says what is wrong and what to do about it, on one line. Nothing was changed. */
export class UnusableStoreError extends Error {
  override name = 'UnusableStoreError';
}

/** The code of an error of the operating system: `EROFS`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** What is said where the operating system, or a library, refuses a folder. */
export function unusable(folder: string, error: unknown): UnusableStoreError {
  return new UnusableStoreError(`cannot use ${folder}: ${reasonOf(error)}; check --store`, {
    cause: error,
  });
}
