import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeTime, isSecondOver } from './lastModified.pure.ts';

const secondOf = (timeMs: number) => Math.floor(timeMs / 1000);

test('a change has the time since which the message is in force', () => {
  expect(changeTime(5_000, undefined, 9_000)).toBe(5_000);
  expect(changeTime(5_000, 4_999, 9_000)).toBe(5_000);
  expect(changeTime(undefined, undefined, 9_000)).toBeUndefined();
});

test('a change in the same second as the one before, or earlier, has the time at which it is read', () => {
  expect(changeTime(5_999, 5_000, 9_000)).toBe(9_000);
  expect(changeTime(1_000, 5_000, 9_000)).toBe(9_000);
  expect(changeTime(undefined, 5_000, 9_000)).toBe(9_000);
});

test('a change never has an earlier time than the one before, also if the clock is set back', () => {
  expect(changeTime(1_000, 5_000, 2_000)).toBe(5_000);
});

test('the time of a change may be sent when its second is over', () => {
  expect(isSecondOver(5_000, 5_999)).toBe(false);
  expect(isSecondOver(5_999, 6_000)).toBe(true);
  // The server's clock may be ahead.
  expect(isSecondOver(9_000, 5_000)).toBe(false);
});

test('two processes never send the same second for different messages, whenever they start', () => {
  const gapsMs = fc.array(fc.nat(1_500), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(gapsMs, fc.nat(8), fc.nat(3_000), (gaps, startIndex, delayMs) => {
      let timeMs = 10_000;
      const changesMs = gaps.map((gap) => {
        timeMs += gap + 1;
        return timeMs;
      });
      const sent = new Map<number, number>();
      for (const start of [0, startIndex]) {
        let previousMs: number | undefined;
        for (const [index, changedMs] of changesMs.entries()) {
          // The other process reads only the last of the changes before its start.
          if (index < start && index < changesMs.length - 1) continue;
          previousMs = changeTime(changedMs, previousMs, changedMs);
          if (previousMs === undefined) continue;
          const untilMs = changesMs[index + 1] ?? changedMs + delayMs;
          if (!isSecondOver(previousMs, untilMs - 1)) continue;
          expect(sent.get(secondOf(previousMs)) ?? index).toBe(index);
          sent.set(secondOf(previousMs), index);
        }
      }
    }),
  );
});
