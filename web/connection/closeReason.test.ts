import { expect, test } from 'vitest';
import { closeReason } from './closeReason.pure.ts';
import { isFinal, UNKNOWN_TARGET } from './connectionState.pure.ts';

test('prefers the reason that the bridge gives, and adds the code', () => {
  expect(closeReason(1014, 'motd refused the connection')).toBe(
    'motd refused the connection (1014)',
  );
});

test.each([1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 1014])(
  'describes code %i',
  (code) => {
    const text = closeReason(code, '');
    expect(text).toMatch(new RegExp(`^the .+ \\(${code}\\)$`));
    expect(text).not.toBe(closeReason(4321, '').replace('4321', String(code)));
  },
);

test.each([
  [1008, 'news is read only: it accepts no data', true],
  [1000, 'news is read only: it accepts no data', false],
  [1008, 'no data for 60 seconds', false],
])('takes %i %s for final: %s', (code, reason, expected) => {
  expect(isFinal(closeReason(code, reason))).toBe(expected);
});

test('takes an unknown target for final', () => {
  expect(isFinal(UNKNOWN_TARGET)).toBe(true);
});

test('shows an unknown code', () => {
  expect(closeReason(4321, '')).toBe('the connection was closed (4321)');
});
