// Records the results of the reliability tests for docs/reliability.md (scripts/soak.mjs).

import { appendFileSync } from 'node:fs';

const file = process.env['MOTD_RESULTS'];

/** Records the result of a test, in words and numbers. Does nothing outside a soak. */
export function record(test: string, result: string): void {
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ test, result })}\n`);
}
