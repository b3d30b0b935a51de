// One peer's stay, from accept to close: who it is, whether there is room, TLS, and then its
// connection. At each point it can be told that the server is stopping.

import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Endpoint } from '../access/endpoint.ts';
import type { LocalLease, LocalQuota } from '../access/localQuota.ts';
import { sourceOf } from '../access/source.ts';
import { errorCode } from '../access/systemErrors.ts';
import { REPLY, type Reply } from '../protocol/replies.ts';
import { Connection, type ConnectionContext } from './connection.ts';
import { errorMessage } from './errorMessage.ts';
import { acceptTls } from './net/acceptTls.ts';
import { Arrival, type Arrived } from './net/identifyPeer.ts';
import type { ProxyTrust } from './net/proxyHeader.ts';

/** How long somebody who is turned away may take to read why. */
const FAREWELL_MS = 1000;

/**
 * How long after its accept somebody may still ask when the server stops: whoever was let in before
 * that could not know, and what it asks may be on the way.
 */
const LAST_QUESTION_MS = 500;

export interface IncomingConnectionContext extends ConnectionContext {
  connections: LocalQuota;
  /** Peers that are turned away, and are still being sent the reason. */
  rejections: LocalQuota;
  /** Whose PROXY line is believed, by IP address. */
  isTrustedProxy: (address: string) => boolean;
  /** Believed from any address, if it comes before the PROXY line (proxyHeader.ts). */
  proxyKey?: string | undefined;
  /** The certificate and key; without them, connections are not encrypted. */
  tls: SecureContext | undefined;
}

export class IncomingConnection {
  readonly #socket: Socket;
  readonly #peer: Endpoint;
  readonly #context: IncomingConnectionContext;
  readonly #acceptedAtMs = performance.now();
  /** Under which address it is shown as connected; that has to be taken back. */
  #announced: Endpoint | undefined;
  #lease: LocalLease | undefined;
  #arrival: Arrival | undefined;
  #isInHandshake = false;
  #connection: Connection | undefined;
  #isStopping = false;

  constructor(socket: Socket, peer: Endpoint, context: IncomingConnectionContext) {
    this.#socket = socket;
    this.#peer = peer;
    this.#context = context;
    socket.on('error', socketOnError);
  }

  /** Lets it in, where there is room. */
  begin(): void {
    const { connections, isTrustedProxy, proxyKey: key } = this.#context;
    // Counted for a source once that is known.
    const lease = connections.acquire();
    if (typeof lease === 'string') {
      this.#turnAway(this.#peer, REPLY.tooManyConnections);
      return;
    }
    this.#lease = lease;
    this.#socket.once('close', () => lease.release());
    const isTrusted = isTrustedProxy(this.#peer.host);
    if (isTrusted || key !== undefined) this.#identify({ isTrusted, key });
    else this.#admit({ peer: this.#peer, bytes: '', hasEnded: false });
  }

  /**
   * Answers what was asked, says that the server is stopping, and closes. One that has only just come
   * has a moment to ask.
   */
  stop(): void {
    const ageMs = performance.now() - this.#acceptedAtMs;
    if (this.#connection?.hasAsked || ageMs >= LAST_QUESTION_MS) {
      this.#dismiss();
      return;
    }
    const timer = setTimeout(() => this.#dismiss(), LAST_QUESTION_MS - ageMs);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #dismiss(): void {
    this.#isStopping = true;
    this.#arrival?.settle();
    this.#connection?.dismiss(REPLY.shuttingDown);
    if (this.#isInHandshake) this.#socket.destroy();
  }

  /** Waits for the first bytes of a peer that may speak for another. */
  #identify(trust: ProxyTrust): void {
    this.#arrival = new Arrival(this.#socket, this.#peer, trust, {
      announce: () => this.#announceUnidentified(trust),
      arrived: (who) => {
        this.#arrival = undefined;
        this.#admit(who);
      },
      malformed: () => {
        this.#context.log?.({ event: 'proxyHeaderRejected', peer: this.#peer });
        this.#sendAway(REPLY.unknownCommand);
      },
      idle: () => this.#turnAway(this.#peer, REPLY.idleTooLong),
      gone: () => this.#forget(),
    });
    this.#socket.setTimeout(this.#context.idleTimeoutMs);
  }

