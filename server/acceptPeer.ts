// Takes one connection from its accept to its close:
//
//   phase     what it does                              next phase
//   accept    acquires a lease                          identify; or reject, if the quota is exceeded
//   identify  reads the PROXY header, if there may be   admit; or reject, if the header is malformed,
//             one                                       or the peer silent; or close
//   admit     assigns the lease to the peer's source    secure; or reject, if its quota is exceeded
//   secure    performs the TLS handshake, if            serve; or close, if it fails
//             configured
//   serve     runs the `Connection`                     close
//   reject    sends the reason, for 1 s at most         close
//   close     releases the lease, and logs it
//
// A stop ends `identify` with the bytes received so far, closes the socket in `secure`, and sends
// `421 SERVER SHUTTING DOWN` in `serve`. Phases that come after it do the same at once.

import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Endpoint } from '../access/endpoint.ts';
import { errorMessage } from '../access/errorMessage.ts';
import type { LocalLease, LocalQuota } from '../access/localQuota.ts';
import { sourceOf } from '../access/source.ts';
import { errorCode } from '../access/systemErrors.ts';
import { REPLY, type Reply } from '../protocol/replies.ts';
import { Connection } from './connection.ts';
import type { ConnectionContext } from './connectionContext.ts';
import { ConnectionLog } from './connectionLog.ts';
import type { GracefulStop } from './gracefulStop.ts';
import { acceptTls } from './net/acceptTls.ts';
import { type IdentifiedPeer, identifyPeer } from './net/identifyPeer.ts';
import type { ProxyTrust } from './net/parseProxyHeader.ts';

/** How long a rejected peer may take to read the reply. */
const REJECT_TIMEOUT_MS = 1000;

export interface AcceptContext extends ConnectionContext {
  connections: LocalQuota;
  /** Rejected peers that are still being sent the reason. */
  rejections: LocalQuota;
  /** Whether a PROXY header from an IP address is trusted. */
  isTrustedProxy: (address: string) => boolean;
  /** A secret. A PROXY header that follows it is trusted from any address (parseProxyHeader.ts). */
  proxyKey?: string | undefined;
  /** The certificate and key. Without them, connections are not encrypted. */
  tls: SecureContext | undefined;
}

interface AcceptedSocket {
  socket: Socket;
  /** The other end of the TCP connection; a proxy may have opened it for another peer. */
  socketPeer: Endpoint;
  context: AcceptContext;
  stop: GracefulStop;
  /** Resolves when the socket is closed. */
  closed: Promise<void>;
  log: ConnectionLog;
}

/** Resolves when the connection is closed, and its `closed` event logged. */
export async function acceptPeer(
  socket: Socket,
  socketPeer: Endpoint,
  context: AcceptContext,
  stop: GracefulStop,
): Promise<void> {
  socket.on('error', socketOnError);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const log = new ConnectionLog(context.log);
  const accepted: AcceptedSocket = { socket, socketPeer, context, stop, closed, log };
  // `assignTo` adds the source once the peer is identified.
  const lease = context.connections.acquire();
  const rejection =
    typeof lease === 'string'
      ? rejected(accepted, socketPeer, REPLY.tooManyConnections)
      : await serveAccepted(accepted, lease);
  if (rejection !== undefined) await reject(accepted, rejection);
  await closed;
  if (typeof lease !== 'string') lease.release();
  log.closed();
  stop.dispose();
}

/** @returns The reply that rejects the peer; `undefined` once it is served, or has gone. */
async function serveAccepted(
  accepted: AcceptedSocket,
  lease: LocalLease,
): Promise<Reply | undefined> {
  const { socket, socketPeer, context, log } = accepted;
  const trust = { isTrusted: context.isTrustedProxy(socketPeer.host), key: context.proxyKey };
  const mayBeProxied = trust.isTrusted || trust.key !== undefined;
  const identified = mayBeProxied ? await identify(accepted, lease, trust) : direct(socketPeer);
  if (identified === undefined || typeof identified === 'string') return identified;

  const { peer } = identified;
  if (!lease.assignTo(sourceOf(peer.host))) {
    return rejected(accepted, peer, REPLY.tooManyConnections);
  }
  log.connected(peer);

  const { tls } = context;
  if (tls === undefined) {
    await serve(socket, identified, accepted);
    return undefined;
  }
  const secured = await secure(tls, identified, accepted);
  if (secured !== undefined) await serve(secured, direct(peer), accepted);
  return undefined;
}

