// Stores messages in etcd: those that come together go in one transaction, which is made only
// where nobody else came first.
//
// A transaction without an answer (a time-out, another leader) may have been made, or may yet be.
// It is tried again as it was: it can be made once only, because it changes the head that it asks
// for. Where the head is another, it says by our write id whether it was made. Where nobody can say
// so in time, the peer is told 503, and the head is changed before anything else is stored: from
// then on, what is not there will never be.

import { randomBytes } from 'node:crypto';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../../errorMessage.ts';
import type { HistoryEntry } from '../history.ts';
import type { StoreLog } from '../store.ts';
import type { EtcdCluster } from './etcdCluster.ts';
import type { EtcdFreshness } from './etcdFreshness.ts';
import {
  type EtcdCommitResult,
  type EtcdHead,
  type EtcdMember,
  EtcdRejectedError,
  type EtcdSnapshot,
} from './etcdMember.ts';
import { type EtcdEntry, serverOf } from './etcdRecord.ts';
import { type EtcdReplica, REQUEST_TIMEOUT_MS } from './etcdReplica.ts';

/** The most messages in one transaction. Etcd takes 128 operations, and 1.5 MB, unless told. */
const MAX_BATCH = 100;

/** How long a message may wait for its turn; and then, how long its transaction is tried. */
const STORE_DEADLINE_MS = 5000;

const RETRY_DELAY_MS = 100;

/** The least the last try is given. */
const MIN_REQUEST_TIMEOUT_MS = 100;

/** The same, once nobody waits any more. */
const FENCE_RETRY_MS = 500;

/** For so long after another server has stored, it is believed to go on storing. */
const CONTENTION_WINDOW_MS = 1000;

const MAX_BACKOFF_MS = 50;

interface PendingEtcdWrite {
  entry: HistoryEntry;
  resolve: () => void;
  reject: (reason: unknown) => void;
  deadline: NodeJS.Timeout;
}

/** A transaction that may have been made, or may yet be: on which head, and by which id. */
interface Attempt {
  on: EtcdHead;
  writeId: string;
}

type AttemptResult =
  | (EtcdCommitResult & { attempt: Attempt })
  /** It was not made this time, for sure. */
  | { is: 'refused'; why: string }
  /** There was no answer; `attempt` is what may have been made, where anything was sent. */
  | { is: 'unanswered'; why: string; attempt: Attempt | undefined };

/** Who stored was told 503, and that may be wrong. */
class OutcomeUnknownError extends Error {
  readonly attempt: Attempt;

  constructor(attempt: Attempt, why: string) {
    super(`${why}; whether it was stored will be found out`);
    this.attempt = attempt;
  }
}

export class EtcdWriter {
  readonly #cluster: EtcdCluster;
  readonly #replica: EtcdReplica;
  readonly #freshness: EtcdFreshness;
  readonly #historyLimit: number;
  readonly #log: StoreLog;
  /** That of this server, among all that ever store. */
  readonly #name = randomBytes(9).toString('base64url');
  #writes = 0;
  #lastContentionAtMs = Number.NEGATIVE_INFINITY;
  #pending: PendingEtcdWrite[] = [];
  #writing: Promise<void> | undefined;
  /** Those who were told 503, while nobody knows yet whether that is right. */
  #unresolved: readonly PendingEtcdWrite[] = [];
  #isStopped = false;

  constructor(
    cluster: EtcdCluster,
    replica: EtcdReplica,
    freshness: EtcdFreshness,
    historyLimit: number,
    log: StoreLog,
  ) {
    this.#cluster = cluster;
    this.#replica = replica;
    this.#freshness = freshness;
    this.#historyLimit = historyLimit;
    this.#log = log;
  }

