// One member of an etcd cluster: what it is asked, and what became of it.

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
import { errorMessage } from '../../errorMessage.ts';
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

/** How many entries one read takes: with their 4 KiB each, 1 MiB. */
const PAGE = 256;

/** Etcd says so also of what it has written: the last that went in. */
const NO_SPACE = /database space exceeded/;

/** As what the library throws the codes with which etcd says that it did nothing. */
const REJECTIONS = [
  EtcdAuthenticationFailedError,
  EtcdPermissionDeniedError,
  GRPCFailedPreconditionError,
  GRPCInvalidArgumentError,
  GRPCUnauthenticatedError,
];

/** The newest entry, and what etcd says of the key that names it; all 0 where there is none. */
export interface EtcdHead {
  last: number;
  /** The last write of each server (etcdRecord.ts). */
  writes: readonly string[];
  /** The revisions of etcd that wrote it, and that wrote it first. */
  revision: number;
  created: number;
}

/** What etcd held at a revision: its head, and entries in their order. */
export interface EtcdSnapshot {
  revision: number;
  head: EtcdHead;
  /** At most a page; there are more where the last of them is not the head's. */
  entries: EtcdEntry[];
}

/** What was written, as a watch tells it; the entries come before their head, or with it. */
export interface EtcdUpdate {
  entries: EtcdEntry[];
  head: EtcdHead | undefined;
}

export interface EtcdTransaction {
  /** What the head has to be still. */
  on: EtcdHead;
  writeId: string;
  /** Written behind the head; none to write the head alone, and name no write. */
  entries: readonly HistoryEntry[];
  /** Entries below this number are dropped. */
  oldest: number;
}

export type EtcdCommitResult =
  | { is: 'committed'; head: EtcdHead }
  /** The head is another: what there is behind `on`. Its writes tell whether this was made. */
  | { is: 'conflict'; contents: EtcdSnapshot };

/** etcd understood, and did not do it. */
export class EtcdRejectedError extends Error {
  override name = 'EtcdRejectedError';
}

export interface EtcdWatch {
  /** Rejects with the reason once nothing more will come. */
  readonly broken: Promise<never>;
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
  #isClusterChecked = false;

  /** @param clusterIdCheck That of the cluster, which all its members share. */
  constructor(
    address: string,
    keys: EtcdKeys,
    clusterIdCheck: ClusterIdCheck,
    access: EtcdCredentials,
  ) {
    this.address = address;
    this.#keys = keys;
    this.#clusterIdCheck = clusterIdCheck;
    this.#channel = new EtcdChannel(address, access);
    this.#kv = new KVClient(this.#channel);
    this.#watches = new WatchClient(this.#channel);
  }

  /**
   * Reads the head, and the entries behind a number. What is read is what every member had agreed
   * on when it was asked, or later (linearizable: etcd's documentation, "KV API guarantees").
   *
   * @param deadlineMs How long it may take, in milliseconds.
   */
  async read(behind: number, deadlineMs: number): Promise<EtcdSnapshot> {
    return this.#contents(await this.#transact({ success: this.#reading(behind) }, deadlineMs));
  }

