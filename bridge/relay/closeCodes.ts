// Why the bridge closes a WebSocket (RFC 6455, section 7.4; 1012 to 1014: IANA's WebSocket Close
// Code Number Registry). The page shows code and words.

export const CLOSE = {
  /** The target ended the stream, and every byte of it was delivered first. */
  done: 1000,
  /** The bridge is stopping. */
  goingAway: 1001,
  /** A rule was broken: rate, idle, lifetime (sessionPolicy.ts), a forged PROXY header. */
  ruleBroken: 1008,
  /** Our fault. */
  internalError: 1011,
  /** Full: try again later. */
  tryAgainLater: 1013,
  /** The target refused, timed out, could not be found, or broke the connection. */
  badGateway: 1014,
} as const;

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

/**
 * The errors of ws that are a peer's fault, where it closes with another code than 1002
 * (ws, doc/ws.md).
 */
const OTHER_THAN_1002: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
};

/**
 * @returns What ws has closed with on such an error;
 *   `undefined` where that is no fault of the peer.
 */
export function protocolErrorCode({ code = '' }: NodeJS.ErrnoException): number | undefined {
  return code.startsWith('WS_ERR_') ? (OTHER_THAN_1002[code] ?? 1002) : undefined;
}
