// Commits records to etcd, in as many attempts as it takes, until a deadline.
//
// A transaction that got no answer (a timeout, a change of leader) may have been committed, or may
// be committed later. The same transaction is sent again. That is safe: it changes the head that it
// expects, so it can commit only once. If the head has changed meanwhile, the write IDs show
// whether it was committed.
//
//   state         result of an attempt              next state
//   new           committed, or found committed     stored
//   new           conflict                          new; expects the newest head
//   new           rejected                          failed
//   new           unsent                            new
//   new           unmet: its condition fails        refused
//   new           unanswered                        unconfirmed
//   unconfirmed   committed, or found committed     stored
//   unconfirmed   conflict                          new; it can no longer be committed
//   unconfirmed   rejected, or unanswered           unconfirmed; sends the same transaction again
//
// At the deadline, `new` fails for the last reason, and `unconfirmed` with an
// UnconfirmedWriteError. `fence` then makes sure that it can no longer be committed: it commits a
// new head without records.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../../../access/errorMessage.ts';
import { type HistoryRecord, isEntry } from '../record.ts';
import { CONFLICT } from '../store.ts';
import type { EtcdCluster } from './etcdCluster.ts';
import { EtcdRejectedError } from './etcdErrors.ts';
import type { EtcdMember } from './etcdMember.ts';
import { type EtcdRecord, type NumberRange, serverOf } from './etcdRecord.ts';
import { type EtcdReplica, REQUEST_TIMEOUT_MS } from './etcdReplica.ts';
import type { EtcdCommitResult, EtcdHead, EtcdSnapshot } from './etcdRequests.ts';

/** How long a transaction is retried. */
const COMMIT_TIMEOUT_MS = 5000;

/** The delay after an attempt without a result. After a conflict there is none. */
const RETRY_DELAY_MS = 100;

/** The most ranges that a transaction deletes. The others are left for the next one. */
const MAX_DROPPED_RANGES = 20;

/** The timeout of the last request, however little time is left. */
const MIN_REQUEST_TIMEOUT_MS = 100;

/** A transaction that was sent. It may have been committed, or may be committed later. */
export interface EtcdAttempt {
  readonly expectedHead: EtcdHead;
  readonly writeId: string;
}

interface EtcdWrite {
  writeId: string;
  records: readonly HistoryRecord[];
  /** As for `commit`. */
  after: number | undefined;
  timeoutMs: number;
}

type State =
  | { readonly is: 'new'; readonly reason: string }
  | { readonly is: 'unconfirmed'; readonly attempt: EtcdAttempt; readonly reason: string }
  | { readonly is: 'stored'; readonly first: number }
  | { readonly is: 'refused' }
  | { readonly is: 'failed'; readonly reason: string };

type AttemptResult =
  | (EtcdCommitResult & { attempt: EtcdAttempt })
  /** This time it was not committed. */
  | { is: 'rejected'; reason: string }
  | { is: 'unsent'; reason: string }
  | { is: 'unmet' }
  | { is: 'unanswered'; reason: string; attempt: EtcdAttempt };

/** The peers get 503, although the messages may have been stored. */
export class UnconfirmedWriteError extends Error {
  readonly attempt: EtcdAttempt;

  constructor(attempt: EtcdAttempt, reason: string) {
    super(`${reason}; whether it was stored is not known yet`);
    this.attempt = attempt;
  }
}

export class EtcdCommitter {
  readonly #cluster: EtcdCluster;
  readonly #replica: EtcdReplica;
  readonly #historyLimit: number;
  /** Identifies this server in write IDs; unique per start. */
  readonly #serverId = randomBytes(9).toString('base64url');
  #commits = 0;

  constructor(cluster: EtcdCluster, replica: EtcdReplica, historyLimit: number) {
    this.#cluster = cluster;
    this.#replica = replica;
    this.#historyLimit = historyLimit;
  }

  /** Whether this server wrote a record. */
  wrote({ writeId }: EtcdRecord): boolean {
    return serverOf(writeId) === this.#serverId;
  }

  /**
   * Stores records under consecutive numbers.
   *
   * @param after Store them only directly after the record with this number; by default, after any.
   * @returns The number of the first; `CONFLICT` if another came after `after`.
   * @throws UnconfirmedWriteError if the outcome is unknown; another error if they were not stored.
   */
  async commit(records: readonly HistoryRecord[], after?: number): Promise<number> {
    const writeId = `${this.#serverId}-${++this.#commits}`;
    const deadlineAtMs = performance.now() + COMMIT_TIMEOUT_MS;
    let state: State = { is: 'new', reason: '' };
    for (;;) {
      const leftMs = Math.max(deadlineAtMs - performance.now(), MIN_REQUEST_TIMEOUT_MS);
      const timeoutMs = Math.min(leftMs, REQUEST_TIMEOUT_MS);
      const result = await this.#attempt(state, { writeId, records, after, timeoutMs });
      state = next(state, result);
      if (result.is === 'committed') {
        const { attempt, head } = result;
        this.#replica.applyUpdate({ records: numbered(records, attempt), head });
      }
      if (state.is === 'stored') return state.first;
      if (state.is === 'refused') return CONFLICT;
      if (state.is === 'failed') throw new Error(state.reason);
      if (result.is !== 'conflict') await sleep(RETRY_DELAY_MS);
      if (performance.now() < deadlineAtMs) continue;
      if (state.is === 'new') throw new Error(state.reason);
      throw new UnconfirmedWriteError(state.attempt, state.reason);
    }
  }

