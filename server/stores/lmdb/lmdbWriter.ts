// Starts one writer process (lmdbWriterProcess.ts), and sends it commits over IPC.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StoreOpenError } from '../storeOpenError.ts';
import { type CommitRequest, isLmdbReply, type LmdbReply, type OpenedFile } from './lmdbIpc.ts';

const WRITER_PROCESS = fileURLToPath(new URL('./lmdbWriterProcess.js', import.meta.url));

/** The process ended without a reply. */
interface WriterExited {
  is: 'exited';
  /** A signal, or an exit status. */
  exitDescription: string;
}

export type LmdbCommitResult = Extract<LmdbReply, { is: 'committed' | 'failed' }> | WriterExited;

export class LmdbWriter {
  /** The content of the file when it was opened. Rejects with StoreOpenError. */
  readonly opened: Promise<OpenedFile>;
  /** Resolves when the process has ended, with a signal or an exit status. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  #hasEnded = false;

  /**
   * Starts the process.
   *
   * @param lock The folder's lock. The process inherits it, because it may outlive the server by a
   *   commit.
   * @param fileId The file that an earlier writer process opened.
   */
  constructor(folder: string, lock: number, fileId?: string) {
    this.#child = fork(WRITER_PROCESS, fileId === undefined ? [folder] : [folder, fileId], {
      execArgv: [],
      serialization: 'advanced',
      // LMDB prints details for its developers; what an operator needs is in the reply.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc', lock],
    });
    this.ended = new Promise((resolve) => {
      const end = (exitDescription: string) => {
        this.#hasEnded = true;
        resolve(exitDescription);
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

  /** Commits one request. Do not call it again before it settles. */
  async commit(request: CommitRequest): Promise<LmdbCommitResult> {
    const nextReply = this.#nextReply();
    // If it is disconnected, the reply is 'exited'.
    if (this.#child.connected) this.#child.send(request, () => {});
    const reply = await nextReply;
    if (reply.is === 'opened' || reply.is === 'openFailed') {
      throw new Error(`unexpected reply from the LMDB writer process: ${reply.is}`);
    }
    return reply;
  }

  /** Kills the process. @returns When it has ended. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Lets the process finish its last commit. @returns When it has ended. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.ended;
  }

  /** Kills the process without waiting: it may hang in the kernel. */
  abandon(): void {
    this.#child.kill('SIGKILL');
    if (this.#child.connected) this.#child.disconnect();
    this.#child.unref();
  }

  async #open(folder: string): Promise<OpenedFile> {
    const reply = await this.#nextReply();
    if (reply.is === 'opened') return reply;
    await this.kill();
    if (reply.is === 'openFailed') throw new StoreOpenError(reply.reason);
    const cause = reply.is === 'exited' ? reply.exitDescription : reply.is;
    throw new StoreOpenError(
      `cannot use ${folder}: the LMDB writer process ended (${cause}); check the free disk space, or choose another folder with --store`,
    );
  }

  async #nextReply(): Promise<LmdbReply | WriterExited> {
    return new Promise((resolve) => {
      const settle = (reply: LmdbReply | WriterExited) => {
        this.#child.off('message', onMessage);
        this.#child.off('disconnect', onDisconnect);
        resolve(reply);
      };
      const onMessage = (message: unknown) => {
        if (isLmdbReply(message)) settle(message);
      };
      // Not 'exit': it may come before the last reply is read; 'disconnect' does not.
      const onDisconnect = async () => settle({ is: 'exited', exitDescription: await this.ended });
      this.#child.on('message', onMessage);
      this.#child.on('disconnect', onDisconnect);
      if (!this.#child.connected) void onDisconnect();
    });
  }
}
