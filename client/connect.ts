// Opens the connection of a client to a server, over TCP, TLS or a Unix socket.

import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AbortedError, type ConnectProgress } from './abortedError.ts';

/**
 * After this much silence, TCP probes whether the server is still there (tcp(7), SO_KEEPALIVE).
 * Node has it probe ten times, a second apart (libuv), and then reports the connection as lost.
 */
export const KEEPALIVE_AFTER_MS = 60_000;

export interface ServerEndpoint {
  /** A host name or an IP address. */
  host: string;
  port: number;
}

/** A Unix socket, by the path of its file. */
export interface ServerSocket {
  path: string;
}

/** Where a bridge relays to a server. */
export interface BridgeAddress {
  /** A `ws:`, `wss:` or `ws+unix:` URL. */
  url: URL;
}

export type ServerAddress = ServerEndpoint | ServerSocket | BridgeAddress;

/** How a client uses TLS. */
export interface ClientTls {
  /** Trust certificates signed by this CA (PEM); by default, by Node's well-known CAs. */
  ca?: Buffer;
  /** The client's own certificate and its key (PEM), if the server requires one. */
  cert?: Buffer;
  key?: Buffer;
}

/** What a client uses of a connection: that of a `net.Socket`. */
export interface ServerConnection extends Duplex {
  readonly bytesRead: number;
  destroySoon(): void;
}

export interface TcpDestination extends ServerEndpoint {
  tls?: ClientTls | undefined;
  /** Resolves a host name; `dns.lookup` by default. */
  lookup?: LookupFunction | undefined;
}

export type Destination = TcpDestination | ServerSocket;

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
  const usesTls = 'host' in destination && destination.tls !== undefined;
  // Loading OpenSSL takes longer than a request without it.
  const tls = usesTls ? await import('node:tls') : undefined;
  return new Promise((resolve, reject) => {
    const socket =
      'path' in destination ? connect(destination) : startConnecting(destination, tls?.connect);
    const progressOf = followProgress(socket, destination);
    const abort = () => socket.destroy(new AbortedError(progressOf(), { cause: signal?.reason }));
    signal?.addEventListener('abort', abort);
    socket.once('close', () => signal?.removeEventListener('abort', abort));
    socket.once('error', reject);
    if (signal?.aborted) abort();
    socket.once(usesTls ? 'secureConnect' : 'connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** @returns A function that returns the progress of the connection. */
function followProgress(socket: Socket, destination: Destination): () => ConnectProgress {
  let isResolved = 'path' in destination || isIP(destination.host) !== 0;
  let isSecured = 'path' in destination || destination.tls === undefined;
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
  { host, port, tls, lookup }: TcpDestination,
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
  const socket = connectTls({ ...options, ...servername, ...tls });
  // `tls.connect` ignores these options.
  return socket.once('connect', () =>
    socket.setNoDelay(true).setKeepAlive(true, KEEPALIVE_AFTER_MS),
  );
}
