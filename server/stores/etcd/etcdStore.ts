// The store that several servers share: `--store etcd://HOST:PORT,HOST:PORT/PREFIX`.
//
// Goals
//
// A record is acknowledged only after etcd has committed it, on a majority of its members. All
// servers have the same history in the same order, with each record once. Reading never waits: if
// etcd is unavailable, peers get the last known message, and MSGSTORE gets 503. The operator is
// warned when what peers read may be more than 3 s old.
//
// Operations
//
// open   Read all records under the prefix into memory, page by page.
// read   From memory. EtcdSync keeps it current: a watch delivers each change immediately, and
//        a linearizable read every second detects a watch that hangs.
// store  EtcdWriter commits up to 100 records in one transaction, then acknowledges them.
//
// Design
//
//   peers ─store─▶ EtcdWriter ─transactions─▶ etcd
//   peers ◀─read── EtcdReplica ◀─watch, reads─ EtcdSync ◀─ etcd
//
// The head key holds the number of the newest record (etcdRecord). A transaction puts the new
// records, deletes those over the history limit that can no longer be in force, and writes the head,
// on the condition that the head is still the one that the writer knows (compare-and-swap). On a
// conflict another server was first: the response holds the new head and records, and the writer
// appends to those. While servers compete, the writer backs off after each commit, so that they take
// turns.
//
//   etcdUrl        parses the URL           etcdCredentials  TLS, user and password
//   etcdCluster    failover                 clusterIdCheck   all members of one cluster
//   etcdMember     requests to a member     etcdRequests     their content, and what answers mean
//   etcdChannel    the gRPC connection      etcdToken        login
//   etcdApi        etcd's API (etcd.proto)  protobufFields   checks what it returns
//   etcdErrors     why a request failed     etcdRecord       keys and values
//   etcdReplica    the copy in memory       etcdFreshness    its age, and outages
//   etcdSync       keeps it current         etcdWriteQueue   messages that wait
//   etcdWriter     batches, and fencing     etcdCommitter    commits a batch
//
// Failures
//
// no answer    It is unknown whether the transaction was committed. EtcdCommitter sends it again, to
//              the next member; it can be committed only once. After 5 s the peers get 503, and
//              EtcdWriter fences the transaction off before it stores anything else.
// a rejection  Nothing was written, for example because etcd is out of space; the peers get 503.
// an outage    Requests go to the next member (EtcdCluster). After 3 s without a successful read,
//              EtcdFreshness logs an outage, and every store fails immediately. EtcdSync keeps
//              trying, and then reads the entries it missed.
// lost data    etcd was emptied or restored, or is a different cluster. The server keeps what it
//              has acknowledged, and accepts nothing from etcd until it is restarted (EtcdReplica,
//              ClusterIdCheck).

import { setTimeout } from 'node:timers/promises';
import { errorMessage } from '../../../access/errorMessage.ts';
import { formatWindow } from '../../../protocol/time.ts';
import type { History } from '../history.ts';
import { type HistoryRecord, hasWindow, isEntry, type Numbered } from '../record.ts';
import { checkedRecord } from '../recordFields.ts';
import type { Freshness, MessageStore, StoreEvent, StoreOptions } from '../store.ts';
import { StoreOpenError } from '../storeOpenError.ts';
import { ClusterIdMismatchError } from './clusterIdCheck.ts';
import { EtcdCluster } from './etcdCluster.ts';
import { EtcdCommitter } from './etcdCommitter.ts';
import type { EtcdCredentials } from './etcdCredentials.ts';
import { EtcdRejectedError } from './etcdErrors.ts';
import { EtcdFreshness } from './etcdFreshness.ts';
import { EtcdReplica, REQUEST_TIMEOUT_MS } from './etcdReplica.ts';
import { EtcdSync } from './etcdSync.ts';
import { parseEtcdUrl } from './etcdUrl.ts';
import { EtcdWriter } from './etcdWriter.ts';

/** How long a start waits without progress: without etcd, there is no last message to serve. */
const OPEN_TIMEOUT_MS = 5000;

const RETRY_DELAY_MS = 200;

const ADVICE: readonly [reason: RegExp, advice: string][] = [
  [/invalid user|user name is empty/, 'check --etcd-user and --etcd-password-file'],
  [/authentication is not enabled/, 'omit --etcd-user'],
  [/permission denied/, 'grant the user in --etcd-user readwrite on the prefix in --store'],
  [
    /certificate|cert's list|altname/i,
    'check --etcd-ca, and that the certificate is for the hosts in --store',
  ],
  [
    /ECONNRESET|before secure TLS|Failed to connect|Protocol error|wrong version/,
    'check that --store names etcd, with etcds:// if it uses TLS and with etcd:// if not',
  ],
  [/not written by this program/, 'choose another prefix in --store'],
];

