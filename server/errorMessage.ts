// Why something failed, for somebody to read.

/** @param error Whatever was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
