// Records sessions into a folder, one file each: what the target sent, and nothing that a user
// typed, which may be a secret. A session never waits for the disk. If the folder is full,
// read-only or gone, sessions go on (circuitBreaker.pure.ts).

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { errorMessage } from '../../access/errorMessage.ts';
import { withinTime } from '../../access/withinTime.ts';
import { CircuitBreaker } from './circuitBreaker.pure.ts';
import { Recording } from './recording.ts';

/** The maximum that may wait to be written, in all sessions. Each may exceed it by one line. */
const MAX_PENDING_BYTES = 32 * 1024 * 1024;

/** How long a disk that hangs may delay the stop of the bridge. */
const CLOSE_DEADLINE_MS = 2_000;

/** Makes a name unique among the processes and sessions that use the folder, and hard to guess. */
const NAME_BYTES = 8;

/**
 * Why bytes of a target were not recorded: the disk is too slow, a write failed, or the recording
 * has its maximum size.
 */
export type DropReason = 'memory' | 'error' | 'limit';

/** Plain numbers, for the metrics. */
export interface RecordingCounters {
  /** Sessions that are being recorded. */
  open: number;
  /** Bytes of the files. */
  writtenBytes: number;
  /** Bytes of the targets. */
  readonly dropped: Record<DropReason, number>;
}

export interface RecordingSettings {
  folder: string;
  /** The maximum size of a file. */
  maxBytes: number;
  /** Called after each write: with `null`, or why it failed. */
  onWrite: (failure: string | null) => void;
}

export class Recorder {
  readonly maxBytes: number;
  readonly counters: RecordingCounters;
  /** Bytes that wait to be written, in all sessions. */
  pendingBytes = 0;
  readonly #settings: RecordingSettings;
  readonly #breaker = new CircuitBreaker();
  readonly #open = new Set<Recording>();
  readonly #ending = new Set<Promise<void>>();

  constructor(settings: RecordingSettings, counters: RecordingCounters) {
    this.maxBytes = settings.maxBytes;
    this.counters = counters;
    this.#settings = settings;
  }

  get isMemoryFull(): boolean {
    return this.pendingBytes >= MAX_PENDING_BYTES;
  }

  /** @param target The name of the target: nothing that a peer chose goes into a file name. */
  start(target: string): Recording {
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const name = `${time}-${target}-${randomBytes(NAME_BYTES).toString('hex')}.cast`;
    const recording = new Recording(this, join(this.#settings.folder, name), target);
    this.#open.add(recording);
    this.counters.open++;
    return recording;
  }

  /** The session of a recording has ended. */
  end(recording: Recording): void {
    if (!this.#open.delete(recording)) return;
    this.counters.open--;
    const ending = recording.end().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** Ends all recordings. Resolves when their files are complete, or after a deadline. */
  async close(): Promise<void> {
    for (const recording of this.#open) this.end(recording);
    await withinTime(Promise.all(this.#ending), CLOSE_DEADLINE_MS, undefined);
  }

  /**
   * Performs a write, unless the folder has just failed.
   *
   * @param append Resolves with the number of bytes.
   * @returns Whether it was written.
   */
  async write(append: () => Promise<number>): Promise<boolean> {
    const permit = this.#breaker.permit(performance.now());
    if (permit === 'denied') return false;
    try {
      // In two steps: other writes are counted meanwhile.
      const bytes = await append();
      this.counters.writtenBytes += bytes;
    } catch (error) {
      this.#breaker.failed(performance.now());
      this.#settings.onWrite(errorMessage(error));
      return false;
    }
    if (this.#breaker.succeeded(permit)) this.#settings.onWrite(null);
    return true;
  }
}
