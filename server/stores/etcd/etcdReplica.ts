// The copy of etcd's records that one server keeps in memory. It only ever grows. Reads, the watch
// and our own commits may deliver the same records, in any order.

import { History } from '../history.ts';
import type { EtcdMember } from './etcdMember.ts';
import type { EtcdRecord, NumberRange } from './etcdRecord.ts';
import type { EtcdHead, EtcdSnapshot, EtcdUpdate } from './etcdRequests.ts';

export const REQUEST_TIMEOUT_MS = 1000;

/** What the replica uses of a member. */
type EtcdReader = Pick<EtcdMember, 'read'>;

export interface ReplicaListener {
  /** A record was added to the history. */
  onRecord(record: EtcdRecord): void;
  /** All records of one snapshot or update were added. */
  onUpdate(): void;
}

export class EtcdReplica {
  readonly history: History;
  readonly #historyLimit: number;
  /** The numbers of the records in etcd, in order, as far as they are known. */
  #stored = new Set<number>();
  #head: EtcdHead;
  /** Set for good when etcd has lost acknowledged entries: nothing is accepted after that. */
  #lostData: string | undefined;
  #listener: ReplicaListener = { onRecord() {}, onUpdate() {} };

  /**
   * @param snapshot The current one. `catchUp` reads all records, from the first on: an old one may
   *   be a planned message.
   */
  constructor({ head }: EtcdSnapshot, historyLimit: number) {
    this.#historyLimit = historyLimit;
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
  async catchUp(member: EtcdReader): Promise<{ revision: number; asOfMs: number }> {
    for (;;) {
      const knownHead = this.#head;
      const asOfMs = performance.now();
      let snapshot = await member.read(this.history.last, REQUEST_TIMEOUT_MS);
      if (this.#lacksRecordsBefore(snapshot)) snapshot = await this.#reload(member, knownHead);
      else this.applySnapshot(snapshot, knownHead);
      if (this.head !== undefined) return { revision: snapshot.revision, asOfMs };
    }
  }

  /** @param knownHead The head that was known when the read began. */
  applySnapshot({ head, records }: EtcdSnapshot, knownHead: EtcdHead): void {
    this.#checkHead(head, knownHead);
    if (this.#lacksRecordsBefore({ records })) {
      // `catchUp` reads them.
      this.#head = head;
      return;
    }
    this.#add(records, head);
    if (records.length === 0 && head.last > this.history.last) this.#failForGood();
  }

  /** Applies an update that a watch delivered, or that was just committed. */
  applyUpdate({ records, head = this.#head, deleted = [] }: EtcdUpdate): void {
    this.#checkCreated(head, this.#head);
    const [first] = records;
    if (first !== undefined && first.number > this.history.last + 1) {
      throw new Error(`the watch skipped record ${this.history.last + 1}`);
    }
    this.#add(records, head);
    for (const number of deleted) this.#stored.delete(number);
  }

  /** The numbers of the records in etcd below a number, in order. */
  *storedBelow(end: number): Generator<number> {
    for (const number of this.#stored) {
      if (number >= end) return;
      yield number;
    }
  }

  /** Records were deleted from etcd. */
  wereDropped(ranges: readonly NumberRange[]): void {
    for (const { first, end } of ranges) {
      for (const number of this.storedBelow(end)) {
        if (number >= first) this.#stored.delete(number);
      }
    }
  }

  /**
   * Whether records were deleted from etcd, over the limit of the history, that this server has never
   * read: one of them may have canceled an entry that it has.
   */
  #lacksRecordsBefore({ records: [first] }: Pick<EtcdSnapshot, 'records'>): boolean {
    const { last } = this.history;
    const hasRecent = last >= this.history.first;
    return hasRecent && first !== undefined && first.number > last + 1;
  }

  /** Reads all records again. @returns The last snapshot. */
  async #reload(member: EtcdReader, knownHead: EtcdHead): Promise<EtcdSnapshot> {
    const history = new History(this.#historyLimit);
    const read: EtcdRecord[] = [];
    for (;;) {
      const snapshot = await member.read(history.last, REQUEST_TIMEOUT_MS);
      this.#checkHead(snapshot.head, knownHead);
      if (snapshot.records.length === 0 && snapshot.head.last > history.last) this.#failForGood();
      this.#load(history, snapshot.records, snapshot.head);
      read.push(...snapshot.records);
      if (history.last < snapshot.head.last) continue;
      const { last } = this.history;
      // Another read may have been faster.
      if (last >= history.last) return snapshot;
      this.history.replaceWith(history);
      this.#stored = new Set(read.map(({ number }) => number));
      this.#report(
        read.filter(({ number }) => number > last),
        snapshot.head,
      );
      return snapshot;
    }
  }

  #checkHead(head: EtcdHead, knownHead: EtcdHead): void {
    this.#checkCreated(head, knownHead);
    if (head.revision < knownHead.revision || head.last < knownHead.last) this.#failForGood();
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

  #add(records: readonly EtcdRecord[], head: EtcdHead): void {
    const newRecords = records.filter(({ number }) => number > this.history.last);
    this.#load(this.history, newRecords, head);
    for (const { number } of newRecords) this.#stored.add(number);
    this.#report(newRecords, head);
  }

  /** Records over the limit are there because they may still be in force, or are not deleted yet. */
  #load(history: History, records: readonly EtcdRecord[], head: EtcdHead): void {
    for (const { number, writeId: _, ...record } of records) {
      const isRecent = number > head.last - this.#historyLimit || history.last >= history.first;
      if (isRecent) history.add(record, number);
      else history.addKept(record, number);
    }
  }

  #report(records: readonly EtcdRecord[], head: EtcdHead): void {
    if (head.revision > this.#head.revision) this.#head = head;
    for (const record of records) this.#listener.onRecord(record);
    if (records.length > 0) this.#listener.onUpdate();
  }
}
