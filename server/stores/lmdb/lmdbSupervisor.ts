// Supervises the LMDB writer process, and replaces it when it ends.
//
//   opening ──▶ idle ◀──▶ committing
//      │         │            │          any state ──▶ closed
//      ▼         ▼            ▼
//     waiting (backoff; a commit that arrives ends it early) ──▶ opening
//
// An idle process that ends is replaced immediately, so the next commit finds the replacement
// ready. Every replacement must find the entries committed before: `verify` throws if it does not.

import type { HistoryEntry } from '../history.ts';
import type { CommitRequest, NumberedEntries } from './lmdbIpc.ts';
import type { LmdbWriter } from './lmdbWriter.ts';

/** The first replacement starts immediately; the delay of each further one doubles. */
const MIN_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 30_000;

/** A commit is retried once if its process ended before it was on disk. */
const MAX_ATTEMPTS = 2;

type WriterState =
  | { is: 'opening'; writer: LmdbWriter; entries: Promise<NumberedEntries> }
  | { is: 'idle'; writer: LmdbWriter }
  | { is: 'committing'; writer: LmdbWriter }
  | { is: 'waiting'; timer: NodeJS.Timeout }
  | { is: 'closed' };

export interface LmdbSupervisorOptions {
  /** The first process; it has opened the file already. */
  writer: LmdbWriter;
  start: () => LmdbWriter;
  /** Throws if a replacement process finds a file without the last committed entry. */
  verify: (found: NumberedEntries) => void;
}

export class LmdbSupervisor {
  readonly #start: () => LmdbWriter;
  readonly #verify: (found: NumberedEntries) => void;
  #state: WriterState = { is: 'closed' };
  /** A commit whose process ended without a reply. It may have deleted what `verify` looks for. */
  #unconfirmed: CommitRequest | undefined;
  /** How many processes ended since the last successful commit. */
  #failures = 0;
  /** Whether no new process may be started. A commit under way may still finish. */
  #isClosing = false;

  constructor({ writer, start, verify }: LmdbSupervisorOptions) {
    this.#start = start;
    this.#verify = verify;
    this.#watch(writer);
    this.#becomeIdle(writer);
  }

  /**
   * Commits one request. Do not call it again before it settles.
   *
   * @throws If the commit was not made.
   */
  async commit(request: CommitRequest): Promise<void> {
    let exitDescription = '';
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const writer = await this.#ready();
      this.#state = { is: 'committing', writer };
      const result = await writer.commit(request);
      if (result.is === 'committed') {
        this.#failures = 0;
        this.#unconfirmed = undefined;
        this.#becomeIdle(writer);
        return;
      }
      if (result.is === 'failed') {
        await writer.kill();
        this.#replaceLater();
        throw new Error(result.reason);
      }
      // The process ended without a reply: the file shows whether the commit was made.
      exitDescription = result.exitDescription;
      this.#unconfirmed = request;
      const found = await this.#open();
      if (holds(found, request)) return;
    }
    throw new Error(`the LMDB writer process ended unexpectedly (${exitDescription})`);
  }

  /** Starts no new process from now on. */
  stop(): void {
    this.#isClosing = true;
    if (this.#state.is !== 'waiting') return;
    clearTimeout(this.#state.timer);
    this.#state = { is: 'closed' };
  }

  /** Ends the process. Call it only when no commit is under way. @returns When it has ended. */
  async close(): Promise<void> {
    this.stop();
    const state = this.#state;
    if (!('writer' in state)) return;
    this.#state = { is: 'closed' };
    await (state.is === 'opening' ? state.writer.kill() : state.writer.close());
  }

  /** Kills the process without waiting, whatever its state. */
  abandon(): void {
    this.stop();
    if ('writer' in this.#state) this.#state.writer.abandon();
    this.#state = { is: 'closed' };
  }

  async #ready(): Promise<LmdbWriter> {
    // If the process that is opening fails, the cause may be gone by now: try one more.
    if (this.#state.is === 'opening') await this.#state.entries.catch(() => {});
    if (this.#state.is === 'waiting') await this.#open();
    if (this.#state.is === 'idle') return this.#state.writer;
    throw new Error(
      this.#isClosing ? 'the server is stopping' : `the writer process is ${this.#state.is}`,
    );
  }

  /** Starts a process. @returns When it has opened the file. */
  async #open(): Promise<NumberedEntries> {
    if (this.#isClosing) throw new Error('the server is stopping');
    if (this.#state.is === 'waiting') clearTimeout(this.#state.timer);
    try {
      const writer = this.#start();
      const entries = this.#verified(writer);
      this.#state = { is: 'opening', writer, entries };
      this.#watch(writer);
      return await entries;
    } catch (error) {
      this.#replaceLater();
      throw error;
    }
  }

  async #verified(writer: LmdbWriter): Promise<NumberedEntries> {
    const found = await writer.opened;
    try {
      const isCommitted = this.#unconfirmed !== undefined && holds(found, this.#unconfirmed);
      if (!isCommitted) this.#verify(found);
    } catch (error) {
      await writer.kill();
      throw error;
    }
    if (this.#isState('opening', writer)) this.#becomeIdle(writer);
    return found;
  }

  #watch(writer: LmdbWriter): void {
    // `commit` and `#open` handle the end of the process themselves.
    void writer.ended.then(() => {
      if (this.#isState('idle', writer)) this.#replaceLater();
    });
  }

  #isState(is: WriterState['is'], writer: LmdbWriter): boolean {
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

/** Whether a commit is in a file. Commits are atomic, so its last entry shows it. */
function holds(found: NumberedEntries, { first, entries }: CommitRequest): boolean {
  return isSameEntry(entryAt(found, first + entries.length - 1), entries.at(-1));
}

export function entryAt(
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
