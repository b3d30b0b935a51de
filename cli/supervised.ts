// A child process of `motd up`: started, watched, started again when it crashes, stopped.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Address } from '../server/address.ts';
import type { Ready } from './lifecycle.ts';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** The first restart comes after this, each further one after twice the time before. */
const FIRST_RESTART_MS = 500;
const SLOWEST_RESTART_MS = 30_000;

/** A child that ran for so long was well: its next restart is a first one. */
const WELL_AFTER_MS = 60_000;

/** A child that has not stopped by then is killed; its own deadlines are shorter. */
const STOP_DEADLINE_MS = 10_000;

/** The environment twins of the flags the child is to have. */
export type Environment = Record<string, string>;

export class Supervised {
  /** Settles once the child has ended and will not be started again. */
  readonly ended: Promise<void>;
  readonly #name: string;
  readonly #nodeFlags: readonly string[];
  readonly #tell: (line: string) => void;
  #child: ChildProcess | undefined;
  #restartMs = FIRST_RESTART_MS;
  #restartTimer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #setEnded!: () => void;

  /**
   * @param name The `motd` command it runs.
   * @param tell Takes a line for the operator.
   */
  constructor(name: string, nodeFlags: readonly string[], tell: (line: string) => void) {
    this.#name = name;
    this.#nodeFlags = nodeFlags;
    this.#tell = tell;
    this.ended = new Promise((resolve) => {
      this.#setEnded = resolve;
    });
  }

  /**
   * Starts the child.
   *
   * @param environmentFor Its environment; from the first restart on, given where it listened.
   * @returns Where it listens; `undefined` where it ended before it did, having said why itself.
   */
  start(environmentFor: (before?: Address) => Environment): Promise<Address | undefined> {
    return new Promise((resolve) => {
      let address: Address | undefined;
      const run = () => {
        const startedAt = Date.now();
        const child = this.#spawn(environmentFor(address));
        child.on('message', (message) => {
          address = (message as Ready).ready;
          resolve(address);
        });
        child.once('exit', (status, signal) => {
          this.#child = undefined;
          const isCrash = status !== 0 && address !== undefined && !this.#isStopping;
          if (!isCrash) {
            resolve(undefined);
            this.#setEnded();
            return;
          }
          if (Date.now() - startedAt > WELL_AFTER_MS) this.#restartMs = FIRST_RESTART_MS;
          this.#restartLater(run, signal ?? `status ${status}`);
        });
      };
      run();
    });
  }

  /** Ends the child for good. May be called again. */
  stop(): void {
    this.#isStopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child === undefined) {
      this.#setEnded();
      return;
    }
    child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    child.once('exit', () => clearTimeout(deadline));
  }

  #spawn(environment: Environment): ChildProcess {
    this.#child = spawn(process.execPath, [...this.#nodeFlags, MAIN, this.#name], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return this.#child;
  }

  #restartLater(run: () => void, how: string): void {
    this.#tell(
      `motd ${this.#name} ended unexpectedly (${how}); starting it again in ${this.#restartMs / 1000} s.`,
    );
    this.#restartTimer = setTimeout(run, this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, SLOWEST_RESTART_MS);
  }
}
