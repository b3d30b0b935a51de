// What the reliability tests find out, for docs/reliability.md, and how much they do: little in
// `npm test`, more in `npm run test:full`, all in `npm run test:soak`.

import { appendFileSync } from 'node:fs';

/** Set by `npm test`; every other run does it all. */
export const isQuick = process.env['MOTD_TESTS'] === 'quick';

const isSoak = process.env['MOTD_SOAK'] !== undefined;
const file = process.env['MOTD_FIGURES'];

/** Where every random choice begins; the same number makes the same choices. */
export const seed = Number(process.env['MOTD_SEED'] ?? 26310);

/** How much is done: little in most runs, a lot in a soak. */
export function amount(usual: number, soak: number): number {
  return isSoak ? soak : usual;
}

/** The same for what costs too much for `npm test`. */
export function amountInFull(quick: number, full: number): number {
  return isQuick ? quick : full;
}

/** Notes what a test has found, in words with figures in them; only the full form keeps it. */
export function figure(test: string, found: string): void {
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ test, found })}\n`);
}

/**
 * Random numbers from 0 to below 1, the same for the same seed: a linear congruential generator
 * with the constants of Numerical Recipes, section 7.1.
 */
export function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
