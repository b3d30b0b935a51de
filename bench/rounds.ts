// How many rounds there are, and how many seconds each program is measured in a round.

export const ROUNDS = 5;
export const SECONDS = 2;

type Measure<Measured> = (seconds: number) => Promise<Measured>;

/** Measures two programs in turn, round by round, after a warm-up of each. */
export async function inRounds<Ours, Theirs>(
  measureOurs: Measure<Ours>,
  measureTheirs: Measure<Theirs>,
): Promise<{ ours: Ours[]; theirs: Theirs[] }> {
  const ours: Ours[] = [];
  const theirs: Theirs[] = [];
  await measureOurs(SECONDS / 2);
  await measureTheirs(SECONDS / 2);
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await measureOurs(SECONDS));
    theirs.push(await measureTheirs(SECONDS));
  }
  return { ours, theirs };
}
