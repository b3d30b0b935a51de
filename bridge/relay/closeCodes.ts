// The codes with which the bridge closes a WebSocket (RFC 6455, section 7.4; 1012 to 1014: IANA's
// WebSocket Close Code Number Registry). The page shows the code and the reason.

export const CLOSE = {
  /** The target ended its stream, and every byte of it was delivered. */
  done: 1000,
  /** The bridge is stopping. */
  goingAway: 1001,
  /**
   * A violated rule: rate, idle timeout, lifetime (sessionPolicy.pure.ts), a forged PROXY header, data
   * for a read-only target.
   */
  ruleBroken: 1008,
  /** A bug in the bridge. */
  internalError: 1011,
  /** A quota is exceeded. */
  tryAgainLater: 1013,
  /** The target could not be reached, or its connection failed (describeFailure.ts). */
  badGateway: 1014,
} as const;

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

/** Protocol errors of a peer for which ws sends a code other than 1002 (ws, doc/ws.md). */
const OTHER_THAN_1002: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
};

/**
 * @returns The code that ws has sent for an error; `undefined` if it is not a protocol error of the
 *   peer.
 */
export function protocolErrorCode({ code = '' }: NodeJS.ErrnoException): number | undefined {
  return code.startsWith('WS_ERR_') ? (OTHER_THAN_1002[code] ?? 1002) : undefined;
}
