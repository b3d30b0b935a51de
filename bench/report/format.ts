// Figures as people read them.

import type { Unit } from '../result.ts';

/** With the unit: `7.4 k logins/s`, `8.3 ms`. */
export function formatValue(value: number, unit: Unit): string {
  const figure = formatFigure(value, unit);
  return unit === 'processes' || unit === 'files' ? figure : `${figure} ${unit}`;
}

/** Without the unit. */
export function formatFigure(value: number, unit: Unit): string {
  if (unit === 'processes' || unit === 'files') return String(value);
  if (!unit.endsWith('/s') || unit === 'MB/s') return threeDigits(value);
  if (value >= 999_500) return `${threeDigits(value / 1e6)} M`;
  return value >= 999.5 ? `${threeDigits(value / 1e3)} k` : threeDigits(value);
}

/** Small ones as fractions: `1/133`. */
export function formatRatio(ratio: number): string {
  if (ratio < 0.1) return `1/${Math.round(1 / ratio)}`;
  return ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0);
}

/** CPU time for one unit of work. */
export function formatCpu(microseconds: number): string {
  return microseconds < 1_000
    ? `${threeDigits(microseconds)} µs`
    : `${threeDigits(microseconds / 1_000)} ms`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** At most three digits, and at most two after the point. */
function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}
