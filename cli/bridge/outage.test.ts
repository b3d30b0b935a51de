import { expect, test } from 'vitest';
import { nextOutage, type OutageState, SETTLE_MS, WORKING } from './outage.pure.ts';

type Step = ['success' | 'failure', number];

/** @returns The states after each of these outcomes, beginning with `working`. */
function statesAfter(...steps: Step[]): OutageState['is'][] {
  let state = WORKING;
  return steps.map(([outcome, nowMs]) => {
    state = nextOutage(state, outcome === 'success' ? null : 'refused', nowMs);
    return state.is;
  });
}

test('begins with a failure, and ends with a success long enough after the last one', () => {
  const last: Step = ['failure', 1];
  const end: Step = ['success', 1 + SETTLE_MS];
  expect(statesAfter(['success', 0], ['failure', 0], last, end)).toEqual([
    ...['working', 'failing', 'failing', 'working'],
  ]);
});

test('does not end at an early success before it has settled', () => {
  expect(
    statesAfter(['failure', 0], ['success', 1], ['success', SETTLE_MS - 1], ['success', SETTLE_MS]),
  ).toEqual(['failing', 'settling', 'settling', 'working']);
});

test('goes on if a failure follows before it has settled', () => {
  expect(
    statesAfter(['failure', 0], ['success', 1], ['failure', 2], ['success', SETTLE_MS]),
  ).toEqual(['failing', 'settling', 'failing', 'settling']);
});

test('takes the reason of a new cause, SETTLE_MS after its last change at the earliest', () => {
  let state = WORKING;
  const reasons = (
    [
      ['refused', 0],
      ['reset', SETTLE_MS - 1],
      ['reset', SETTLE_MS],
      ['refused', SETTLE_MS + 1],
      ['reset', 3 * SETTLE_MS],
    ] as const
  ).map(([failure, nowMs]) => {
    state = nextOutage(state, failure, nowMs);
    return state.reason;
  });
  expect(reasons).toEqual(['refused', 'refused', 'reset', 'reset', 'reset']);
});
