// Why a connection ended, in words.

// RFC 6455, section 7.4.1, and IANA's registry for 1012 to 1014; PROTOCOL.md, "The bridge".
const WORDS: Readonly<Record<number, string>> = {
  1000: 'the server closed the connection',
  1001: 'the bridge is stopping',
  1006: 'the connection to the bridge was lost',
  1008: 'the bridge broke the connection off: a rule was broken',
  1009: 'the bridge broke the connection off: too much was sent at once',
  1011: 'the bridge failed',
  1013: 'the bridge is full: try again later',
  1014: 'the server cannot be reached',
};

/**
 * Says why a WebSocket closed.
 *
 * @param reason What the bridge said; its words come first.
 * @param wasOpen Whether it had ever opened: a browser tells nothing more of one that had not.
 */
export function closeReason(code: number, reason: string, wasOpen: boolean): string {
  if (!wasOpen) return 'the bridge cannot be reached, or refused this page';
  return `${reason || WORDS[code] || 'the connection was closed'} (${code})`;
}
