// The original server's console, to the letter (PROTOCOL.md, "The console").

import { escapeControls } from '../protocol/plainText.ts';
import { decoded, type ServerEvent } from './events.ts';
import { type Address, hostAndPort } from './net/address.ts';

/** What to change, if a protocol is refused that the server could take. */
const FOREIGN_HINT: Readonly<Record<string, string>> = {
  PROXY: '; name its address with --trust-proxy to believe it',
  TLS: '; give the server a certificate with --tls-cert to speak it',
};

/**
 * The line the console shows for an event, without its LF, safe for any screen. `undefined` where
 * the original had none, and nobody needs to be alarmed.
 */
export function consoleLine(event: ServerEvent): string | undefined {
  const line = lineOf(decoded(event));
  return line && escapeControls(line);
}

function lineOf(event: ServerEvent): string | undefined {
  switch (event.event) {
    case 'listening':
      return `TCP Server is listening on ${hostAndPort(event.on)}`;
    case 'connected':
      return `Connected by ${tuple(event.peer)}`;
    case 'received':
      return `Received:from ${tuple(event.peer)}: ${event.line}`;
    case 'updated':
    case 'updatedElsewhere':
      return `Server: MOTD updated to: ${event.message}`;
    case 'storeFailed':
      return `[!] MOTD not stored: ${event.reason}`;
    case 'storedAfterAll':
      return `[!] MOTD stored after all, though its sender was told 503: ${event.message}`;
    case 'storeUnsettled':
      return `[!] MOTD stored or not, nobody knows, and its sender was told 503: ${event.message}`;
    case 'storeAwaited':
      return `[!] Waiting for the store: ${event.reason}`;
    case 'storeAway':
      return `[!] Store away: ${event.reason}; reading goes on`;
    case 'storeBack':
      return `Store is back after ${(event.afterMs / 1000).toFixed(1)} s`;
    case 'passwordRefused':
      return undefined;
    case 'passwordCheckFailed':
      return `[!] Password not checked: ${event.reason}`;
    case 'turnedAway':
      return `[!] ${event.reply}: ${tuple(event.peer)}`;
    case 'foreignProtocol':
      return `[!] ${event.protocol} refused: ${tuple(event.peer)}${FOREIGN_HINT[event.protocol] ?? ''}`;
    case 'proxyLineRefused':
      return `[!] PROXY line refused: ${tuple(event.peer)}: malformed, or behind a wrong key`;
    case 'acceptFailed':
      return `[!] No connection accepted: ${event.reason}`;
    case 'handshakeFailed':
      return `[!] TLS handshake failed: ${tuple(event.peer)}: ${event.reason}`;
    case 'shutdownAccepted':
      return 'Server Password accepted. Shutting down';
    case 'closed':
      return `[-] Connection closed with ${tuple(event.peer)}`;
    default:
      return event satisfies never;
  }
}

/** The way Python prints a socket's address. */
function tuple({ address, port }: Address): string {
  return `('${address}', ${port})`;
}
