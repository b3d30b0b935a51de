// Quantiles of measurements.

/**
 * The smallest value that this share of the values does not exceed.
 *
 * @param sorted In ascending order.
 * @param share 0.5 for the median, 0 for the minimum, 1 for the maximum.
 * @returns NaN without values.
 */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
