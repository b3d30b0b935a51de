// Keeps one LMDB writer process ready, and replaces one that ends.
//
//   opening ──▶ idle ◀──▶ committing
//      │         │            │          any state ──▶ closed
//      ▼         ▼            ▼
//     waiting (backoff; a commit that arrives ends it early) ──▶ opening
//
// The end of an idle process is noticed at once, so the next commit finds its replacement. Every
// replacement must hold what was committed before: `verify` throws if it does not.

import type { HistoryEntry } from '../history.ts';
import type { CommitRequest, NumberedEntries } from './lmdbIpc.ts';
import type { LmdbWriter } from './lmdbWriter.ts';

/** The first replacement starts at once; each further one waits twice as long as the last. */
const MIN_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 30_000;

/** A commit that ended with its process and left no trace on disk is made once more. */
const MAX_ATTEMPTS = 2;

type WriterState =
  | { is: 'opening'; writer: LmdbWriter; contents: Promise<NumberedEntries> }
  | { is: 'idle'; writer: LmdbWriter }
  | { is: 'committing'; writer: LmdbWriter }
  | { is: 'waiting'; timer: NodeJS.Timeout }
  | { is: 'closed' };

export interface LmdbSupervisorOptions {
  /** A process that has opened the file. */
  writer: LmdbWriter;
  start: () => LmdbWriter;
  /** Throws if a replacement finds another file than the one that was written. */
  verify: (contents: NumberedEntries) => void;
}

export class LmdbSupervisor {
  readonly #start: () => LmdbWriter;
  readonly #verify: (contents: NumberedEntries) => void;
  #state: WriterState = { is: 'closed' };
  /** A commit whose process ended without an answer. It may have dropped what `verify` looks for. */
  #unconfirmed: CommitRequest | undefined;
  /** Processes that ended since the last successful commit. */
  #failures = 0;
  /** Starts no process any more; a commit under way may still finish. */
  #isClosing = false;

  constructor({ writer, start, verify }: LmdbSupervisorOptions) {
    this.#start = start;
    this.#verify = verify;
    this.#watch(writer);
    this.#becomeIdle(writer);
  }

  /**
   * Writes, one commit at a time.
   *
   * @throws If it is not on the disk.
   */
  async commit(commit: CommitRequest): Promise<void> {
    let how = '';
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const writer = await this.#ready();
      this.#state = { is: 'committing', writer };
      const outcome = await writer.commit(commit);
      if (outcome.is === 'committed') {
        this.#failures = 0;
        this.#unconfirmed = undefined;
        this.#becomeIdle(writer);
        return;
      }
      if (outcome.is === 'failed') {
        await writer.kill();
        this.#replaceLater();
        throw new Error(outcome.why);
      }
      // The process ended without an answer: the file shows whether the commit was made.
      how = outcome.how;
      this.#unconfirmed = commit;
      const contents = await this.#open();
      if (holds(contents, commit)) return;
    }
    throw new Error(`the process that writes ended unexpectedly (${how})`);
  }

  /** From now on, starts no process. */
  stop(): void {
    this.#isClosing = true;
    if (this.#state.is !== 'waiting') return;
    clearTimeout(this.#state.timer);
    this.#state = { is: 'closed' };
  }

  /** Ends the process; no commit may be under way. @returns Once it has ended. */
  async close(): Promise<void> {
    this.stop();
    const state = this.#state;
    if (!('writer' in state)) return;
    this.#state = { is: 'closed' };
    await (state.is === 'opening' ? state.writer.kill() : state.writer.close());
  }

  /** Gives the process up, whatever it does. */
  abandon(): void {
    this.stop();
    if ('writer' in this.#state) this.#state.writer.abandon();
    this.#state = { is: 'closed' };
  }

  async #ready(): Promise<LmdbWriter> {
    // One that opens already may fail for a reason that has passed: then one more is tried.
    if (this.#state.is === 'opening') await this.#state.contents.catch(() => {});
    if (this.#state.is === 'waiting') await this.#open();
    if (this.#state.is === 'idle') return this.#state.writer;
    throw new Error(
      this.#isClosing ? 'the server is stopping' : `the writer process is ${this.#state.is}`,
    );
  }

  /** Starts a process, and waits until it has opened the file. */
  async #open(): Promise<NumberedEntries> {
    if (this.#isClosing) throw new Error('the server is stopping');
    if (this.#state.is === 'waiting') clearTimeout(this.#state.timer);
    try {
      const writer = this.#start();
      const contents = this.#opened(writer);
      this.#state = { is: 'opening', writer, contents };
      this.#watch(writer);
      return await contents;
    } catch (error) {
      this.#replaceLater();
      throw error;
    }
  }

  async #opened(writer: LmdbWriter): Promise<NumberedEntries> {
    const contents = await writer.opened;
    try {
      const isCommitted = this.#unconfirmed !== undefined && holds(contents, this.#unconfirmed);
      if (!isCommitted) this.#verify(contents);
    } catch (error) {
      await writer.kill();
      throw error;
    }
    if (this.#isAt('opening', writer)) this.#becomeIdle(writer);
    return contents;
  }

  #watch(writer: LmdbWriter): void {
    // A commit, or an opening, that is under way takes notice itself.
    void writer.ended.then(() => {
      if (this.#isAt('idle', writer)) this.#replaceLater();
    });
  }

  #isAt(is: WriterState['is'], writer: LmdbWriter): boolean {
    return this.#state.is === is && 'writer' in this.#state && this.#state.writer === writer;
  }

  #becomeIdle(writer: LmdbWriter): void {
    if (writer.hasEnded) this.#replaceLater();
    else this.#state = { is: 'idle', writer };
  }

  #replaceLater(): void {
    if (this.#isClosing) {
      this.#state = { is: 'closed' };
      return;
    }
    const delayMs =
      this.#failures === 0
        ? 0
        : Math.min(MIN_BACKOFF_MS * 2 ** (this.#failures - 1), MAX_BACKOFF_MS);
    this.#failures++;
    const timer = setTimeout(() => void this.#open().catch(() => {}), delayMs);
    timer.unref();
    this.#state = { is: 'waiting', timer };
  }
}

/** Whether a commit is in a file: it is there whole, or not at all. */
function holds(contents: NumberedEntries, { first, entries }: CommitRequest): boolean {
  return isSameEntry(entryIn(contents, first + entries.length - 1), entries.at(-1));
}

export function entryIn(
  { first, entries }: NumberedEntries,
  number: number,
): HistoryEntry | undefined {
  return entries[number - first];
}

export function isSameEntry(
  one: HistoryEntry | undefined,
  other: HistoryEntry | undefined,
): boolean {
  return one?.message === other?.message && one?.storedAtMs === other?.storedAtMs;
}
