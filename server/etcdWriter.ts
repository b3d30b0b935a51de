// Stores messages in etcd: those that come together go in one transaction, which is made only
// where nobody else came first.
//
// A transaction without an answer (a time-out, another leader) may have been made, or may yet be.
// It is tried again as it was: it can be made once only, because it changes the head that it asks
// for. Where the head is another, the entry behind the old one says by its write id whether we
// wrote it. Where that cannot be found out in time, the peer is told 503, and the head is changed
// before anything else is stored: from then on, what is not there will never be.

import { randomUUID } from 'node:crypto';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { EtcdCluster } from './etcdCluster.ts';
import type { EtcdFreshness } from './etcdFreshness.ts';
import {
  type Contents,
  type EtcdMember,
  EtcdRefusedError,
  type Head,
  type Outcome,
} from './etcdMember.ts';
import type { EtcdEntry } from './etcdRecord.ts';
import { ASK_DEADLINE_MS, type EtcdReplica } from './etcdReplica.ts';
import type { HistoryEntry } from './history.ts';
import { reasonOf } from './reason.ts';
import type { StoreLog } from './store.ts';

/** The most messages in one transaction. Etcd takes 128 operations, and 1.5 MB, unless told. */
const MAX_COMMIT = 100;

/** How long a message may wait for its turn; and then, how long its transaction is tried. */
const STORE_DEADLINE_MS = 5000;

const RETRY_AFTER_MS = 100;

/** The same, once nobody waits any more. */
const SETTLE_AFTER_MS = 500;

/** For so long after another server has stored, it is believed to go on storing. */
const RIVALRY_MS = 1000;

const LONGEST_WAY_MS = 50;

/**
 * Etcd keeps more entries than are shown, so that whoever asks for the write id of one can see it,
 * however many others were stored meanwhile.
 */
const KEPT_BEYOND_LIMIT = 256;

interface Waiting {
  entry: HistoryEntry;
  resolve: () => void;
  reject: (reason: unknown) => void;
  deadline: NodeJS.Timeout;
}

/** A transaction that may have been made, or may yet be: on which head, and by which id. */
interface Attempt {
  on: Head;
  writeId: string;
}

type Attempted =
  | (Outcome & { attempt: Attempt })
  /** It was not made this time, for sure. */
  | { is: 'refused'; why: string }
  /** There was no answer; `attempt` is what may have been made, where anything was sent. */
  | { is: 'unanswered'; why: string; attempt: Attempt | undefined };

