// From accept to knowing who it is. A peer that we trust to speak for others may open with a PROXY
// line (PROTOCOL.md, "Who is asking"); with its first bytes we know.

import type { Socket } from 'node:net';
import type { Endpoint } from '../../access/endpoint.ts';
import { ifStillIdle } from './idleSocket.ts';
import { type ProxyTrust, readOpening } from './proxyHeader.ts';

/**
 * One that says nothing for so long is taken for itself on the console, though it may yet say more.
 */
const ANNOUNCE_AFTER_MS = 100;

/** Who has come, and what it has said so far. */
export interface Arrived {
  peer: Endpoint;
  /** Bytes of its own that are read already, as a byte string. */
  bytes: string;
  /** Whether its side is closed already. */
  hasEnded: boolean;
}

export interface ArrivalEvents {
  /** It has said nothing for a while; the operator may hear that somebody is there. */
  announce(): void;
  /** It is known who has come; the socket is handed over, paused. */
  arrived(who: Arrived): void;
  /** Its PROXY line is none, so nobody can say who it is. */
  malformed(): void;
  /** It has said nothing for longer than the socket's timeout. */
  idle(): void;
  /** It has gone without a word. */
  gone(): void;
}

export class Arrival {
  readonly #socket: Socket;
  readonly #peer: Endpoint;
  readonly #trust: ProxyTrust;
  readonly #events: ArrivalEvents;
  readonly #announceTimer: NodeJS.Timeout;
  #idleCheck: NodeJS.Immediate | undefined;
  #bytes = '';

  constructor(socket: Socket, peer: Endpoint, trust: ProxyTrust, events: ArrivalEvents) {
    this.#socket = socket;
    this.#peer = peer;
    this.#trust = trust;
    this.#events = events;
    this.#announceTimer = setTimeout(() => events.announce(), ANNOUNCE_AFTER_MS);
    socket.on('data', this.#socketOnData);
    socket.on('end', this.#socketOnEnd);
    socket.on('timeout', this.#socketOnTimeout);
    socket.on('close', this.#socketOnClose);
  }

  /** Takes the peer for itself, now. */
  settle(hasEnded = false): void {
    this.#handOver({ peer: this.#peer, bytes: this.#bytes, hasEnded });
  }

  readonly #socketOnData = (chunk: Buffer): void => {
    this.#bytes += chunk.toString('latin1');
    const opening = readOpening(this.#bytes, this.#trust);
    switch (opening.is) {
      case 'open':
        break;
      case 'direct':
        this.settle();
        break;
      case 'malformed':
        this.leave();
        this.#events.malformed();
        break;
      case 'proxied': {
        const { client: peer = this.#peer, length } = opening;
        this.#handOver({ peer, bytes: this.#bytes.slice(length), hasEnded: false });
        break;
      }
      default:
        opening satisfies never;
    }
  };

  readonly #socketOnEnd = (): void => this.settle(true);

  readonly #socketOnTimeout = (): void => {
    this.#idleCheck = ifStillIdle(this.#socket, () => {
      this.leave();
      this.#events.idle();
    });
  };

  readonly #socketOnClose = (): void => {
    this.leave();
    this.#events.gone();
  };

  #handOver(who: Arrived): void {
    this.leave();
    this.#events.arrived(who);
  }

  /** Hands the socket back, paused, and reports nothing more. May be called again. */
  leave(): void {
    clearTimeout(this.#announceTimer);
    clearImmediate(this.#idleCheck);
    this.#socket.pause();
    this.#socket.off('data', this.#socketOnData);
    this.#socket.off('end', this.#socketOnEnd);
    this.#socket.off('timeout', this.#socketOnTimeout);
    this.#socket.off('close', this.#socketOnClose);
  }
}
