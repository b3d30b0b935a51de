// Why the bridge closes a WebSocket (RFC 6455, section 7.4; 1012 to 1014: IANA's WebSocket Close
// Code Number Registry). The page shows code and words.

export const CLOSE = {
  /** The target ended the stream, and every byte of it was delivered first. */
  done: 1000,
  /** The bridge is stopping. */
  goingAway: 1001,
  /** Our fault. */
  internalError: 1011,
  /** The target refused, timed out, could not be found, or broke the connection. */
  badGateway: 1014,
} as const;

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];
