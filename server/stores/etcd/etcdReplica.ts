// What one server knows of what etcd holds. It only ever grows: reads, the watch and our own
// commits may tell the same thing, in any order.

import { History } from '../history.ts';
import type { EtcdHead, EtcdMember, EtcdSnapshot, EtcdUpdate } from './etcdMember.ts';
import type { EtcdEntry } from './etcdRecord.ts';

/** How long one question to etcd may take. */
export const REQUEST_TIMEOUT_MS = 1000;

export interface ReplicaListener {
  /** An entry came, and can be read. */
  onEntry(entry: EtcdEntry): void;
  /** All that came together can be read. */
  onUpdate(): void;
}

export class EtcdReplica {
  readonly history: History;
  #head: EtcdHead;
  /** Why nothing of etcd is believed any more. */
  #broken: string | undefined;
  #listener: ReplicaListener = { onEntry() {}, onUpdate() {} };

  /**
   * @param newest What etcd holds now. Its entries, and as many before them as are to be kept, come
   *   with `catchUp`.
   */
  constructor({ head }: EtcdSnapshot, historyLimit: number) {
    this.history = new History(historyLimit, Math.max(head.last - historyLimit, 0) + 1);
    this.#head = head;
  }

  /** Has the listener told of what comes from now on. */
  listen(listener: ReplicaListener): void {
    this.#listener = listener;
  }

  /** The head as it was last seen; `undefined` while there are entries before it to be read. */
  get head(): EtcdHead | undefined {
    return this.history.last === this.#head.last ? this.#head : undefined;
  }

  /**
   * Reads what is new.
   *
   * @returns What is known now: everything up to a revision of etcd, and up to a time
   *   (`performance.now()`).
   * @throws Where a member does not answer; and, from then on, where what was acknowledged is gone:
   *   somebody has emptied etcd, or restored an older copy of it.
   */
  async catchUp(member: EtcdMember): Promise<{ revision: number; asOfMs: number }> {
    for (;;) {
      const known = this.#head;
      const asOfMs = performance.now();
      const contents = await member.read(this.history.last, REQUEST_TIMEOUT_MS);
      this.applySnapshot(contents, known);
      if (this.head !== undefined) return { revision: contents.revision, asOfMs };
    }
  }

  /** Takes what was read. @param known The head as it was known when the reading began. */
  applySnapshot({ head, entries }: EtcdSnapshot, known: EtcdHead): void {
    this.#check(head, known);
    if (head.revision < known.revision || head.last < known.last) this.#break();
    const [first] = entries;
    // What lies between was dropped from the history while we were away.
    if (first !== undefined && first.number > this.history.last + 1) {
      this.history.startAt(first.number);
    }
    this.#add(entries, head);
    if (entries.length === 0 && head.last > this.history.last) this.#break();
  }

  /** Takes what a watch, or a commit, has told. */
  applyUpdate({ entries, head = this.#head }: EtcdUpdate): void {
    this.#check(head, this.#head);
    const [first] = entries;
    if (first !== undefined && first.number > this.history.last + 1) {
      throw new Error(`the watch has left out message ${this.history.last + 1}`);
    }
    this.#add(entries, head);
  }

  /**
   * The head is made once; where it was made anew, the one we know was removed. That there is none
   * is no news to one who asked before the first.
   */
  #check({ created }: EtcdHead, known: EtcdHead): void {
    if (this.#broken !== undefined) throw new Error(this.#broken);
    const expected = created === 0 ? known.created : this.#head.created;
    if (expected !== 0 && created !== expected) this.#break();
  }

  #break(): never {
    this.#broken =
      'etcd holds less than before: it was restored, or emptied; ' +
      'start every server again to take what there is';
    throw new Error(this.#broken);
  }

  #add(entries: readonly EtcdEntry[], head: EtcdHead): void {
    const fresh = entries.filter(({ number }) => number > this.history.last);
    for (const entry of fresh) {
      this.history.add(entry);
      this.#listener.onEntry(entry);
    }
    if (head.revision > this.#head.revision) this.#head = head;
    if (fresh.length > 0) this.#listener.onUpdate();
  }
}
