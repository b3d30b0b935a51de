import { describe, expect, test } from 'vitest';
import { medianRatio, spread } from './spread.ts';

describe('a spread', () => {
  test('has the median, the least and the most', () => {
    expect(spread([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
  });
});

describe('a ratio', () => {
  test('compares values of the same round only', () => {
    // In the second round the machine was half as fast, for both.
    expect(medianRatio([100, 50, 100], [50, 25, 50])).toBe(2);
  });

  test('is the median of the ratios, not the ratio of the medians', () => {
    expect(medianRatio([1, 2, 30], [10, 1, 10])).toBe(2);
  });
});
