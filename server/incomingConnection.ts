// Takes a connection from accept to close: identify the peer, apply the quotas, perform the TLS
// handshake, then run the `Connection`. `stop` works in every phase.

import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Endpoint } from '../access/endpoint.ts';
import { errorMessage } from '../access/errorMessage.ts';
import type { LocalLease, LocalQuota } from '../access/localQuota.ts';
import { sourceOf } from '../access/source.ts';
import { errorCode } from '../access/systemErrors.ts';
import { REPLY, type Reply } from '../protocol/replies.ts';
import { Connection, type ConnectionContext } from './connection.ts';
import { acceptTls } from './net/acceptTls.ts';
import { type IdentifiedPeer, identifyPeer } from './net/identifyPeer.ts';
import type { ProxyTrust } from './net/parseProxyHeader.ts';

/** How long a rejected peer may take to read the reply. */
const REJECT_TIMEOUT_MS = 1000;

/**
 * How long after its accept a peer may still send its first line while the server stops: it
 * connected before it could know, and the line may be on its way.
 */
const FIRST_LINE_GRACE_MS = 500;

export interface IncomingConnectionContext extends ConnectionContext {
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

export class IncomingConnection {
  readonly #socket: Socket;
  /** The other end of the TCP connection; a proxy may have opened it for another peer. */
  readonly #socketPeer: Endpoint;
  readonly #context: IncomingConnectionContext;
  readonly #acceptedAtMs = performance.now();
  /** The peer whose `connected` event has been logged, and whose `closed` event has not. */
  #loggedPeer: Endpoint | undefined;
  #lease: LocalLease | undefined;
  /** Ends the wait for the first bytes, while there is one. */
  #identification: AbortController | undefined;
  #isInHandshake = false;
  #connection: Connection | undefined;
  #isStopping = false;

  constructor(socket: Socket, socketPeer: Endpoint, context: IncomingConnectionContext) {
    this.#socket = socket;
    this.#socketPeer = socketPeer;
    this.#context = context;
    socket.on('error', socketOnError);
  }

  start(): void {
    const { connections, isTrustedProxy, proxyKey: key } = this.#context;
    // `assignTo` adds the source once the peer is identified.
    const lease = connections.acquire();
    if (typeof lease === 'string') {
      this.#reject(this.#socketPeer, REPLY.tooManyConnections);
      return;
    }
    this.#lease = lease;
    this.#socket.once('close', () => lease.release());
    const isTrusted = isTrustedProxy(this.#socketPeer.host);
    if (isTrusted || key !== undefined) void this.#identify({ isTrusted, key });
    else this.#admit({ peer: this.#socketPeer, bytes: '', hasInputEnded: false });
  }

  /**
   * Answers the lines received so far, sends `421 SERVER SHUTTING DOWN`, and closes. A peer that
   * has just connected may still send its first line.
   */
  stop(): void {
    const ageMs = performance.now() - this.#acceptedAtMs;
    if (this.#connection?.hasSentLine || ageMs >= FIRST_LINE_GRACE_MS) {
      this.#stopNow();
      return;
    }
    const timer = setTimeout(() => this.#stopNow(), FIRST_LINE_GRACE_MS - ageMs);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #stopNow(): void {
    this.#isStopping = true;
    this.#identification?.abort();
    this.#connection?.closeWith(REPLY.shuttingDown);
    if (this.#isInHandshake) this.#socket.destroy();
  }

  async #identify(trust: ProxyTrust): Promise<void> {
    const identification = new AbortController();
    this.#identification = identification;
    this.#socket.setTimeout(this.#context.idleTimeoutMs);
    const result = await identifyPeer(this.#socket, this.#socketPeer, {
      trust,
      mayKeepWaiting: () => this.#countUnidentified(trust),
      signal: identification.signal,
    });
    this.#identification = undefined;
    switch (result.is) {
      case 'identified':
        this.#admit(result);
        break;
      case 'malformed':
        this.#context.log?.({ event: 'proxyHeaderRejected', peer: this.#socketPeer });
        this.#sendAndClose(REPLY.unknownCommand);
        break;
      case 'idle':
        this.#reject(this.#socketPeer, REPLY.idleTooLong);
        break;
      case 'quotaExceeded':
        this.#reject(this.#socketPeer, REPLY.tooManyConnections);
        break;
      case 'closed':
        this.#logClosed();
        break;
      default:
        result satisfies never;
    }
  }

  /**
   * Logs a silent peer as connected. If only a key can make it trusted, it also counts for its own
   * source from now on: silence must not bypass that quota. A proxy with a key sends it
   * immediately, so the quota of its own source does not affect it.
   *
   * @returns `false` if the quota of the source is exceeded.
   */
  #countUnidentified({ isTrusted }: ProxyTrust): boolean {
    if (!isTrusted && !this.#countFor(this.#socketPeer)) return false;
    this.#logConnected(this.#socketPeer);
    return true;
  }

  #admit(identified: IdentifiedPeer): void {
    const { tls } = this.#context;
    const { peer } = identified;
    if (!this.#countFor(peer)) {
      this.#reject(peer, REPLY.tooManyConnections);
      return;
    }
    this.#logConnected(peer);
    if (tls === undefined) this.#serve(this.#socket, identified);
    else void this.#serveTls(tls, identified);
  }

