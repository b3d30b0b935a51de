// Why a connection ended, in words.

import { escapeControls } from '../../protocol/plainText.ts';

// RFC 6455, section 7.4.1, and IANA's registry for 1012 to 1014; PROTOCOL.md, "The bridge". Those
// that the bridge itself never says may come from a reverse proxy in between.
const WORDS: Readonly<Record<number, string>> = {
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
 * Says why a WebSocket closed that had opened.
 *
 * @param reason What the bridge said; its words come first.
 */
export function closeReason(code: number, reason: string): string {
  const words = escapeControls(reason) || WORDS[code] || 'the connection was closed';
  return `${words} (${code})`;
}
