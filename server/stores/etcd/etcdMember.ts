// Requests to one member of an etcd cluster: reads, transactions and watches of our keys.

import {
  EtcdAuthenticationFailedError,
  EtcdPermissionDeniedError,
  GRPCFailedPreconditionError,
  GRPCInvalidArgumentError,
  GRPCUnauthenticatedError,
  type IKeyValue,
  type IRequestOp,
  type IResponseHeader,
  type ITxnRequest,
  type ITxnResponse,
  type IWatchResponse,
  KVClient,
  WatchClient,
} from 'etcd3';
import { errorMessage } from '../../../access/errorMessage.ts';
import type { HistoryEntry } from '../history.ts';
import type { ClusterIdCheck } from './clusterIdCheck.ts';
import { EtcdChannel } from './etcdChannel.ts';
import type { EtcdCredentials } from './etcdCredentials.ts';
import {
  decodeHead,
  type EtcdEntry,
  type EtcdKeys,
  encodeEntry,
  encodeHead,
  withWrite,
} from './etcdRecord.ts';

/** The most entries in one read: 1 MiB if each has 4 KiB. */
const PAGE_SIZE = 256;

/** NOSPACE is also returned for the last write that succeeded. */
const NO_SPACE = /database space exceeded/;

/** The errors that etcd3 throws for the status codes with which etcd rejects a request. */
const REJECTIONS = [
  EtcdAuthenticationFailedError,
  EtcdPermissionDeniedError,
  GRPCFailedPreconditionError,
  GRPCInvalidArgumentError,
  GRPCUnauthenticatedError,
];

/** The head key: its value, and its revisions in etcd. All 0 if there is none. */
export interface EtcdHead {
  /** The number of the newest entry. */
  last: number;
  /** The last write ID of each server (etcdRecord.ts). */
  writes: readonly string[];
  /** The revisions that last changed the key, and that created it. */
  revision: number;
  created: number;
}

/** The state at one revision of etcd. */
export interface EtcdSnapshot {
  revision: number;
  head: EtcdHead;
  /** At most one page, in order; there are more if the last of them is not the head's. */
  entries: EtcdEntry[];
}

/** A change that a watch delivered. Entries arrive with their head, or before it. */
export interface EtcdUpdate {
  entries: EtcdEntry[];
  head: EtcdHead | undefined;
}

export interface EtcdTransaction {
  /** The transaction commits only if the head is still this one. */
  expectedHead: EtcdHead;
  writeId: string;
  /** Appended after the head; if empty, only the head is written, without the write ID. */
  entries: readonly HistoryEntry[];
  /** Entries with a lower number are deleted. */
  oldest: number;
}

export type EtcdCommitResult =
  | { is: 'committed'; head: EtcdHead }
  /**
   * The head has changed. The snapshot holds the entries after `expectedHead`; its write IDs show
   * whether this transaction was committed by an earlier attempt.
   */
  | { is: 'conflict'; snapshot: EtcdSnapshot };

/** etcd rejected the request: nothing was written. */
export class EtcdRejectedError extends Error {
  override name = 'EtcdRejectedError';
}

export interface EtcdWatch {
  /** Rejects when the watch ends, with the reason. */
  readonly failed: Promise<never>;
  cancel(): void;
}

