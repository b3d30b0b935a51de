// Opens the connection of a client to a server, over TCP or TLS.

import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AbortedError, type ConnectProgress } from './abortedError.ts';

/**
 * After this much silence, TCP probes whether the server is still there (tcp(7), SO_KEEPALIVE).
 * Node has it probe ten times, a second apart (libuv), and then reports the connection as lost.
 */
const KEEPALIVE_AFTER_MS = 60_000;

export interface ServerEndpoint {
  /** A host name or an IP address. */
  host: string;
  port: number;
}

/** Where a bridge relays to a server. */
export interface BridgeAddress {
  /** A `ws:` or `wss:` URL. */
  url: URL;
}

export type ServerAddress = ServerEndpoint | BridgeAddress;

/** What a client uses of a connection: that of a `net.Socket`. */
export interface ServerConnection extends Duplex {
  readonly bytesRead: number;
  destroySoon(): void;
}

export interface Destination extends ServerEndpoint {
  /** Use TLS, and trust certificates signed by `ca` (PEM); by default, by Node's well-known CAs. */
  tls?: { ca: Buffer | undefined } | undefined;
  /** Resolves a host name; `dns.lookup` by default. */
  lookup?: LookupFunction | undefined;
}

/**
 * Connects to a server.
 *
 * @param signal Aborts the attempt; after it succeeded, closes the connection with an AbortedError.
 * @throws Node's error if the connection fails (ECONNREFUSED, ENOTFOUND, ETIMEDOUT, an untrusted
 *   certificate and others); AbortedError if the signal is aborted.
 */
export async function openConnection(
  destination: Destination,
  signal?: AbortSignal,
): Promise<Socket> {
  // Loading OpenSSL takes longer than a request without it.
  const tls = destination.tls && (await import('node:tls'));
  return new Promise((resolve, reject) => {
    const socket = startConnecting(destination, tls?.connect);
    const progressOf = followProgress(socket, destination);
    const abort = () => socket.destroy(new AbortedError(progressOf(), { cause: signal?.reason }));
    signal?.addEventListener('abort', abort);
    socket.once('close', () => signal?.removeEventListener('abort', abort));
    socket.once('error', reject);
    if (signal?.aborted) abort();
    socket.once(destination.tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** @returns A function that returns the progress of the connection. */
function followProgress(socket: Socket, { host, tls }: Destination): () => ConnectProgress {
  let isResolved = isIP(host) !== 0;
  let isSecured = tls === undefined;
  socket.once('lookup', () => {
    isResolved = true;
  });
  socket.once('secureConnect', () => {
    isSecured = true;
  });
  return () => {
    if (!isResolved) return { is: 'resolving' };
    if (socket.connecting) return { is: 'connecting' };
    if (!isSecured) return { is: 'handshaking' };
    return { is: 'awaitingReply', receivedBytes: socket.bytesRead };
  };
}

function startConnecting(
  { host, port, tls, lookup }: Destination,
  connectTls: typeof import('node:tls').connect | undefined,
): Socket {
  const options = {
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEPALIVE_AFTER_MS,
    ...(lookup && { lookup }),
  };
  if (tls === undefined || connectTls === undefined) return connect(options);
  // A host name is checked against the certificate, and sent to the server (RFC 6066, section 3).
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = connectTls({ ...options, ...servername, ...(tls.ca && { ca: tls.ca }) });
  // `tls.connect` ignores these options.
  return socket.once('connect', () =>
    socket.setNoDelay(true).setKeepAlive(true, KEEPALIVE_AFTER_MS),
  );
}
