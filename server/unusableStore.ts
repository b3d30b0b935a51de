// Why a store cannot be opened, in words for the operator.

/** The message says what is wrong and what to do about it, on one line. Nothing was changed. */
export class UnusableStoreError extends Error {
  override name = 'UnusableStoreError';
}

/** What is said where the operating system, or a library, refuses a folder. */
export function unusable(folder: string, error: unknown): UnusableStoreError {
  const reason = error instanceof Error ? error.message : String(error);
  return new UnusableStoreError(`cannot use ${folder}: ${reason}; check --store`, { cause: error });
}
