// Markdown tables, so that a run can be pasted into README.md.

import { medianRatio, spread } from './spread.ts';

export function printHead(cells: readonly string[]): void {
  console.log('');
  printRow(cells);
  printRow(cells.map(() => '---'));
}

export function printRow(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

/** The median, then the minimum and the maximum in parentheses. */
export function medianWithRange(
  values: readonly number[],
  format: (value: number) => string,
): string {
  if (values.length === 0) return '–';
  const { median, min, max } = spread(values);
  return `${format(median)} (${format(min)} to ${format(max)})`;
}

/** The median alone. */
export function formatMedian(values: readonly number[], format: (value: number) => string): string {
  return values.length === 0 ? '–' : format(spread(values).median);
}

/** The median of the ratios of each round, ours to theirs. */
export function ratio(ours: readonly number[], theirs: readonly number[]): string {
  return theirs.length === 0 ? '–' : hundredths(medianRatio(ours, theirs));
}

/** A rate, in thousands or millions. */
export function thousands(rate: number): string {
  return rate >= 1e6 ? `${(rate / 1e6).toFixed(2)} M` : `${(rate / 1e3).toFixed(1)} k`;
}

export function whole(value: number): string {
  return value.toFixed(0);
}

export function tenths(value: number): string {
  return value.toFixed(1);
}

export function hundredths(value: number): string {
  return value.toFixed(2);
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)}%`;
}
