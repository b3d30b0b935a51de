import { describe, expect, test } from 'vitest';
import { SessionPolicy, type SessionRules, type SessionStatus } from './sessionPolicy.pure.ts';

const NO_LIMITS: SessionRules = {
  pingIntervalMs: 1_000_000_000,
  idleTimeoutMs: 0,
  maxLifetimeMs: 0,
  maxMessagesPerSecond: 0,
};
const NOTHING: SessionStatus = { activity: 0, relayedBytes: 0, messages: 0, isReadPaused: false };

/** The check of a session that was opened at 0. */
function checkFor(rules: Partial<SessionRules>) {
  const policy = new SessionPolicy({ ...NO_LIMITS, ...rules }, 0);
  return (nowMs: number, status: Partial<SessionStatus> = {}) =>
    policy.check(nowMs, { ...NOTHING, ...status });
}

test('never closes a session without limits', () => {
  const check = checkFor({});
  expect(check(999_999_999, { messages: 1e9 })).toBeUndefined();
});

describe('a browser', () => {
  test('is pinged once per interval', () => {
    const check = checkFor({ pingIntervalMs: 30_000 });
    expect(check(29_999)).toBeUndefined();
    expect(check(30_000)).toBe('ping');
    expect(check(59_999)).toBeUndefined();
  });

  test('is unresponsive if it shows no activity from one ping to the next', () => {
    const check = checkFor({ pingIntervalMs: 30_000 });
    expect(check(30_000, { activity: 7 })).toBe('ping');
    expect(check(60_000, { activity: 7 })).toBe('terminateUnresponsive');
  });

  test('is kept as long as its activity grows', () => {
    const check = checkFor({ pingIntervalMs: 30_000 });
    for (let round = 1; round < 100; round++) {
      expect(check(round * 30_000, { activity: round })).toBe('ping');
    }
  });

  test('may be silent while the bridge does not read from it', () => {
    const check = checkFor({ pingIntervalMs: 30_000 });
    expect(check(30_000)).toBe('ping');
    expect(check(60_000, { isReadPaused: true })).toBe('ping');
    expect(check(90_000)).toBe('terminateUnresponsive');
  });
});

describe('closes a session as idle', () => {
  test('if it relayed nothing for the timeout, even if it was active', () => {
    const check = checkFor({ idleTimeoutMs: 60_000 });
    expect(check(59_999, { activity: 1 })).toBeUndefined();
    expect(check(60_000, { activity: 2 })).toBe('closeIdle');
  });

  test('counting from its last relayed byte', () => {
    const check = checkFor({ idleTimeoutMs: 60_000 });
    expect(check(50_000, { relayedBytes: 1 })).toBeUndefined();
    expect(check(109_999, { relayedBytes: 1 })).toBeUndefined();
    expect(check(110_000, { relayedBytes: 1 })).toBe('closeIdle');
  });
});

test('closes a session at its maximum lifetime, even if it is busy', () => {
  const check = checkFor({ maxLifetimeMs: 3_600_000 });
  expect(check(3_599_999, { relayedBytes: 1 })).toBeUndefined();
  expect(check(3_600_000, { relayedBytes: 2 })).toBe('closeExpired');
});

describe('closes a session as too fast', () => {
  test('if the browser sends more than ten seconds’ worth of messages in one burst', () => {
    const check = checkFor({ maxMessagesPerSecond: 100 });
    expect(check(0, { messages: 1000 })).toBeUndefined();
    expect(check(0, { messages: 1001 })).toBe('closeTooFast');
  });

  test('if the browser exceeds the rate for long enough, but not if it sends at the rate', () => {
    const allowed = checkFor({ maxMessagesPerSecond: 100 });
    const tooMany = checkFor({ maxMessagesPerSecond: 100 });
    for (let second = 1; second <= 60; second++) {
      expect(allowed(second * 1000, { messages: second * 100 })).toBeUndefined();
      // The bucket starts with 1000 tokens; each second refills 100 and takes 200.
      expect(tooMany(second * 1000, { messages: second * 200 })).toBe(
        second > 9 ? 'closeTooFast' : undefined,
      );
    }
  });

  test('even after a silence, because at most ten seconds’ worth is saved', () => {
    const check = checkFor({ maxMessagesPerSecond: 100 });
    expect(check(1_000_000)).toBeUndefined();
    expect(check(1_000_000, { messages: 1001 })).toBe('closeTooFast');
  });
});
