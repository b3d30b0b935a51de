// The members of an etcd cluster, of which one is asked, as long as it answers.

import { ClusterIdCheck, ClusterIdMismatchError } from './clusterIdCheck.ts';
import type { EtcdCredentials } from './etcdCredentials.ts';
import { EtcdMember } from './etcdMember.ts';
import { EtcdKeys } from './etcdRecord.ts';
import type { EtcdLocation } from './etcdUrl.ts';

export class EtcdCluster {
  readonly #members: readonly [EtcdMember, ...EtcdMember[]];
  #current: EtcdMember;

  constructor(
    { members: [first, ...others], prefix, usesTls }: EtcdLocation,
    access: EtcdCredentials,
  ) {
    const tls = access.tls ?? (usesTls ? {} : undefined);
    const keys = new EtcdKeys(prefix);
    const clusterIdCheck = new ClusterIdCheck();
    const open = (address: string) =>
      new EtcdMember(address, keys, clusterIdCheck, { ...access, tls });
    this.#members = [open(first), ...others.map(open)];
    // Many servers should not all ask the same one.
    this.#current = this.#memberAt(Math.floor(Math.random() * this.#members.length));
  }

  /** How many there are to ask. */
  get size(): number {
    return this.#members.length;
  }

  /** The one to ask. */
  get member(): EtcdMember {
    return this.#current;
  }

  /** It did not answer, or not as it should: the next one is asked, unless that is so already. */
  failOver(member: EtcdMember): void {
    if (member !== this.#current) return;
    this.#current = this.#memberAt(this.#members.indexOf(member) + 1);
  }

  /**
   * Asks each of them which cluster it is of, once one has said so.
   *
   * @throws Where one is of another; one that does not answer is asked before it is used.
   */
  async check(deadlineMs: number): Promise<void> {
    const asked = this.#members.map((member) => member.checkClusterId(deadlineMs));
    for (const answer of await Promise.allSettled(asked)) {
      if (answer.status === 'rejected' && answer.reason instanceof ClusterIdMismatchError) {
        throw answer.reason;
      }
    }
  }

  #memberAt(index: number): EtcdMember {
    return this.#members[index % this.#members.length] ?? this.#members[0];
  }

  close(): void {
    for (const member of this.#members) member.close();
  }
}
