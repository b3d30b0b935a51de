// Asks several servers the same thing, and takes the first answer. The first server is asked at
// once, each further one when one before has failed, or when nothing was heard for a while: as
// RFC 8305 (section 5) does with the addresses of one host. So a server that is gone without a
// word costs a moment, whatever the time allowed; and as long as the first one answers, the others
// are left in peace.
//
// What is asked must do no harm when several are asked: to read does none, and neither does to say
// MSGSTORE and leave.

import type { Server } from '../connect.ts';
import type { Deadline } from './deadline.ts';

/** RFC 8305, section 8: the recommended "Connection Attempt Delay". */
const NEXT_AFTER_MS = 250;

export interface Failure {
  server: Server;
  error: unknown;
  /** How long it was asked, in milliseconds; `undefined` if the time had run out before. */
  askedMs: number | undefined;
}

export interface RaceResult<Answer> {
  /** `undefined` where nobody answered. */
  first: { server: Server; answer: Answer } | undefined;
  /** Those that failed until then, in the order of the servers. */
  failures: readonly Failure[];
}

/**
 * Asks until one server has answered, all have failed, or the time allowed has run out. Where that
 * is short, each server gets its share of it: all are asked before it has run out.
 *
 * @param ask Asks one server. The signal is aborted when it should give up, another one having
 *   answered; of the one that answered first it is aborted when the time has run out.
 */
export function raceServers<Answer>(
  servers: readonly Server[],
  ask: (server: Server, signal: AbortSignal) => Promise<Answer>,
  time: Deadline,
): Promise<RaceResult<Answer>> {
  return new Promise((resolve) => new Race(servers, ask, time, resolve).run());
}

class Race<Answer> {
  readonly #servers: readonly Server[];
  readonly #ask: (server: Server, signal: AbortSignal) => Promise<Answer>;
  readonly #time: Deadline;
  readonly #resolve: (asked: RaceResult<Answer>) => void;
  readonly #due: Server[];
  readonly #underWay = new Set<AbortController>();
  readonly #failures: Failure[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(
    servers: readonly Server[],
    ask: (server: Server, signal: AbortSignal) => Promise<Answer>,
    time: Deadline,
    resolve: (asked: RaceResult<Answer>) => void,
  ) {
    this.#servers = servers;
    this.#due = [...servers];
    this.#ask = ask;
    this.#time = time;
    this.#resolve = resolve;
  }

  run(): void {
    this.#time.signal.addEventListener('abort', () => this.#onLate());
    if (this.#time.hasRunOut) this.#onLate();
    else this.#askNext();
  }

  #askNext(): void {
    clearTimeout(this.#timer);
    const server = this.#due.shift();
    if (server === undefined) return;
    void this.#askOne(server);
    if (this.#due.length === 0) return;
    const shareMs = this.#time.leftMs / (this.#due.length + 1);
    this.#timer = setTimeout(() => this.#askNext(), Math.min(NEXT_AFTER_MS, shareMs));
  }

  async #askOne(server: Server): Promise<void> {
    const attempt = new AbortController();
    const beganAt = performance.now();
    this.#underWay.add(attempt);
    try {
      const answer = await this.#ask(server, attempt.signal);
      // Its connection is closed by the signal.
      if (this.#isOver) return;
      this.#finish({ server, answer }, attempt);
    } catch (error) {
      if (this.#isOver) return;
      this.#underWay.delete(attempt);
      this.#failed(server, error, performance.now() - beganAt);
    }
  }

  #failed(server: Server, error: unknown, askedMs: number | undefined): void {
    this.#failures.push({ server, error, askedMs });
    if (this.#failures.length === this.#servers.length) this.#finish(undefined);
    else if (!this.#time.hasRunOut) this.#askNext();
  }

  #onLate(): void {
    clearTimeout(this.#timer);
    for (const attempt of this.#underWay) attempt.abort();
    if (this.#isOver) return;
    for (const server of this.#due.splice(0)) {
      this.#failed(server, this.#time.signal.reason, undefined);
    }
  }

  /** @param winner Is not given up, but when the time has run out. */
  #finish(first: RaceResult<Answer>['first'], winner?: AbortController): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const attempt of this.#underWay) {
      if (attempt !== winner) attempt.abort();
    }
    const place = ({ server }: Failure) => this.#servers.indexOf(server);
    const failures = this.#failures.toSorted((one, other) => place(one) - place(other));
    this.#resolve({ first, failures });
  }
}
