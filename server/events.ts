// What the server tells its operator. Whoever takes the events decides how they are written: as
// the original's console lines (consoleLine.ts) or as JSON.

import { escapeControls } from '../protocol/plainText.ts';
import type { Reply } from '../protocol/replies.ts';
import { decodeForDisplay } from '../protocol/utf8.ts';
import type { Address } from './address.ts';
import type { StoreEvent } from './store.ts';

export type ServerEvent =
  | StoreEvent
  | { event: 'listening'; on: Address }
  | { event: 'connected'; peer: Address }
  /** `line` is a byte string, as the peer sent it. A password is never among them. */
  | { event: 'received'; peer: Address; line: string }
  | { event: 'updated'; peer: Address; message: string }
  | { event: 'storeFailed'; peer: Address; reason: string }
  /** It was wrong, or said too often. */
  | { event: 'passwordRefused'; peer: Address }
  | { event: 'passwordCheckFailed'; peer: Address; reason: string }
  /** The connection is closed with this reply. */
  | { event: 'turnedAway'; peer: Address; reply: Reply }
  /** The peer speaks another protocol, `HTTP` for one; answered with 400, and closed. */
  | { event: 'foreignProtocol'; peer: Address; protocol: string }
  | { event: 'proxyLineRefused'; peer: Address }
  /** No connection could be accepted: the process or the machine is out of something. */
  | { event: 'acceptFailed'; reason: string }
  | { event: 'handshakeFailed'; peer: Address; reason: string }
  | { event: 'shutdownAccepted'; peer: Address }
  | { event: 'closed'; peer: Address };

export type Log = (event: ServerEvent) => void;

/** The same event with every text in it safe to show: decoded, its control characters escaped. */
export function printable(event: ServerEvent): ServerEvent {
  switch (event.event) {
    case 'received':
      return { ...event, line: escapeControls(decodeForDisplay(event.line)) };
    case 'updated':
    case 'updatedElsewhere':
    case 'storedAfterAll':
    case 'storeUnsettled':
      return { ...event, message: escapeControls(event.message) };
    case 'storeFailed':
    case 'storeAway':
    case 'storeAwaited':
    case 'acceptFailed':
    case 'passwordCheckFailed':
    case 'handshakeFailed':
      return { ...event, reason: escapeControls(event.reason) };
    default:
      return event;
  }
}