  /** Finds out which cluster it is of. @throws ClusterIdMismatchError where it is another one. */
  async checkClusterId(deadlineMs: number): Promise<void> {
    // Behind every entry there is the head alone.
    if (!this.#isClusterChecked) await this.read(Number.MAX_SAFE_INTEGER, deadlineMs);
  }

  /**
   * Writes entries, the head, and what is dropped: all of it or nothing.
   *
   * @throws EtcdRejectedError where it was not written. After any other error it may have been, or
   *   may yet be: until the head is another than `on`.
   */
  async commit(transaction: EtcdTransaction, deadlineMs: number): Promise<EtcdCommitResult> {
    const { on } = transaction;
    // One of another cluster would not know the head, and find nothing against writing its own.
    await this.checkClusterId(deadlineMs);
    try {
      return await this.#write(transaction, deadlineMs);
    } catch (error) {
      if (!NO_SPACE.test(errorMessage(error))) throw error;
      const contents = await this.read(on.last, deadlineMs);
      if (contents.head.revision === on.revision) throw new EtcdRejectedError(errorMessage(error));
      return { is: 'conflict', contents };
    }
  }

  async #write(
    { on, writeId, entries, oldest }: EtcdTransaction,
    deadlineMs: number,
  ): Promise<EtcdCommitResult> {
    const { head: key } = this.#keys;
    const last = on.last + entries.length;
    const writes = entries.length > 0 ? withWrite(on.writes, writeId) : on.writes;
    const drops = oldest > 1 && entries.length > 0;
    const request: ITxnRequest = {
      compare: [
        { key, target: 'Mod', result: 'Equal', mod_revision: on.revision },
        { key, target: 'Create', result: 'Equal', create_revision: on.created },
      ],
      success: [
        ...entries.map((entry, index) => ({
          request_put: {
            key: this.#keys.entry(on.last + 1 + index),
            value: encodeEntry(entry, writeId),
          },
        })),
        ...(drops ? [{ request_delete_range: this.#keys.entriesBelow(oldest) }] : []),
        { request_put: { key, value: encodeHead(last, writes) } },
      ],
      failure: this.#reading(on.last),
    };
    const response = await this.#transact(request, deadlineMs);
    if (!response.succeeded) return { is: 'conflict', contents: this.#contents(response) };
    const revision = Number(response.header.revision);
    return { is: 'committed', head: { last, writes, revision, created: on.created || revision } };
  }

  /** Tells of every change from a revision on. @param onChange May throw: the watch breaks. */
  async watch(
    from: number,
    deadlineMs: number,
    onChange: (change: EtcdUpdate) => void,
  ): Promise<EtcdWatch> {
    const stream = await this.#ask(this.#watches.watch());
    const broken = new Promise<never>((_resolve, reject) => {
      const late = setTimeout(() => reject(this.#named('no watch was begun')), deadlineMs);
      stream.on('error', (error) => reject(this.#named(errorMessage(error))));
      stream.on('end', () => reject(this.#named('the watch ended')));
      stream.on('data', (response) => {
        clearTimeout(late);
        try {
          onChange(this.#change(response));
        } catch (error) {
          reject(error);
        }
      });
    });
    const cancel = () => stream.cancel();
    broken.catch(cancel);
    stream.write({
      create_request: { ...this.#keys.all, start_revision: from, fragment: true },
    });
    return { broken, cancel };
  }

  close(): void {
    this.#channel.close();
  }

  #reading(behind: number): IRequestOp[] {
    return [
      { request_range: { key: this.#keys.head } },
      { request_range: { ...this.#keys.entriesFrom(behind + 1), limit: PAGE } },
    ];
  }

  #contents({ header, responses }: ITxnResponse): EtcdSnapshot {
    const [heads, entries] = responses.map(({ response_range }) => response_range.kvs);
    return {
      revision: Number(header.revision),
      head: headIn(heads?.[0]),
      entries: (entries ?? []).flatMap(
        ({ key, value }) => this.#keys.decodeEntry(key, value) ?? [],
      ),
    };
  }

  #change(response: IWatchResponse): EtcdUpdate {
    this.#check(response.header);
    if (response.canceled) {
      const isCompacted = Number(response.compact_revision) > 0;
      const why = isCompacted ? 'etcd has dropped what was to come' : response.cancel_reason;
      throw this.#named(`the watch was cancelled: ${why}`);
    }
    const change: EtcdUpdate = { entries: [], head: undefined };
    for (const { type, kv } of response.events ?? []) {
      const isHead = kv.key.equals(this.#keys.head);
      if (isHead) change.head = headIn(type === 'Put' ? kv : undefined);
      const entry =
        type === 'Put' && !isHead ? this.#keys.decodeEntry(kv.key, kv.value) : undefined;
      if (entry !== undefined) change.entries.push(entry);
    }
    return change;
  }

  async #transact(request: ITxnRequest, deadlineMs: number): Promise<ITxnResponse> {
    const deadline = Date.now() + deadlineMs;
    const response = await this.#ask(this.#kv.txn(request, { deadline }));
    this.#check(response.header);
    return response;
  }

  #check({ cluster_id }: IResponseHeader): void {
    this.#clusterIdCheck.check(cluster_id, this.address);
    this.#isClusterChecked = true;
  }

  async #ask<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      const why = this.#named(errorMessage(error));
      if (!isRejection(error)) throw why;
      throw new EtcdRejectedError(why.message, { cause: error });
    }
  }

  #named(why: string): Error {
    return new Error(`${this.address}: ${inWords(why)}`);
  }
}

/** Whether it is etcd that says so, and not gRPC, on its own account (etcd's rpctypes). */
function isRejection(error: unknown): boolean {
  return (
    /etcdserver: /.test(errorMessage(error)) && REJECTIONS.some((kind) => error instanceof kind)
  );
}

/** What gRPC says, without its own affairs. */
function inWords(why: string): string {
  if (/Deadline exceeded/.test(why)) return 'no answer in time';
  const { error } = /Last error: (Error: )?(?<error>.+?)\. Resolution note/.exec(why)?.groups ?? {};
  if (error !== undefined && error !== 'null' && error !== 'undefined') {
    return error.replace(/^Error(: | )/, '').replace(/ \(\d{4}-\S+Z\)$/, '');
  }
  // Its messages begin with the number and the name of a code.
  return why.replace(/^\d+ [A-Z_]+: /, '').replace(/ Last error: .*/, '');
}

function headIn(kv: IKeyValue | undefined): EtcdHead {
  if (kv === undefined) return { last: 0, writes: [], revision: 0, created: 0 };
  return {
    ...decodeHead(kv.value),
    revision: Number(kv.mod_revision),
    created: Number(kv.create_revision),
  };
}
