// Opens the connection a client talks over.

import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbortedError, type Progress } from './abortedError.ts';

/**
 * TCP asks after so long a silence whether the server is still there (tcp(7), SO_KEEPALIVE); Node
 * has it ask ten times, a second apart (libuv), and give up then.
 */
const KEEPALIVE_AFTER_MS = 60_000;

export interface Server {
  /** A host name or an IP address. */
  host: string;
  port: number;
}

export interface Destination extends Server {
  /**
   * Speak TLS, and believe certificates vouched for by `ca` (PEM), or else by the well-known ones.
   */
  tls?: { ca: Buffer | undefined } | undefined;
  /** How a host name is looked up; Node's own way by default. */
  lookup?: LookupFunction | undefined;
}

/**
 * Connects to a server.
 *
 * @param signal Gives up, and closes what is open, when it is aborted.
 * @throws Node's error where that cannot be (ECONNREFUSED, ENOTFOUND, ETIMEDOUT and their like, or
 *   a certificate that is not believed); AbortedError if the signal is aborted, which also ends the
 *   connection that was returned.
 */
export function openConnection(destination: Destination, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = begin(destination);
    const progressOf = followProgress(socket, destination);
    const giveUp = () => socket.destroy(new AbortedError(progressOf(), { cause: signal?.reason }));
    signal?.addEventListener('abort', giveUp);
    socket.once('close', () => signal?.removeEventListener('abort', giveUp));
    socket.once('error', reject);
    socket.once(destination.tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** @returns What tells how far a connection that is being made has come. */
function followProgress(socket: Socket, { host, tls }: Destination): () => Progress {
  let isLookedUp = isIP(host) !== 0;
  let isSecured = tls === undefined;
  socket.once('lookup', () => {
    isLookedUp = true;
  });
  socket.once('secureConnect', () => {
    isSecured = true;
  });
  return () => {
    if (!isLookedUp) return { is: 'lookingUp' };
    if (socket.connecting) return { is: 'connecting' };
    if (!isSecured) return { is: 'securing' };
    return { is: 'awaitingReply', receivedBytes: socket.bytesRead };
  };
}

function begin({ host, port, tls, lookup }: Destination): Socket {
  const options = {
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEPALIVE_AFTER_MS,
    ...(lookup && { lookup }),
  };
  if (tls === undefined) return connect(options);
  // A name is checked against the certificate, and told to the server (RFC 6066, section 3).
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({ ...options, ...servername, ...(tls.ca && { ca: tls.ca }) });
}
