// The events that the server reports to its operator, as console lines (consoleLine.ts) or as JSON.

import type { Endpoint } from '../access/endpoint.ts';
import type { Reply } from '../protocol/replies.ts';
import { decodeForDisplay } from '../protocol/utf8.ts';
import type { StoreEvent } from './stores/store.ts';

export type ServerEvent =
  | StoreEvent
  | { event: 'listening'; endpoint: Endpoint }
  | { event: 'connected'; peer: Endpoint }
  /** `line` is a byte string, as received. Lines with a password are not reported. */
  | { event: 'received'; peer: Endpoint; line: string }
  | { event: 'updated'; peer: Endpoint; message: string }
  /** `window` is `FROM/UNTIL` (protocol/time.ts). */
  | {
      event: 'planned';
      peer: Endpoint;
      number: number;
      window: string;
      message: string;
    }
  /** The entry with this number was cancelled. */
  | { event: 'cancelled'; peer: Endpoint; number: number }
  /** A window began or ended. */
  | { event: 'changedByClock'; message: string }
  | { event: 'storeFailed'; peer: Endpoint; reason: string }
  /** The password was wrong, or was not checked after too many wrong ones. */
  | { event: 'passwordRejected'; peer: Endpoint }
  | { event: 'passwordCheckFailed'; peer: Endpoint; reason: string }
  /** The connection is closed with this reply. */
  | { event: 'rejected'; peer: Endpoint; reply: Reply }
  /**
   * The peer speaks another protocol, such as `HTTP`. It is sent a 400, and the connection closed.
   */
  | { event: 'foreignProtocol'; peer: Endpoint; protocol: string }
  | { event: 'proxyHeaderRejected'; peer: Endpoint }
  /** The process or the machine lacks a resource, such as file descriptors. */
  | { event: 'acceptFailed'; reason: string }
  | { event: 'handshakeFailed'; peer: Endpoint; reason: string }
  | { event: 'shutdownAccepted'; peer: Endpoint }
  | { event: 'closed'; peer: Endpoint };

export type Log = (event: ServerEvent) => void;

/** Decodes the byte string of an event, so that it can be displayed. */
export function decodeEvent(event: ServerEvent): ServerEvent {
  return event.event === 'received' ? { ...event, line: decodeForDisplay(event.line) } : event;
}
