// When `Last-Modified` may be sent, and its value. It has seconds. If the message changes twice within
// a second, a client that has the first of the two must not get 304 for the second. So the header is
// sent only when the second of the change is over: it is a strong validator then (RFC 9110, section
// 8.8.2.2). A process needs only the time of the change and its own clock for it; no process that
// runs, or starts later, ever sends another message with the same value.
//
// Exceptions: the server's clock is behind by more than a second, or the store took that long. A process
// that has seen both changes still gives the second one a later time.

/**
 * The time of a change of the message.
 *
 * @param sinceMs Since when the message is in force, by the server; `undefined` if it is not known.
 * @param previousMs The time of the change before, whose second a client may know already.
 */
export function changeTime(
  sinceMs: number | undefined,
  previousMs: number | undefined,
  nowMs: number,
): number | undefined {
  if (previousMs === undefined) return sinceMs;
  if (sinceMs !== undefined && secondOf(sinceMs) > secondOf(previousMs)) return sinceMs;
  return Math.max(previousMs, nowMs);
}

/** Whether the second of a change is over. */
export function isSecondOver(changedAtMs: number, nowMs: number): boolean {
  return secondOf(changedAtMs) < secondOf(nowMs);
}

function secondOf(timeMs: number): number {
  return Math.floor(timeMs / 1000);
}
