// A store that several servers share: `--store etcd://HOST:PORT,HOST:PORT/PREFIX`.
//
// Everything kept is in memory, as in the other stores: reading never asks etcd. A follower keeps
// the memory current, a writer stores.
//
//   peers --store--> EtcdWriter --transactions--> etcd
//   peers <--read--- EtcdReplica <--watch, reads-- EtcdSync <-- etcd

import { setTimeout } from 'node:timers/promises';
import { errorMessage } from '../../errorMessage.ts';
import type { History } from '../history.ts';
import type { Freshness, MessageStore, StoreOptions } from '../store.ts';
import { StoreOpenError } from '../storeOpenError.ts';
import { ClusterIdMismatchError } from './clusterIdCheck.ts';
import { EtcdCluster } from './etcdCluster.ts';
import type { EtcdCredentials } from './etcdCredentials.ts';
import { EtcdFreshness } from './etcdFreshness.ts';
import { EtcdRejectedError } from './etcdMember.ts';
import { EtcdReplica, REQUEST_TIMEOUT_MS } from './etcdReplica.ts';
import { EtcdSync } from './etcdSync.ts';
import { parseEtcdUrl } from './etcdUrl.ts';
import { EtcdWriter } from './etcdWriter.ts';

/**
 * For how long nothing may come from etcd while a server starts: without it, there is no last
 * message.
 */
const OPEN_DEADLINE_MS = 5000;

const RETRY_DELAY_MS = 200;

const ADVICE: readonly [said: RegExp, advice: string][] = [
  [/invalid user|user name is empty/, 'check --etcd-user and --etcd-password-file'],
  [/authentication is not enabled/, 'leave out --etcd-user'],
  [/permission denied/, '--etcd-user has to be granted readwrite on the prefix in --store'],
  [/certificate|cert's list|altname/i, 'check --etcd-ca, and the names etcd is given in --store'],
  [
    /ECONNRESET|before secure TLS|Failed to connect|Protocol error|wrong version/,
    'check --store: is it etcd, and with TLS (etcds://) or without?',
  ],
];

/** An etcd that hangs must not hold up the end of the server for longer. */
const CLOSE_DEADLINE_MS = 3000;

/**
 * Opens the store an `etcd://` URL names.
 *
 * @throws StoreOpenError where the URL is none, etcd does not answer for some seconds or does
 *   not let us in, or what it holds is not ours.
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
    throw new StoreOpenError(`cannot use etcd: ${reason}; ${adviceFor(reason)}`, {
      cause: error,
    });
  }
}

/** What to change, as far as what etcd, gRPC or TLS said lets one guess. */
function adviceFor(reason: string): string {
  const [, advice = 'check --store'] = ADVICE.find(([said]) => said.test(reason)) ?? [];
  return advice;
}

/** What etcd held at a time (`performance.now()`), or later. */
interface OpenedReplica {
  replica: EtcdReplica;
  asOfMs: number;
}

/** Reads what there is, however long that takes, as long as it goes on. */
async function readAll(
  cluster: EtcdCluster,
  { historyLimit, log = () => {} }: StoreOptions,
): Promise<OpenedReplica> {
  let replica: EtcdReplica | undefined;
  let isLogged = false;
  const refusals: EtcdRejectedError[] = [];
  let deadlineAtMs = performance.now() + OPEN_DEADLINE_MS;
  for (;;) {
    const { member } = cluster;
    const last = replica?.history.last;
    try {
      // Behind every entry there is the head alone.
      replica ??= new EtcdReplica(
        await member.read(Number.MAX_SAFE_INTEGER, REQUEST_TIMEOUT_MS),
        historyLimit,
      );
      const { asOfMs } = await replica.catchUp(member);
      await cluster.check(REQUEST_TIMEOUT_MS);
      return { replica, asOfMs };
    } catch (error) {
      if (error instanceof ClusterIdMismatchError) throw error;
      // One alone may refuse for reasons of its own: it is a learner.
      if (error instanceof EtcdRejectedError) refusals.push(error);
      if (refusals.length >= cluster.size) throw error;
      const now = performance.now();
      if (replica?.history.last !== last) deadlineAtMs = now + OPEN_DEADLINE_MS;
      // What was refused can be mended by who reads this.
      if (now > deadlineAtMs) throw refusals.at(-1) ?? error;
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
  readonly #initialMessage: string;
  #listener = () => {};

  constructor(
    cluster: EtcdCluster,
    { replica, asOfMs }: OpenedReplica,
    { initialMessage, historyLimit, log = () => {} }: StoreOptions,
  ) {
    this.history = replica.history;
    this.#cluster = cluster;
    this.#initialMessage = initialMessage;
    this.#freshness = new EtcdFreshness(log, asOfMs);
    this.#writer = new EtcdWriter(cluster, replica, this.#freshness, historyLimit, log);
    replica.listen({
      onEntry: (entry) => {
        const isOurs = this.#writer.observe(entry);
        if (!isOurs) log({ event: 'updatedRemotely', message: entry.message });
      },
      onUpdate: () => this.#listener(),
    });
    this.#sync = new EtcdSync(cluster, replica, this.#freshness);
    void this.#sync.run();
  }

  get message(): string {
    return this.history.latest?.message ?? this.#initialMessage;
  }

  get freshness(): Freshness {
    const { ageMs, outage } = this.#freshness;
    return { ageMs, outage };
  }

  store(message: string, storedAtMs = Date.now()): Promise<void> {
    return this.#writer.store({ message, storedAtMs });
  }

  onUpdate(listener: () => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    this.#freshness.stop();
    this.#sync.stop();
    await this.#writer.stop(CLOSE_DEADLINE_MS);
    this.#cluster.close();
  }
}
