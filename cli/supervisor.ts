// Supervises a child process of `motd up`, or a worker of `motd serve` or `motd bridge`: starts it,
// restarts it with backoff when it crashes, and stops it.
//
//   state            event                     next
//   new              start                     starting
//   starting         it reports to be ready    ready
//   starting, ready  it ends                   restarting; ended, if it exited at its first start
//   restarting       the delay is over         starting
//   starting, ready  stop, or it reports done  stopping
//   stopping         it ends                   ended
//   new, restarting  stop                      ended

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

type State =
  | { is: 'new' }
  | { is: 'starting'; process: ChildProcess; mustReload: boolean }
  | { is: 'ready'; process: ChildProcess }
  /** It was requested to stop, or has reported that it is done. */
  | { is: 'stopping'; process: ChildProcess }
  | { is: 'restarting'; timer: NodeJS.Timeout }
  | { is: 'ended' };

/** How a process has ended. */
interface End {
  /** `SIGKILL`, or `status 1`. */
  cause: string;
  isKilled: boolean;
  startedAt: number;
}

export class Supervisor {
  /** Resolves when the child has ended and will not be restarted. */
  readonly ended: Promise<void>;
  /** Of its last process, when that has ended; `null` if it was killed. */
  exitStatus: number | null = null;
  readonly #child: ChildOptions;
  readonly #log: (line: string) => void;
  #state: State = { is: 'new' };
  /** The last report of any of its processes. */
  #lastReady: Ready | undefined;
  #restartMs = MIN_RESTART_MS;
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
   * Starts the child, unless it was stopped before.
   *
   * @returns Its first report that it is ready; `undefined` if it exited before, and printed why. A
   *   child that was killed before has printed nothing, and is restarted.
   * @throws CliError if the system could not start it.
   */
  start(): Promise<Ready | undefined> {
    return new Promise((resolve, reject) => {
      this.#resolveStart = resolve;
      this.#rejectStart = reject;
      if (this.#state.is === 'ended') resolve(undefined);
      else this.#run();
    });
  }

  /** Stops the child for good. May be called repeatedly, and before `start`. */
  stop(): void {
    const state = this.#state;
    if (!('process' in state)) {
      if (state.is === 'restarting') clearTimeout(state.timer);
      this.#end();
      return;
    }
    const { process } = state;
    this.#state = { is: 'stopping', process };
    const { requestStop = terminate } = this.#child;
    requestStop(process);
    const deadline = setTimeout(() => process.kill('SIGKILL'), this.#child.stopDeadlineMs);
    process.once('close', () => clearTimeout(deadline));
  }

  /** Makes the child reload its files. One that is restarting reads them anyway. */
  reload(): void {
    const state = this.#state;
    if (state.is === 'ready') state.process.kill('SIGHUP');
    else if (state.is === 'starting') state.mustReload = true;
  }

  #run(): void {
    const startedAt = Date.now();
    const process = this.#child.start(this.#lastReady);
    this.#state = { is: 'starting', process, mustReload: false };
    process.on('message', (message) => this.#processOnReport(message as Report));
    process.on('error', (error) => {
      // Without a pid, it could not be started. Any other error is not the end of the process.
      if (process.pid !== undefined) return;
      this.#rejectStart(startError(this.#child.name, error));
      this.#processOnEnd(process, { cause: error.message, isKilled: false, startedAt });
    });
    // 'close' rather than 'exit': by then, every report has been read.
    process.once('close', (status, signal) => {
      this.exitStatus = status;
      const cause = signal ?? `status ${status}`;
      this.#processOnEnd(process, { cause, isKilled: signal !== null, startedAt });
    });
  }

  #processOnReport(report: Report): void {
    const state = this.#state;
    if ('done' in report && 'process' in state) {
      this.#state = { is: 'stopping', process: state.process };
    }
    // The calls of a worker (ipc.ts) use the same channel.
    if (!('ready' in report) || state.is !== 'starting') return;
    this.#state = { is: 'ready', process: state.process };
    this.#lastReady = report;
    this.#resolveStart(report);
    if (state.mustReload) this.reload();
  }

  #processOnEnd(process: ChildProcess, end: End): void {
    const state = this.#state;
    if (!('process' in state) || state.process !== process) return;
    // If the first process exits before it is ready, a restart would fail for the same reason.
    const mayRestart = this.#lastReady !== undefined || end.isKilled;
    if (mayRestart && state.is !== 'stopping') this.#restart(state.is, end);
    else this.#end();
  }

  #restart(endedWhile: 'starting' | 'ready', { cause, startedAt }: End): void {
    if (Date.now() - startedAt > HEALTHY_AFTER_MS) this.#restartMs = MIN_RESTART_MS;
    const seconds = this.#restartMs / 1000;
    const what = this.#describeEnd(endedWhile);
    this.#log(`${this.#child.name} ${what} (${cause}); restarting in ${seconds} s.`);
    const timer = setTimeout(() => this.#run(), this.#restartMs);
    this.#state = { is: 'restarting', timer };
    this.#restartMs = Math.min(this.#restartMs * 2, MAX_RESTART_MS);
  }

  #describeEnd(endedWhile: 'starting' | 'ready'): string {
    if (endedWhile === 'ready') return 'exited unexpectedly';
    return this.#lastReady === undefined ? 'exited before it was ready' : 'could not be restarted';
  }

  #end(): void {
    this.#state = { is: 'ended' };
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
