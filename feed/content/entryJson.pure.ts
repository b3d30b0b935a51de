// An entry as JSON: in `/message`, in `/message/history.json`, and as the data of an event.

import type { FeedEntry } from './snapshot.pure.ts';

export interface EntryJson {
  message: string;
  /** `null` if an older server does not tell. */
  number: number | null;
  /** Times are RFC 3339, in UTC; `null` if there is none. */
  storedAt: string | null;
  from: string | null;
  until: string | null;
  author?: string;
}

export function entryJson(entry: FeedEntry): EntryJson {
  const { message, number = null, storedAtMs, fromMs, untilMs, author } = entry;
  return {
    message,
    number,
    storedAt: formatTime(storedAtMs),
    from: formatTime(fromMs),
    until: formatTime(untilMs),
    ...(author !== undefined && { author }),
  };
}

function formatTime(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : new Date(timeMs).toISOString().replace('.000Z', 'Z');
}