  /**
   * Counts the connection for the source of a peer only.
   *
   * @returns `false` if that quota is exceeded.
   */
  #countFor({ host }: Endpoint): boolean {
    return this.#lease?.assignTo(sourceOf(host)) === true;
  }

  #serve(socket: Socket, { peer, bytes, hasInputEnded }: IdentifiedPeer): void {
    this.#connection = new Connection(socket, peer, this.#context);
    socket.once('close', () => this.#logClosed());
    if (this.#isStopping) this.#connection.closeWith(REPLY.shuttingDown);
    this.#connection.receive(bytes);
    if (hasInputEnded) this.#connection.endInput();
  }

  async #serveTls(
    tls: SecureContext,
    { peer, bytes, hasInputEnded }: IdentifiedPeer,
  ): Promise<void> {
    this.#isInHandshake = true;
    if (hasInputEnded || this.#isStopping) this.#socket.destroy();
    try {
      const secured = await acceptTls(this.#socket, tls, bytes);
      this.#isInHandshake = false;
      this.#serve(secured, { peer, bytes: '', hasInputEnded: false });
    } catch (error) {
      this.#context.log?.({ event: 'handshakeFailed', peer, reason: handshakeFailure(error) });
      this.#logClosed();
    }
  }

  #reject(peer: Endpoint, reply: Reply): void {
    this.#context.log?.({ event: 'rejected', peer, reply });
    this.#sendAndClose(reply);
  }

  #sendAndClose(reply: Reply): void {
    const { rejections, tls } = this.#context;
    this.#logClosed();
    if (tls !== undefined) {
      // No reply can be sent before the TLS handshake.
      this.#socket.destroy();
      return;
    }
    const lease = rejections.acquire();
    if (typeof lease === 'string') {
      this.#socket.destroy();
      return;
    }
    const deadline = setTimeout(() => this.#socket.destroy(), REJECT_TIMEOUT_MS);
    this.#socket.once('close', () => {
      lease.release();
      clearTimeout(deadline);
    });
    // Closing with unread input makes TCP reset the connection, and the peer loses the reply.
    this.#socket.resume();
    this.#socket.end(`${reply}\n`);
  }

  /** Logs each peer once; a proxy that was logged first is then logged as closed. */
  #logConnected(peer: Endpoint): void {
    if (peer === this.#loggedPeer) return;
    this.#logClosed();
    this.#loggedPeer = peer;
    this.#context.log?.({ event: 'connected', peer });
  }

  #logClosed(): void {
    if (this.#loggedPeer === undefined) return;
    this.#context.log?.({ event: 'closed', peer: this.#loggedPeer });
    this.#loggedPeer = undefined;
  }
}

/** The error code, if there is one: the message of OpenSSL contains its source files. */
function handshakeFailure(error: unknown): string {
  return errorCode(error) ?? errorMessage(error);
}

/** The peer vanished. A 'close' event follows, and is handled. */
function socketOnError(): void {}
