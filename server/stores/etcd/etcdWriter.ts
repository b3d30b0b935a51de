// Commits messages to etcd. Messages that arrive together share a transaction (compare-and-swap on
// the head).
//
// A transaction that got no answer (a timeout, a change of leader) may have been committed, or may
// be committed later. The writer sends the same transaction again. That is safe: it changes the
// head that it expects, so it can commit only once. If the head has changed meanwhile, the write
// IDs show whether it was committed.
//
// If the outcome is still unknown at the deadline, the peers get 503. Before anything else is
// stored, the writer fences the transaction off: it commits a new head without entries. After that,
// a transaction that is not in etcd can never be committed.

import { randomBytes } from 'node:crypto';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../../../access/errorMessage.ts';
import type { HistoryEntry } from '../history.ts';
import type { StoreLog } from '../store.ts';
import type { EtcdCluster } from './etcdCluster.ts';
import { EtcdRejectedError } from './etcdErrors.ts';
import type { EtcdFreshness } from './etcdFreshness.ts';
import type { EtcdMember } from './etcdMember.ts';
import { type EtcdEntry, serverOf } from './etcdRecord.ts';
import { type EtcdReplica, REQUEST_TIMEOUT_MS } from './etcdReplica.ts';
import type { EtcdCommitResult, EtcdHead, EtcdSnapshot } from './etcdRequests.ts';

/** Messages in one transaction. By default etcd limits it to 128 operations and 1.5 MB. */
const MAX_BATCH = 100;

/** How long a message may wait for earlier ones. */
const QUEUE_TIMEOUT_MS = 5000;

/** How long a transaction is retried. */
const COMMIT_TIMEOUT_MS = 5000;

const RETRY_DELAY_MS = 100;

/** The timeout of the last request, however little time is left. */
const MIN_REQUEST_TIMEOUT_MS = 100;

/** The delay between attempts to fence, when no peer is waiting any more. */
const FENCE_RETRY_DELAY_MS = 500;

/** How long after a write by another server further writes of it are expected. */
const CONTENTION_WINDOW_MS = 1000;

const MAX_BACKOFF_MS = 50;

interface PendingEtcdWrite {
  entry: HistoryEntry;
  resolve: () => void;
  reject: (reason: unknown) => void;
  timer: NodeJS.Timeout;
}

/** A transaction that was sent. It may have been committed, or may be committed later. */
interface Attempt {
  expectedHead: EtcdHead;
  writeId: string;
}

type AttemptResult =
  | (EtcdCommitResult & { attempt: Attempt })
  /** This time it was not committed. */
  | { is: 'rejected'; reason: string }
  /** `attempt` is what may have been committed; `undefined` if nothing was sent. */
  | { is: 'unanswered'; reason: string; attempt: Attempt | undefined };

/** The peers get 503, although the messages may have been stored. */
class UnconfirmedWriteError extends Error {
  readonly attempt: Attempt;

  constructor(attempt: Attempt, reason: string) {
    super(`${reason}; whether it was stored is not known yet`);
    this.attempt = attempt;
  }
}

export class EtcdWriter {
  readonly #cluster: EtcdCluster;
  readonly #replica: EtcdReplica;
  readonly #freshness: EtcdFreshness;
  readonly #historyLimit: number;
  readonly #log: StoreLog;
  /** Identifies this server in write IDs; unique per start. */
  readonly #serverId = randomBytes(9).toString('base64url');
  #writes = 0;
  #lastContentionAtMs = Number.NEGATIVE_INFINITY;
  #pending: PendingEtcdWrite[] = [];
  #writing: Promise<void> | undefined;
  /** Messages that were answered with 503, and whose outcome is still unknown. */
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