  #admit(who: Arrived): void {
    const { tls } = this.#context;
    if (!this.#countFor(who.peer)) return;
    this.#announce(who.peer);
    if (tls === undefined) this.#serve(this.#socket, who);
    else void this.#secureAndServe(tls, who);
  }

  /**
   * Shows a peer that has yet to send anything. One that would need a key counts for its own source
   * from now on: silence is no way around that quota. A key comes at once, and is not kept waiting by
   * a source that is full.
   */
  #announceUnidentified({ isTrusted }: ProxyTrust): void {
    if (isTrusted || this.#countFor(this.#peer)) this.#announce(this.#peer);
  }

  /** Counts the connection for a peer's source, and for no other. @returns Whether there was room. */
  #countFor(peer: Endpoint): boolean {
    if (this.#lease?.assignTo(sourceOf(peer.host))) return true;
    this.#turnAway(peer, REPLY.tooManyConnections);
    return false;
  }

  #serve(socket: Socket, { peer, bytes, hasEnded }: Arrived): void {
    this.#connection = new Connection(socket, peer, this.#context);
    socket.once('close', () => this.#forget());
    if (this.#isStopping) this.#connection.dismiss(REPLY.shuttingDown);
    this.#connection.receive(bytes);
    if (hasEnded) this.#connection.end();
  }

  async #secureAndServe(tls: SecureContext, { peer, bytes, hasEnded }: Arrived): Promise<void> {
    this.#isInHandshake = true;
    if (hasEnded || this.#isStopping) this.#socket.destroy();
    try {
      const secured = await acceptTls(this.#socket, tls, bytes);
      this.#isInHandshake = false;
      this.#serve(secured, { peer, bytes: '', hasEnded: false });
    } catch (error) {
      this.#context.log?.({ event: 'handshakeFailed', peer, reason: handshakeFault(error) });
      this.#forget();
    }
  }

  #turnAway(peer: Endpoint, reply: Reply): void {
    this.#context.log?.({ event: 'rejected', peer, reply });
    this.#sendAway(reply);
  }

  #sendAway(reply: Reply): void {
    const { rejections, tls } = this.#context;
    this.#arrival?.leave();
    this.#arrival = undefined;
    this.#forget();
    // Before the TLS handshake, no reply can be sent.
    const lease = tls === undefined ? rejections.acquire() : 'total';
    if (typeof lease === 'string') {
      this.#socket.destroy();
      return;
    }
    const deadline = setTimeout(() => this.#socket.destroy(), FAREWELL_MS);
    this.#socket.once('close', () => {
      lease.release();
      clearTimeout(deadline);
    });
    // Closing with bytes of the peer still unread would reset the connection, and lose the reply.
    this.#socket.resume();
    this.#socket.end(`${reply}\n`);
  }

  /** Shows it as connected, once under each address. */
  #announce(peer: Endpoint): void {
    if (peer === this.#announced) return;
    this.#forget();
    this.#announced = peer;
    this.#context.log?.({ event: 'connected', peer });
  }

  /** Shows it as gone, where it was shown at all. */
  #forget(): void {
    if (this.#announced === undefined) return;
    this.#context.log?.({ event: 'closed', peer: this.#announced });
    this.#announced = undefined;
  }
}

/** OpenSSL's own words name its source files; the code says as much. */
function handshakeFault(error: unknown): string {
  return errorCode(error) ?? errorMessage(error);
}

/** A peer that vanished. The 'close' event follows and says all there is to say. */
function socketOnError(): void {}
