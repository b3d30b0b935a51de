// Takes one connection from its accept to its close. Its state is the phase that is awaited:
//
//   phase     what it does                                 next phase
//   accept    acquires a lease of the quota                identify (reject if there is none)
//   identify  reads the PROXY header, if one may come      admit (reject if it is malformed, or the
//                                                          peer is idle or over its quota; close if
//                                                          the peer has gone)
//   admit     counts the lease for the peer's source       secure (reject if that quota is exceeded)
//   secure    performs the TLS handshake, if configured    serve (close if it fails)
//   serve     runs the `Connection`                        close
//   reject    logs `closed`; without TLS, sends the        close
//             reason, for at most 1 s
//   close     awaits the socket's 'close', releases the lease, logs `closed` unless it is logged
//
// At a stop (gracefulStop.ts), `identify` ends with the bytes received so far, `secure` closes the
// socket, and `serve` sends `421 SERVER SHUTTING DOWN`. A phase that begins later does so at once.

import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Endpoint } from '../access/endpoint.ts';
import { errorMessage } from '../access/errorMessage.ts';
import type { LocalQuota } from '../access/localQuota.ts';
import type { MovableLease, UnassignedQuota } from '../access/quota.ts';
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
import type { Peer } from './peer.ts';

/** How long a connection may be idle before TCP sends a keepalive probe (tcp(7), SO_KEEPALIVE). */
const KEEPALIVE_AFTER_MS = 60_000;

/**
 * The age at which a connection gets keepalive: four system calls that most connections do not live
 * to need. The kernel counts from the last segment that it received, so the first probe is in time.
 */
const SET_KEEPALIVE_AFTER_MS = KEEPALIVE_AFTER_MS / 2;

/** How long a rejected peer may take to read the reply. */
const REJECT_TIMEOUT_MS = 1000;

export interface AcceptContext extends ConnectionContext {
  connections: UnassignedQuota;
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
  const keepalive = setTimeout(
    () => socket.setKeepAlive(true, KEEPALIVE_AFTER_MS),
    SET_KEEPALIVE_AFTER_MS,
  );
  const log = new ConnectionLog(context.log);
  const accepted: AcceptedSocket = { socket, socketPeer, context, stop, closed, log };
  // `assignTo` adds the source once the peer is identified.
  const acquired = context.connections.acquire();
  // The quota of one process decides immediately: waiting would delay each connection.
  const lease = acquired instanceof Promise ? await acquired : acquired;
  const outcome =
    typeof lease === 'string'
      ? rejected(accepted, socketPeer, REPLY.tooManyConnections)
      : await serveAccepted(accepted, lease);
  if (typeof outcome === 'string') await reject(accepted, outcome);
  await closed;
  clearTimeout(keepalive);
  if (typeof outcome === 'object') outcome.dispose();
  if (typeof lease !== 'string') lease.release();
  log.closed();
  stop.dispose();
}

/**
 * @returns The connection that serves the peer; or the reply that rejects it; or `undefined` if it
 *   has gone.
 */
async function serveAccepted(
  accepted: AcceptedSocket,
  lease: MovableLease,
): Promise<Connection | Reply | undefined> {
  const { socket, socketPeer, context, log } = accepted;
  // The peer may have gone while the quota was asked: no 'close' follows.
  if (socket.closed) return undefined;
  const trust = { isTrusted: context.isTrustedProxy(socketPeer.host), key: context.proxyKey };
  const mayBeProxied = trust.isTrusted || trust.key !== undefined;
  const identified = mayBeProxied ? await identify(accepted, lease, trust) : direct(socketPeer);
  if (identified === undefined || typeof identified === 'string') return identified;

  const { peer, isUserIgnored } = identified;
  const assigned = lease.assignTo(sourceOf(peer.host));
  if (!(assigned instanceof Promise ? await assigned : assigned)) {
    return rejected(accepted, peer, REPLY.tooManyConnections);
  }
  if (socket.closed) return undefined;
  log.connected(peer);
  if (isUserIgnored) context.log?.({ event: 'userNameIgnored', peer });

  const { tls } = context;
  if (tls === undefined) return serve(socket, identified, accepted);
  const secured = await secure(tls, identified, accepted);
  return secured && serve(secured, direct(peer), accepted);
}

/** @returns The reply that rejects the peer; `undefined` if it has gone. */
async function identify(
  accepted: AcceptedSocket,
  lease: MovableLease,
  trust: ProxyTrust,
): Promise<IdentifiedPeer | Reply | undefined> {
  const { socket, socketPeer, context, stop, log } = accepted;
  // A silent peer is logged as connected. If only a key can make it trusted, it also counts for its
  // own source from then on: silence must not bypass that quota. A proxy with a key sends it
  // immediately, so the quota of its own source does not affect it.
  const mayKeepWaiting = () => trust.isTrusted || lease.assignTo(sourceOf(socketPeer.host));
  const onKeepWaiting = () => log.connected(socketPeer);
  const onWait = (end: () => void) => stop.begin({ stop: end });
  socket.setTimeout(context.idleTimeoutMs);
  const options = { trust, mayKeepWaiting, onKeepWaiting, onWait };
  const result = await identifyPeer(socket, socketPeer, options);
  switch (result.is) {
    case 'identified':
      return result;
    case 'rejected':
      context.log?.({ event: 'proxyHeaderRejected', peer: socketPeer, reason: result.reason });
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
  { socket, context, stop }: AcceptedSocket,
): Promise<Socket | undefined> {
  stop.begin({ stop: () => socket.destroy() });
  if (hasInputEnded) socket.destroy();
  try {
    return await acceptTls(socket, tls, bytes);
  } catch (error) {
    context.log?.({ event: 'handshakeFailed', peer, reason: handshakeFailure(error) });
    return undefined;
  }
}

function serve(
  socket: Socket,
  { peer, bytes, hasInputEnded }: IdentifiedPeer,
  { context, stop }: AcceptedSocket,
): Connection {
  const connection = new Connection(socket, peer, context);
  stop.begin(connection);
  connection.receive(bytes);
  if (hasInputEnded) connection.endInput();
  return connection;
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
function rejected({ context }: AcceptedSocket, peer: Peer, reply: Reply): Reply {
  context.log?.({ event: 'rejected', peer, reply });
  return reply;
}

/** A peer from which nothing was read yet. */
function direct(peer: Peer): IdentifiedPeer {
  return { peer, bytes: '', hasInputEnded: false };
}

/** The error code, if there is one: the message of OpenSSL contains its source files. */
function handshakeFailure(error: unknown): string {
  return errorCode(error) ?? errorMessage(error);
}

/** The peer vanished. A 'close' event follows, and is handled. */
function socketOnError(): void {}
