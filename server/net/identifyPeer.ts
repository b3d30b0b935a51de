// Finds out which peer opened a connection. The peer is the TCP peer itself, or, if that is a
// trusted proxy, the client named in its PROXY header (PROTOCOL.md, "The PROXY header"). The first
// bytes decide.

import type { Socket } from 'node:net';
import type { Endpoint } from '../../access/endpoint.ts';
import type { Peer } from '../peer.ts';
import { ifStillIdle } from './idleSocket.ts';
import { type ProxyTrust, parseProxyHeader } from './parseProxyHeader.ts';
import type { ProxiedConnection, RejectionReason } from './proxyHeader.ts';
import { parseUserName } from './userName.ts';

/**
 * How long a peer may be unidentified before `mayKeepWaiting` is called. Its first bytes may still
 * arrive later.
 */
const CHECK_AFTER_MS = 100;

export interface IdentifiedPeer {
  peer: Peer;
  /** The bytes already received after the PROXY header, as a byte string. */
  bytes: string;
  /** Whether the peer has half-closed. */
  hasInputEnded: boolean;
  /** Whether a name of a user was ignored, because it is invalid. */
  isUserIgnored?: boolean;
}

export type Identification =
  | ({ is: 'identified' } & IdentifiedPeer)
  /** The PROXY header, or the key before it, is invalid. */
  | { is: 'rejected'; reason: RejectionReason }
  /** The socket timed out before the peer was identified. */
  | { is: 'idle' }
  /** The connection closed before the peer was identified. */
  | { is: 'closed' }
  /** `mayKeepWaiting` returned `false`. */
  | { is: 'quotaExceeded' };

export interface IdentifyOptions {
  trust: ProxyTrust;
  /**
   * Called once, if the peer is still unidentified after 100 ms.
   *
   * @returns `false` if its quota is exceeded, which ends the wait.
   */
  mayKeepWaiting(): boolean | Promise<boolean>;
  /** The wait goes on after `mayKeepWaiting`. */
  onKeepWaiting(): void;
  /**
   * Called at the start with a function that ends the wait, if it has not ended yet. The result is
   * then `socketPeer` and the bytes received so far.
   */
  onWait(stop: () => void): void;
}

/**
 * Waits for the first bytes of a connection.
 *
 * @param socketPeer The other end of the TCP connection.
 * @returns The result. By then the socket is paused, and the listeners are removed.
 */
export function identifyPeer(
  socket: Socket,
  socketPeer: Endpoint,
  { trust, mayKeepWaiting, onKeepWaiting, onWait }: IdentifyOptions,
): Promise<Identification> {
  return new Promise((resolve) => {
    let bytes = '';
    let idleCheck: NodeJS.Immediate | undefined;
    let isFinished = false;

    const finish = (result: Identification): void => {
      isFinished = true;
      clearTimeout(unidentifiedTimer);
      clearImmediate(idleCheck);
      socket.pause();
      socket.off('data', socketOnData);
      socket.off('end', socketOnEnd);
      socket.off('timeout', socketOnTimeout);
      socket.off('close', socketOnClose);
      resolve(result);
    };
    const socketOnData = (chunk: Buffer): void => {
      bytes += chunk.toString('latin1');
      const result = identifyFrom(bytes, socketPeer, trust);
      if (result !== undefined) finish(result);
    };
    const socketOnEnd = (): void => {
      finish({ is: 'identified', peer: socketPeer, bytes, hasInputEnded: true });
    };
    const socketOnTimeout = (): void => {
      idleCheck = ifStillIdle(socket, () => finish({ is: 'idle' }));
    };
    const socketOnClose = (): void => finish({ is: 'closed' });
    const stop = (): void => {
      if (!isFinished) finish({ is: 'identified', peer: socketPeer, bytes, hasInputEnded: false });
    };

    const checkUnidentified = async (): Promise<void> => {
      const mayWait = await mayKeepWaiting();
      if (isFinished) return;
      if (mayWait) onKeepWaiting();
      else finish({ is: 'quotaExceeded' });
    };
    const unidentifiedTimer = setTimeout(() => void checkUnidentified(), CHECK_AFTER_MS);
    socket.on('data', socketOnData);
    socket.on('end', socketOnEnd);
    socket.on('timeout', socketOnTimeout);
    socket.on('close', socketOnClose);
    onWait(stop);
  });
}

/** @returns `undefined` if more bytes are needed. */
function identifyFrom(
  bytes: string,
  socketPeer: Endpoint,
  trust: ProxyTrust,
): Identification | undefined {
  const header = parseProxyHeader(bytes, trust);
  switch (header.is) {
    case 'incomplete':
      return undefined;
    case 'none':
      return { is: 'identified', peer: socketPeer, bytes, hasInputEnded: false };
    case 'proxied':
      return {
        is: 'identified',
        ...proxiedPeer(header, socketPeer),
        bytes: bytes.slice(header.length),
        hasInputEnded: false,
      };
    case 'rejected':
      return header;
    default:
      return header satisfies never;
  }
}

function proxiedPeer(
  { client, user }: ProxiedConnection,
  socketPeer: Endpoint,
): Pick<IdentifiedPeer, 'peer' | 'isUserIgnored'> {
  const endpoint = client ?? socketPeer;
  if (user === undefined) return { peer: endpoint };
  const name = parseUserName(user);
  return name === undefined
    ? { peer: endpoint, isUserIgnored: true }
    : { peer: { ...endpoint, user: name } };
}
