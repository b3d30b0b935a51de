// Parses a line of the reply to MSGHIST (PROTOCOL.md, "MSGHIST"). Pure.

import { escapeControls } from '../../protocol/plainText.ts';

// RFC 3339, section 5.6, in UTC.
const ENTRY = /^(?<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) (?<message>.+)$/su;

/**
 * @returns The time, in milliseconds since 1970, and the message, safe to display; `undefined` if
 *   the line is not an entry.
 */
export function readHistoryLine(line: string): { storedAtMs: number; message: string } | undefined {
  const { time = '', message = '' } = ENTRY.exec(line)?.groups ?? {};
  const storedAtMs = Date.parse(time);
  return Number.isNaN(storedAtMs) ? undefined : { storedAtMs, message: escapeControls(message) };
}
