// Reads what the user typed into the dialog that plans a message.

import { findLocalTime } from '../../client/planning/localTime.pure.ts';
import { type WindowFault, windowFault } from '../../client/planning/windowFault.pure.ts';
import { isPlainText } from '../../protocol/plainText.ts';
import { formatWindow, hasBegun, MAX_PLAN_YEARS, type ParsedWindow } from '../../protocol/time.ts';
import type { TimeFormat } from './timeFormat.pure.ts';

export type PlanField = 'message' | 'from' | 'until';

export interface PlanInput {
  message: string;
  from: TimeInput;
  until: TimeInput;
}

export interface TimeInput {
  /** `2026-11-27T18:00`; empty if there is none, or if it is not complete. */
  value: string;
  isIncomplete: boolean;
}

export interface PlanReading {
  /** The line to send; `undefined` if there is a fault. */
  request: string | undefined;
  /** The window in words; empty unless it is right. */
  understood: string;
  /** What is wrong, beside the field that the user has to change. */
  faults: ReadonlyMap<PlanField, string>;
}

const WINDOW_FAULTS: Readonly<Record<WindowFault, readonly [PlanField, string]>> = {
  endNotAfterStart: [
    'until',
    'The end must be after the start: over midnight, choose the next day.',
  ],
  endInThePast: ['until', 'The end has passed already: choose a later one.'],
  startInThePast: ['from', 'The start has passed already: choose a later one, or an end.'],
  startTooFarAway: ['from', `The start is over ${MAX_PLAN_YEARS} years away: check the year.`],
  endTooFarAway: ['until', `The end is over ${MAX_PLAN_YEARS} years away: check the year.`],
};

/** @param times Has the time zone of the input, and describes the window. */
export function readPlan(input: PlanInput, times: TimeFormat, nowMs: number): PlanReading {
  const faults = new Map<PlanField, string>();
  const message = input.message.trim();
  if (message === '') faults.set('message', 'Type a message.');
  else if (!isPlainText(message)) {
    faults.set('message', 'The message holds control characters: remove them.');
  }
  const window = readWindow(input, times.timeZone, nowMs, faults);
  const request =
    faults.size === 0 && window !== undefined ? `${formatWindow(window)} ${message}` : undefined;
  return { request, understood: window ? inWords(window, times, nowMs) : '', faults };
}

/** @returns The window; `undefined` if something is wrong with it, which is added to the faults. */
function readWindow(
  { from, until }: PlanInput,
  timeZone: string,
  nowMs: number,
  faults: Map<PlanField, string>,
): ParsedWindow | undefined {
  const fromMs = readTime('from', from, timeZone, faults);
  const untilMs = readTime('until', until, timeZone, faults);
  if (faults.has('from') || faults.has('until')) return undefined;
  if (fromMs === undefined && untilMs === undefined) {
    faults.set('from', 'Choose a start, an end, or both.');
    return undefined;
  }
  const window = {
    ...(fromMs !== undefined && { fromMs }),
    ...(untilMs !== undefined && { untilMs }),
  };
  const fault = windowFault(window, nowMs);
  if (fault === undefined) return window;
  faults.set(...WINDOW_FAULTS[fault]);
  return undefined;
}

function readTime(
  field: PlanField,
  { value, isIncomplete }: TimeInput,
  timeZone: string,
  faults: Map<PlanField, string>,
): number | undefined {
  if (value === '' && !isIncomplete) return undefined;
  const time = findLocalTime(value, timeZone);
  const clock = value.slice(value.indexOf('T') + 1);
  switch (time.is) {
    case 'once':
      return time.timeMs;
    case 'twice':
      faults.set(field, `The clocks go back, and show ${clock} twice: choose another time.`);
      return undefined;
    case 'skipped':
      faults.set(field, `The clocks go forward, and skip ${clock}: choose another time.`);
      return undefined;
    case 'invalid':
      faults.set(field, 'Complete the date and the time, or clear both.');
      return undefined;
    default:
      return time satisfies never;
  }
}

/** A window that has begun begins now, at the server. */
function inWords(window: ParsedWindow, times: TimeFormat, nowMs: number): string {
  const { untilMs } = window;
  if (hasBegun(window, nowMs) && untilMs !== undefined) {
    return `from now ${times.window({ untilMs })}`;
  }
  const words = times.window(window);
  return untilMs === undefined ? `${words}, without an end` : words;
}
