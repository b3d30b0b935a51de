import { describe, expect, test } from 'vitest';
import { formatTime, formatWindow, parseWindow } from './time.ts';

const SIX = Date.UTC(2026, 10, 27, 18);
const EIGHT = Date.UTC(2026, 10, 27, 20);

describe('parses', () => {
  test.each<[window: string, fromMs: number | undefined, untilMs?: number]>([
    ['2026-11-27T18:00:00Z/2026-11-27T20:00:00Z', SIX, EIGHT],
    ['2026-11-27T18:00Z/', SIX],
    ['/2026-11-27T20:00Z', undefined, EIGHT],
    ['2026-11-27t18:00:00.000z/', SIX],
    ['2026-11-27T18:00:00.123456Z/', SIX + 123],
    ['2026-11-27T19:00+01:00/2026-11-27T14:30-05:30', SIX, EIGHT],
    ['2028-02-29T23:59:59Z/', Date.UTC(2028, 1, 29, 23, 59, 59)],
  ])('%s', (window, fromMs, untilMs) => {
    const expected = { ...(fromMs && { fromMs }), ...(untilMs && { untilMs }) };
    expect(parseWindow(window)).toEqual(expected);
    expect(parseWindow(formatWindow(expected))).toEqual(expected);
  });
});

describe.each([
  [
    '424 BAD TIME',
    [
      '',
      '/',
      'tonight',
      '2026-11-27T18:00Z',
      '2026-11-27T18:00Z/2026-11-27T20:00Z/',
      '2026-11-27T18:00Z/PT2H',
      '2026-11-27/2026-11-28',
      '2026-11-27T18Z/',
      '2026-02-29T18:00Z/',
      '2026-13-01T18:00Z/',
      '2026-11-27T24:00Z/',
      '2026-11-27T18:60Z/',
      '2026-11-27T18:00:60Z/',
      '2026-11-27T18:00+24:00/',
      '+02026-11-27T18:00Z/',
      '2026-11-27T18:00 Z/',
    ],
  ],
  ['424 BAD TIME: NO TIME ZONE', ['2026-11-27T18:00/', '/2026-11-27T18:00:00']],
  [
    '424 BAD TIME: END NOT AFTER START',
    [
      '2026-11-27T18:00Z/2026-11-27T18:00Z',
      '2026-11-27T18:00Z/2026-11-27T17:59Z',
      '2026-11-27T18:00-01:00/2026-11-27T18:30Z',
    ],
  ],
])('answers %s to', (reply, windows) => {
  test.each(windows)('%j', (window) => {
    expect(parseWindow(window)).toBe(reply);
  });
});

test('writes milliseconds only if there are any', () => {
  expect(formatTime(SIX)).toBe('2026-11-27T18:00:00Z');
  expect(formatTime(SIX + 5)).toBe('2026-11-27T18:00:00.005Z');
});
