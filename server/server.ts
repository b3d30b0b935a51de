// The TCP server: accepts connections, and stops cleanly.

import { once } from 'node:events';
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { type Endpoint, listeningEndpoint } from '../access/endpoint.ts';
import { isLocalhost, listenOnLocalhost } from '../access/localhost.ts';
import { LocalQuota, rejectionQuota } from '../access/localQuota.ts';
import type { PasswordGuard } from '../access/passwordGuard.ts';
import { plainAddress } from '../access/source.ts';
import type { StoreCounts } from './connection.ts';
import { EncodedReplies } from './encodedReplies.ts';
import type { Log } from './events.ts';
import { IncomingConnection, type IncomingConnectionContext } from './incomingConnection.ts';
import type { PasswordUse } from './session/session.ts';
import type { MessageStore } from './stores/store.ts';
import { Watchers } from './watchers.ts';

/**
 * How long a peer may be silent before TCP asks whether it is still there (tcp(7), SO_KEEPALIVE).
 */
const KEEPALIVE_AFTER_MS = 60_000;

/** How many may wait for a restart: what the kernel allows unless told otherwise (listen(2)). */
const PASSED_BACKLOG = 4096;

/** A failure to accept is reported at most so often: it repeats as quickly as peers knock. */
const REPORT_FAILURE_EVERY_MS = 1000;

const CONNECTION_OPTIONS = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEPALIVE_AFTER_MS,
};

export interface ConnectionLimits {
  maxConnections: number;
  /** From one IPv4 address, or IPv6 /64. */
  maxConnectionsPerSource: number;
}

export interface ServerOptions {
  store: MessageStore;
  passwords: PasswordGuard<PasswordUse>;
  limits: ConnectionLimits;
  /** How long a peer may say nothing and take nothing, in milliseconds; 0 for ever. */
  idleTimeoutMs: number;
  /** Whose PROXY line is believed, by IP address. */
  isTrustedProxy: (address: string) => boolean;
  /** Believed from any address, if it comes before the PROXY line (proxyHeader.ts). */
  proxyKey?: string | undefined;
  /** The certificate and key; without them, connections are not encrypted. */
  tls?: SecureContext | undefined;
  /** Takes what happens, for the operator. Without it, nothing is reported. */
  log?: Log | undefined;
}

export class MotdServer {
  /** Settles once the server has stopped, whoever asked for it, and every reply has left. */
  readonly stopped: Promise<void>;
  readonly #tcp: Server;
  /** Takes the connections to the other address of `localhost`. */
  #second: Server | undefined;
  /** Each with what settles once its connection is closed, and reported as closed. */
  readonly #visits = new Map<IncomingConnection, Promise<void>>();
  readonly #context: IncomingConnectionContext;
  #failureReportedAtMs = Number.NEGATIVE_INFINITY;
  #isStopping = false;

  constructor({ limits, tls, log, ...options }: ServerOptions) {
    const { store } = options;
    const watchers = new Watchers();
    this.#context = {
      ...options,
      tls,
      log,
      watchers,
      connections: new LocalQuota({
        total: limits.maxConnections,
        perSource: limits.maxConnectionsPerSource,
      }),
      rejections: rejectionQuota(),
      messages: new EncodedReplies(store),
      storeCounts: { stored: 0, failed: 0 },
      shutDown: () => this.stop(),
    };
    store.onUpdate(() => watchers.tell());
    this.#tcp = createServer(CONNECTION_OPTIONS, (socket) => this.#tcpOnConnection(socket));
    // Node tells of the server's end before it tells of that of the last connection.
    this.stopped = new Promise((resolve) => {
      this.#tcp.once('close', () => void Promise.all(this.#visits.values()).then(() => resolve()));
    });
  }

  /** Whether it was told to stop, by whomever. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** How many peers there are. */
  get connections(): number {
    return this.#visits.size;
  }

  /** What became of the messages that peers have sent to be stored, since the server was built. */
  get storeCounts(): Readonly<StoreCounts> {
    return this.#context.storeCounts;
  }

  /**
   * Starts to accept connections.
   *
   * @param host An address; `localhost` is all addresses it has.
   * @param port A port; 0 picks a free one.
   * @returns The address listened on.
   * @throws Node's error where that cannot be (EADDRINUSE, EACCES, ENOTFOUND, EADDRNOTAVAIL).
   */
  async listen(host: string, port: number): Promise<Endpoint> {
    const on = isLocalhost(host)
      ? await this.#listenOnLocalhost(port)
      : await this.#listen({ host, port });
    this.#context.log?.({ event: 'listening', on });
    return on;
  }

  /**
   * Starts to accept connections on a TCP socket that somebody else has bound, and keeps: those who
   * knock while nobody listens wait for the next one who does.
   *
   * @param fd Its file descriptor.
   * @returns The address it has.
   * @throws Node's error where that cannot be (EINVAL, ERR_INVALID_FD_TYPE), or that it is no TCP socket.
   */
  async listenOnSocket(fd: number): Promise<Endpoint> {
    const on = await this.#listen({ fd, backlog: PASSED_BACKLOG });
    this.#context.log?.({ event: 'listening', on });
    return on;
  }

  async #listenOnLocalhost(port: number): Promise<Endpoint> {
    const second = createServer(CONNECTION_OPTIONS, (socket) => this.#tcpOnConnection(socket));
    const listen = (host: string, at: number) => this.#listen({ host, port: at });
    const on = await listenOnLocalhost(listen, second, port);
    second.on('error', (error) => this.#tcpOnError(error));
    this.#second = second;
    return on;
  }

  async #listen(where: ListenOptions & { fd?: number }): Promise<Endpoint> {
    this.#tcp.listen(where);
    await once(this.#tcp, 'listening');
    this.#tcp.on('error', (error) => this.#tcpOnError(error));
    try {
      return listeningEndpoint(this.#tcp);
    } catch (error) {
      this.#tcp.close();
      throw error;
    }
  }

  /** From now on, new connections are shown this certificate; those that are open go on. */
  replaceCertificate(tls: SecureContext): void {
    this.#context.tls = tls;
  }

  /** Accepts no more, answers what was asked, closes every connection. May be called again. */
  stop(): Promise<void> {
    if (this.#isStopping) return this.stopped;
    this.#isStopping = true;
    this.#tcp.close();
    this.#second?.close();
    for (const visit of this.#visits.keys()) visit.stop();
    return this.stopped;
  }

  #tcpOnConnection(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      // The peer was gone before it was accepted.
      socket.destroy();
      return;
    }
    const peer = { host: plainAddress(remoteAddress), port: remotePort };
    const visit = new IncomingConnection(socket, peer, this.#context);
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => {
        this.#visits.delete(visit);
        resolve();
      });
    });
    this.#visits.set(visit, closed);
    visit.begin();
  }

  /** Out of file descriptors, or of memory (accept(2)): those who are here go on. */
  #tcpOnError(error: Error): void {
    const now = performance.now();
    if (now - this.#failureReportedAtMs < REPORT_FAILURE_EVERY_MS) return;
    this.#failureReportedAtMs = now;
    this.#context.log?.({ event: 'acceptFailed', reason: error.message });
  }
}