/** An etcd that hangs must not delay the server's exit for longer. */
const CLOSE_TIMEOUT_MS = 3000;

/**
 * Opens the store of an `etcd://` URL.
 *
 * @throws StoreOpenError if the URL is invalid, etcd does not answer for some seconds, rejects
 *   the credentials, or holds other data under the prefix.
 */
export async function openEtcdStore(
  url: string,
  { etcd = {}, ...options }: StoreOptions & { etcd?: EtcdCredentials | undefined },
): Promise<MessageStore> {
  const cluster = new EtcdCluster(parseEtcdUrl(url), etcd);
  try {
    return new EtcdStore(cluster, await readAll(cluster, options), options);
  } catch (error) {
    cluster.close();
    const reason = errorMessage(error);
    throw new StoreOpenError('etcd-unusable', `cannot use etcd: ${reason}; ${adviceFor(reason)}`, {
      cause: error,
    });
  }
}

/** @returns The advice for an error of etcd, gRPC or TLS. */
function adviceFor(reason: string): string {
  const [, advice = 'check --store'] = ADVICE.find(([pattern]) => pattern.test(reason)) ?? [];
  return advice;
}

interface CurrentReplica {
  replica: EtcdReplica;
  /** When it was current (`performance.now()`). */
  asOfMs: number;
}

/** Reads all entries. There is no limit on the whole time, only on the time without progress. */
async function readAll(
  cluster: EtcdCluster,
  { historyLimit, log = () => {} }: StoreOptions,
): Promise<CurrentReplica> {
  let replica: EtcdReplica | undefined;
  let isLogged = false;
  const rejections: EtcdRejectedError[] = [];
  let deadlineAtMs = performance.now() + OPEN_TIMEOUT_MS;
  for (;;) {
    const { member } = cluster;
    const last = replica?.history.last;
    try {
      // There are no records after this number: this reads the head alone.
      replica ??= new EtcdReplica(
        await member.read(Number.MAX_SAFE_INTEGER, REQUEST_TIMEOUT_MS),
        historyLimit,
      );
      const { asOfMs } = await replica.catchUp(member);
      await cluster.checkClusterIds(REQUEST_TIMEOUT_MS);
      return { replica, asOfMs };
    } catch (error) {
      if (error instanceof ClusterIdMismatchError) throw error;
      // A single member may reject requests that others accept, for example a learner.
      if (error instanceof EtcdRejectedError) rejections.push(error);
      if (rejections.length >= cluster.size) throw error;
      const now = performance.now();
      if (replica?.history.last !== last) deadlineAtMs = now + OPEN_TIMEOUT_MS;
      // Prefer a rejection: it is what the operator can fix.
      if (now > deadlineAtMs) throw rejections.at(-1) ?? error;
      if (!isLogged) log({ event: 'waitingForStore', reason: errorMessage(error) });
      isLogged = true;
      cluster.failOver(member);
      await setTimeout(RETRY_DELAY_MS);
    }
  }
}

class EtcdStore implements MessageStore {
  readonly history: History;
  readonly #cluster: EtcdCluster;
  readonly #freshness: EtcdFreshness;
  readonly #sync: EtcdSync;
  readonly #writer: EtcdWriter;
  readonly #listeners: (() => void)[] = [];

  constructor(
    cluster: EtcdCluster,
    { replica, asOfMs }: CurrentReplica,
    { historyLimit, log = () => {} }: StoreOptions,
  ) {
    this.history = replica.history;
    this.#cluster = cluster;
    this.#freshness = new EtcdFreshness(log, asOfMs);
    const committer = new EtcdCommitter(cluster, replica, historyLimit);
    this.#writer = new EtcdWriter(committer, this.#freshness, log);
    replica.listen({
      onRecord: (record) => {
        const isOwn = this.#writer.observe(record);
        if (!isOwn) log(remoteEvent(record));
      },
      onUpdate: () => {
        for (const listener of this.#listeners) listener();
      },
    });
    this.#sync = new EtcdSync(cluster, replica, this.#freshness);
    void this.#sync.run();
  }

  get freshness(): Freshness {
    const { ageMs, outage } = this.#freshness;
    return { ageMs, outage };
  }

  async append(record: HistoryRecord, after?: number): Promise<number> {
    return this.#writer.append(checkedRecord(record), after);
  }

  onUpdate(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#freshness.stop();
    this.#sync.stop();
    await this.#writer.stop(CLOSE_TIMEOUT_MS);
    this.#cluster.close();
  }
}

/** Another server stored a record. */
function remoteEvent(record: Numbered): StoreEvent {
  if (!isEntry(record)) return { event: 'canceledRemotely', number: record.cancels };
  const { message, number } = record;
  if (!hasWindow(record)) return { event: 'updatedRemotely', message };
  return { event: 'plannedRemotely', number, window: formatWindow(record), message };
}
