import { expect, test } from 'vitest';
import { RetryDelay } from './retryDelay.ts';

function delays(retry: RetryDelay, count: number): number[] {
  return Array.from({ length: count }, () => retry.next());
}

test('doubles with every reconnection, up to 30 s, and is randomized', () => {
  const limits = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
  for (const [index, delayMs] of delays(new RetryDelay(), limits.length).entries()) {
    const limit = limits[index] ?? 0;
    expect(delayMs).toBeGreaterThanOrEqual(limit / 2);
    expect(delayMs).toBeLessThanOrEqual(limit);
  }
});

test('starts again after a connection', () => {
  const retry = new RetryDelay();
  delays(retry, 5);
  retry.reset();
  expect(retry.next()).toBeLessThanOrEqual(500);
});
