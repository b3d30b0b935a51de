// Keeps file descriptors in reserve.
//
// A process without free descriptors cannot answer: libuv closes each new connection. With workers,
// a connection that the primary passes to such a worker is lost; Node then waits for that worker
// forever, and passes no further connection to it.
//
// The bridge therefore stops before the last descriptor. Connections leave some to the process
// itself, and sessions leave some to requests, so that `/healthz` can answer.

import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { createLease, type QuotaLease } from '../access/quota.ts';

/** The descriptors of a session: its connections to the browser and to the target. */
const SESSION_DESCRIPTORS = 2;

/** Reserved for the process itself, for example for name lookups. */
const OWN_DESCRIPTORS = 48;

/** Reserved for requests: sessions do not use them. */
const REQUEST_DESCRIPTORS = 16;

export class DescriptorBudget {
  /** How many descriptors a session uses. */
  readonly perSession: number;
  readonly #budget: number;
  #connections = 0;
  /** The connections to targets, and the files of recordings. */
  #leased = 0;

  /**
   * @param limit How many descriptors the process may have open.
   * @param isRecording Whether each session also has a file (recording/recorder.ts).
   */
  constructor(limit: number, isRecording = false) {
    this.perSession = SESSION_DESCRIPTORS + (isRecording ? 1 : 0);
    this.#budget = limit - OWN_DESCRIPTORS;
  }

  /** Whether sessions may use `count` more descriptors. */
  has(count: number): boolean {
    return this.#used + count <= this.#budget - REQUEST_DESCRIPTORS;
  }

  /**
   * Acquires the descriptors of a session, except that of the connection to the browser, which is in
   * use already.
   *
   * @returns `undefined` if sessions may not use them.
   */
  acquire(): QuotaLease | undefined {
    if (!this.has(this.perSession - 1)) return undefined;
    this.#leased += this.perSession - 1;
    return createLease(this.#release);
  }

  /**
   * Closes each new connection that exceeds the budget.
   *
   * @param onExcess Called for each closed connection.
   */
  enforce(app: FastifyInstance, onExcess: () => void): void {
    app.server.on('connection', (socket: Socket) => {
      this.#connections++;
      socket.on('close', this.#socketOnClose);
      if (this.#used <= this.#budget) return;
      onExcess();
      socket.destroy();
    });
  }

  /** One for all sockets. A socket closes once: `once` would add a wrapper for each. */
  readonly #socketOnClose = (): void => {
    this.#connections--;
  };

  /** One for all leases: there is a lease for each session. */
  readonly #release = (): void => {
    this.#leased -= this.perSession - 1;
  };

  get #used(): number {
    return this.#connections + this.#leased;
  }
}