  /** @throws If the entry was not stored, or the outcome is unknown at the deadline. */
  store(entry: HistoryEntry): Promise<void> {
    const { outage } = this.#freshness;
    if (outage !== undefined) return Promise.reject(new Error(outage));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#expire(write), QUEUE_TIMEOUT_MS);
      const write = { entry, resolve, reject, timer };
      this.#pending.push(write);
      this.#writing ??= this.#writeAll();
    });
  }

  /** Takes note of an entry in etcd. @returns Whether this server wrote it. */
  observe({ writeId }: EtcdEntry): boolean {
    const isOwn = serverOf(writeId) === this.#serverId;
    if (!isOwn) this.#lastContentionAtMs = performance.now();
    return isOwn;
  }

  /** Stores what is pending, then stops. */
  async stop(timeoutMs: number): Promise<void> {
    await Promise.race([this.#writing, sleep(timeoutMs, undefined, { ref: false })]);
    this.#isStopped = true;
    this.#logEach('storeOutcomeUnknown', this.#unresolved);
  }

  #expire(write: PendingEtcdWrite): void {
    this.#pending = this.#pending.filter((other) => other !== write);
    write.reject(new Error('timed out behind earlier writes to etcd'));
  }

  async #writeAll(): Promise<void> {
    // Let everything that arrives in this turn of the event loop share the first transaction.
    await setImmediate();
    while (this.#pending.length > 0) {
      const startedAtMs = performance.now();
      await this.#writeBatch(this.#pending.splice(0, MAX_BATCH));
      if (this.#pending.length > 0) await this.#backOff(performance.now() - startedAtMs);
    }
    this.#writing = undefined;
  }

  /**
   * Lets another server write next. The server that has just written is the first to know the new
   * head; without a pause it would win every time.
   */
  async #backOff(lastWriteMs: number): Promise<void> {
    const isContended = performance.now() - this.#lastContentionAtMs < CONTENTION_WINDOW_MS;
    if (isContended) await sleep(Math.min(lastWriteMs, MAX_BACKOFF_MS) * (0.5 + Math.random()));
  }

  async #writeBatch(batch: PendingEtcdWrite[]): Promise<void> {
    for (const { timer } of batch) clearTimeout(timer);
    try {
      await this.#write(batch.map(({ entry }) => entry));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
      if (error instanceof UnconfirmedWriteError) await this.#fence(error.attempt, batch);
    }
  }

  /** Stores entries under consecutive numbers. */
  async #write(entries: HistoryEntry[]): Promise<void> {
    const writeId = `${this.#serverId}-${++this.#writes}`;
    const deadlineAtMs = performance.now() + COMMIT_TIMEOUT_MS;
    /** The attempt whose outcome is unknown. */
    let unconfirmed: Attempt | undefined;
    for (;;) {
      const leftMs = Math.max(deadlineAtMs - performance.now(), MIN_REQUEST_TIMEOUT_MS);
      const timeoutMs = Math.min(leftMs, REQUEST_TIMEOUT_MS);
      const result = await this.#attempt(unconfirmed, { writeId, entries, timeoutMs });
      let reason: string;
      switch (result.is) {
        case 'committed':
          this.#replica.applyUpdate({
            entries: numbered(entries, result.attempt),
            head: result.head,
          });
          return;
        case 'conflict':
          if (wasCommitted(result.attempt, result.snapshot)) return;
          unconfirmed = undefined;
          reason = 'every attempt conflicted with a write of another server';
          break;
        case 'rejected':
          if (unconfirmed === undefined) throw new Error(result.reason);
          reason = result.reason;
          await sleep(RETRY_DELAY_MS);
          break;
        case 'unanswered':
          unconfirmed ??= result.attempt;
          reason = result.reason;
          await sleep(RETRY_DELAY_MS);
      }
      if (performance.now() < deadlineAtMs) continue;
      throw unconfirmed === undefined
        ? new Error(reason)
        : new UnconfirmedWriteError(unconfirmed, reason);
    }
  }

  /**
   * @param unconfirmed The attempt to repeat; if `undefined`, a new one expects the newest head.
   */
  async #attempt(
    unconfirmed: Attempt | undefined,
    {
      writeId,
      entries,
      timeoutMs,
    }: { writeId: string; entries: HistoryEntry[]; timeoutMs: number },
  ): Promise<AttemptResult> {
    const { member } = this.#cluster;
    let attempt = unconfirmed;
    try {
      attempt ??= { expectedHead: await this.#newestHead(member), writeId };
      const { expectedHead } = attempt;
      const last = expectedHead.last + entries.length;
      // Never delete entries of this transaction, even if there are more than the limit.
      const oldest = Math.min(last - this.#historyLimit, expectedHead.last) + 1;
      const result = await member.commit({ ...attempt, entries, oldest }, timeoutMs);
      if (result.is === 'conflict') this.#replica.applySnapshot(result.snapshot, expectedHead);
      return { ...result, attempt };
    } catch (error) {
      const reason = errorMessage(error);
      if (error instanceof EtcdRejectedError) return { is: 'rejected', reason };
      this.#cluster.failOver(member);
      return { is: 'unanswered', reason, attempt };
    }
  }

  async #newestHead(member: EtcdMember): Promise<EtcdHead> {
    for (;;) {
      const { head } = this.#replica;
      if (head !== undefined) return head;
      await this.#replica.catchUp(member);
    }
  }

  /** Retries until an attempt is known to be committed, or can no longer be. */
  async #fence(attempt: Attempt, batch: readonly PendingEtcdWrite[]): Promise<void> {
    this.#unresolved = batch;
    while (!this.#isStopped) {
      const { member } = this.#cluster;
      try {
        const fence = { ...attempt, entries: [], oldest: 0 };
        const result = await member.commit(fence, REQUEST_TIMEOUT_MS);
        this.#unresolved = [];
        if (result.is === 'committed') {
          this.#replica.applyUpdate({ entries: [], head: result.head });
        } else if (wasCommitted(attempt, result.snapshot)) {
          this.#logEach('storeConfirmedLate', batch);
        }
        return;
      } catch {
        this.#cluster.failOver(member);
        await sleep(FENCE_RETRY_DELAY_MS);
      }
    }
  }

  #logEach(
    event: 'storeConfirmedLate' | 'storeOutcomeUnknown',
    batch: readonly PendingEtcdWrite[],
  ): void {
    for (const { entry } of batch) this.#log({ event, message: entry.message });
  }
}

/**
 * Whether an attempt was committed, given a snapshot with another head than it expects. If it was
 * not, it never will be.
 *
 * The head shows it, unless 64 or more other servers have stored since. The first entry after the
 * expected head shows it too, unless it was deleted since. The head names only the last write of a
 * server. That suffices, because a server writes one transaction after the other.
 */
function wasCommitted({ writeId }: Attempt, { head, entries }: EtcdSnapshot): boolean {
  return head.writes.includes(writeId) || entries[0]?.writeId === writeId;
}

function numbered(entries: HistoryEntry[], { expectedHead, writeId }: Attempt): EtcdEntry[] {
  return entries.map((entry, index) => ({
    ...entry,
    writeId,
    number: expectedHead.last + 1 + index,
  }));
}
