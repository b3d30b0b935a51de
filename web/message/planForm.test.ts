import { describe, expect, test } from 'vitest';
import { type PlanField, type PlanReading, readPlan } from './planForm.pure.ts';
import { TimeFormat } from './timeFormat.pure.ts';

const TIMES = new TimeFormat('Europe/Berlin', 'en-GB');
const NOW = Date.parse('2026-11-27T12:00:00Z');

function read(message: string, from: string, until: string): PlanReading {
  const time = (value: string) =>
    value === 'incomplete' ? { value: '', isIncomplete: true } : { value, isIncomplete: false };
  return readPlan({ message, from: time(from), until: time(until) }, TIMES, NOW);
}

test.each<[rule: string, from: string, until: string, window: string, understood: RegExp]>([
  [
    'a start and an end',
    '2026-11-27T18:00',
    '2026-11-27T20:00',
    '2026-11-27T17:00:00Z/2026-11-27T19:00:00Z',
    /^Fri,? 27 Nov 2026, 18:00–20:00$/,
  ],
  [
    'a start alone',
    '2026-11-27T18:00',
    '',
    '2026-11-27T17:00:00Z/',
    /^from Fri,? 27 Nov 2026, 18:00, without an end$/,
  ],
  [
    'an end alone',
    '',
    '2026-11-27T20:00',
    '/2026-11-27T19:00:00Z',
    /^from now until Fri,? 27 Nov 2026, 20:00$/,
  ],
  [
    'a start that has passed',
    '2026-11-27T12:00',
    '2026-11-27T20:00',
    '2026-11-27T11:00:00Z/2026-11-27T19:00:00Z',
    /^from now until Fri,? 27 Nov 2026, 20:00$/,
  ],
])('sends and describes %s', (_rule, from, until, window, understood) => {
  expect(read(' Lunch ', from, until)).toEqual({
    request: `${window} Lunch`,
    understood: expect.stringMatching(understood),
    faults: new Map(),
  });
});

describe('sends nothing, and explains', () => {
  test.each<[message: string, from: string, until: string, field: PlanField, fault: RegExp]>([
    ['', '2026-11-27T18:00', '', 'message', /^Type a message/],
    [' \t', '2026-11-27T18:00', '', 'message', /^Type a message/],
    ['a\u202eb', '2026-11-27T18:00', '', 'message', /control characters/],
    ['Lunch', '', '', 'from', /^Choose a start, an end, or both/],
    ['Lunch', 'incomplete', '', 'from', /^Complete the date/],
    ['Lunch', '2026-11-27T18:00', 'incomplete', 'until', /^Complete the date/],
    ['Lunch', '2026-11-27T18:00', '2026-11-27T18:00', 'until', /after the start/],
    ['Lunch', '', '2026-11-27T13:00', 'until', /has passed already/],
    ['Lunch', '2026-11-27T13:00', '', 'from', /has passed already/],
    ['Lunch', '2036-11-28T00:00', '', 'from', /over 10 years away/],
    ['Lunch', '', '2036-11-28T00:00', 'until', /over 10 years away/],
    ['Lunch', '2027-03-28T02:30', '', 'from', /forward, and skip 02:30/],
    ['Lunch', '', '2027-10-31T02:30', 'until', /back, and show 02:30 twice/],
  ])('%j from %j until %j', (message, from, until, field, fault) => {
    const { request, faults } = read(message, from, until);
    expect(request).toBeUndefined();
    expect([...faults.keys()]).toEqual([field]);
    expect(faults.get(field)).toMatch(fault);
  });

  test('every fault at once', () => {
    const { faults } = read('', 'incomplete', 'incomplete');
    expect([...faults.keys()]).toEqual(['message', 'from', 'until']);
  });
});
