// Formats events as the original server's console lines, verbatim (PROTOCOL.md, "The console").
// Events that the original did not have start with `[!]`.

import { type Endpoint, formatEndpoint } from '../access/endpoint.ts';
import { MAX_USER_NAME_BYTES } from '../access/userName.ts';
import { escapeControls } from '../protocol/plainText.ts';
import { decodeEvent, type ServerEvent } from './events.ts';
import type { Peer } from './peer.ts';

/** By protocol: the flag that makes the server accept it. */
const FOREIGN_HINT: Readonly<Record<string, string>> = {
  PROXY: '; to accept it, add the address of the proxy to --trust-proxy',
  TLS: '; to accept it, set a certificate with --tls-cert',
};

/**
 * Formats an event as one console line.
 *
 * @returns The line without LF, control characters escaped; `undefined` if the console does not
 *   show the event.
 */
export function consoleLine(event: ServerEvent): string | undefined {
  const line = lineOf(decodeEvent(event));
  return line && escapeControls(line);
}

function lineOf(event: ServerEvent): string | undefined {
  switch (event.event) {
    case 'listening':
      return `${'path' in event.endpoint ? '' : 'TCP '}Server is listening on ${formatEndpoint(event.endpoint)}`;
    case 'connected':
      return `Connected by ${tuple(event.peer)}${userIn(event.peer)}`;
    case 'received':
      return `Received:from ${tuple(event.peer)}: ${event.line}`;
    case 'unknownCommand':
      return `Unknown command from ${tuple(event.peer)}`;
    case 'updated':
    case 'updatedRemotely':
    case 'changedByClock':
      return `Server: MOTD updated to: ${event.message}`;
    case 'planned':
    case 'plannedRemotely':
      return `Server: MOTD ${event.number} planned for ${event.window}: ${event.message}`;
    case 'canceled':
    case 'canceledRemotely':
      return `Server: MOTD ${event.number} canceled`;
    case 'storeFailed':
      return `[!] MOTD not stored: ${event.reason}`;
    case 'storeConverted':
      return `Messages copied from ${event.from} to messages.log: ${event.count}. data.mdb is no longer used`;
    case 'storeConfirmedLate':
      return `[!] MOTD stored after its sender received 503: ${event.message}`;
    case 'storeOutcomeUnknown':
      return `[!] MOTD may have been stored after its sender received 503: ${event.message}`;
    case 'waitingForStore':
      return `[!] Waiting for the store: ${event.reason}`;
    case 'storeUnavailable':
      return `[!] Store unavailable: ${event.reason}; reads continue`;
    case 'storeRecovered':
      return `Store recovered after ${(event.afterMs / 1000).toFixed(1)} s`;
    case 'passwordRejected':
      return undefined;
    case 'passwordCheckFailed':
      return `[!] Password not checked: ${event.reason}`;
    case 'rejected':
      return `[!] ${event.reply}: ${tuple(event.peer)}`;
    case 'foreignProtocol':
      return `[!] ${event.protocol} rejected: ${tuple(event.peer)}${FOREIGN_HINT[event.protocol] ?? ''}`;
    case 'proxyHeaderRejected':
      return `[!] PROXY header rejected: ${tuple(event.peer)}: ${event.reason}`;
    case 'userNameIgnored':
      return `[!] User name ignored: ${tuple(event.peer)}: not plain text of at most ${MAX_USER_NAME_BYTES} bytes`;
    case 'acceptFailed':
      return `[!] Cannot accept connections: ${event.reason}`;
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

/** Formats an address as Python prints one. */
function tuple({ host, port }: Endpoint): string {
  return `('${host}', ${port})`;
}

/** The original knows no users: without one, its line is unchanged. */
function userIn({ user }: Peer): string {
  return user === undefined ? '' : ` as ${user}`;
}
