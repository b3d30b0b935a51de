// Statistics of several rounds, for a machine that is shared and noisy.

export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return {
    median: at(Math.floor(sorted.length / 2)),
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/** The median of the ratios of each round: within a round, both saw the same machine. */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  return spread(ours.map((own, round) => own / (theirs[round] ?? Number.NaN))).median;
}
