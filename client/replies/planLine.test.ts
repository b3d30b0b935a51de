import { expect, test } from 'vitest';
import { type Plan, readPlanLine } from './planLine.ts';

const SIX = Date.UTC(2026, 10, 27, 18);
const EIGHT = Date.UTC(2026, 10, 27, 20);

test.each<[rule: string, line: string, plan: Plan]>([
  [
    'reads both sides of a window',
    '17 2026-11-27T18:00:00Z/2026-11-27T20:00:00Z Maintenance',
    { number: 17, fromMs: SIX, untilMs: EIGHT, message: 'Maintenance' },
  ],
  ['reads a start', '1 2026-11-27T18:00:00Z/ a', { number: 1, fromMs: SIX, message: 'a' }],
  ['reads an end', '2 /2026-11-27T20:00:00Z a', { number: 2, untilMs: EIGHT, message: 'a' }],
  [
    'keeps white space inside the message, and escapes control characters',
    '2 /2026-11-27T20:00:00Z a  b\x1bc',
    { number: 2, untilMs: EIGHT, message: 'a  b^[c' },
  ],
])('%s', (_rule, line, plan) => {
  expect(readPlanLine(line)).toEqual(plan);
});

test.each([
  ['a reply', '400 UNKNOWN COMMAND'],
  ['a line without a window', '17 / Maintenance'],
  ['a line without a message', '17 /2026-11-27T20:00:00Z'],
  ['a time without a zone', '17 /2026-11-27T20:00:00 Maintenance'],
  ['a number that is not exact', '9007199254740993 /2026-11-27T20:00:00Z a'],
])('rejects %s', (_what, line) => {
  expect(readPlanLine(line)).toBeUndefined();
});
