// The members of an etcd cluster, of which one is asked, as long as it answers.

import type { EtcdAccess } from './etcdAccess.ts';
import { EtcdMember } from './etcdMember.ts';
import { EtcdKeys } from './etcdRecord.ts';
import type { EtcdPlace } from './etcdUrl.ts';

export class EtcdCluster {
  /** How many there are. */
  readonly size: number;
  readonly #members: readonly [EtcdMember, ...EtcdMember[]];
  #current: EtcdMember;

  constructor({ members: [first, ...others], prefix, speaksTls }: EtcdPlace, access: EtcdAccess) {
    const tls = access.tls ?? (speaksTls ? {} : undefined);
    const keys = new EtcdKeys(prefix);
    const open = (address: string) => new EtcdMember(address, keys, { ...access, tls });
    this.#members = [open(first), ...others.map(open)];
    this.size = this.#members.length;
    // Many servers should not all ask the same one.
    this.#current = this.#members[Math.floor(Math.random() * this.size)] ?? this.#members[0];
  }

  /** The one to ask. */
  get member(): EtcdMember {
    return this.#current;
  }

  /** It did not answer, or not as it should: the next one is asked, unless that is so already. */
  giveUp(member: EtcdMember): void {
    if (member !== this.#current) return;
    const next = (this.#members.indexOf(member) + 1) % this.size;
    this.#current = this.#members[next] ?? this.#members[0];
  }

  close(): void {
    for (const member of this.#members) member.close();
  }
}
