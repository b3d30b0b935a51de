import { describe, expect, test } from 'vitest';
import { isLoadSaturated, merge, type PartResult, rowOf } from './result.ts';

const HEAD = { title: 'logins', unit: 'logins/s', per: 'login' } as const;

function partOf(title: string, date: string): PartResult {
  const nothing = { machine: '', rounds: 1, seconds: 1, versions: {}, skipped: {}, rows: [] };
  return { name: title, title, date, ...nothing };
}

describe('a row', () => {
  const row = rowOf(HEAD, [
    [
      'ours',
      [
        { value: 10, cpuUs: 30 },
        { value: 30, cpuUs: 60 },
        { value: 20, cpuUs: 90 },
      ],
    ],
    [
      'theirs',
      [
        { value: 20, cpuUs: 10 },
        { value: 30, cpuUs: 20 },
        { value: 40, cpuUs: 30 },
      ],
    ],
  ]);

  test('keeps every round, and its median, least and most', () => {
    expect(row.entries[0]).toEqual({
      ...{ contestant: 'ours', values: [10, 30, 20] },
      ...{ median: 20, min: 10, max: 30, cpuUs: 60 },
    });
  });

  test('compares the first contestant with each other one, in time and in CPU time', () => {
    expect(row.entries[1]).toMatchObject({ ratio: 0.5, cpuRatio: 3 });
  });

  test('rounds to four digits, and computes ratios from the rounded values', () => {
    const { entries } = rowOf(HEAD, [
      ['ours', [{ value: 1234.56 }]],
      ['theirs', [{ value: 617.28 }]],
    ]);
    expect(entries.map(({ values }) => values)).toEqual([[1235], [617.3]]);
    expect(entries[1]?.ratio).toBe(2.001);
  });
});

test('a load that uses nearly a whole core is the limit', () => {
  expect([0.94, 0.95].map((loadShare) => isLoadSaturated({ loadShare }))).toEqual([false, true]);
});

describe('merging a run into earlier results', () => {
  const before = { parts: [partOf('page', 'before'), partOf('logins', 'before')] };

  test('replaces the parts that were measured, and keeps the others', () => {
    const { parts } = merge(before, [partOf('logins', 'now')], ['page', 'logins']);
    expect(parts.map(({ date }) => date)).toEqual(['before', 'now']);
  });

  test('keeps the order of the parts, and drops one that no longer exists', () => {
    const { parts } = merge(before, [partOf('store', 'now')], ['store', 'logins']);
    expect(parts.map(({ title }) => title)).toEqual(['store', 'logins']);
  });
});
