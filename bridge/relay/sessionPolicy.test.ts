import { describe, expect, test } from 'vitest';
import { type SessionCounts, SessionPolicy, type SessionRules } from './sessionPolicy.ts';

const NONE: SessionRules = {
  pingIntervalMs: 1_000_000_000,
  idleTimeoutMs: 0,
  maxLifetimeMs: 0,
  maxMessagesPerSecond: 0,
};
const NOTHING: SessionCounts = { activity: 0, relayedBytes: 0, messages: 0, isReadPaused: false };

/** A clock that was started at 0, asked as a session would ask it. */
function clockWith(rules: Partial<SessionRules>) {
  const clock = new SessionPolicy({ ...NONE, ...rules }, 0);
  return (nowMs: number, counts: Partial<SessionCounts> = {}) =>
    clock.due(nowMs, { ...NOTHING, ...counts });
}

test('without rules a session lasts', () => {
  const due = clockWith({});
  expect(due(999_999_999, { messages: 1e9 })).toBeUndefined();
});

describe('a browser', () => {
  test('is asked for a sign of life once in each interval', () => {
    const due = clockWith({ pingIntervalMs: 30_000 });
    expect(due(29_999)).toBeUndefined();
    expect(due(30_000)).toBe('ping');
    expect(due(59_999)).toBeUndefined();
  });

  test('is gone when it gives none until the next would be asked for', () => {
    const due = clockWith({ pingIntervalMs: 30_000 });
    expect(due(30_000, { activity: 7 })).toBe('ping');
    expect(due(60_000, { activity: 7 })).toBe('gone');
  });

  test('is there as long as there are new ones', () => {
    const due = clockWith({ pingIntervalMs: 30_000 });
    for (let round = 1; round < 100; round++) {
      expect(due(round * 30_000, { activity: round })).toBe('ping');
    }
  });

  test('that nobody listens to may be silent', () => {
    const due = clockWith({ pingIntervalMs: 30_000 });
    expect(due(30_000)).toBe('ping');
    expect(due(60_000, { isReadPaused: true })).toBe('ping');
    expect(due(90_000)).toBe('gone');
  });
});

describe('a session is idle', () => {
  test('when nothing was relayed for so long, whatever its signs of life', () => {
    const due = clockWith({ idleTimeoutMs: 60_000 });
    expect(due(59_999, { activity: 1 })).toBeUndefined();
    expect(due(60_000, { activity: 2 })).toBe('idle');
  });

  test('from the last byte on', () => {
    const due = clockWith({ idleTimeoutMs: 60_000 });
    expect(due(50_000, { relayedBytes: 1 })).toBeUndefined();
    expect(due(109_999, { relayedBytes: 1 })).toBeUndefined();
    expect(due(110_000, { relayedBytes: 1 })).toBe('idle');
  });
});

test('a session that has lasted its time is too old, busy or not', () => {
  const due = clockWith({ maxLifetimeMs: 3_600_000 });
  expect(due(3_599_999, { relayedBytes: 1 })).toBeUndefined();
  expect(due(3_600_000, { relayedBytes: 2 })).toBe('tooOld');
});

describe('a browser is too fast', () => {
  test('when it sends more than ten seconds’ worth at once', () => {
    const due = clockWith({ maxMessagesPerSecond: 100 });
    expect(due(0, { messages: 1000 })).toBeUndefined();
    expect(due(0, { messages: 1001 })).toBe('tooFast');
  });

  test('when it sends more each second for long enough, and not when it sends as many', () => {
    const allowed = clockWith({ maxMessagesPerSecond: 100 });
    const tooMany = clockWith({ maxMessagesPerSecond: 100 });
    for (let second = 1; second <= 60; second++) {
      expect(allowed(second * 1000, { messages: second * 100 })).toBeUndefined();
      // There were 1000 at first; a hundred more are used up than come in, second after second.
      expect(tooMany(second * 1000, { messages: second * 200 })).toBe(
        second > 9 ? 'tooFast' : undefined,
      );
    }
  });

  test('and no sooner for having been silent: what is saved is no more than ten seconds’ worth', () => {
    const due = clockWith({ maxMessagesPerSecond: 100 });
    expect(due(1_000_000)).toBeUndefined();
    expect(due(1_000_000, { messages: 1001 })).toBe('tooFast');
  });
});
