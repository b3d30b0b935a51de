// Keeps the replica current: a watch tells of each change at once, and a read every second says
// whether it has told all. So a watch that hangs, or is cut off with its member, is found out; what
// it left out is read (a compaction among it), and the next member is asked.

import { setTimeout } from 'node:timers/promises';
import { errorMessage } from '../../errorMessage.ts';
import type { EtcdCluster } from './etcdCluster.ts';
import type { EtcdFreshness } from './etcdFreshness.ts';
import type { EtcdMember } from './etcdMember.ts';
import { type EtcdReplica, REQUEST_TIMEOUT_MS } from './etcdReplica.ts';

const CHECK_EVERY_MS = 1000;

/** How soon the next member is asked; then after twice as long, and so on. */
const FIRST_RETRY_MS = 100;
const SLOWEST_RETRY_MS = 1000;

export class EtcdSync {
  readonly #cluster: EtcdCluster;
  readonly #replica: EtcdReplica;
  readonly #freshness: EtcdFreshness;
  readonly #stopping = new AbortController();
  /** The revision of the newest head the watch has told of. */
  #watchedRevision = 0;
  #retryMs = FIRST_RETRY_MS;

  constructor(cluster: EtcdCluster, replica: EtcdReplica, freshness: EtcdFreshness) {
    this.#cluster = cluster;
    this.#replica = replica;
    this.#freshness = freshness;
  }

  /** Follows until it is stopped. */
  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const { member } = this.#cluster;
      try {
        await this.#follow(member);
      } catch (error) {
        this.#freshness.fail(errorMessage(error));
        this.#cluster.failOver(member);
      }
      await this.#pause(this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, SLOWEST_RETRY_MS);
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #follow(member: EtcdMember): Promise<void> {
    const revision = await this.#check(member);
    this.#watchedRevision = revision;
    const watch = await member.watch(revision + 1, REQUEST_TIMEOUT_MS, (change) => {
      this.#replica.applyUpdate(change);
      this.#watchedRevision = change.head?.revision ?? this.#watchedRevision;
    });
    try {
      while (!this.#stopping.signal.aborted && member === this.#cluster.member) {
        const toldUpTo = this.#replica.head?.revision ?? 0;
        await Promise.race([this.#pause(CHECK_EVERY_MS), watch.broken]);
        if (this.#watchedRevision < toldUpTo) throw new Error(`${member.address}: the watch hangs`);
        await this.#check(member);
      }
    } finally {
      watch.cancel();
    }
  }

  async #check(member: EtcdMember): Promise<number> {
    const { revision, asOfMs } = await this.#replica.catchUp(member);
    this.#freshness.confirm(asOfMs);
    this.#retryMs = FIRST_RETRY_MS;
    return revision;
  }

  async #pause(ms: number): Promise<void> {
    await setTimeout(ms, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }
}