/** Who stored was told 503, and that may be wrong. */
class UnsettledError extends Error {
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
  /** How many entries etcd keeps. */
  readonly #kept: number;
  readonly #log: StoreLog;
  /** Every write id of this server begins with it. */
  readonly #name = randomUUID();
  #writes = 0;
  #rivalSeenAtMs = Number.NEGATIVE_INFINITY;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #isStopping = false;

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
    this.#kept = historyLimit + KEPT_BEYOND_LIMIT;
    this.#log = log;
  }

  /** @throws Where it was not stored, or nobody can say so in time. */
  store(entry: HistoryEntry): Promise<void> {
    const { away } = this.#freshness;
    if (away !== undefined) return Promise.reject(new Error(away));
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => this.#giveUp(waiting), STORE_DEADLINE_MS);
      const waiting = { entry, resolve, reject, deadline };
      this.#waiting.push(waiting);
      this.#writing ??= this.#writeAll();
    });
  }

  /** An entry came. @returns Whether it is one of this server's. */
  saw({ writeId }: EtcdEntry): boolean {
    const isOurs = writeId.startsWith(this.#name);
    if (!isOurs) this.#rivalSeenAtMs = performance.now();
    return isOurs;
  }

  /** Stores what waits, and then no more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#writing;
  }

  #giveUp(waiting: Waiting): void {
    this.#waiting = this.#waiting.filter((one) => one !== waiting);
    waiting.reject(new Error('etcd has not come to it in time'));
  }

  async #writeAll(): Promise<void> {
    // What comes in with the same turn of the event loop goes out with the same transaction.
    await setImmediate();
    while (this.#waiting.length > 0) {
      const beganAtMs = performance.now();
      await this.#writeBatch(this.#waiting.splice(0, MAX_COMMIT));
      if (this.#waiting.length > 0) await this.#giveWay(performance.now() - beganAtMs);
    }
    this.#writing = undefined;
  }

  /**
   * Lets another server come next. The one that has just written knows the new head first: without
   * a pause it would come first again, and again.
   */
  async #giveWay(lastWriteMs: number): Promise<void> {
    const hasRival = performance.now() - this.#rivalSeenAtMs < RIVALRY_MS;
    if (hasRival) await sleep(Math.min(lastWriteMs, LONGEST_WAY_MS) * (0.5 + Math.random()));
  }

  async #writeBatch(batch: Waiting[]): Promise<void> {
    for (const { deadline } of batch) clearTimeout(deadline);
    try {
      await this.#write(batch.map(({ entry }) => entry));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
      if (error instanceof UnsettledError) await this.#settle(error.attempt, batch);
    }
  }

  /** Settles once the entries are stored; in etcd they stand behind one another. */
  async #write(entries: HistoryEntry[]): Promise<void> {
    const writeId = `${this.#name}-${++this.#writes}`;
    const lateAtMs = performance.now() + STORE_DEADLINE_MS;
    let open: Attempt | undefined;
    for (;;) {
      const outcome = await this.#attempt(open, writeId, entries);
      let why = 'others stored all the time';
      switch (outcome.is) {
        case 'committed':
          this.#replica.apply({ entries: numbered(entries, outcome.attempt), head: outcome.head });
          return;
        case 'overtaken':
          if (isMade(outcome.attempt, outcome.contents, open !== undefined)) return;
          open = undefined;
          break;
        case 'refused':
          if (open === undefined) throw new Error(outcome.why);
          why = outcome.why;
          await sleep(RETRY_AFTER_MS);
          break;
        case 'unanswered':
          open ??= outcome.attempt;
          why = outcome.why;
          await sleep(RETRY_AFTER_MS);
      }
      if (performance.now() < lateAtMs) continue;
      throw open === undefined ? new Error(why) : new UnsettledError(open, why);
    }
  }

  /** @param open The attempt to be repeated; without one, a new one is made on the newest head. */
  async #attempt(
    open: Attempt | undefined,
    writeId: string,
    entries: HistoryEntry[],
  ): Promise<Attempted> {
    const { member } = this.#cluster;
    let attempt = open;
    try {
      attempt ??= { on: await this.#newestHead(member), writeId };
      const oldest = attempt.on.last + entries.length - this.#kept + 1;
      const outcome = await member.commit({ ...attempt, entries, oldest }, ASK_DEADLINE_MS);
      if (outcome.is === 'overtaken') this.#replica.take(outcome.contents, attempt.on);
      return { ...outcome, attempt };
    } catch (error) {
      const why = reasonOf(error);
      if (error instanceof EtcdRefusedError) return { is: 'refused', why };
      this.#cluster.giveUp(member);
      return { is: 'unanswered', why, attempt };
    }
  }

  async #newestHead(member: EtcdMember): Promise<Head> {
    for (;;) {
      const { head } = this.#replica;
      if (head !== undefined) return head;
      await this.#replica.catchUp(member);
    }
  }

  /** Sees to it that an attempt was made, or never will be. */
  async #settle(attempt: Attempt, batch: readonly Waiting[]): Promise<void> {
    while (!this.#isStopping) {
      const { member } = this.#cluster;
      try {
        const outcome = await member.commit(
          { ...attempt, entries: [], oldest: 0 },
          ASK_DEADLINE_MS,
        );
        if (outcome.is === 'committed') this.#replica.apply({ entries: [], head: outcome.head });
        else if (becameOf(attempt, outcome.contents) === 'made') this.#tellStored(batch);
        return;
      } catch {
        this.#cluster.giveUp(member);
        await sleep(SETTLE_AFTER_MS);
      }
    }
  }

  #tellStored(batch: readonly Waiting[]): void {
    for (const { entry } of batch) this.#log({ event: 'storedAfterAll', message: entry.message });
  }
}

/**
 * What became of an attempt, now that there is another head.
 *
 * @param contents What there is behind the head of the attempt.
 * @returns `dropped` where its entries, if they were written, are no longer kept.
 */
function becameOf(
  { on, writeId }: Attempt,
  { head, entries: [next] }: Contents,
): 'made' | 'never' | 'dropped' {
  if (next?.number === on.last + 1) return next.writeId === writeId ? 'made' : 'never';
  return head.last === on.last ? 'never' : 'dropped';
}

/**
 * @param wasOpen Whether it had been sent before, without an answer.
 * @throws Where nobody can say any more.
 */
function isMade(attempt: Attempt, contents: Contents, wasOpen: boolean): boolean {
  const became = becameOf(attempt, contents);
  if (became === 'dropped' && wasOpen) {
    throw new Error('so much was stored since that nobody can say whether this was');
  }
  return became === 'made';
}

function numbered(entries: HistoryEntry[], { on, writeId }: Attempt): EtcdEntry[] {
  return entries.map((entry, index) => ({ ...entry, writeId, number: on.last + 1 + index }));
}
