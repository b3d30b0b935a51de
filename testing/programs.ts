// Starts programs as a user would, and ends exactly the processes it started.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { HANG_LIMIT_MS } from './hangLimit.ts';
import { ROOT } from './root.ts';

const MAIN = fileURLToPath(new URL('dist/cli/main.js', ROOT));

/** `motd get` allows 2 s by default, including its own start. A busy machine needs longer. */
const MOTD_TIMEOUT_S = '60';

/** The exit status and the whole output of a program. */
export interface ProgramResult {
  /** The exit status; `null` if a signal ended it. */
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Playwright sets FORCE_COLOR. Beside the user's NO_COLOR, it makes Node print a warning. */
const { FORCE_COLOR: _, ...INHERITED } = process.env;

export class Program {
  /** Programs that have not ended yet. */
  static readonly running = new Set<Program>();
  readonly process: ChildProcess;
  readonly commandLine: string;
  /** Everything written to standard output so far. */
  stdout = '';
  stderr = '';
  readonly #exited: Promise<number | null>;

  constructor(
    command: string,
    args: readonly string[],
    env: Record<string, string> = {},
    cwd: string | URL = ROOT,
  ) {
    this.commandLine = [command, ...args].join(' ');
    this.process = spawn(command, args, {
      cwd,
      env: { ...INHERITED, MOTD_TIMEOUT: MOTD_TIMEOUT_S, ...env },
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

  /** Starts `motd` with these arguments. A server keeps its messages in memory by default. */
  static motd(args: readonly string[], env?: Record<string, string>): Program {
    return new Program(process.execPath, [MAIN, ...args], { MOTD_STORE: 'memory:', ...env });
  }

  /** Starts `motd` through another command, which gets it as its last arguments. */
  static motdUnder(under: readonly string[], args: readonly string[]): Program {
    const [command = process.execPath, ...rest] = [...under, process.execPath, MAIN, ...args];
    return new Program(command, rest);
  }

  /** Standard output as a terminal would show it: without CRs and cursor movements. */
  get shown(): string {
    return this.stdout.replace(/\r|\x1b\[[\d;?]*[A-Za-z]/g, '');
  }

  /** Resolves with the match once standard output, as shown, contains one. */
  waitForOutput(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#waitForMatch(pattern, this.process.stdout, () => this.shown);
  }

  /** Resolves with the match once standard error, unchanged, contains one. */
  waitForStderr(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#waitForMatch(pattern, this.process.stderr, () => this.stderr);
  }

  #waitForMatch(
    pattern: RegExp,
    stream: Readable | null,
    text: () => string,
  ): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(text());
        if (match === null) return;
        removeListeners();
        resolve(match);
      };
      const fail = () => {
        removeListeners();
        const { shown, stderr } = this;
        reject(new Error(`no output matched ${pattern}; stdout: ${shown}; stderr: ${stderr}`));
      };
      const timer = setTimeout(fail, HANG_LIMIT_MS);
      const removeListeners = () => {
        clearTimeout(timer);
        stream?.off('data', look);
        this.process.off('close', fail);
      };
      stream?.on('data', look);
      this.process.on('close', fail);
      look();
      if (!Program.running.has(this)) fail();
    });
  }

  /** Writes to standard input and ends it. */
  input(text: string | Buffer): this {
    this.process.stdin?.end(text);
    return this;
  }

  /** Resolves with the exit status; `null` if a signal ended it. */
  exitCode(): Promise<number | null> {
    return this.#exited;
  }

  /** Resolves with the exit status and the output, once the program has ended. */
  async result(): Promise<ProgramResult> {
    const status = await this.#exited;
    return { status, stdout: this.stdout, stderr: this.stderr };
  }

  /** Sends SIGKILL. The closest that a process comes to a power failure. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#exited;
  }

  /** Sends SIGTERM, and resolves with the exit status. */
  async stop(): Promise<number | null> {
    if (this.process.exitCode === null) this.process.kill('SIGTERM');
    return this.#exited;
  }
}

/** Runs `motd` to its end. */
export function runMotd(
  args: readonly string[],
  input: string | Buffer = '',
  env?: Record<string, string>,
): Promise<ProgramResult> {
  return Program.motd(args, env).input(input).result();
}
