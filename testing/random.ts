// Reproducible random numbers: a run with the same MOTD_SEED makes the same choices.

/** The start of every random sequence. */
export const seed = Number(process.env['MOTD_SEED'] ?? 26310);

/**
 * Random numbers from 0 up to but not including 1, the same for the same seed: a linear
 * congruential generator with the constants of Numerical Recipes, section 7.1.
 */
export function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export function pick<T>(all: readonly T[], random: () => number): T {
  const one = all[Math.floor(random() * all.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}
