// What the reliability tests measured, for docs/reliability.md (scripts/soak.mjs).

import { appendFileSync } from 'node:fs';

const file = process.env['MOTD_FIGURES'];

/** Records the result of a test as a sentence with figures in it. Does nothing outside a soak. */
export function record(test: string, found: string): void {
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ test, found })}\n`);
}
