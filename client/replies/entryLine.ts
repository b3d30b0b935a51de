// Parses a line of the replies to MSGINFO and MSGLIST (PROTOCOL.md, MSGINFO). Pure.

import { escapeControls } from '../../protocol/plainText.ts';

/** An entry of the store. Times are in milliseconds since 1970, as of `Date.now()`. */
export interface EntryDetails {
  /** 0 is the initial message. */
  number: number;
  /** Absent for the initial message. */
  storedAtMs?: number;
  /** The start of its window; absent: since it was stored. */
  fromMs?: number;
  /** The end of its window; absent: for ever. */
  untilMs?: number;
  /** Absent if unknown. Safe to display. */
  author?: string;
  /** Safe to display. */
  message: string;
}

/** An entry of a server that may be older: one without MSGLIST does not send the number. */
export type StoredEntry = Omit<EntryDetails, 'number'> & Partial<Pick<EntryDetails, 'number'>>;

// RFC 3339, section 5.6, in UTC.
const TIME = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?Z';

// NUMBER STORED FROM/UNTIL AUTHOR TEXT
const ENTRY = new RegExp(
  `^(?<number>\\d{1,15}) (?:-|(?<stored>${TIME})) (?<from>${TIME})?/(?<until>${TIME})? ` +
    '(?:-|(?<author>\\S+)) (?<message>.+)$',
  'su',
);

/** @returns The entry in a line; `undefined` if the line is not an entry. */
export function readEntryLine(line: string): EntryDetails | undefined {
  const fields = ENTRY.exec(line)?.groups;
  if (fields === undefined) return undefined;
  const { number, stored, from, until, author, message = '' } = fields;
  const times = {
    ...(stored !== undefined && { storedAtMs: Date.parse(stored) }),
    ...(from !== undefined && { fromMs: Date.parse(from) }),
    ...(until !== undefined && { untilMs: Date.parse(until) }),
  };
  const name = author && decodePercent(author);
  if (name === '' || Object.values(times).some(Number.isNaN)) return undefined;
  return {
    number: Number(number),
    ...times,
    ...(name !== undefined && { author: escapeControls(name) }),
    message: escapeControls(message),
  };
}

/** @returns The text; empty if it is not percent-encoded UTF-8. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
