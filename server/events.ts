// What the server tells its operator. Whoever takes the events decides how they are written: as
// the original's console lines (consoleLine.ts) or as JSON.

import type { Endpoint } from '../access/endpoint.ts';
import type { Reply } from '../protocol/replies.ts';
import { decodeForDisplay } from '../protocol/utf8.ts';
import type { StoreEvent } from './stores/store.ts';

export type ServerEvent =
  | StoreEvent
  | { event: 'listening'; on: Endpoint }
  | { event: 'connected'; peer: Endpoint }
  /** `line` is a byte string, as the peer sent it. A password is never among them. */
  | { event: 'received'; peer: Endpoint; line: string }
  | { event: 'updated'; peer: Endpoint; message: string }
  | { event: 'storeFailed'; peer: Endpoint; reason: string }
  /** It was wrong, or said too often. */
  | { event: 'passwordRefused'; peer: Endpoint }
  | { event: 'passwordCheckFailed'; peer: Endpoint; reason: string }
  /** The connection is closed with this reply. */
  | { event: 'rejected'; peer: Endpoint; reply: Reply }
  /** The peer speaks another protocol, `HTTP` for one; answered with 400, and closed. */
  | { event: 'foreignProtocol'; peer: Endpoint; protocol: string }
  | { event: 'proxyHeaderRejected'; peer: Endpoint }
  /** No connection could be accepted: the process or the machine is out of something. */
  | { event: 'acceptFailed'; reason: string }
  | { event: 'handshakeFailed'; peer: Endpoint; reason: string }
  | { event: 'shutdownAccepted'; peer: Endpoint }
  | { event: 'closed'; peer: Endpoint };

export type Log = (event: ServerEvent) => void;

/** The same event with its bytes decoded, so that it can be shown. */
export function decoded(event: ServerEvent): ServerEvent {
  return event.event === 'received' ? { ...event, line: decodeForDisplay(event.line) } : event;
}
