import { describe, expect, test } from 'vitest';
import type { Contestant } from './contestant.ts';
import { comparison } from './part.ts';

const EFFORT = { rounds: 2, seconds: 0.1 };

function present(name: string): Contestant<string> {
  return { name, find: () => ({ version: '1' }), start: async () => name };
}

const absent: Contestant<string> = {
  name: 'absent',
  find: () => ({ missing: 'absent is not installed' }),
  start: () => Promise.reject(new Error('it cannot be started')),
};

/** A part that notes who bears its load, in order. */
function partOf(...contestants: Contestant<string>[]) {
  const order: string[] = [];
  const part = comparison<string>({
    ...{ name: 'part', title: 'Part', about: '' },
    contestants,
    loads: [
      {
        rows: [{ title: 'row', unit: 'ms' }],
        async measure(target) {
          order.push(target);
          return [{ value: order.length }];
        },
      },
    ],
  });
  return { part, order };
}

describe('a part', () => {
  test('warms up every contestant, then measures them in turn', async () => {
    const { part, order } = partOf(present('A'), present('B'));
    const { rows } = await part.run(EFFORT);
    expect(order).toEqual(['A', 'B', 'A', 'B', 'A', 'B']);
    expect(rows[0]?.entries.map(({ values }) => values)).toEqual([
      [3, 5],
      [4, 6],
    ]);
  });

  test('skips a contestant that is absent, and reports why', async () => {
    const { rows, skipped, versions } = await partOf(present('A'), absent).part.run(EFFORT);
    expect(rows[0]?.entries.map(({ contestant }) => contestant)).toEqual(['A']);
    expect(skipped).toEqual({ absent: 'absent is not installed' });
    expect(versions).toEqual({ A: '1' });
  });

  test('measures nothing if our own program is absent', async () => {
    const { part, order } = partOf(absent, present('B'));
    expect((await part.run(EFFORT)).rows).toEqual([]);
    expect(order).toEqual([]);
  });
});
