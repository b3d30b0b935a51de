// Parses a line of the reply to MSGPLANS (PROTOCOL.md, "MSGPLANS"). Pure.

import { escapeControls } from '../../protocol/plainText.ts';
import { parseWindow } from '../../protocol/time.ts';

/** A planned message. Times are in milliseconds since 1970. */
export interface Plan {
  number: number;
  /** Absent: since it was stored. */
  fromMs?: number;
  /** Absent: for ever. */
  untilMs?: number;
  /** Safe to display. */
  message: string;
}

// NUMBER FROM/UNTIL TEXT
const PLAN = /^(?<number>\d{1,15}) (?<window>\S+) (?<message>.+)$/su;

/** @returns The planned message in a line; `undefined` if the line is not one. */
export function readPlanLine(line: string): Plan | undefined {
  const { number, window = '', message = '' } = PLAN.exec(line)?.groups ?? {};
  const times = parseWindow(window);
  if (typeof times === 'string') return undefined;
  return { number: Number(number), ...times, message: escapeControls(message) };
}