/** @returns The reply that rejects the peer; `undefined` if it has gone. */
async function identify(
  accepted: AcceptedSocket,
  lease: LocalLease,
  trust: ProxyTrust,
): Promise<IdentifiedPeer | Reply | undefined> {
  const { socket, socketPeer, context, stop, log } = accepted;
  // A silent peer is logged as connected. If only a key can make it trusted, it also counts for its
  // own source from then on: silence must not bypass that quota. A proxy with a key sends it
  // immediately, so the quota of its own source does not affect it.
  const mayKeepWaiting = () => {
    if (!trust.isTrusted && !lease.assignTo(sourceOf(socketPeer.host))) return false;
    log.connected(socketPeer);
    return true;
  };
  socket.setTimeout(context.idleTimeoutMs);
  const result = await identifyPeer(socket, socketPeer, {
    trust,
    mayKeepWaiting,
    signal: stop.signal,
  });
  switch (result.is) {
    case 'identified':
      return result;
    case 'malformed':
      context.log?.({ event: 'proxyHeaderRejected', peer: socketPeer });
      return REPLY.unknownCommand;
    case 'idle':
      return rejected(accepted, socketPeer, REPLY.idleTooLong);
    case 'quotaExceeded':
      return rejected(accepted, socketPeer, REPLY.tooManyConnections);
    case 'closed':
      return undefined;
    default:
      return result satisfies never;
  }
}

/** @returns The encrypted socket; `undefined` if the handshake fails. The socket is closed then. */
async function secure(
  tls: SecureContext,
  { peer, bytes, hasInputEnded }: IdentifiedPeer,
  { socket, context, stop: { signal } }: AcceptedSocket,
): Promise<Socket | undefined> {
  const destroy = () => socket.destroy();
  signal.addEventListener('abort', destroy);
  if (hasInputEnded || signal.aborted) destroy();
  try {
    return await acceptTls(socket, tls, bytes);
  } catch (error) {
    context.log?.({ event: 'handshakeFailed', peer, reason: handshakeFailure(error) });
    return undefined;
  } finally {
    signal.removeEventListener('abort', destroy);
  }
}

/** Resolves when the connection is closed. */
async function serve(
  socket: Socket,
  { peer, bytes, hasInputEnded }: IdentifiedPeer,
  { context, stop, closed }: AcceptedSocket,
): Promise<void> {
  const connection = new Connection(socket, peer, context);
  stop.serve(connection);
  const close = () => connection.closeWith(REPLY.shuttingDown);
  stop.signal.addEventListener('abort', close);
  if (stop.signal.aborted) close();
  connection.receive(bytes);
  if (hasInputEnded) connection.endInput();
  await closed;
  connection.dispose();
}

/** Sends the reason, and closes. */
async function reject(
  { socket, context: { rejections, tls }, closed, log }: AcceptedSocket,
  reply: Reply,
): Promise<void> {
  log.closed();
  // No reply can be sent before the TLS handshake.
  const lease = tls === undefined ? rejections.acquire() : 'total';
  if (typeof lease === 'string') {
    socket.destroy();
    return;
  }
  const deadline = setTimeout(() => socket.destroy(), REJECT_TIMEOUT_MS);
  // Closing with unread input makes TCP reset the connection, and the peer loses the reply.
  socket.resume();
  socket.end(`${reply}\n`);
  await closed;
  clearTimeout(deadline);
  lease.release();
}

/** Logs that a peer is rejected. @returns The reply. */
function rejected({ context }: AcceptedSocket, peer: Endpoint, reply: Reply): Reply {
  context.log?.({ event: 'rejected', peer, reply });
  return reply;
}

/** A peer from which nothing was read yet. */
function direct(peer: Endpoint): IdentifiedPeer {
  return { peer, bytes: '', hasInputEnded: false };
}

/** The error code, if there is one: the message of OpenSSL contains its source files. */
function handshakeFailure(error: unknown): string {
  return errorCode(error) ?? errorMessage(error);
}

/** The peer vanished. A 'close' event follows, and is handled. */
function socketOnError(): void {}
