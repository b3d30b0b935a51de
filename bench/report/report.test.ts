import { describe, expect, test } from 'vitest';
import type { Results, Sample } from '../result.ts';
import { rowOf } from '../result.ts';
import { CHARTS, describeChart, drawChart } from './charts.ts';
import { formatCpu, formatRatio, formatValue } from './format.ts';
import { pageOf } from './page.ts';

const ofMemory = (...values: number[]): Sample[] => values.map((value) => ({ value }));

const RESULTS: Results = {
  parts: [
    {
      ...{ name: 'bridge', title: 'Memory per session', date: '2026-11-27', machine: '2 cores' },
      ...{ rounds: 3, seconds: 1, versions: { 'MOTD Terminal': '0.1.0' } },
      skipped: { ttyd: 'ttyd is not installed' },
      rows: [
        rowOf({ title: 'an idle session', unit: 'kB' }, [
          ['MOTD Terminal', ofMemory(25, 24, 26)],
          ['websockify', ofMemory(3_300, 3_400, 3_500)],
        ]),
      ],
    },
  ],
};

const chart = CHARTS.find(({ name }) => name === 'session-memory');
if (chart === undefined) throw new Error('there is no such chart');

describe('a chart', () => {
  test('is the same, byte for byte, each time it is drawn', async () => {
    const first = await drawChart(chart, RESULTS, 'light');
    expect(first).toMatch(/^<svg /);
    expect(await drawChart(chart, RESULTS, 'light')).toBe(first);
  });

  test('has every program and its figure as text, on either background', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const svg = await drawChart(chart, RESULTS, theme);
      for (const text of ['MOTD Terminal', 'websockify', '25.0 kB', '3400 kB']) {
        expect(svg).toContain(`>${text}<`);
      }
    }
  });

  test('is not drawn if its part was not measured', async () => {
    expect(await drawChart(chart, { parts: [] }, 'light')).toBeUndefined();
  });

  test('has its figures in words, for those who cannot see it', () => {
    expect(describeChart(chart, RESULTS)).toContain('MOTD Terminal 25.0 kB, websockify 3400 kB');
  });
});

describe('the page', () => {
  const page = pageOf(RESULTS, []);

  test('shows the chart of each part that was measured, and no other', () => {
    expect(page.match(/srcset="[^"]+"/g)).toEqual(['srcset="benchmarks/session-memory-dark.svg"']);
  });

  test('has median, range and ratio, and names which program is absent', () => {
    expect(page).toContain('| websockify | 3400 kB (3300 to 3500) | 1/135 |');
    expect(page).toContain('Without ttyd: ttyd is not installed.');
  });

  test('marks a row whose load generator was the limit', () => {
    const [part] = RESULTS.parts;
    if (part === undefined) throw new Error('there is no part');
    const saturated = rowOf({ title: 'logins', unit: 'logins/s', per: 'login' }, [
      ['MOTD Terminal', [{ value: 7_400, loadShare: 0.99 }]],
    ]);
    const marked = pageOf({ parts: [{ ...part, rows: [saturated] }] }, []);
    expect(marked).toContain('| 99 % \\* |');
    expect(marked).toContain('\\* The load generator used a whole core');
  });
});

test('figures have three digits, unless their unit has no larger one', () => {
  expect(formatValue(7_432, 'logins/s')).toBe('7.43 k logins/s');
  expect(formatValue(3_700_000, 'requests/s')).toBe('3.70 M requests/s');
  expect(formatValue(1_265, 'MB/s')).toBe('1265 MB/s');
  expect(formatValue(8.349, 'ms')).toBe('8.35 ms');
  expect(formatValue(3, 'processes')).toBe('3');
  expect(formatRatio(0.0075)).toBe('1/133');
  expect(formatRatio(0.98)).toBe('0.98');
  expect(formatCpu(1_360)).toBe('1.36 ms');
});
