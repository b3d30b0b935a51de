// An entry as JSON: what `motd` prints with `--json`, and what the feed serves (docs/scripts.md).

import { formatTime } from '../../protocol/time.ts';
import type { StoredEntry } from './entryLine.ts';

export interface EntryJson {
  message: string;
  /** `null` if the server is older and does not send it. */
  number: number | null;
  /** Times are RFC 3339, in UTC; `null` if there is none. */
  storedAt: string | null;
  from: string | null;
  until: string | null;
  author?: string;
}

export function entryJson(entry: StoredEntry): EntryJson {
  const { message, number = null, storedAtMs, fromMs, untilMs, author } = entry;
  return {
    message,
    number,
    storedAt: timeOrNull(storedAtMs),
    from: timeOrNull(fromMs),
    until: timeOrNull(untilMs),
    ...(author !== undefined && { author }),
  };
}

function timeOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : formatTime(timeMs);
}
