// The event stream of `/message/events` (WHATWG HTML, section 9.2, "Server-sent events"):
//
//   event     id                     data
//   message   the number             the entry as JSON
//   server    none                   `lost` or `connected`: whether the message may be out of date
//
// A comment is sent from time to time, so that both sides notice a lost connection.

import { entryJson } from '../../client/replies/entryJson.ts';
import type { StoredEntry } from '../../client/replies/entryLine.ts';
import type { Snapshot } from './snapshot.pure.ts';

export const HEARTBEAT = ':\n\n';
export const SERVER_LOST = 'event: server\ndata: lost\n\n';
export const SERVER_CONNECTED = 'event: server\ndata: connected\n\n';

/** @returns Its number; from an older server, the time at which it was stored, if that is known. */
export function eventId({ number, storedAtMs }: StoredEntry): string | undefined {
  if (number !== undefined) return String(number);
  return storedAtMs === undefined ? undefined : new Date(storedAtMs).toISOString();
}

/** @returns An event. JSON contains no line end, which would end the data. */
export function messageEvent(entry: StoredEntry): string {
  const id = eventId(entry);
  return `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(entryJson(entry))}\n\n`;
}

/**
 * The entries to send to a reader that reconnects, oldest first. The message in force is the last.
 *
 * @param lastId The `Last-Event-ID` of its request. If it is unknown, only the message in force is
 *   returned.
 */
export function missedSince(
  lastId: string | undefined,
  { current, entries }: Snapshot,
): StoredEntry[] {
  const currentId = eventId(current);
  if (currentId !== undefined && lastId === currentId) return [];
  const position = entries.findIndex((entry) => eventId(entry) === lastId);
  const isKnown = position !== -1 || lastId === INITIAL_ID;
  const later = isKnown ? entries.slice(position + 1) : [];
  return [...later.filter((entry) => eventId(entry) !== currentId), current];
}

/** The number of the initial message, which is not an entry. */
const INITIAL_ID = '0';
