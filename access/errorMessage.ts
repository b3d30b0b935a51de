/** @param error Any value that was thrown. @returns Why it failed, for a log or a user. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
