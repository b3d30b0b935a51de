// Takes one figure out of the results of several rounds.

/** @returns The figure of each round. */
export function fieldOf<Figure extends string>(
  rounds: readonly Record<Figure, number>[],
  figure: Figure,
): number[] {
  return rounds.map((round) => round[figure]);
}
