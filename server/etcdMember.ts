// One member of an etcd cluster: what it is asked, and what became of it. The library behind it
// is old; nothing outside this file knows that it is there.

import { rootCertificates } from 'node:tls';
import { noop } from 'cockatiel';
import {
  Etcd3,
  EtcdAuthenticationFailedError,
  EtcdPermissionDeniedError,
  GRPCFailedPreconditionError,
  GRPCInvalidArgumentError,
  GRPCResourceExhastedError,
  GRPCUnauthenticatedError,
  type IKeyValue,
  type IRequestOp,
  type ITxnResponse,
  type IWatchResponse,
} from 'etcd3';
import type { EtcdAccess, EtcdTls } from './etcdAccess.ts';
import {
  decodeHead,
  type EtcdEntry,
  type EtcdKeys,
  encodeEntry,
  encodeHead,
} from './etcdRecord.ts';
import type { HistoryEntry } from './history.ts';
import { reasonOf } from './reason.ts';

/** How many entries one read takes: with their 4 KiB each, 1 MiB. */
const PAGE = 256;

/** How long etcd may take to check a password: it hashes it with bcrypt. */
const LOGIN_DEADLINE_MS = 2000;

/** Etcd says so also of what it has written: the last that went in. */
const NO_SPACE = /database space exceeded/;

/** As what the library throws the codes with which etcd says that it did nothing. */
const REFUSALS = [
  EtcdAuthenticationFailedError,
  EtcdPermissionDeniedError,
  GRPCFailedPreconditionError,
  GRPCInvalidArgumentError,
  GRPCResourceExhastedError,
  GRPCUnauthenticatedError,
];

/** The newest entry, and the revision of etcd that wrote it; 0 and 0 where nothing was stored. */
export interface Head {
  last: number;
  revision: number;
}

/** What etcd held at a revision: its head, and entries in their order. */
export interface Contents {
  clusterId: string;
  revision: number;
  head: Head;
  /** At most a page; there are more where the last of them is not the head's. */
  entries: EtcdEntry[];
}

/** What was written, as a watch tells it; the entries come before their head, or with it. */
export interface Change {
  entries: EtcdEntry[];
  head: Head | undefined;
}

export interface Transaction {
  /** What the head has to be still. */
  on: Head;
  writeId: string;
  /** Written behind the head; none to write the head alone. */
  entries: readonly HistoryEntry[];
  /** Entries below this number are dropped. */
  oldest: number;
}

export type Outcome =
  | { is: 'committed'; head: Head }
  /**
   * The head is another. It was written by somebody else, mostly; etcd that is full may write, and
   * say that it has no space for it. What there is behind `on` tells.
   */
  | { is: 'overtaken'; contents: Contents };

/** etcd understood, and did not do it. */
export class EtcdRefusedError extends Error {
  override name = 'EtcdRefusedError';
}

export interface Watch {
  /** Rejects with the reason once nothing more will come. */
  readonly broken: Promise<never>;
  cancel(): void;
}

export class EtcdMember {
  /** `HOST:PORT` */
  readonly address: string;
  readonly #keys: EtcdKeys;
  readonly #client: Etcd3;

