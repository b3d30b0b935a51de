// What the first bytes of a connection may be: a header of the PROXY protocol, or not.

import type { Endpoint } from '../../access/endpoint.ts';

export type ProxyHeader =
  /** The start of a header: more bytes are needed. */
  | { is: 'incomplete' }
  /** No header: every byte belongs to the peer. */
  | { is: 'none' }
  | ProxiedConnection
  /** The header cannot be used: the client is unknown. */
  | { is: 'rejected'; reason: RejectionReason };

/** A header of `length` bytes. */
export interface ProxiedConnection {
  is: 'proxied';
  /** `undefined` if the proxy does not know its client. */
  client: Endpoint | undefined;
  /** The name of the user, a byte string that is not validated yet (userName.ts). */
  user?: string | undefined;
  length: number;
}

/** For the log. A peer is not sent the reason. */
export type RejectionReason =
  | 'malformed'
  | 'longer than 4096 bytes'
  | 'wrong checksum'
  | 'wrong key';

export const INCOMPLETE: ProxyHeader = { is: 'incomplete' };
export const NO_HEADER: ProxyHeader = { is: 'none' };
export const MALFORMED: ProxyHeader = { is: 'rejected', reason: 'malformed' };
