// Selects one field of the results of several rounds.

/** @returns The value of this field in each round. */
export function fieldOf<Field extends string>(
  rounds: readonly Record<Field, number>[],
  field: Field,
): number[] {
  return rounds.map((round) => round[field]);
}
