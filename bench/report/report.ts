// The files that are made from the results: the page, and each chart in light and dark.

import { readFileSync } from 'node:fs';
import { ROOT } from '../../testing/root.ts';
import { PARTS } from '../parts.ts';
import type { Results } from '../result.ts';
import { CHARTS, drawChart, type Theme } from './charts.ts';
import { chartFile, pageOf } from './page.ts';

/** Relative to the root, as the paths below. */
export const RESULTS = 'docs/benchmarks.json';

const THEMES: readonly Theme[] = ['light', 'dark'];

export function readResults(): Results {
  return JSON.parse(readFileSync(new URL(RESULTS, ROOT), 'utf8'));
}

/** @returns The content of each file, by its path. */
export async function reportOf(results: Results): Promise<Map<string, string>> {
  const files = new Map([['docs/benchmarks.md', pageOf(results, PARTS)]]);
  for (const chart of CHARTS) {
    for (const theme of THEMES) {
      const drawn = await drawChart(chart, results, theme);
      if (drawn !== undefined) files.set(`docs/${chartFile(chart.name, theme)}`, drawn);
    }
  }
  return files;
}
