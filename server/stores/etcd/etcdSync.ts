// Keeps the replica in sync with etcd. A watch delivers each change immediately; a read every
// second checks that it missed none.
//
// The read detects a watch that hangs or is cut off together with its member. It also fetches what
// a watch can no longer deliver, such as compacted revisions. After a failure the next member takes
// over.

import { setTimeout } from 'node:timers/promises';
import { errorMessage } from '../../../access/errorMessage.ts';
import type { EtcdCluster } from './etcdCluster.ts';
import type { EtcdFreshness } from './etcdFreshness.ts';
import type { EtcdMember } from './etcdMember.ts';
import { type EtcdReplica, REQUEST_TIMEOUT_MS } from './etcdReplica.ts';

const CHECK_INTERVAL_MS = 1000;

/** The delay before the next member is tried; it doubles with each failure. */
const MIN_RETRY_DELAY_MS = 100;
const MAX_RETRY_DELAY_MS = 1000;

export class EtcdSync {
  readonly #cluster: EtcdCluster;
  readonly #replica: EtcdReplica;
  readonly #freshness: EtcdFreshness;
  readonly #stopping = new AbortController();
  #retryDelayMs = MIN_RETRY_DELAY_MS;

  constructor(cluster: EtcdCluster, replica: EtcdReplica, freshness: EtcdFreshness) {
    this.#cluster = cluster;
    this.#replica = replica;
    this.#freshness = freshness;
  }

  /** Runs until `stop` is called. */
  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const { member } = this.#cluster;
      try {
        await this.#syncWith(member);
      } catch (error) {
        this.#freshness.fail(errorMessage(error));
        this.#cluster.failOver(member);
      }
      await this.#pause(this.#retryDelayMs);
      this.#retryDelayMs = Math.min(this.#retryDelayMs * 2, MAX_RETRY_DELAY_MS);
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #syncWith(member: EtcdMember): Promise<void> {
    const revision = await this.#catchUp(member);
    /** That of the newest head that the watch delivered. */
    let watchedRevision = revision;
    const watch = await member.watch(revision + 1, REQUEST_TIMEOUT_MS, (update) => {
      this.#replica.applyUpdate(update);
      watchedRevision = update.head?.revision ?? watchedRevision;
    });
    // Not Promise.race: it would hold on to something each second, as long as the watch lasts.
    const signal = AbortSignal.any([this.#stopping.signal, watch.ended]);
    try {
      while (!this.#stopping.signal.aborted && member === this.#cluster.member) {
        const knownRevision = this.#replica.head?.revision ?? 0;
        await this.#pause(CHECK_INTERVAL_MS, signal);
        watch.ended.throwIfAborted();
        if (watchedRevision < knownRevision) {
          throw new Error(`${member.address}: the watch delivers no updates`);
        }
        await this.#catchUp(member);
      }
    } finally {
      watch.cancel();
    }
  }

  async #catchUp(member: EtcdMember): Promise<number> {
    const { revision, asOfMs } = await this.#replica.catchUp(member);
    this.#freshness.confirm(asOfMs);
    this.#retryDelayMs = MIN_RETRY_DELAY_MS;
    return revision;
  }

  async #pause(ms: number, signal = this.#stopping.signal): Promise<void> {
    await setTimeout(ms, undefined, { signal }).catch(() => {});
  }
}
