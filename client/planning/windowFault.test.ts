import { expect, test } from 'vitest';
import { type WindowFault, windowFault } from './windowFault.pure.ts';

const NOW = Date.parse('2026-11-27T18:00Z');

test.each<[rule: string, from: string, until: string, fault: WindowFault | undefined]>([
  ['accepts a window to come', '2026-11-27T19:00Z', '2026-11-27T20:00Z', undefined],
  ['accepts a start alone', '2026-11-27T18:01Z', '', undefined],
  ['accepts an end alone', '', '2026-11-27T18:01Z', undefined],
  ['accepts a window that has begun', '2026-11-27T17:00Z', '2026-11-27T20:00Z', undefined],
  ['rejects a start alone that has passed', '2026-11-27T18:00Z', '', 'startInThePast'],
  ['rejects an end at the start', '2026-11-27T19:00Z', '2026-11-27T19:00Z', 'endNotAfterStart'],
  ['rejects an end before the start', '2026-11-27T19:00Z', '2026-11-27T18:30Z', 'endNotAfterStart'],
  ['rejects an end that has passed', '', '2026-11-27T18:00Z', 'endInThePast'],
  ['accepts ten years', '2036-11-27T18:00Z', '', undefined],
  ['rejects a start in more than ten years', '2036-11-27T18:01Z', '', 'startTooFarAway'],
  ['rejects an end in more than ten years', '', '2036-11-27T18:01Z', 'endTooFarAway'],
])('%s', (_rule, from, until, fault) => {
  const window = {
    ...(from !== '' && { fromMs: Date.parse(from) }),
    ...(until !== '' && { untilMs: Date.parse(until) }),
  };
  expect(windowFault(window, NOW)).toBe(fault);
});
