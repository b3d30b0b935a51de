// The TCP server: accepts connections, and stops gracefully.

import { once } from 'node:events';
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { type Endpoint, listeningEndpoint, type UnixSocket } from '../access/endpoint.ts';
import { isLocalhost, listenOnLocalhost } from '../access/localhost.ts';
import { rejectionQuota } from '../access/localQuota.ts';
import type { PasswordChecker } from '../access/passwordGuard.ts';
import type { UnassignedQuota } from '../access/quota.ts';
import { plainAddress, UNIX_PEER } from '../access/source.ts';
import { listenOnSocketFile, type SocketFile } from '../access/unixSocket.ts';
import { type AcceptContext, acceptPeer } from './acceptPeer.ts';
import type { Compat, StoreCounts } from './connectionContext.ts';
import { EncodedReplies } from './encodedReplies.ts';
import type { Log } from './events.ts';
import { GracefulStop } from './gracefulStop.ts';
import type { MessageInForce } from './messageInForce.ts';
import type { PasswordUse } from './session/action.ts';
import type { ServedStore } from './stores/store.ts';
import { Watchers } from './watchers.ts';

/**
 * How many connections may wait while the server restarts: the kernel's default maximum
 * (listen(2)).
 */
const INHERITED_SOCKET_BACKLOG = 4096;

/** The interval at which failures to accept are logged; each connection attempt may cause one. */
const ACCEPT_FAILURE_LOG_INTERVAL_MS = 1000;

const CONNECTION_OPTIONS = { allowHalfOpen: true, noDelay: true };

export interface ServerOptions {
  store: ServedStore;
  /** Of the same store. */
  inForce: MessageInForce;
  passwords: PasswordChecker<PasswordUse>;
  /** How many connections are open at a time. */
  connections: UnassignedQuota;
  /** How long a peer may neither send nor read, in milliseconds; 0 for no limit. */
  idleTimeoutMs: number;
  /** Whether a PROXY header from an IP address, or from UNIX_PEER, is trusted. */
  isTrustedProxy: (address: string) => boolean;
  /** A secret. A PROXY header that follows it is trusted from any address (parseProxyHeader.ts). */
  proxyKey?: string | undefined;
  /** The programs to adapt to, if not any client. */
  compat?: Compat | undefined;
  /** The certificate and key. Without them, connections are not encrypted. */
  tls?: SecureContext | undefined;
  /** Called with every event, for the operator. */
  log?: Log | undefined;
  /** Called when a peer shuts the server down, which then stops. */
  onShutDown?: (() => void) | undefined;
}

export class MotdServer {
  /** Resolves when the server has stopped and every reply is sent. */
  readonly stopped: Promise<void>;
  readonly #tcp: Server;
  /** Listens on the IPv6 address of `localhost`. */
  #localhostIpv6: Server | undefined;
  /** The open connections, each with a promise that resolves after its `closed` event is logged. */
  readonly #connections = new Map<GracefulStop, Promise<unknown>>();
  readonly #context: AcceptContext;
  #acceptFailureLoggedAtMs = Number.NEGATIVE_INFINITY;
  /** How many connections a Unix socket has accepted. */
  #unixPeers = 0;
  #isOnUnixSocket = false;
  #isStopping = false;

