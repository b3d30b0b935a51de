// Reads the details of a server's message, after each change that a watch reports.
//
//   state     event                                next state
//   idle      changed                              reading
//   reading   changed                              reading; one more reading follows
//   reading   a snapshot with that message         idle
//   reading   an error, or an older snapshot       waiting
//   waiting   the delay is over, or changed        reading
//
// A snapshot can be older than the change: behind a load balancer, another server may answer, which
// is behind for a moment. If the details do not arrive, the message is published without them.

import { setTimeout as sleep } from 'node:timers/promises';
import { RetryDelay } from '../../client/retryDelay.ts';
import type { Snapshot } from '../content/snapshot.pure.ts';

/** After this many failures, the message is published without its details. */
const MAX_FAILURES = 2;

export interface SnapshotReaderOptions {
  /** Asks the server; `message` is the one in force. */
  read: (message: string) => Promise<Snapshot>;
  publish: (snapshot: Snapshot) => void;
  /** The details of the message in force were read. */
  onRead: () => void;
  /** They were not, several times. */
  onFailure: (error: unknown) => void;
}

export class SnapshotReader {
  readonly #options: SnapshotReaderOptions;
  readonly #retry = new RetryDelay();
  #published: Snapshot | undefined;
  /** The message in force; `undefined` after `stop`. */
  #message: string | undefined;
  /** Counts the changes: a message may be stored twice. */
  #change = 0;
  /** The change whose message was published. */
  #publishedChange = 0;
  #state: 'idle' | 'reading' | 'waiting' = 'idle';
  /** Ends the wait. */
  #wake = new AbortController();

  constructor(options: SnapshotReaderOptions) {
    this.#options = options;
  }

  /** The watch has reported a message. */
  changed(message: string): void {
    this.#message = message;
    this.#change++;
    if (this.#state === 'idle') void this.#run();
    else this.#wake.abort();
  }

  /** The watch has ended: another one reports the message again. */
  stop(): void {
    this.#message = undefined;
    this.#change++;
    this.#wake.abort();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#message !== undefined) {
      const change = this.#change;
      this.#state = 'reading';
      const { isCurrent, error } = await this.#readOnce(this.#message);
      if (isCurrent) failures = 0;
      else if (++failures >= MAX_FAILURES) this.#publishWithoutDetails(error);
      if (change !== this.#change) continue;
      if (isCurrent) break;
      await this.#wait();
    }
    this.#state = 'idle';
    this.#retry.reset();
  }

  /** @returns Whether the snapshot has the message in force; if it was not read, why. */
  async #readOnce(message: string): Promise<{ isCurrent: boolean; error?: unknown }> {
    try {
      const snapshot = await this.#options.read(message);
      const isCurrent = snapshot.current.message === this.#message;
      if (isCurrent || this.#isNewer(snapshot)) this.#publish(snapshot);
      if (isCurrent) this.#options.onRead();
      return { isCurrent };
    } catch (error) {
      return { isCurrent: false, error };
    }
  }

  /** A message that changes all the time must still be published. */
  #isNewer({ current: { number = -1 } }: Snapshot): boolean {
    return this.#message !== undefined && number > (this.#published?.current.number ?? -1);
  }

  /**
   * Once for each change. The details of the same message are kept.
   *
   * @param error Why they cannot be read; `undefined` if those of an older message were read.
   */
  #publishWithoutDetails(error: unknown): void {
    const message = this.#message;
    if (message === undefined) return;
    if (error !== undefined) this.#options.onFailure(error);
    if (this.#publishedChange === this.#change) return;
    const { current, entries } = this.#published ?? { current: undefined, entries: [] };
    this.#publish({ current: current?.message === message ? current : { message }, entries });
  }

  #publish(snapshot: Snapshot): void {
    this.#published = snapshot;
    if (snapshot.current.message === this.#message) this.#publishedChange = this.#change;
    this.#options.publish(snapshot);
  }

  async #wait(): Promise<void> {
    this.#state = 'waiting';
    this.#wake = new AbortController();
    await sleep(this.#retry.next(), undefined, { signal: this.#wake.signal }).catch(() => {});
  }
}
