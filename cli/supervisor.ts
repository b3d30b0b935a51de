// Supervises a child process of `motd up`, or a worker of `motd serve` or `motd bridge`: starts it,
// restarts it with backoff when it crashes, and stops it.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CliError } from './cliError.ts';
import type { Ready, Report } from './lifecycle.ts';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** The delay before the first restart. It doubles with every further one. */
const MIN_RESTART_MS = 500;
const MAX_RESTART_MS = 30_000;

/** The running time after which the delay before a restart returns to its minimum. */
const HEALTHY_AFTER_MS = 60_000;

/** Environment variables for a child; `undefined` removes one. */
export type Environment = Record<string, string | undefined>;

export interface ChildOptions {
  /** Its name, at the start of a log line. */
  name: string;
  /** The time until a child that does not stop is killed. Its own deadlines are shorter. */
  stopDeadlineMs: number;
  /**
   * Starts the process, with an IPC channel for its reports.
   *
   * @param previous On a restart, the last report that it is ready.
   */
  start(previous?: Ready): ChildProcess;
  /** Requests the process to stop; by default with SIGTERM. */
  requestStop?(running: ChildProcess): void;
}

export class Supervisor {
  /** Resolves when the child has ended and will not be restarted. */
  readonly ended: Promise<void>;
  /** Of its last process, when that has ended; `null` if it was killed. */
  exitStatus: number | null = null;
  readonly #child: ChildOptions;
  readonly #log: (line: string) => void;
  #process: ChildProcess | undefined;
  /** The last report of any of its processes. */
  #lastReady: Ready | undefined;
  /** Whether the current process, or the last one, was ready. */
  #isReady = false;
  #isDone = false;
  #isStopping = false;
  #mustReload = false;
  #restartMs = MIN_RESTART_MS;
  #restartTimer: NodeJS.Timeout | undefined;
  #resolveStart: (ready: Ready | undefined) => void = () => {};
  #rejectStart: (error: CliError) => void = () => {};
  #resolveEnded: () => void = () => {};

  /** @param log Called with each line for the operator. */
  constructor(child: ChildOptions, log: (line: string) => void) {
    this.#child = child;
    this.#log = log;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /**
   * Starts the child.
   *
   * @returns Its first report that it is ready; `undefined` if it exited before, and printed why. A
   *   child that was killed before has printed nothing, and is restarted.
   * @throws CliError if the system could not start it.
   */
  start(): Promise<Ready | undefined> {
    return new Promise((resolve, reject) => {
      this.#resolveStart = resolve;
      this.#rejectStart = reject;
      this.#run();
    });
  }

  /** Stops the child for good. May be called repeatedly, and before `start`. */
  stop(): void {
    this.#isStopping = true;
    clearTimeout(this.#restartTimer);
    const running = this.#process;
    if (running === undefined) {
      this.#end();
      return;
    }
    const { requestStop = terminate } = this.#child;
    requestStop(running);
    const deadline = setTimeout(() => running.kill('SIGKILL'), this.#child.stopDeadlineMs);
    running.once('close', () => clearTimeout(deadline));
  }

  /** Makes the child reload its files; if it is still starting, once it is ready. */
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
    const running = this.#child.start(this.#lastReady);
    this.#process = running;
    running.on('message', (message) => this.#processOnReport(message as Report));
    running.on('error', (error) => {
      // Without a pid, it could not be started. Any other error is not the end of the process.
      if (running.pid !== undefined) return;
      this.#rejectStart(startError(this.#child.name, error));
      this.#processOnEnd(startedAt, error.message, false);
    });
    // 'close' rather than 'exit': by then, every report has been read.
    running.once('close', (status, signal) => {
      this.exitStatus = status;
      this.#processOnEnd(startedAt, signal ?? `status ${status}`, signal !== null);
    });
  }

  #processOnReport(report: Report): void {
    if ('done' in report) {
      this.#isDone = true;
      return;
    }
    // The calls of a worker (ipc.ts) use the same channel.
    if (!('ready' in report)) return;
    this.#isReady = true;
    this.#lastReady = report;
    this.#resolveStart(report);
    if (this.#mustReload) this.reload();
  }

  #processOnEnd(startedAt: number, cause: string, isKilled: boolean): void {
    if (this.#process === undefined) return;
    this.#process = undefined;
    // If the first process exits before it is ready, a restart would fail for the same reason.
    const mayRestart = this.#lastReady !== undefined || isKilled;
    if (!mayRestart || this.#isDone || this.#isStopping) {
      this.#end();
      return;
    }
    if (Date.now() - startedAt > HEALTHY_AFTER_MS) this.#restartMs = MIN_RESTART_MS;
    const seconds = this.#restartMs / 1000;
    this.#log(`${this.#child.name} ${this.#describeEnd(cause)}; restarting in ${seconds} s.`);
    this.#restartTimer = setTimeout(() => this.#run(), this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, MAX_RESTART_MS);
  }

  #describeEnd(cause: string): string {
    if (this.#isReady) return `exited unexpectedly (${cause})`;
    return this.#lastReady === undefined
      ? `exited before it was ready (${cause})`
      : `could not be restarted (${cause})`;
  }

  #end(): void {
    this.#resolveStart(undefined);
    this.#resolveEnded();
  }
}

function startError(name: string, error: Error): CliError {
  const limits = 'raise the limits of open files and processes (ulimit -n, ulimit -u)';
  return new CliError('system-limit', `cannot start ${name}: ${error.message}; ${limits}`);
}

function terminate(running: ChildProcess): void {
  running.kill('SIGTERM');
}

/**
 * Starts a `motd` command as a child process.
 *
 * @param environment Added to the environment of this process.
 */
export function startCommand(command: string, environment: Environment): ChildProcess {
  return spawn(process.execPath, [MAIN, command], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
