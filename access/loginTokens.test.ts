import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LoginTokens, TOKEN_LIFETIME_MS } from './loginTokens.ts';

const SCOPE = 'motd.example /motd';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('identifies the user a token was issued to, whatever the name', () => {
  const tokens = new LoginTokens();
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (user) => {
      const token = tokens.issue(user, SCOPE);
      expect(token).toMatch(/^[\w.-]+$/);
      expect(tokens.userOf(token, SCOPE)).toBe(user);
    }),
  );
});

test('accepts a token in its scope only', () => {
  const tokens = new LoginTokens();
  const token = tokens.issue('anna', SCOPE);
  expect(tokens.userOf(token, 'motd.example /other')).toBeUndefined();
  expect(tokens.userOf(token, 'other.example /motd')).toBeUndefined();
});

test('accepts a token until it expires, even if the system clock is set back', () => {
  const tokens = new LoginTokens();
  const token = tokens.issue('anna', SCOPE);
  vi.advanceTimersByTime(TOKEN_LIFETIME_MS - 1);
  expect(tokens.userOf(token, SCOPE)).toBe('anna');
  vi.advanceTimersByTime(1);
  vi.setSystemTime(0);
  expect(tokens.userOf(token, SCOPE)).toBeUndefined();
});

test('rejects a token with a changed character', () => {
  const tokens = new LoginTokens();
  const token = tokens.issue('anna', SCOPE);
  for (let at = 0; at < token.length; at++) {
    for (const other of ['A', 'b', '0', '-', '.']) {
      if (token[at] === other) continue;
      const forged = token.slice(0, at) + other + token.slice(at + 1);
      expect(tokens.userOf(forged, SCOPE)).toBeUndefined();
    }
  }
});

test('rejects a revoked token, and accepts others of the same user', () => {
  const tokens = new LoginTokens();
  const revoked = tokens.issue('anna', SCOPE);
  const other = tokens.issue('anna', SCOPE);
  tokens.revoke(revoked, SCOPE);
  vi.advanceTimersByTime(TOKEN_LIFETIME_MS / 2);
  tokens.revoke(tokens.issue('anna', SCOPE), SCOPE);
  expect(tokens.userOf(revoked, SCOPE)).toBeUndefined();
  expect(tokens.userOf(other, SCOPE)).toBe('anna');
});

test('rejects an invalid token, and one of another process', () => {
  const tokens = new LoginTokens();
  const foreign = new LoginTokens().issue('anna', SCOPE);
  for (const token of ['', '.', '...', 'a.b.c.d', foreign, `${foreign}.`, 'x'.repeat(10_000)]) {
    expect(tokens.userOf(token, SCOPE)).toBeUndefined();
    tokens.revoke(token, SCOPE);
  }
});

test('rejects every token after revokeAll', () => {
  const tokens = new LoginTokens();
  const token = tokens.issue('anna', SCOPE);
  tokens.revokeAll();
  expect(tokens.userOf(token, SCOPE)).toBeUndefined();
  expect(tokens.userOf(tokens.issue('anna', SCOPE), SCOPE)).toBe('anna');
});
