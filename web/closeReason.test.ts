import { expect, test } from 'vitest';
import { closeReason } from './closeReason.ts';

test('the bridge’s own words come first, and its code', () => {
  expect(closeReason(1014, 'motd refused the connection', true)).toBe(
    'motd refused the connection (1014)',
  );
});

test.each([1000, 1001, 1006, 1008, 1009, 1011, 1013, 1014])('%i has words of its own', (code) => {
  expect(closeReason(code, '', true)).toMatch(new RegExp(`^the .+ \\(${code}\\)$`));
});

test('a code nobody knows is shown', () => {
  expect(closeReason(4321, '', true)).toBe('the connection was closed (4321)');
});

test('one that never opened says so', () => {
  expect(closeReason(1006, '', false)).toMatch('cannot be reached');
});
