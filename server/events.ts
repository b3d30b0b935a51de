// What the server tells its operator. Whoever takes the events decides how they are written: as
// the original's console lines (consoleLine.ts) or as JSON.

import type { Reply } from '../protocol/replies.ts';
import { decodeForDisplay } from '../protocol/utf8.ts';
import type { Address } from './net/address.ts';
import type { StoreEvent } from './stores/store.ts';

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
  | { event: 'rejected'; peer: Address; reply: Reply }
  /** The peer speaks another protocol, `HTTP` for one; answered with 400, and closed. */
  | { event: 'foreignProtocol'; peer: Address; protocol: string }
  | { event: 'proxyHeaderRejected'; peer: Address }
  /** No connection could be accepted: the process or the machine is out of something. */
  | { event: 'acceptFailed'; reason: string }
  | { event: 'handshakeFailed'; peer: Address; reason: string }
  | { event: 'shutdownAccepted'; peer: Address }
  | { event: 'closed'; peer: Address };

export type Log = (event: ServerEvent) => void;

/** The same event with its bytes decoded, so that it can be shown. */
export function decoded(event: ServerEvent): ServerEvent {
  return event.event === 'received' ? { ...event, line: decodeForDisplay(event.line) } : event;
}