export class EtcdMember {
  /** `HOST:PORT` */
  readonly address: string;
  readonly #keys: EtcdKeys;
  readonly #clusterIdCheck: ClusterIdCheck;
  readonly #channel: EtcdChannel;
  readonly #kv: KVClient;
  readonly #watches: WatchClient;
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
    this.#kv = new KVClient(this.#channel);
    this.#watches = new WatchClient(this.#channel);
  }

  /**
   * Reads the head, and a page of the entries after a number. The read is linearizable: it returns
   * everything committed before the request (etcd's documentation, "KV API guarantees").
   */
  async read(after: number, timeoutMs: number): Promise<EtcdSnapshot> {
    return this.#snapshotFrom(await this.#transact({ success: this.#readOps(after) }, timeoutMs));
  }

  /** Checks the cluster ID, unless an earlier response did. @throws ClusterIdMismatchError */
  async checkClusterId(timeoutMs: number): Promise<void> {
    // There are no entries after this number: this reads the head alone.
    if (!this.#isClusterIdChecked) await this.read(Number.MAX_SAFE_INTEGER, timeoutMs);
  }

  /**
   * Writes the entries and the head and deletes old entries, atomically.
   *
   * @throws EtcdRejectedError if it was not committed. After any other error the outcome is
   *   unknown: it may be committed, now or later, until the head differs from `expectedHead`.
   */
  async commit(transaction: EtcdTransaction, timeoutMs: number): Promise<EtcdCommitResult> {
    const { expectedHead } = transaction;
    // A different cluster has no head yet, so a transaction that expects none would succeed there.
    await this.checkClusterId(timeoutMs);
    try {
      return await this.#write(transaction, timeoutMs);
    } catch (error) {
      if (!NO_SPACE.test(errorMessage(error))) throw error;
      const snapshot = await this.read(expectedHead.last, timeoutMs);
      if (snapshot.head.revision === expectedHead.revision) {
        throw new EtcdRejectedError(errorMessage(error));
      }
      return { is: 'conflict', snapshot };
    }
  }

  async #write(
    { expectedHead, writeId, entries, oldest }: EtcdTransaction,
    timeoutMs: number,
  ): Promise<EtcdCommitResult> {
    const { head: key } = this.#keys;
    const last = expectedHead.last + entries.length;
    const writes =
      entries.length > 0 ? withWrite(expectedHead.writes, writeId) : expectedHead.writes;
    const deletesOld = oldest > 1 && entries.length > 0;
    const request: ITxnRequest = {
      compare: [
        { key, target: 'Mod', result: 'Equal', mod_revision: expectedHead.revision },
        { key, target: 'Create', result: 'Equal', create_revision: expectedHead.created },
      ],
      success: [
        ...entries.map((entry, index) => ({
          request_put: {
            key: this.#keys.entry(expectedHead.last + 1 + index),
            value: encodeEntry(entry, writeId),
          },
        })),
        ...(deletesOld ? [{ request_delete_range: this.#keys.entriesBelow(oldest) }] : []),
        { request_put: { key, value: encodeHead(last, writes) } },
      ],
      failure: this.#readOps(expectedHead.last),
    };
    const response = await this.#transact(request, timeoutMs);
    if (!response.succeeded) return { is: 'conflict', snapshot: this.#snapshotFrom(response) };
    const revision = Number(response.header.revision);
    const created = expectedHead.created || revision;
    return { is: 'committed', head: { last, writes, revision, created } };
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
    const stream = await this.#request(this.#watches.watch());
    const failed = new Promise<never>((_resolve, reject) => {
      const timer = setTimeout(
        () => reject(this.#memberError('the watch did not start in time')),
        timeoutMs,
      );
      stream.on('error', (error) => reject(this.#memberError(errorMessage(error))));
      stream.on('end', () => reject(this.#memberError('the watch ended')));
      stream.on('data', (response) => {
        clearTimeout(timer);
        try {
          onUpdate(this.#updateFrom(response));
        } catch (error) {
          reject(error);
        }
      });
    });
    const cancel = () => stream.cancel();
    failed.catch(cancel);
    stream.write({
      create_request: { ...this.#keys.all, start_revision: fromRevision, fragment: true },
    });
    return { failed, cancel };
  }

  close(): void {
    this.#channel.close();
  }

  #readOps(after: number): IRequestOp[] {
    return [
      { request_range: { key: this.#keys.head } },
      { request_range: { ...this.#keys.entriesFrom(after + 1), limit: PAGE_SIZE } },
    ];
  }

  #snapshotFrom({ header, responses }: ITxnResponse): EtcdSnapshot {
    const [heads, entries] = responses.map(({ response_range }) => response_range.kvs);
    return {
      revision: Number(header.revision),
      head: headFrom(heads?.[0]),
      entries: (entries ?? []).flatMap(
        ({ key, value }) => this.#keys.decodeEntry(key, value) ?? [],
      ),
    };
  }

  #updateFrom(response: IWatchResponse): EtcdUpdate {
    this.#checkHeader(response.header);
    if (response.canceled) {
      const isCompacted = Number(response.compact_revision) > 0;
      const reason = isCompacted ? 'the next revision is compacted' : response.cancel_reason;
      throw this.#memberError(`etcd canceled the watch: ${reason}`);
    }
    const update: EtcdUpdate = { entries: [], head: undefined };
    for (const { type, kv } of response.events ?? []) {
      const isHead = kv.key.equals(this.#keys.head);
      if (isHead) update.head = headFrom(type === 'Put' ? kv : undefined);
      const entry =
        type === 'Put' && !isHead ? this.#keys.decodeEntry(kv.key, kv.value) : undefined;
      if (entry !== undefined) update.entries.push(entry);
    }
    return update;
  }

  async #transact(request: ITxnRequest, timeoutMs: number): Promise<ITxnResponse> {
    const deadline = Date.now() + timeoutMs;
    const response = await this.#request(this.#kv.txn(request, { deadline }));
    this.#checkHeader(response.header);
    return response;
  }

  #checkHeader({ cluster_id }: IResponseHeader): void {
    this.#clusterIdCheck.check(cluster_id, this.address);
    this.#isClusterIdChecked = true;
  }

  async #request<Response>(response: Promise<Response>): Promise<Response> {
    try {
      return await response;
    } catch (error) {
      const named = this.#memberError(errorMessage(error));
      if (!isRejection(error)) throw named;
      throw new EtcdRejectedError(named.message, { cause: error });
    }
  }

  #memberError(reason: string): Error {
    return new Error(`${this.address}: ${withoutGrpcDetails(reason)}`);
  }
}

/** Whether etcd itself returned the error (its rpctypes), rather than gRPC. */
function isRejection(error: unknown): boolean {
  return (
    /etcdserver: /.test(errorMessage(error)) && REJECTIONS.some((kind) => error instanceof kind)
  );
}

/** Reduces an error message of gRPC to its cause. */
function withoutGrpcDetails(reason: string): string {
  if (/Deadline exceeded/.test(reason)) return 'no answer in time';
  const { error } =
    /Last error: (Error: )?(?<error>.+?)\. Resolution note/.exec(reason)?.groups ?? {};
  if (error !== undefined && error !== 'null' && error !== 'undefined') {
    return error.replace(/^Error(: | )/, '').replace(/ \(\d{4}-\S+Z\)$/, '');
  }
  // Messages start with the number and the name of a status code.
  return reason.replace(/^\d+ [A-Z_]+: /, '').replace(/ Last error: .*/, '');
}

function headFrom(kv: IKeyValue | undefined): EtcdHead {
  if (kv === undefined) return { last: 0, writes: [], revision: 0, created: 0 };
  return {
    ...decodeHead(kv.value),
    revision: Number(kv.mod_revision),
    created: Number(kv.create_revision),
  };
}
