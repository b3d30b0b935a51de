// The copy of etcd's records that one server keeps in memory. It only ever grows. Reads, the watch
// and our own commits may deliver the same records, in any order.

import { History } from '../history.ts';
import type { EtcdMember } from './etcdMember.ts';
import type { EtcdRecord } from './etcdRecord.ts';
import type { EtcdHead, EtcdSnapshot, EtcdUpdate } from './etcdRequests.ts';

export const REQUEST_TIMEOUT_MS = 1000;

export interface ReplicaListener {
  /** A record was added to the history. */
  onRecord(record: EtcdRecord): void;
  /** All records of one snapshot or update were added. */
  onUpdate(): void;
}

export class EtcdReplica {
  readonly history: History;
  #head: EtcdHead;
  /** Set for good when etcd has lost acknowledged entries: nothing is accepted after that. */
  #lostData: string | undefined;
  #listener: ReplicaListener = { onRecord() {}, onUpdate() {} };

  /**
   * @param snapshot The current one. `catchUp` reads all records, from the first on: an old one may
   *   be a planned message.
   */
  constructor({ head }: EtcdSnapshot, historyLimit: number) {
    this.history = new History(historyLimit);
    this.#head = head;
  }

  /** Sets the only listener. */
  listen(listener: ReplicaListener): void {
    this.#listener = listener;
  }

  /** The newest known head; `undefined` while records before it are missing. */
  get head(): EtcdHead | undefined {
    return this.history.last === this.#head.last ? this.#head : undefined;
  }

  /**
   * Reads pages until the replica is current.
   *
   * @returns The revision, and the time (`performance.now()`), at which it was current.
   * @throws If the member does not answer. If etcd lost acknowledged records, because it was
   *   emptied or restored from an older copy: now and on every later call.
   */
  async catchUp(member: EtcdMember): Promise<{ revision: number; asOfMs: number }> {
    for (;;) {
      const knownHead = this.#head;
      const asOfMs = performance.now();
      const snapshot = await member.read(this.history.last, REQUEST_TIMEOUT_MS);
      this.applySnapshot(snapshot, knownHead);
      if (this.head !== undefined) return { revision: snapshot.revision, asOfMs };
    }
  }

  /** @param knownHead The head that was known when the read began. */
  applySnapshot({ head, records }: EtcdSnapshot, knownHead: EtcdHead): void {
    this.#checkCreated(head, knownHead);
    if (head.revision < knownHead.revision || head.last < knownHead.last) this.#failForGood();
    this.#add(records, head);
    if (records.length === 0 && head.last > this.history.last) this.#failForGood();
  }

  /** Applies an update that a watch delivered, or that was just committed. */
  applyUpdate({ records, head = this.#head }: EtcdUpdate): void {
    this.#checkCreated(head, this.#head);
    const [first] = records;
    if (first !== undefined && first.number > this.history.last + 1) {
      throw new Error(`the watch skipped record ${this.history.last + 1}`);
    }
    this.#add(records, head);
  }

  /**
   * The head is created once, so a new creation revision means that the known head was deleted. A
   * missing head is not a loss if the read began before the first record was stored.
   */
  #checkCreated({ created }: EtcdHead, knownHead: EtcdHead): void {
    if (this.#lostData !== undefined) throw new Error(this.#lostData);
    const expected = created === 0 ? knownHead.created : this.#head.created;
    if (expected !== 0 && created !== expected) this.#failForGood();
  }

  #failForGood(): never {
    this.#lostData =
      'etcd holds less than before: it was restored or emptied; ' +
      'restart every server to use what it holds now';
    throw new Error(this.#lostData);
  }

  /** Records between two of them were dropped from the history while etcd was unavailable. */
  #add(records: readonly EtcdRecord[], head: EtcdHead): void {
    const newRecords = records.filter(({ number }) => number > this.history.last);
    for (const record of newRecords) {
      const { number, writeId: _, ...stored } = record;
      this.history.add(stored, number);
      this.#listener.onRecord(record);
    }
    if (head.revision > this.#head.revision) this.#head = head;
    if (newRecords.length > 0) this.#listener.onUpdate();
  }
}
