// Asks several servers the same question, and takes the first answer.
//
// The first server is asked immediately. Each further one is asked when an earlier one has failed,
// or after a short delay without an answer, as RFC 8305 (section 5) does with the addresses of one
// host. A server that is down without an error therefore costs a moment, whatever the deadline. As
// long as the first server answers, the others are not asked.
//
// The question must be harmless when several servers are asked: reading is, and so is sending
// MSGSTORE and closing the connection.

import type { ServerAddress } from '../connect.ts';
import type { Deadline } from './deadline.ts';

/** RFC 8305, section 8: the recommended "Connection Attempt Delay". */
const ATTEMPT_DELAY_MS = 250;

export interface Failure<Server = ServerAddress> {
  server: Server;
  error: unknown;
  /**
   * The time until the failure, in milliseconds; `undefined` if the deadline passed before the
   * server was asked.
   */
  elapsedMs: number | undefined;
}

export interface RaceResult<Answer, Server = ServerAddress> {
  /** `undefined` if no server answered. */
  first: { server: Server; answer: Answer } | undefined;
  /** The servers that failed until then, in their given order. */
  failures: readonly Failure<Server>[];
}

/**
 * Asks until one server has answered, all have failed, or the deadline has passed. If the deadline
 * is short, each server gets its share of the time, so that all of them are asked before it passes.
 *
 * @param ask Asks one server. The signal is aborted when another server has answered, or when the
 *   deadline passes. The deadline also aborts the server that answered first.
 */
export function raceServers<Server, Answer>(
  servers: readonly Server[],
  ask: (server: Server, signal: AbortSignal) => Promise<Answer>,
  deadline: Deadline,
): Promise<RaceResult<Answer, Server>> {
  return new Promise((resolve) => new Race(servers, ask, deadline, resolve).run());
}

class Race<Server, Answer> {
  readonly #servers: readonly Server[];
  readonly #ask: (server: Server, signal: AbortSignal) => Promise<Answer>;
  readonly #deadline: Deadline;
  readonly #resolve: (result: RaceResult<Answer, Server>) => void;
  readonly #unasked: Server[];
  readonly #running = new Set<AbortController>();
  readonly #failures: Failure<Server>[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(
    servers: readonly Server[],
    ask: (server: Server, signal: AbortSignal) => Promise<Answer>,
    deadline: Deadline,
    resolve: (result: RaceResult<Answer, Server>) => void,
  ) {
    this.#servers = servers;
    this.#unasked = [...servers];
    this.#ask = ask;
    this.#deadline = deadline;
    this.#resolve = resolve;
  }

  run(): void {
    this.#deadline.signal.addEventListener('abort', () => this.#deadlineOnAbort());
    if (this.#deadline.hasPassed) this.#deadlineOnAbort();
    else this.#askNext();
  }

  #askNext(): void {
    clearTimeout(this.#timer);
    const server = this.#unasked.shift();
    if (server === undefined) return;
    void this.#askOne(server);
    if (this.#unasked.length === 0) return;
    const shareMs = this.#deadline.remainingMs / (this.#unasked.length + 1);
    this.#timer = setTimeout(() => this.#askNext(), Math.min(ATTEMPT_DELAY_MS, shareMs));
  }

  async #askOne(server: Server): Promise<void> {
    const attempt = new AbortController();
    const startedAt = performance.now();
    this.#running.add(attempt);
    try {
      const answer = await this.#ask(server, attempt.signal);
      // Another server has won: the signal closes this one's connection.
      if (this.#isOver) return;
      this.#finish({ server, answer }, attempt);
    } catch (error) {
      if (this.#isOver) return;
      this.#running.delete(attempt);
      this.#addFailure(server, error, performance.now() - startedAt);
    }
  }

  #addFailure(server: Server, error: unknown, elapsedMs: number | undefined): void {
    this.#failures.push({ server, error, elapsedMs });
    if (this.#failures.length === this.#servers.length) this.#finish(undefined);
    else if (!this.#deadline.hasPassed) this.#askNext();
  }

  #deadlineOnAbort(): void {
    clearTimeout(this.#timer);
    for (const attempt of this.#running) attempt.abort();
    if (this.#isOver) return;
    for (const server of this.#unasked.splice(0)) {
      this.#addFailure(server, this.#deadline.signal.reason, undefined);
    }
  }

  /** @param winner Stays unaborted until the deadline. */
  #finish(first: RaceResult<Answer, Server>['first'], winner?: AbortController): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const attempt of this.#running) {
      if (attempt !== winner) attempt.abort();
    }
    const position = ({ server }: Failure<Server>) => this.#servers.indexOf(server);
    const failures = this.#failures.toSorted((one, other) => position(one) - position(other));
    this.#resolve({ first, failures });
  }
}
