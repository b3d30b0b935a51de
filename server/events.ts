// The events that the server reports to its operator, as console lines (consoleLine.ts) or as JSON.

import type { ListenAddress } from '../access/endpoint.ts';
import type { Reply } from '../protocol/replies.ts';
import { decodeForDisplay } from '../protocol/utf8.ts';
import type { RejectionReason } from './net/proxyHeader.ts';
import type { Peer } from './peer.ts';
import type { StoreEvent } from './stores/store.ts';

export type ServerEvent =
  | StoreEvent
  | { event: 'listening'; endpoint: ListenAddress }
  | { event: 'connected'; peer: Peer }
  /** `line` is a byte string, as received. Passwords are not reported. */
  | { event: 'received'; peer: Peer; line: string }
  /** The peer sent a line that is not a command. It is not reported: it may be a password. */
  | { event: 'unknownCommand'; peer: Peer }
  | { event: 'updated'; peer: Peer; message: string }
  /** `window` is `FROM/UNTIL` (protocol/time.ts). */
  | {
      event: 'planned';
      peer: Peer;
      number: number;
      window: string;
      message: string;
    }
  /** The entry with this number was canceled. */
  | { event: 'canceled'; peer: Peer; number: number }
  /** A window began or ended. */
  | { event: 'changedByClock'; message: string }
  | { event: 'storeFailed'; peer: Peer; reason: string }
  /** The password was wrong, or was not checked after too many wrong ones. */
  | { event: 'passwordRejected'; peer: Peer }
  | { event: 'passwordCheckFailed'; peer: Peer; reason: string }
  /** The connection is closed with this reply. */
  | { event: 'rejected'; peer: Peer; reply: Reply }
  /**
   * The peer speaks another protocol, such as `HTTP`. It is sent a 400, and the connection closed.
   */
  | { event: 'foreignProtocol'; peer: Peer; protocol: string }
  | { event: 'proxyHeaderRejected'; peer: Peer; reason: RejectionReason }
  /** A proxy sent a name that is not plain text, or too long. The peer is served without it. */
  | { event: 'userNameIgnored'; peer: Peer }
  /** The process or the machine lacks a resource, such as file descriptors. */
  | { event: 'acceptFailed'; reason: string }
  | { event: 'handshakeFailed'; peer: Peer; reason: string }
  | { event: 'shutdownAccepted'; peer: Peer }
  | { event: 'closed'; peer: Peer };

export type Log = (event: ServerEvent) => void;

/** Decodes the byte string of an event, so that it can be displayed. */
export function decodeEvent(event: ServerEvent): ServerEvent {
  return event.event === 'received' ? { ...event, line: decodeForDisplay(event.line) } : event;
}
