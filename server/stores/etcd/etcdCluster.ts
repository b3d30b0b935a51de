// The members of an etcd cluster. One of them serves every request until it fails.

import { ClusterIdCheck, ClusterIdMismatchError } from './clusterIdCheck.ts';
import type { EtcdCredentials } from './etcdCredentials.ts';
import { EtcdMember } from './etcdMember.ts';
import { EtcdKeys } from './etcdRecord.ts';
import type { EtcdLocation } from './etcdUrl.ts';

export class EtcdCluster {
  readonly #members: readonly [EtcdMember, ...EtcdMember[]];
  #current: EtcdMember;

  constructor(location: EtcdLocation, credentials: EtcdCredentials) {
    const [first, ...others] = location.members;
    const tls = credentials.tls ?? (location.usesTls ? {} : undefined);
    const keys = new EtcdKeys(location.prefix);
    const clusterIdCheck = new ClusterIdCheck();
    const open = (address: string) =>
      new EtcdMember(address, keys, clusterIdCheck, { ...credentials, tls });
    this.#members = [open(first), ...others.map(open)];
    // A random start spreads the load of many servers over the members.
    this.#current = this.#memberAt(Math.floor(Math.random() * this.#members.length));
  }

  /** The number of members. */
  get size(): number {
    return this.#members.length;
  }

  /** The member to send requests to. */
  get member(): EtcdMember {
    return this.#current;
  }

  /** Switches to the next member. Does nothing if `failed` is no longer the current one. */
  failOver(failed: EtcdMember): void {
    if (failed !== this.#current) return;
    this.#current = this.#memberAt(this.#members.indexOf(failed) + 1);
  }

  /**
   * Checks the cluster ID of every member that answers. The others are checked before their use.
   *
   * @throws ClusterIdMismatchError
   */
  async checkClusterIds(timeoutMs: number): Promise<void> {
    const checks = this.#members.map((member) => member.checkClusterId(timeoutMs));
    for (const result of await Promise.allSettled(checks)) {
      if (result.status === 'rejected' && result.reason instanceof ClusterIdMismatchError) {
        throw result.reason;
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
