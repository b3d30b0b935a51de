// A child process of `motd up`, or a worker of `motd bridge`: started, watched, started again when
// it crashes, stopped.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Ready, Report } from './lifecycle.ts';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** The first restart comes after this, each further one after twice the time before. */
const FIRST_RESTART_MS = 500;
const SLOWEST_RESTART_MS = 30_000;

/** A child that ran for so long was well: its next restart is a first one. */
const WELL_AFTER_MS = 60_000;

/** The environment twins of the flags the child is to have; `undefined` takes one away. */
export type Environment = Record<string, string | undefined>;

export interface Child {
  /** How a line about it begins. */
  name: string;
  /** One that has not stopped after so long is killed; its own deadlines are shorter. */
  stopDeadlineMs: number;
  /**
   * Starts its process, with a channel for its reports.
   *
   * @param before From the first restart on, what it reported before.
   */
  start(before?: Ready): ChildProcess;
}

export class Supervisor {
  /** Settles once the child has ended and will not be started again. */
  readonly ended: Promise<void>;
  readonly #child: Child;
  readonly #tell: (line: string) => void;
  #process: ChildProcess | undefined;
  #last: Ready | undefined;
  /** Whether the process that runs, or ran last, has come so far. */
  #isReady = false;
  #isDone = false;
  #isStopping = false;
  #mustReload = false;
  #restartMs = FIRST_RESTART_MS;
  #restartTimer: NodeJS.Timeout | undefined;
  #settleStart: (ready: Ready | undefined) => void = () => {};
  #settleEnded: () => void = () => {};

  /** @param tell Takes a line for the operator. */
  constructor(child: Child, tell: (line: string) => void) {
    this.#child = child;
    this.#tell = tell;
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
  }

  /**
   * Starts the child.
   *
   * @returns Its first report; `undefined` where it ended by itself before that: it has said why.
   *   One that was killed had no time to, and is started again.
   */
  start(): Promise<Ready | undefined> {
    return new Promise((resolve) => {
      this.#settleStart = resolve;
      this.#run();
    });
  }

  /** Ends the child for good. May be called again, and before `start`. */
  stop(): void {
    this.#isStopping = true;
    clearTimeout(this.#restartTimer);
    const running = this.#process;
    if (running === undefined) {
      this.#end();
      return;
    }
    running.kill('SIGTERM');
    const deadline = setTimeout(() => running.kill('SIGKILL'), this.#child.stopDeadlineMs);
    running.once('close', () => clearTimeout(deadline));
  }

  /** Has the child read its files anew; one that is still starting may have read the old ones. */
  reload(): void {
    if (this.#isReady) this.#process?.kill('SIGHUP');
    else this.#mustReload = true;
  }

  #run(): void {
    if (this.#isStopping) {
      this.#end();
      return;
    }
    const startedAt = Date.now();
    this.#isReady = false;
    this.#mustReload = false;
    const running = this.#child.start(this.#last);
    this.#process = running;
    running.on('message', (message) => this.#processOnReport(message as Report));
    running.on('error', (error) => {
      // Any other error than that it could not start is followed by its end, or by nothing.
      if (running.pid === undefined) this.#processOnEnd(startedAt, error.message, false);
    });
    // Not 'exit': by 'close', every report has been read.
    running.once('close', (status, signal) =>
      this.#processOnEnd(startedAt, signal ?? `status ${status}`, signal !== null),
    );
  }

  #processOnReport(report: Report): void {
    if ('done' in report) {
      this.#isDone = true;
      return;
    }
    // A worker asks for this and that on the same channel.
    if (!('ready' in report)) return;
    this.#isReady = true;
    this.#last = report;
    this.#settleStart(report);
    if (this.#mustReload) this.reload();
  }

  #processOnEnd(startedAt: number, how: string, isKilled: boolean): void {
    if (this.#process === undefined) return;
    this.#process = undefined;
    // What keeps the first from starting, and is said by it, keeps each further one.
    const isWorthATry = this.#last !== undefined || isKilled;
    if (!isWorthATry || this.#isDone || this.#isStopping) {
      this.#end();
      return;
    }
    if (Date.now() - startedAt > WELL_AFTER_MS) this.#restartMs = FIRST_RESTART_MS;
    const seconds = this.#restartMs / 1000;
    this.#tell(`${this.#child.name} ${this.#fate(how)}; the next try is in ${seconds} s.`);
    this.#restartTimer = setTimeout(() => this.#run(), this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, SLOWEST_RESTART_MS);
  }

  #fate(how: string): string {
    if (this.#isReady) return `ended unexpectedly (${how})`;
    return this.#last === undefined
      ? `ended before it listened (${how})`
      : 'could not be started again';
  }

  #end(): void {
    this.#settleStart(undefined);
    this.#settleEnded();
  }
}

/**
 * Starts a `motd` command as a child of its own.
 *
 * @param environment What its environment has beside ours.
 */
export function startCommand(
  command: string,
  nodeFlags: readonly string[],
  environment: Environment,
): ChildProcess {
  return spawn(process.execPath, [...nodeFlags, MAIN, command], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