  constructor(address: string, keys: EtcdKeys, { tls, auth }: EtcdAccess) {
    this.address = address;
    this.#keys = keys;
    this.#client = new Etcd3({
      hosts: `${tls === undefined ? 'http' : 'https'}://${address}`,
      // Whom to ask next, and when, is decided by those who know what for.
      faultHandling: { host: () => noop, global: noop },
      grpcOptions: {
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 1000,
        // Connections that are given up are not picked up again.
        'grpc.use_local_subchannel_pool': 1,
        'grpc.max_receive_message_length': -1,
      },
      ...(tls && { credentials: credentialsOf(tls) }),
      ...(auth && {
        auth: {
          username: auth.user,
          password: auth.password,
          callOptions: () => within(LOGIN_DEADLINE_MS),
        },
      }),
    });
  }

  /**
   * Reads the head, and the entries behind a number. What is read is what every member had agreed
   * on when it was asked, or later (linearizable: etcd's documentation, "KV API guarantees").
   *
   * @param deadlineMs How long it may take, in milliseconds.
   */
  async read(behind: number, deadlineMs: number): Promise<Contents> {
    const response = await this.#ask(
      this.#client.kv.txn({ success: this.#reading(behind) }, within(deadlineMs)),
    );
    return this.#contents(response);
  }

  /**
   * Writes entries, the head, and what is dropped: all of it or nothing.
   *
   * @throws EtcdRefusedError where it was not written. After any other error it may have been, or
   *   may yet be: until the head is another than `on`.
   */
  async commit(
    { on, writeId, entries, oldest }: Transaction,
    deadlineMs: number,
  ): Promise<Outcome> {
    try {
      return await this.#transact({ on, writeId, entries, oldest }, deadlineMs);
    } catch (error) {
      if (!(error instanceof EtcdRefusedError) || !NO_SPACE.test(error.message)) throw error;
      const contents = await this.read(on.last, deadlineMs);
      if (contents.head.revision === on.revision) throw error;
      return { is: 'overtaken', contents };
    }
  }

  async #transact(
    { on, writeId, entries, oldest }: Transaction,
    deadlineMs: number,
  ): Promise<Outcome> {
    const last = on.last + entries.length;
    const drops = oldest > 1 && entries.length > 0;
    const response = await this.#ask(
      this.#client.kv.txn(
        {
          compare: [
            { key: this.#keys.head, target: 'Mod', result: 'Equal', mod_revision: on.revision },
          ],
          success: [
            ...entries.map((entry, index) => ({
              request_put: {
                key: this.#keys.entry(on.last + 1 + index),
                value: encodeEntry(entry, writeId),
              },
            })),
            ...(drops ? [{ request_delete_range: this.#keys.entriesBelow(oldest) }] : []),
            { request_put: { key: this.#keys.head, value: encodeHead(last) } },
          ],
          failure: this.#reading(on.last),
        },
        within(deadlineMs),
      ),
    );
    if (!response.succeeded) return { is: 'overtaken', contents: this.#contents(response) };
    return { is: 'committed', head: { last, revision: Number(response.header.revision) } };
  }

  /** Tells of every change from a revision on. @param onChange May throw: the watch breaks. */
  async watch(
    from: number,
    deadlineMs: number,
    onChange: (change: Change) => void,
  ): Promise<Watch> {
    const stream = await this.#ask(this.#client.watchClient.watch());
    const broken = new Promise<never>((_resolve, reject) => {
      const late = setTimeout(() => reject(this.#named('no watch was begun')), deadlineMs);
      stream.on('error', (error) => reject(this.#named(reasonOf(error))));
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
    this.#client.close();
  }

  #reading(behind: number): IRequestOp[] {
    return [
      { request_range: { key: this.#keys.head } },
      { request_range: { ...this.#keys.entriesFrom(behind + 1), limit: PAGE } },
    ];
  }

  #contents({ header, responses }: ITxnResponse): Contents {
    const [heads, entries] = responses.map(({ response_range }) => response_range.kvs);
    return {
      clusterId: header.cluster_id,
      revision: Number(header.revision),
      head: headIn(heads?.[0]),
      entries: (entries ?? []).map(({ key, value }) => this.#keys.decodeEntry(key, value)),
    };
  }

  #change({ canceled, cancel_reason, compact_revision, events = [] }: IWatchResponse): Change {
    if (canceled) {
      const why =
        Number(compact_revision) > 0 ? 'etcd has dropped what was to come' : cancel_reason;
      throw this.#named(`the watch was cancelled: ${why}`);
    }
    const change: Change = { entries: [], head: undefined };
    for (const { type, kv } of events) {
      const isHead = kv.key.equals(this.#keys.head);
      if (type === 'Put' && isHead) change.head = headIn(kv);
      else if (type === 'Put') change.entries.push(this.#keys.decodeEntry(kv.key, kv.value));
      else if (isHead) throw this.#named('somebody has removed what was stored');
    }
    return change;
  }

  async #ask<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      const why = this.#named(reasonOf(error));
      if (!isRefusal(error)) throw why;
      throw new EtcdRefusedError(why.message, { cause: error });
    }
  }

  #named(why: string): Error {
    return new Error(`${this.address}: ${inWords(why)}`);
  }
}

/** Whether it is etcd that says so, and not gRPC, on its own account (etcd's rpctypes). */
function isRefusal(error: unknown): boolean {
  return /etcdserver: /.test(reasonOf(error)) && REFUSALS.some((kind) => error instanceof kind);
}

/** What gRPC says, without its own affairs. */
function inWords(why: string): string {
  if (/Deadline exceeded/.test(why)) return 'no answer in time';
  const { error } = /Last error: (Error: )?(?<error>.+?)\. Resolution note/.exec(why)?.groups ?? {};
  // Its messages begin with the number and the name of a code.
  return error ?? why.replace(/^\d+ [A-Z_]+: /, '');
}

function headIn(kv: IKeyValue | undefined): Head {
  if (kv === undefined) return { last: 0, revision: 0 };
  return { last: decodeHead(kv.value), revision: Number(kv.mod_revision) };
}

function within(ms: number): { deadline: number } {
  return { deadline: Date.now() + ms };
}

function credentialsOf({ ca, cert, key }: EtcdTls) {
  return {
    rootCertificate: ca ?? Buffer.from(rootCertificates.join('\n')),
    ...(key && { privateKey: key }),
    ...(cert && { certChain: cert }),
  };
}
