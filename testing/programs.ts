// Starts the programs under test as a user would, and ends the very processes it started.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** How long a program may take to say what it should; a failure, not a wait. */
const TIMEOUT_MS = 20_000;

/** By default `motd get` allows 2 s, its own start included: a slow machine needs longer. */
const TIMEOUT_S = '20';

export class Program {
  /** Those that have not ended yet. */
  static readonly running = new Set<Program>();
  readonly process: ChildProcess;
  readonly commandLine: string;
  /** Everything written to standard output so far. */
  stdout = '';
  stderr = '';
  readonly #exited: Promise<number | null>;

  constructor(command: string, args: readonly string[], env: Record<string, string> = {}) {
    this.commandLine = [command, ...args].join(' ');
    this.process = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, MOTD_TIMEOUT: TIMEOUT_S, ...env },
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.process.stdin?.on('error', () => {});
    Program.running.add(this);
    this.#exited = once(this.process, 'close').then(([status]) => {
      Program.running.delete(this);
      return status;
    });
  }

  /**
   * Starts `motd` with these arguments. A server forgets, unless it is told where to keep things.
   */
  static motd(args: readonly string[], env?: Record<string, string>): Program {
    return new Program(process.execPath, [MAIN, ...args], { MOTD_STORE: 'memory:', ...env });
  }

  /** Starts `motd` by way of another command, which is given it as its last arguments. */
  static motdUnder(under: readonly string[], args: readonly string[]): Program {
    const [command = process.execPath, ...rest] = [...under, process.execPath, MAIN, ...args];
    return new Program(command, rest);
  }

  /** Standard output as a terminal would show it: without CRs and cursor movements. */
  get shown(): string {
    return this.stdout.replace(/\r|\x1b\[[\d;?]*[A-Za-z]/g, '');
  }

  /** Settles with the match once standard output, as shown, holds one. */
  waitForOutput(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#matches(pattern, this.process.stdout, () => this.shown);
  }

  /** The same for standard error, as it was written. */
  waitForStderr(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#matches(pattern, this.process.stderr, () => this.stderr);
  }

  #matches(pattern: RegExp, stream: Readable | null, text: () => string): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(text());
        if (match === null) return;
        forget();
        resolve(match);
      };
      const fail = () => {
        forget();
        reject(new Error(`never said ${pattern}; said: ${this.shown}; errors: ${this.stderr}`));
      };
      const timer = setTimeout(fail, TIMEOUT_MS);
      const forget = () => {
        clearTimeout(timer);
        stream?.off('data', look);
        this.process.off('close', fail);
      };
      stream?.on('data', look);
      this.process.on('close', fail);
      look();
    });
  }

  /** Writes to standard input, and ends it. */
  input(text: string | Buffer): this {
    this.process.stdin?.end(text);
    return this;
  }

  /** Settles with the exit status; `null` where a signal ended it. */
  exitCode(): Promise<number | null> {
    return this.#exited;
  }

  /** Ends it as a power cut would, as far as a process can be: nothing of its own runs any more. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#exited;
  }

  /** Asks it to stop, and settles with its exit status. */
  async stop(): Promise<number | null> {
    if (this.process.exitCode === null) this.process.kill('SIGTERM');
    return this.#exited;
  }
}
