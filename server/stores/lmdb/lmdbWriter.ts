// The store's end of the line to the process that holds the database (lmdbWriterProcess.ts).

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StoreOpenError } from '../storeOpenError.ts';
import { type CommitRequest, isLmdbReply, type LmdbReply, type Opened } from './lmdbIpc.ts';

const PROCESS = fileURLToPath(new URL('./lmdbWriterProcess.js', import.meta.url));

/** How a commit ends. Of one that is `gone`, the process ended without a word. */
export type LmdbCommitResult =
  | Extract<LmdbReply, { is: 'committed' | 'failed' }>
  | { is: 'exited'; how: string };

export class LmdbWriter {
  /** What the file held when it was opened. @throws StoreOpenError where it could not be. */
  readonly opened: Promise<Opened>;
  /** How the process ended, once it has: a signal or a status. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  #hasEnded = false;

  /**
   * Starts the process.
   *
   * @param lock The folder's lock, which it holds on to as well: it may outlive us by a commit.
   * @param fileId Which file it has to open: that of an earlier process.
   */
  constructor(folder: string, lock: number, fileId?: string) {
    this.#child = fork(PROCESS, fileId === undefined ? [folder] : [folder, fileId], {
      execArgv: [],
      serialization: 'advanced',
      // What LMDB has to say of a failure is in the report; what it prints is for its developers.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc', lock],
    });
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        this.#hasEnded = true;
        resolve(how);
      };
      this.#child.once('exit', (status, signal) => end(signal ?? `status ${status}`));
      this.#child.once('error', (error) => end(error.message));
    });
    this.opened = this.#open(folder);
    this.opened.catch(() => {});
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Writes, one commit at a time. @returns Once it is on the disk, or is known not to be. */
  async commit(commit: CommitRequest): Promise<LmdbCommitResult> {
    const answer = this.#nextReport();
    // Where it is gone, that is the answer.
    if (this.#child.connected) this.#child.send(commit, () => {});
    const report = await answer;
    if (report.is === 'opened' || report.is === 'openFailed')
      throw new Error(`it said ${report.is}`);
    return report;
  }

  /** Ends the process at once. @returns Once it has ended. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Ends the process, its last commit made. @returns Once it has ended. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.ended;
  }

  /** Gives the process up: it hangs in the kernel, and must not hold up ours. */
  abandon(): void {
    this.#child.kill('SIGKILL');
    if (this.#child.connected) this.#child.disconnect();
    this.#child.unref();
  }

  async #open(folder: string): Promise<Opened> {
    const report = await this.#nextReport();
    if (report.is === 'opened') return report;
    await this.kill();
    if (report.is === 'openFailed') throw new StoreOpenError(report.why);
    const how = report.is === 'exited' ? report.how : report.is;
    throw new StoreOpenError(
      `cannot use ${folder}: the process that reads it ended (${how}); is the disk full? check --store`,
    );
  }

  async #nextReport(): Promise<LmdbReply | { is: 'exited'; how: string }> {
    return new Promise((resolve) => {
      const settle = (report: LmdbReply | { is: 'exited'; how: string }) => {
        this.#child.off('message', onMessage);
        this.#child.off('disconnect', onDisconnect);
        resolve(report);
      };
      const onMessage = (message: unknown) => {
        if (isLmdbReply(message)) settle(message);
      };
      // Not 'exit': by 'disconnect', every report has been read.
      const onDisconnect = async () => settle({ is: 'exited', how: await this.ended });
      this.#child.on('message', onMessage);
      this.#child.on('disconnect', onDisconnect);
      if (!this.#child.connected) void onDisconnect();
    });
  }
}
