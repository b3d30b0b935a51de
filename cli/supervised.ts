// A child process of `motd up`: started, watched, started again when it crashes, stopped.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Address } from '../server/address.ts';
import type { Report } from './lifecycle.ts';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** The first restart comes after this, each further one after twice the time before. */
const FIRST_RESTART_MS = 500;
const SLOWEST_RESTART_MS = 30_000;

/** A child that ran for so long was well: its next restart is a first one. */
const WELL_AFTER_MS = 60_000;

/** A child that has not stopped by then is killed; its own deadlines are shorter. */
const STOP_DEADLINE_MS = 10_000;

/** The environment twins of the flags the child is to have; `undefined` takes one away. */
export type Environment = Record<string, string | undefined>;

export interface Child {
  /** The `motd` command it runs. */
  command: string;
  nodeFlags: readonly string[];
  /** Its environment; from the first restart on, given where it listened before. */
  environmentFor(before?: Address): Environment;
}

export class Supervised {
  /** Settles once the child has ended and will not be started again. */
  readonly ended: Promise<void>;
  readonly #child: Child;
  readonly #tell: (line: string) => void;
  #process: ChildProcess | undefined;
  #address: Address | undefined;
  /** Whether the process that runs, or ran last, has come so far. */
  #isReady = false;
  #isDone = false;
  #isStopping = false;
  #mustReload = false;
  #restartMs = FIRST_RESTART_MS;
  #restartTimer: NodeJS.Timeout | undefined;
  #settleStart: (address: Address | undefined) => void = () => {};
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
   * @returns Where it listens; `undefined` where it ended before it did, having said why itself.
   */
  start(): Promise<Address | undefined> {
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
    const deadline = setTimeout(() => running.kill('SIGKILL'), STOP_DEADLINE_MS);
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
    const { command, nodeFlags, environmentFor } = this.#child;
    const startedAt = Date.now();
    this.#isReady = false;
    this.#mustReload = false;
    const running = spawn(process.execPath, [...nodeFlags, MAIN, command], {
      env: { ...process.env, ...environmentFor(this.#address) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process = running;
    running.on('message', (message) => this.#processOnReport(message as Report));
    running.once('error', (error) => this.#processOnEnd(startedAt, error.message));
    // Not 'exit': by 'close', every report has been read.
    running.once('close', (status, signal) =>
      this.#processOnEnd(startedAt, signal ?? `status ${status}`),
    );
  }

  #processOnReport(report: Report): void {
    if ('done' in report) {
      this.#isDone = true;
      return;
    }
    this.#isReady = true;
    this.#address = report.ready;
    this.#settleStart(report.ready);
    if (this.#mustReload) this.reload();
  }

  #processOnEnd(startedAt: number, how: string): void {
    if (this.#process === undefined) return;
    this.#process = undefined;
    const isCrash = this.#address !== undefined && !this.#isDone && !this.#isStopping;
    if (!isCrash) {
      this.#end();
      return;
    }
    if (Date.now() - startedAt > WELL_AFTER_MS) this.#restartMs = FIRST_RESTART_MS;
    const { command } = this.#child;
    const seconds = this.#restartMs / 1000;
    const what = this.#isReady ? `ended unexpectedly (${how})` : 'could not be started again';
    this.#tell(`motd ${command} ${what}; the next try is in ${seconds} s.`);
    this.#restartTimer = setTimeout(() => this.#run(), this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, SLOWEST_RESTART_MS);
  }

  #end(): void {
    this.#settleStart(undefined);
    this.#settleEnded();
  }
}
