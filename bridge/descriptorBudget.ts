// Keeps file descriptors in reserve.
//
// A process that has used all of them cannot answer: libuv closes each new connection at once, and
// one that the primary passes to a worker is lost on its way. Node then waits for that worker
// forever, and gives it no other. So the bridge stops before the last one: connections leave some to
// the process itself, and sessions leave some to requests, so that `/healthz` can answer.

import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** What a session takes: a connection to the browser, and one to the target. */
export const SESSION_DESCRIPTORS = 2;

/** What the process takes for itself, name lookups among it. */
const OWN_DESCRIPTORS = 48;

/** What sessions leave to requests. */
const REQUEST_DESCRIPTORS = 16;

export class DescriptorBudget {
  readonly #budget: number;
  readonly #sessions: { readonly size: number };
  #connections = 0;

  /** @param limit How many the process may have open. */
  constructor(sessions: { readonly size: number }, limit: number) {
    this.#sessions = sessions;
    this.#budget = limit - OWN_DESCRIPTORS;
  }

  /** Whether sessions may take so many more. */
  has(count: number): boolean {
    return this.#used + count <= this.#budget - REQUEST_DESCRIPTORS;
  }

  /**
   * Closes each connection that exceeds the budget.
   *
   * @param onExcess Called for each of them.
   */
  watch(app: FastifyInstance, onExcess: () => void): void {
    app.server.on('connection', (socket: Socket) => {
      this.#connections++;
      socket.once('close', () => this.#connections--);
      if (this.#used <= this.#budget) return;
      onExcess();
      socket.destroy();
    });
  }

  // Of each session, the connection to the browser is among the connections.
  get #used(): number {
    return this.#connections + this.#sessions.size;
  }
}
