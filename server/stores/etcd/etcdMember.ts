// Requests to one member of an etcd cluster.

import type { ClusterIdCheck } from './clusterIdCheck.ts';
import { TXN, type TxnRequest, type TxnResponse, WATCH, type WatchResponse } from './etcdApi.ts';
import { EtcdChannel } from './etcdChannel.ts';
import type { EtcdCredentials } from './etcdCredentials.ts';
import { EtcdRejectedError, EtcdRequestError, requestError } from './etcdErrors.ts';
import type { EtcdKeys } from './etcdRecord.ts';
import {
  commitRequest,
  commitResultFrom,
  type EtcdCommitResult,
  type EtcdSnapshot,
  type EtcdTransaction,
  type EtcdUpdate,
  readRequest,
  snapshotFrom,
  updateFrom,
} from './etcdRequests.ts';

export interface EtcdWatch {
  /** Aborts when the watch ends, with an Error. */
  readonly ended: AbortSignal;
  cancel(): void;
}

export class EtcdMember {
  /** `HOST:PORT` */
  readonly address: string;
  readonly #keys: EtcdKeys;
  readonly #clusterIdCheck: ClusterIdCheck;
  readonly #channel: EtcdChannel;
  #isClusterIdChecked = false;

  /** @param clusterIdCheck Shared by all members of the cluster. */
  constructor(
    address: string,
    keys: EtcdKeys,
    clusterIdCheck: ClusterIdCheck,
    credentials: EtcdCredentials,
  ) {
    this.address = address;
    this.#keys = keys;
    this.#clusterIdCheck = clusterIdCheck;
    this.#channel = new EtcdChannel(address, credentials);
  }

  /**
   * Reads the head, and a page of the records after a number. The read is linearizable: it returns
   * everything committed before the request (etcd's documentation, "KV API guarantees").
   */
  async read(after: number, timeoutMs: number): Promise<EtcdSnapshot> {
    const response = await this.#transact(readRequest(this.#keys, after), timeoutMs);
    return snapshotFrom(this.#keys, response);
  }

  /** Checks the cluster ID, unless an earlier response did. @throws ClusterIdMismatchError */
  async checkClusterId(timeoutMs: number): Promise<void> {
    // There are no records after this number: this reads the head alone.
    if (!this.#isClusterIdChecked) await this.read(Number.MAX_SAFE_INTEGER, timeoutMs);
  }

  /**
   * Writes the records and the head and deletes old records, atomically.
   *
   * @throws EtcdRejectedError if it was not committed. After any other error the outcome is
   *   unknown: it may be committed, now or later, until the head differs from `expectedHead`.
   */
  async commit(transaction: EtcdTransaction, timeoutMs: number): Promise<EtcdCommitResult> {
    const { expectedHead } = transaction;
    // A different cluster has no head yet, so a transaction that expects none would succeed there.
    await this.checkClusterId(timeoutMs);
    try {
      const response = await this.#transact(commitRequest(this.#keys, transaction), timeoutMs);
      return commitResultFrom(this.#keys, transaction, response);
    } catch (error) {
      if (!(error instanceof EtcdRequestError && error.is('noSpace'))) throw error;
      const snapshot = await this.read(expectedHead.last, timeoutMs);
      if (snapshot.head.revision === expectedHead.revision) {
        throw new EtcdRejectedError(this.address, error.cause);
      }
      return { is: 'conflict', snapshot };
    }
  }

  /**
   * Watches every key from a revision on.
   *
   * @param timeoutMs For the watch to start.
   * @param onUpdate If it throws, the watch fails with that error.
   */
  async watch(
    fromRevision: number,
    timeoutMs: number,
    onUpdate: (update: EtcdUpdate) => void,
  ): Promise<EtcdWatch> {
    const stream = await this.#channel.openStream(WATCH);
    const ended = new AbortController();
    const end = (error: unknown) => {
      clearTimeout(timer);
      ended.abort(error);
      stream.cancel();
    };
    const fail = (reason: string) => end(new Error(`${this.address}: ${reason}`));
    const timer = setTimeout(fail, timeoutMs, 'the watch did not start in time');
    stream.on('error', (error) => end(requestError(this.address, error)));
    stream.on('end', () => fail('the watch ended'));
    stream.on('data', (response: WatchResponse) => {
      clearTimeout(timer);
      try {
        onUpdate(this.#updateFrom(response));
      } catch (error) {
        end(error);
      }
    });
    const range = { ...this.#keys.all, startRevision: fromRevision };
    stream.write({ createRequest: { ...range, fragment: true } });
    return { ended: ended.signal, cancel: () => fail('the watch was canceled') };
  }

  close(): void {
    this.#channel.close();
  }

  #updateFrom(response: WatchResponse): EtcdUpdate {
    this.#checkHeader(response);
    const { canceled } = response;
    if (canceled === undefined) return updateFrom(this.#keys, response);
    const reason = canceled.isCompacted ? 'the next revision is compacted' : canceled.reason;
    throw new Error(`${this.address}: etcd canceled the watch: ${reason}`);
  }

  async #transact(request: TxnRequest, timeoutMs: number): Promise<TxnResponse> {
    const response = await this.#channel.request(TXN, request, Date.now() + timeoutMs);
    this.#checkHeader(response);
    return response;
  }

  #checkHeader({ header }: TxnResponse | WatchResponse): void {
    this.#clusterIdCheck.check(header.clusterId, this.address);
    this.#isClusterIdChecked = true;
  }
}
