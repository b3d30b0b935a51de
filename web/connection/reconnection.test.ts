import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  FIRST_DELAY_MS,
  GOOD_CONNECTION_MS,
  LONGEST_DELAY_MS,
  Reconnection,
  SHORTEST_DELAY_MS,
  WAKE_GAP_MS,
} from './reconnection.pure.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const HIGHEST_CHANCE = 1 - Number.EPSILON;

/** The delays after failures that follow one another, each try failing as soon as it is made. */
function delays(dice: readonly number[], reconnection = new Reconnection()): number[] {
  let nowMs = 0;
  return dice.map((random) => {
    reconnection.tried(nowMs);
    const nextMs = reconnection.failed(nowMs, random);
    const delayMs = nextMs - nowMs;
    nowMs = nextMs;
    return delayMs;
  });
}

describe('after failures', () => {
  test('no try comes sooner than the shortest delay, or later than the longest', () => {
    fc.assert(
      fc.property(fc.array(chance), (dice) => {
        for (const delayMs of delays(dice)) {
          // What is added to a time of day may lose its last digits.
          expect(delayMs).toBeGreaterThanOrEqual(SHORTEST_DELAY_MS - 1e-6);
          expect(delayMs).toBeLessThanOrEqual(LONGEST_DELAY_MS + 1e-6);
        }
      }),
    );
  });

  test('the first try comes within three quarters of a second', () => {
    fc.assert(
      fc.property(chance, (random) => {
        const [delayMs] = delays([random]);
        expect(delayMs).toBeGreaterThanOrEqual(250);
        expect(delayMs).toBeLessThanOrEqual(FIRST_DELAY_MS);
      }),
    );
  });

  test('with the same luck, each wait is longer than the one before, up to the longest', () => {
    expect(delays(Array(9).fill(HIGHEST_CHANCE)).map(Math.round)).toEqual([
      750, 1500, 3000, 6000, 12_000, 24_000, 30_000, 30_000, 30_000,
    ]);
  });

  test('chance picks from the whole range: the more luck, the sooner', () => {
    fc.assert(
      fc.property(chance, chance, fc.nat({ max: 20 }), (one, other, failures) => {
        const before = Array(failures).fill(0.5);
        const [sooner, later] = [Math.min(one, other), Math.max(one, other)];
        const delayOf = (random: number) => delays([...before, random]).at(-1) ?? Number.NaN;
        expect(delayOf(sooner)).toBeLessThanOrEqual(delayOf(later));
        expect(delayOf(0)).toBeCloseTo(SHORTEST_DELAY_MS);
      }),
    );
  });

  test('a thousand pages that lost the same bridge do not come back together', () => {
    const dice = Array.from({ length: 1000 }, (_, page) => page / 1000);
    const seconds = dice.map((random) => delays([0, 0, 0, 0, random]).at(-1) ?? Number.NaN);
    const busiest = Math.max(
      ...Array.from(
        { length: 12 },
        (_, second) => seconds.filter((delayMs) => Math.floor(delayMs / 1000) === second).length,
      ),
    );
    expect(busiest).toBeLessThan(100);
  });
});

describe('a connection that opened', () => {
  function delayAfterLasting(lastedMs: number): number {
    const reconnection = new Reconnection();
    delays(Array(5).fill(0), reconnection);
    reconnection.tried(10_000);
    reconnection.opened(10_100);
    const lostAtMs = 10_100 + lastedMs;
    return reconnection.failed(lostAtMs, HIGHEST_CHANCE) - lostAtMs;
  }

  test('and lasted makes good what failed before it', () => {
    expect(Math.round(delayAfterLasting(GOOD_CONNECTION_MS))).toBe(FIRST_DELAY_MS);
  });

  test('and did not last is a failure like any other', () => {
    expect(Math.round(delayAfterLasting(GOOD_CONNECTION_MS - 1))).toBe(24_000);
  });

  test('a long try that never opened makes nothing good', () => {
    const reconnection = new Reconnection();
    delays(Array(5).fill(0), reconnection);
    reconnection.tried(10_000);
    const failedAtMs = 10_000 + GOOD_CONNECTION_MS * 2;
    const delayMs = reconnection.failed(failedAtMs, HIGHEST_CHANCE) - failedAtMs;
    expect(Math.round(delayMs)).toBe(24_000);
  });
});

describe('when the page wakes', () => {
  test('it tries at once', () => {
    const reconnection = new Reconnection();
    expect(reconnection.woken(5)).toBe(5);
    reconnection.tried(1_000);
    reconnection.failed(1_010, 0.9);
    expect(reconnection.woken(60_000)).toBe(60_000);
  });

  test('a storm of events is no storm of tries', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 300 }), { maxLength: 200 }), (gapsMs) => {
        const reconnection = new Reconnection();
        const triesAtMs: number[] = [];
        let nowMs = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          if (reconnection.woken(nowMs) > nowMs) continue;
          reconnection.tried(nowMs);
          reconnection.failed(nowMs, 0);
          triesAtMs.push(nowMs);
        }
        triesAtMs.reduce((beforeMs, atMs) => {
          expect(atMs - beforeMs).toBeGreaterThanOrEqual(WAKE_GAP_MS);
          return atMs;
        }, -WAKE_GAP_MS);
      }),
    );
  });
});
