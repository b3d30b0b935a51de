// The TCP server: accepts connections, finds out who they are, gives each a session, and stops
// cleanly.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { REPLY, type Reply } from '../protocol/replies.ts';
import type { Address } from './address.ts';
import { Arrival, type Arrived } from './arrival.ts';
import { Connection, type ConnectionContext } from './connection.ts';
import { ConnectionLimits, type Limits } from './connectionLimits.ts';
import type { Log } from './events.ts';
import { MessageBytes } from './messageBytes.ts';
import type { PasswordGuard } from './passwordGuard.ts';
import { secure } from './secure.ts';
import { plainAddress, sourceOf } from './source.ts';
import type { MessageStore } from './store.ts';
import { Watchers } from './watchers.ts';

/** How long a peer may be silent before TCP asks whether it is still there (tcp(7), SO_KEEPALIVE). */
const KEEPALIVE_AFTER_MS = 60_000;

/** How long somebody who is turned away may take to read why. */
const FAREWELL_MS = 1000;

/** The most who are being told why; further ones are told nothing. */
const MAX_FAREWELLS = 100;

/** A failure to accept is reported at most so often: it repeats as quickly as peers knock. */
const REPORT_FAILURE_EVERY_MS = 1000;

export interface ServerOptions {
  store: MessageStore;
  passwords: PasswordGuard;
  limits: Limits;
  /** Whose PROXY line is believed, by IP address. */
  isTrustedProxy: (address: string) => boolean;
  /** The certificate and key; without them, connections are not encrypted. */
  tls?: SecureContext | undefined;
  /** Takes what happens, for the operator. Without it, nothing is reported. */
  log?: Log | undefined;
}

export class MotdServer {
  /** Settles once the server has stopped, whoever asked for it, and every reply has left. */
  readonly stopped: Promise<void>;
  readonly #tcp: Server;
  readonly #options: ServerOptions;
  readonly #limits: ConnectionLimits;
  readonly #arrivals = new Set<Arrival>();
  readonly #handshakes = new Set<Socket>();
  readonly #connections = new Set<Connection>();
  readonly #context: ConnectionContext;
  #farewells = 0;
  #failureReportedAtMs = 0;
  #isStopping = false;