  constructor({ tls, log, compat, onShutDown, ...options }: ServerOptions) {
    const { store, inForce } = options;
    const watchers = new Watchers();
    this.#context = {
      ...options,
      tls,
      log,
      compat,
      watchers,
      rejections: rejectionQuota(),
      replies: new EncodedReplies(store.history, inForce),
      storeCounts: { stored: 0, failed: 0 },
      shutDown: () => {
        onShutDown?.();
        void this.stop();
      },
    };
    inForce.onChange(() => watchers.notify());
    this.#tcp = createServer(CONNECTION_OPTIONS, (socket) => this.#tcpOnConnection(socket));
    // Node emits the 'close' of the server before that of the last connection.
    this.stopped = new Promise((resolve) => {
      this.#tcp.once(
        'close',
        () => void Promise.all(this.#connections.values()).then(() => resolve()),
      );
    });
  }

  /** Whether `stop` was called, or a peer sent SHUTDOWN. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** The number of open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /** How many changes were stored, or failed to be stored, since the server was created. */
  get storeCounts(): Readonly<StoreCounts> {
    return this.#context.storeCounts;
  }

  /**
   * Starts to accept connections.
   *
   * @param host A host name or an IP address; `localhost` listens on both IPv4 and IPv6.
   * @param port A port; 0 picks a free one.
   * @throws Node's error if it cannot listen (EADDRINUSE, EACCES, ENOTFOUND, EADDRNOTAVAIL).
   */
  async listen(host: string, port: number): Promise<Endpoint> {
    const endpoint = isLocalhost(host)
      ? await this.#listenOnLocalhost(port)
      : await this.#listen({ host, port });
    this.#context.log?.({ event: 'listening', endpoint });
    return endpoint;
  }

  /**
   * Starts to accept connections on an inherited TCP socket. The service manager keeps it open, so
   * that connections wait while the server restarts.
   *
   * @param fd The file descriptor of the socket.
   * @throws Node's error if it cannot listen (EINVAL, ERR_INVALID_FD_TYPE), or Error if the socket
   *   is not a TCP socket.
   */
  async listenOnSocket(fd: number): Promise<Endpoint> {
    const endpoint = await this.#listen({ fd, backlog: INHERITED_SOCKET_BACKLOG });
    this.#context.log?.({ event: 'listening', endpoint });
    return endpoint;
  }

  /**
   * Starts to accept connections on a Unix socket. Its peers have no address: `host` is UNIX_PEER,
   * and `port` the number of the connection.
   *
   * @throws SocketPathError or Node's error if it cannot listen (EADDRINUSE, EACCES).
   */
  async listenOnPath(file: UnixSocket | SocketFile): Promise<UnixSocket> {
    const { path } = file;
    this.#isOnUnixSocket = true;
    await listenOnSocketFile(file, () => {
      this.#tcp.listen({ path });
      return once(this.#tcp, 'listening');
    });
    this.#tcp.on('error', (error) => this.#tcpOnError(error));
    this.#context.log?.({ event: 'listening', endpoint: { path } });
    return { path };
  }

  async #listenOnLocalhost(port: number): Promise<Endpoint> {
    const ipv6 = createServer(CONNECTION_OPTIONS, (socket) => this.#tcpOnConnection(socket));
    const listen = (host: string, at: number) => this.#listen({ host, port: at });
    const endpoint = await listenOnLocalhost(listen, ipv6, port);
    ipv6.on('error', (error) => this.#tcpOnError(error));
    this.#localhostIpv6 = ipv6;
    return endpoint;
  }

  async #listen(options: ListenOptions & { fd?: number }): Promise<Endpoint> {
    this.#tcp.listen(options);
    await once(this.#tcp, 'listening');
    this.#tcp.on('error', (error) => this.#tcpOnError(error));
    try {
      return listeningEndpoint(this.#tcp);
    } catch (error) {
      this.#tcp.close();
      throw error;
    }
  }

  /** Uses a new certificate for new connections. Open connections are not affected. */
  replaceCertificate(tls: SecureContext): void {
    this.#context.tls = tls;
  }

  /**
   * Stops accepting, answers every line received so far, and closes all connections. Idempotent.
   */
  stop(): Promise<void> {
    if (this.#isStopping) return this.stopped;
    this.#isStopping = true;
    this.#tcp.close();
    this.#localhostIpv6?.close();
    for (const stop of this.#connections.keys()) stop.request();
    return this.stopped;
  }

  #tcpOnConnection(socket: Socket): void {
    const peer = this.#peerOf(socket);
    if (peer === undefined) {
      // The peer closed the connection before it was accepted.
      socket.destroy();
      return;
    }
    const stop = new GracefulStop();
    const closed = acceptPeer(socket, peer, this.#context, stop);
    this.#connections.set(
      stop,
      closed.then(() => this.#connections.delete(stop)),
    );
  }

  /** @returns `undefined` if the peer has closed the connection. */
  #peerOf({ remoteAddress, remotePort }: Socket): Endpoint | undefined {
    if (this.#isOnUnixSocket) return { host: UNIX_PEER, port: ++this.#unixPeers };
    if (remoteAddress === undefined || remotePort === undefined) return undefined;
    return { host: plainAddress(remoteAddress), port: remotePort };
  }

  /** Out of file descriptors or memory (accept(2)). Open connections are not affected. */
  #tcpOnError(error: Error): void {
    const now = performance.now();
    if (now - this.#acceptFailureLoggedAtMs < ACCEPT_FAILURE_LOG_INTERVAL_MS) return;
    this.#acceptFailureLoggedAtMs = now;
    this.#context.log?.({ event: 'acceptFailed', reason: error.message });
  }
}