  /** @throws Where it was not stored, or nobody can say so in time. */
  store(entry: HistoryEntry): Promise<void> {
    const { outage } = this.#freshness;
    if (outage !== undefined) return Promise.reject(new Error(outage));
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => this.#expire(waiting), STORE_DEADLINE_MS);
      const waiting = { entry, resolve, reject, deadline };
      this.#pending.push(waiting);
      this.#writing ??= this.#writeAll();
    });
  }

  /** An entry came. @returns Whether it is one of this server's. */
  observe({ writeId }: EtcdEntry): boolean {
    const isOurs = serverOf(writeId) === this.#name;
    if (!isOurs) this.#lastContentionAtMs = performance.now();
    return isOurs;
  }

  /** Stores what waits, and then no more. @param withinMs How long that may take. */
  async stop(withinMs: number): Promise<void> {
    await Promise.race([this.#writing, sleep(withinMs, undefined, { ref: false })]);
    this.#isStopped = true;
    this.#tell('storeOutcomeUnknown', this.#unresolved);
  }

  #expire(waiting: PendingEtcdWrite): void {
    this.#pending = this.#pending.filter((one) => one !== waiting);
    waiting.reject(new Error('etcd has not come to it in time'));
  }

  async #writeAll(): Promise<void> {
    // What comes in with the same turn of the event loop goes out with the same transaction.
    await setImmediate();
    while (this.#pending.length > 0) {
      const beganAtMs = performance.now();
      await this.#writeBatch(this.#pending.splice(0, MAX_BATCH));
      if (this.#pending.length > 0) await this.#backOff(performance.now() - beganAtMs);
    }
    this.#writing = undefined;
  }

  /**
   * Lets another server come next. The one that has just written knows the new head first: without
   * a pause it would come first again, and again.
   */
  async #backOff(lastWriteMs: number): Promise<void> {
    const isContended = performance.now() - this.#lastContentionAtMs < CONTENTION_WINDOW_MS;
    if (isContended) await sleep(Math.min(lastWriteMs, MAX_BACKOFF_MS) * (0.5 + Math.random()));
  }

  async #writeBatch(batch: PendingEtcdWrite[]): Promise<void> {
    for (const { deadline } of batch) clearTimeout(deadline);
    try {
      await this.#write(batch.map(({ entry }) => entry));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
      if (error instanceof OutcomeUnknownError) await this.#resolveOutcome(error.attempt, batch);
    }
  }

  /** Settles once the entries are stored; in etcd they stand behind one another. */
  async #write(entries: HistoryEntry[]): Promise<void> {
    const writeId = `${this.#name}-${++this.#writes}`;
    const deadlineAtMs = performance.now() + STORE_DEADLINE_MS;
    let open: Attempt | undefined;
    for (;;) {
      const leftMs = Math.max(deadlineAtMs - performance.now(), MIN_REQUEST_TIMEOUT_MS);
      const askMs = Math.min(leftMs, REQUEST_TIMEOUT_MS);
      const outcome = await this.#attempt(open, { writeId, entries, askMs });
      let why = 'others stored all the time';
      switch (outcome.is) {
        case 'committed':
          this.#replica.applyUpdate({
            entries: numbered(entries, outcome.attempt),
            head: outcome.head,
          });
          return;
        case 'conflict':
          if (wasCommitted(outcome.attempt, outcome.contents)) return;
          open = undefined;
          break;
        case 'refused':
          if (open === undefined) throw new Error(outcome.why);
          why = outcome.why;
          await sleep(RETRY_DELAY_MS);
          break;
        case 'unanswered':
          open ??= outcome.attempt;
          why = outcome.why;
          await sleep(RETRY_DELAY_MS);
      }
      if (performance.now() < deadlineAtMs) continue;
      throw open === undefined ? new Error(why) : new OutcomeUnknownError(open, why);
    }
  }

  /** @param open The attempt to be repeated; without one, a new one is made on the newest head. */
  async #attempt(
    open: Attempt | undefined,
    { writeId, entries, askMs }: { writeId: string; entries: HistoryEntry[]; askMs: number },
  ): Promise<AttemptResult> {
    const { member } = this.#cluster;
    let attempt = open;
    try {
      attempt ??= { on: await this.#newestHead(member), writeId };
      const last = attempt.on.last + entries.length;
      // What comes in together stays until the next transaction.
      const oldest = Math.min(last - this.#historyLimit, attempt.on.last) + 1;
      const outcome = await member.commit({ ...attempt, entries, oldest }, askMs);
      if (outcome.is === 'conflict') this.#replica.applySnapshot(outcome.contents, attempt.on);
      return { ...outcome, attempt };
    } catch (error) {
      const why = errorMessage(error);
      if (error instanceof EtcdRejectedError) return { is: 'refused', why };
      this.#cluster.failOver(member);
      return { is: 'unanswered', why, attempt };
    }
  }

  async #newestHead(member: EtcdMember): Promise<EtcdHead> {
    for (;;) {
      const { head } = this.#replica;
      if (head !== undefined) return head;
      await this.#replica.catchUp(member);
    }
  }

  /** Sees to it that an attempt was made, or never will be. */
  async #resolveOutcome(attempt: Attempt, batch: readonly PendingEtcdWrite[]): Promise<void> {
    this.#unresolved = batch;
    while (!this.#isStopped) {
      const { member } = this.#cluster;
      try {
        const fence = { ...attempt, entries: [], oldest: 0 };
        const outcome = await member.commit(fence, REQUEST_TIMEOUT_MS);
        this.#unresolved = [];
        if (outcome.is === 'committed')
          this.#replica.applyUpdate({ entries: [], head: outcome.head });
        else if (wasCommitted(attempt, outcome.contents)) this.#tell('storeConfirmedLate', batch);
        return;
      } catch {
        this.#cluster.failOver(member);
        await sleep(FENCE_RETRY_MS);
      }
    }
  }

  #tell(
    event: 'storeConfirmedLate' | 'storeOutcomeUnknown',
    batch: readonly PendingEtcdWrite[],
  ): void {
    for (const { entry } of batch) this.#log({ event, message: entry.message });
  }
}

/**
 * Whether an attempt was made, now that there is another head; if not, it never will be. The first
 * entry behind its head tells, unless it was dropped since; and so does the head, unless very many
 * servers have stored since. (A server makes one after the other: its last one is asked for.)
 */
function wasCommitted({ writeId }: Attempt, { head, entries }: EtcdSnapshot): boolean {
  return head.writes.includes(writeId) || entries[0]?.writeId === writeId;
}

function numbered(entries: HistoryEntry[], { on, writeId }: Attempt): EtcdEntry[] {
  return entries.map((entry, index) => ({ ...entry, writeId, number: on.last + 1 + index }));
}
