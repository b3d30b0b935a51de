// Why a store cannot be opened, in words for the operator.

/** The message says what is wrong and what to do about it, on one line. Nothing was changed. */
export class UnusableStoreError extends Error {
  override name = 'UnusableStoreError';
}
