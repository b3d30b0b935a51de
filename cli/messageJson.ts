// Messages as JSON, for scripts: the fields of `GET /message`, and the number and the author.

import type { StoredEntry } from '../client/oneshot/oneshot.ts';
import type { Plan } from '../client/replies/planLine.ts';
import { formatTime } from '../protocol/time.ts';

/** @returns JSON on one line. What is not known, or not limited, is null. */
export function entryJson({ number, message, storedAtMs, author, ...window }: StoredEntry): string {
  return JSON.stringify({
    number: number ?? null,
    message,
    storedAt: timeOrNull(storedAtMs),
    from: timeOrNull(window.fromMs),
    until: timeOrNull(window.untilMs),
    author: author ?? null,
  });
}

/** @returns JSON on one line. */
export function planJson({ number, message, fromMs, untilMs }: Plan): string {
  return JSON.stringify({
    number,
    message,
    from: timeOrNull(fromMs),
    until: timeOrNull(untilMs),
  });
}

function timeOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : formatTime(timeMs);
}
