import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  FIRST_MAX_DELAY_MS,
  MAX_DELAY_MS,
  MIN_ATTEMPT_GAP_MS,
  MIN_DELAY_MS,
  Reconnection,
  STABLE_AFTER_MS,
} from './reconnection.pure.ts';

const randomNumber = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const MAX_RANDOM = 1 - Number.EPSILON;

/** The delays between attempts that all fail immediately. */
function delays(randoms: readonly number[], reconnection = new Reconnection()): number[] {
  let nowMs = 0;
  return randoms.map((random) => {
    reconnection.attemptStarted(nowMs);
    const nextMs = reconnection.attemptFailed(nowMs, random);
    const delayMs = nextMs - nowMs;
    nowMs = nextMs;
    return delayMs;
  });
}

describe('after failures, the delay', () => {
  test('is never shorter than the minimum or longer than the maximum', () => {
    fc.assert(
      fc.property(fc.array(randomNumber), (randoms) => {
        for (const delayMs of delays(randoms)) {
          // Adding a delay to a time may round it.
          expect(delayMs).toBeGreaterThanOrEqual(MIN_DELAY_MS - 1e-6);
          expect(delayMs).toBeLessThanOrEqual(MAX_DELAY_MS + 1e-6);
        }
      }),
    );
  });

  test('is at most 750 ms after the first failure', () => {
    fc.assert(
      fc.property(randomNumber, (random) => {
        const [delayMs] = delays([random]);
        expect(delayMs).toBeGreaterThanOrEqual(250);
        expect(delayMs).toBeLessThanOrEqual(FIRST_MAX_DELAY_MS);
      }),
    );
  });

  test('doubles with the same random number, up to the maximum', () => {
    expect(delays(Array(9).fill(MAX_RANDOM)).map(Math.round)).toEqual([
      750, 1500, 3000, 6000, 12_000, 24_000, 30_000, 30_000, 30_000,
    ]);
  });

  test('grows with the random number, from the minimum on', () => {
    fc.assert(
      fc.property(randomNumber, randomNumber, fc.nat({ max: 20 }), (one, other, failures) => {
        const before = Array(failures).fill(0.5);
        const [sooner, later] = [Math.min(one, other), Math.max(one, other)];
        const delayOf = (random: number) => delays([...before, random]).at(-1) ?? Number.NaN;
        expect(delayOf(sooner)).toBeLessThanOrEqual(delayOf(later));
        expect(delayOf(0)).toBeCloseTo(MIN_DELAY_MS);
      }),
    );
  });

  test('spreads a thousand pages that lost the same bridge', () => {
    const randoms = Array.from({ length: 1000 }, (_, page) => page / 1000);
    const seconds = randoms.map((random) => delays([0, 0, 0, 0, random]).at(-1) ?? Number.NaN);
    const busiest = Math.max(
      ...Array.from(
        { length: 12 },
        (_, second) => seconds.filter((delayMs) => Math.floor(delayMs / 1000) === second).length,
      ),
    );
    expect(busiest).toBeLessThan(100);
  });
});

describe('a connection', () => {
  function delayAfterConnection(durationMs: number): number {
    const reconnection = new Reconnection();
    delays(Array(5).fill(0), reconnection);
    reconnection.attemptStarted(10_000);
    reconnection.connectionOpened(10_100);
    const lostAtMs = 10_100 + durationMs;
    return reconnection.attemptFailed(lostAtMs, MAX_RANDOM) - lostAtMs;
  }

  test('resets the backoff if it was stable', () => {
    expect(Math.round(delayAfterConnection(STABLE_AFTER_MS))).toBe(FIRST_MAX_DELAY_MS);
  });

  test('counts as a failure if it was not stable', () => {
    expect(Math.round(delayAfterConnection(STABLE_AFTER_MS - 1))).toBe(24_000);
  });

  test('does not reset the backoff if it never opened', () => {
    const reconnection = new Reconnection();
    delays(Array(5).fill(0), reconnection);
    reconnection.attemptStarted(10_000);
    const failedAtMs = 10_000 + STABLE_AFTER_MS * 2;
    const delayMs = reconnection.attemptFailed(failedAtMs, MAX_RANDOM) - failedAtMs;
    expect(Math.round(delayMs)).toBe(24_000);
  });
});

describe('an event that wakes the page', () => {
  test('starts an attempt immediately', () => {
    const reconnection = new Reconnection();
    expect(reconnection.earliestAttempt(5)).toBe(5);
    reconnection.attemptStarted(1_000);
    reconnection.attemptFailed(1_010, 0.9);
    expect(reconnection.earliestAttempt(60_000)).toBe(60_000);
  });

  test('starts an attempt immediately after the page has closed the connection', () => {
    const reconnection = new Reconnection();
    reconnection.attemptStarted(1_000);
    reconnection.connectionOpened(1_010);
    expect(reconnection.earliestAttempt(1_020)).toBe(2_000);
    reconnection.connectionEnded();
    expect(reconnection.earliestAttempt(1_020)).toBe(1_020);
  });

  test('never starts attempts less than a second apart', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 300 }), { maxLength: 200 }), (gapsMs) => {
        const reconnection = new Reconnection();
        const attemptsAtMs: number[] = [];
        let nowMs = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          if (reconnection.earliestAttempt(nowMs) > nowMs) continue;
          reconnection.attemptStarted(nowMs);
          reconnection.attemptFailed(nowMs, 0);
          attemptsAtMs.push(nowMs);
        }
        attemptsAtMs.reduce((beforeMs, atMs) => {
          expect(atMs - beforeMs).toBeGreaterThanOrEqual(MIN_ATTEMPT_GAP_MS);
          return atMs;
        }, -MIN_ATTEMPT_GAP_MS);
      }),
    );
  });
});