  /** @returns Whether the attempt was committed; if not, it never will be. */
  async fence(attempt: EtcdAttempt): Promise<'committed' | 'prevented' | 'unanswered'> {
    const { member } = this.#cluster;
    try {
      const transaction = { ...attempt, records: [], dropped: [] };
      const result = await member.commit(transaction, REQUEST_TIMEOUT_MS);
      if (result.is === 'conflict') {
        return wasCommitted(attempt, result.snapshot) ? 'committed' : 'prevented';
      }
      this.#replica.applyUpdate({ records: [], head: result.head });
      return 'prevented';
    } catch {
      this.#cluster.failOver(member);
      return 'unanswered';
    }
  }

  async #attempt(state: State, write: EtcdWrite): Promise<AttemptResult> {
    const { member } = this.#cluster;
    const { writeId, records, after, timeoutMs } = write;
    let attempt = state.is === 'unconfirmed' ? state.attempt : undefined;
    try {
      attempt ??= { expectedHead: await this.#newestHead(member), writeId };
      const { expectedHead } = attempt;
      const isUnmet = after !== undefined && after !== expectedHead.last;
      if (isUnmet && state.is === 'new') return { is: 'unmet' };
      const dropped = this.#droppedWith(records, expectedHead);
      const result = await member.commit({ ...attempt, records, dropped }, timeoutMs);
      if (result.is === 'committed') this.#replica.wereDropped(dropped);
      if (result.is === 'conflict') this.#replica.applySnapshot(result.snapshot, expectedHead);
      return { ...result, attempt };
    } catch (error) {
      const reason = errorMessage(error);
      if (error instanceof EtcdRejectedError) return { is: 'rejected', reason };
      this.#cluster.failOver(member);
      return attempt ? { is: 'unanswered', reason, attempt } : { is: 'unsent', reason };
    }
  }

  #droppedWith(records: readonly HistoryRecord[], expectedHead: EtcdHead): NumberRange[] {
    // What a canceled entry superseded is in force again: the next transaction drops the rest.
    if (!records.every(isEntry)) return [];
    const last = expectedHead.last + records.length;
    // Never delete records of this transaction, even if there are more than the limit.
    const oldest = Math.min(last - this.#historyLimit, expectedHead.last) + 1;
    const kept = this.#replica.history.liveBelow(oldest, records);
    // The oldest first: a cancellation is not deleted before the entry that it cancels.
    return rangesWithout(kept, this.#replica.storedBelow(oldest)).slice(0, MAX_DROPPED_RANGES);
  }

  async #newestHead(member: EtcdMember): Promise<EtcdHead> {
    for (;;) {
      const { head } = this.#replica;
      if (head !== undefined) return head;
      await this.#replica.catchUp(member);
    }
  }
}

function next(state: State, result: AttemptResult): State {
  switch (result.is) {
    case 'committed':
      return { is: 'stored', first: firstOf(result.attempt) };
    case 'conflict':
      if (wasCommitted(result.attempt, result.snapshot)) {
        return { is: 'stored', first: firstOf(result.attempt) };
      }
      return { is: 'new', reason: 'every attempt conflicted with a write of another server' };
    case 'rejected':
      if (state.is === 'unconfirmed') return { ...state, reason: result.reason };
      return { is: 'failed', reason: result.reason };
    case 'unmet':
      return { is: 'refused' };
    case 'unsent':
      return { is: 'new', reason: result.reason };
    case 'unanswered':
      return { is: 'unconfirmed', attempt: result.attempt, reason: result.reason };
  }
}

/**
 * Whether an attempt was committed, given a snapshot with another head than it expects. If it was
 * not, it never will be.
 *
 * The head shows it, unless 64 or more other servers have stored since. The first record after the
 * expected head shows it too, unless it was deleted since. The head names only the last write of a
 * server. That suffices, because a server writes one transaction after the other.
 */
function wasCommitted({ writeId }: EtcdAttempt, { head, records }: EtcdSnapshot): boolean {
  return head.writes.includes(writeId) || records[0]?.writeId === writeId;
}

function numbered(records: readonly HistoryRecord[], attempt: EtcdAttempt): EtcdRecord[] {
  return records.map((record, index) => ({
    ...record,
    writeId: attempt.writeId,
    number: firstOf(attempt) + index,
  }));
}

/** The number of the first record of an attempt. */
function firstOf({ expectedHead }: EtcdAttempt): number {
  return expectedHead.last + 1;
}

/** Ranges that hold all these numbers, and none that is kept. @param numbers In order. */
function rangesWithout(kept: readonly number[], numbers: Iterable<number>): NumberRange[] {
  const isKept = new Set(kept);
  const ranges: NumberRange[] = [];
  let isOpen = false;
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (isKept.has(number)) isOpen = false;
    else if (isOpen && range !== undefined) range.end = number + 1;
    else {
      ranges.push({ first: number, end: number + 1 });
      isOpen = true;
    }
  }
  return ranges;
}