  constructor(options: ServerOptions) {
    const { store, passwords, limits, log } = options;
    const watchers = new Watchers();
    this.#options = options;
    this.#limits = new ConnectionLimits(limits);
    this.#context = {
      store,
      passwords,
      watchers,
      log,
      messages: new MessageBytes(store),
      idleTimeoutMs: limits.idleTimeoutMs,
      shutDown: () => this.stop(),
    };
    store.onUpdate(() => watchers.tell());
    this.#tcp = createServer(
      {
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEPALIVE_AFTER_MS,
      },
      (socket) => this.#tcpOnConnection(socket),
    );
    this.stopped = new Promise((resolve) => this.#tcp.once('close', () => resolve()));
  }

  /**
   * Starts to accept connections.
   *
   * @param port A port; 0 picks a free one.
   * @returns The address listened on.
   * @throws Node's error where that cannot be (EADDRINUSE, EACCES, ENOTFOUND, EADDRNOTAVAIL).
   */
  async listen(host: string, port: number): Promise<Address> {
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once('error', reject);
      this.#tcp.listen({ host, port }, () => {
        this.#tcp.off('error', reject);
        this.#tcp.on('error', (error) => this.#tcpOnError(error));
        resolve();
      });
    });
    const on = this.#tcp.address() as AddressInfo;
    this.#context.log?.({ event: 'listening', on });
    return on;
  }

  /** Accepts no more, answers what was asked, closes every connection. May be called again. */
  stop(): Promise<void> {
    if (this.#isStopping) return this.stopped;
    this.#isStopping = true;
    this.#tcp.close();
    for (const arrival of this.#arrivals) arrival.settle();
    for (const socket of this.#handshakes) socket.destroy();
    for (const connection of this.#connections) connection.dismiss(REPLY.shuttingDown);
    return this.stopped;
  }

  /** Out of file descriptors, or of memory (accept(2)): those who are here go on. */
  #tcpOnError(error: Error): void {
    const now = Date.now();
    if (now - this.#failureReportedAtMs < REPORT_FAILURE_EVERY_MS) return;
    this.#failureReportedAtMs = now;
    this.#context.log?.({ event: 'acceptFailed', reason: error.message });
  }

  #tcpOnConnection(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    socket.on('error', socketOnError);
    if (remoteAddress === undefined || remotePort === undefined) {
      // The peer was gone before it was accepted.
      socket.destroy();
      return;
    }
    const peer = { address: plainAddress(remoteAddress), port: remotePort };
    if (this.#limits.isFull) {
      this.#turnAway(socket, peer, REPLY.tooManyConnections);
      return;
    }
    this.#limits.enter();
    socket.once('close', () => this.#limits.leave());

    if (this.#options.isTrustedProxy(peer.address)) this.#identify(socket, peer);
    else this.#admit(socket, { peer, bytes: '', hasEnded: false });
  }

  /** Waits for what a trusted peer says first: it may speak for another. */
  #identify(socket: Socket, peer: Address): void {
    let isAnnounced = false;
    const over = () => {
      this.#arrivals.delete(arrival);
      if (isAnnounced) this.#context.log?.({ event: 'closed', peer });
    };
    const arrival = new Arrival(socket, peer, {
      announce: () => {
        isAnnounced = true;
        this.#context.log?.({ event: 'connected', peer });
      },
      arrived: (who) => {
        const isItself = who.peer === peer;
        if (isItself) this.#arrivals.delete(arrival);
        else over();
        this.#admit(socket, who, isItself && isAnnounced);
      },
      malformed: () => {
        over();
        this.#context.log?.({ event: 'proxyLineRefused', peer });
        this.#sendAway(socket, REPLY.unknownCommand);
      },
      idle: () => {
        over();
        this.#turnAway(socket, peer, REPLY.idleTooLong);
      },
      gone: over,
    });
    this.#arrivals.add(arrival);
    socket.setTimeout(this.#options.limits.idleTimeoutMs);
  }

  #admit(socket: Socket, who: Arrived, isAnnounced = false): void {
    const { peer } = who;
    const source = sourceOf(peer.address);
    if (!this.#limits.arrive(source)) {
      this.#turnAway(socket, peer, REPLY.tooManyConnections);
      if (isAnnounced) this.#context.log?.({ event: 'closed', peer });
      return;
    }
    socket.once('close', () => this.#limits.depart(source));
    if (!isAnnounced) this.#context.log?.({ event: 'connected', peer });

    const { tls } = this.#options;
    if (tls === undefined) this.#serve(socket, who);
    else void this.#secureAndServe(socket, tls, who);
  }

  #serve(socket: Socket, { peer, bytes, hasEnded }: Arrived): void {
    const connection = new Connection(socket, peer, this.#context);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
    if (this.#isStopping) connection.dismiss(REPLY.shuttingDown);
    connection.receive(bytes);
    if (hasEnded) connection.end();
  }

  async #secureAndServe(socket: Socket, tls: SecureContext, who: Arrived): Promise<void> {
    const { peer, bytes, hasEnded } = who;
    this.#handshakes.add(socket);
    if (hasEnded) socket.destroy();
    try {
      const secured = await secure(socket, tls, bytes);
      this.#serve(secured, { peer, bytes: '', hasEnded: false });
    } catch (error) {
      this.#context.log?.({ event: 'handshakeFailed', peer, reason: reasonIn(error) });
      this.#context.log?.({ event: 'closed', peer });
    } finally {
      this.#handshakes.delete(socket);
    }
  }

  #turnAway(socket: Socket, peer: Address, reply: Reply): void {
    this.#context.log?.({ event: 'turnedAway', peer, reply });
    this.#sendAway(socket, reply);
  }

  #sendAway(socket: Socket, reply: Reply): void {
    const cannotBeTold = this.#options.tls !== undefined || this.#farewells >= MAX_FAREWELLS;
    if (cannotBeTold) {
      socket.destroy();
      return;
    }
    this.#farewells++;
    const deadline = setTimeout(() => socket.destroy(), FAREWELL_MS);
    socket.once('close', () => {
      this.#farewells--;
      clearTimeout(deadline);
    });
    // Closing with bytes of the peer still unread would reset the connection, and lose the reply.
    socket.resume();
    socket.end(`${reply}\n`);
  }
}

/** OpenSSL's own words name its source files; the code says as much. */
function reasonIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}

/** A peer that vanished. The 'close' event follows and says all there is to say. */
function socketOnError(): void {}
