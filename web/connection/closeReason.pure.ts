// Explains why a WebSocket was closed.

import { escapeControls } from '../../protocol/plainText.ts';

// RFC 6455, section 7.4.1, and IANA's registry for 1012 to 1014; PROTOCOL.md, "Close codes". The
// codes that the bridge itself never sends may come from a reverse proxy.
const DESCRIPTIONS: Readonly<Record<number, string>> = {
  1000: 'the server closed the connection',
  1001: 'the bridge is stopping',
  1002: 'the bridge closed the connection: protocol error',
  1003: 'the bridge closed the connection: unsupported data',
  1005: 'the connection was closed without a reason',
  1006: 'the connection to the bridge was lost',
  1007: 'the bridge closed the connection: invalid UTF-8',
  1008: 'the bridge closed the connection: a limit was exceeded',
  1009: 'the bridge closed the connection: the message is too large',
  1011: 'the bridge had an internal error',
  1012: 'the bridge is restarting',
  1013: 'the bridge is full: try again later',
  1014: 'the server cannot be reached',
};

/**
 * Describes the close of a WebSocket that was open.
 *
 * @param reason The reason in the close frame; preferred to a description of the code.
 */
export function closeReason(code: number, reason: string): string {
  const text = escapeControls(reason) || DESCRIPTIONS[code] || 'the connection was closed';
  return `${text} (${code})`;
}
