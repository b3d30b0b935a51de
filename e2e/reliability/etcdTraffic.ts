// Clients that store and read through several servers while something fails, and everything they
// saw. A client that loses its connection reconnects to the same server.

import { setTimeout } from 'node:timers/promises';
import type { LocalEtcd } from '../../testing/etcd.ts';
import type { Program } from '../../testing/programs.ts';
import type { Operation, ReadOperation, StoreOperation } from '../linearizable.ts';
import { Conditions } from './conditions.ts';
import { type DeployedServer, type Deployment, messageInEtcd } from './etcdDeployment.ts';
import { StoringClient } from './storingClient.ts';
import { WatchingClient } from './watchingClient.ts';

const WRITERS = 2;
/** The mean pauses of a client between two operations. A store takes about ten milliseconds. */
const STORE_PAUSE_MS = 30;
const READ_PAUSE_MS = 10;
const READ_HEAD_PAUSE_MS = 25;
/** The delay before a client reconnects. */
const RECONNECT_DELAY_MS = 20;

export interface TrafficOptions {
  /** The message in force if etcd has none. */
  initial: string;
  /** The prefix of each message; no other traffic may use it. */
  name: string;
  random: () => number;
  /** The mean pause of a client between two stores. */
  pauseMs?: number;
}

export class Traffic {
  /** Stores, each followed by the reads that its client made right after it. */
  readonly sessions: (Operation & { serverIndex: number })[] = [];
  /** The reads of clients that do nothing else. */
  readonly reads: (ReadOperation & { serverIndex: number })[] = [];
  /** The updates that MSGWATCH delivered. */
  readonly watched: ReadOperation[] = [];
  /** The message in force, from etcd itself. */
  readonly heads: ReadOperation[] = [];
  /** How many connections to a server that was not killed have ended by themselves. */
  lostConnections = 0;
  /** Replies that must not occur. */
  readonly unexpectedReplies: string[] = [];
  readonly #servers: readonly DeployedServer[];
  readonly #name: string;
  readonly #random: () => number;
  readonly #pauseMs: number;
  readonly #writers: Promise<void>[] = [];
  readonly #readers: Promise<void>[] = [];
  readonly #conditions = new Conditions();
  readonly #watchers = new Set<WatchingClient>();
  /** Servers that were killed, and how many connections ended with each. */
  readonly #killed = new Map<Program, number>();
  #isStoring = true;
  #isReading = true;

  private constructor(
    servers: readonly DeployedServer[],
    { name, random, pauseMs }: Required<Omit<TrafficOptions, 'initial'>>,
  ) {
    this.#servers = servers;
    this.#name = name;
    this.#random = random;
    this.#pauseMs = pauseMs;
  }

  /** Starts the clients of all servers. */
  static start(
    { cluster, servers }: Deployment,
    { initial, name, random, pauseMs = STORE_PAUSE_MS }: TrafficOptions,
  ): Traffic {
    const traffic = new Traffic(servers, { name, random, pauseMs });
    traffic.#readers.push(traffic.#keepReadingHead(cluster, initial));
    for (const server of servers) {
      for (let number = 0; number < WRITERS; number++)
        traffic.#writers.push(traffic.#keepStoring(server, number));
      traffic.#readers.push(traffic.#keepReading(server), traffic.#keepWatching(server));
    }
    return traffic;
  }

  get stores(): (StoreOperation & { serverIndex: number })[] {
    return this.sessions.filter((operation) => operation.kind === 'store');
  }

  /**
   * Resolves once a store that began after `since` was acknowledged by each of the servers.
   *
   * @returns How long after `since` each was, in milliseconds.
   */
  async waitForStores(since: number, indexes = [...this.#servers.keys()]): Promise<number[]> {
    const first = (index: number) => this.#firstStored(index, since);
    await this.#conditions.met('a store', () =>
      indexes.every((index) => first(index) !== undefined),
    );
    return indexes.map((index) => (first(index)?.endedAt ?? Number.NaN) - since);
  }

  /** Resolves once a server has answered a store with 503 after `since`. */
  async waitForRejection(index: number, since: number): Promise<void> {
    const isRejected = (store: StoreOperation & { serverIndex: number }) =>
      store.outcome === 'rejected' && store.serverIndex === index && store.endedAt >= since;
    await this.#conditions.met('a 503', () => this.stores.some(isRejected));
  }

  /** Resolves once `count` stores that began after `since` were acknowledged, by any server. */
  async waitForStoreCount(count: number, since: number): Promise<void> {
    const isNew = ({ outcome, startedAt }: StoreOperation) =>
      outcome === 'acknowledged' && startedAt >= since;
    await this.#conditions.met(`${count} stores`, () => this.stores.filter(isNew).length >= count);
  }

  /** Resolves once each server has answered a MSGGET that was sent after `since`. */
  async waitForReads(since: number): Promise<void> {
    const hasRead = ({ index }: DeployedServer) =>
      this.reads.some((read) => read.serverIndex === index && read.startedAt >= since);
    await this.#conditions.met('a MSGGET of each server', () => this.#servers.every(hasRead));
  }

  /** Lets each writer finish its current operation, and resolves once all have. */
  async stopStoring(): Promise<void> {
    this.#isStoring = false;
    await Promise.all(this.#writers);
  }

  /** Resolves once each reader and each watcher has seen a message. */
  async waitUntilSeen(message: string): Promise<void> {
    const clients = this.#servers.flatMap(({ index }) => [readerOf(index), watcherOf(index)]);
    const hasSeen = (client: string) => {
      const matches = (read: ReadOperation) => read.client === client && read.message === message;
      return this.reads.some(matches) || this.watched.some(matches);
    };
    await this.#conditions.met(`every client to see ${message}`, () => clients.every(hasSeen));
  }

  /** Ends all clients. */
  async stop(): Promise<void> {
    this.#isStoring = false;
    this.#isReading = false;
    for (const watcher of this.#watchers) watcher.close();
    await Promise.all([...this.#writers, ...this.#readers]);
  }

  #firstStored(index: number, since: number): StoreOperation | undefined {
    return this.stores.find(
      (store) =>
        store.outcome === 'acknowledged' && store.startedAt >= since && store.serverIndex === index,
    );
  }

  async #keepStoring(server: DeployedServer, number: number): Promise<void> {
    const name = `writer ${number} of ${server.index}`;
    for (let count = 0; this.#isStoring; ) {
      await this.#withConnection(server, async (client) => {
        while (this.#isStoring) {
          const message = `${this.#name} ${name} ${count++}`;
          const isStored = await this.#storeOne(client, name, message, server.index);
          if (isStored)
            this.sessions.push({ ...(await readOne(client, name)), serverIndex: server.index });
          this.#conditions.check();
          await setTimeout(this.#random() * 2 * this.#pauseMs);
        }
      });
    }
  }

  /** @throws If the connection ended before the reply. */
  async #storeOne(
    client: StoringClient,
    name: string,
    message: string,
    serverIndex: number,
  ): Promise<boolean> {
    const store: StoreOperation & { serverIndex: number } = {
      kind: 'store',
      serverIndex,
      client: name,
      message,
      startedAt: performance.now(),
      endedAt: Number.POSITIVE_INFINITY,
      outcome: 'unknown',
    };
    this.sessions.push(store);
    const reply = await client.store(message);
    store.endedAt = performance.now();
    if (reply === '200 OK') store.outcome = 'acknowledged';
    else if (reply === '503 STORE UNAVAILABLE') store.outcome = 'rejected';
    else this.unexpectedReplies.push(`${message} got the reply ${reply}`);
    return store.outcome === 'acknowledged';
  }

  async #keepReading(server: DeployedServer): Promise<void> {
    const name = readerOf(server.index);
    while (this.#isReading) {
      await this.#withConnection(server, async (client) => {
        while (this.#isReading) {
          this.reads.push({ ...(await readOne(client, name)), serverIndex: server.index });
          this.#conditions.check();
          await setTimeout(this.#random() * 2 * READ_PAUSE_MS);
        }
      });
    }
  }

  async #keepWatching(server: DeployedServer): Promise<void> {
    const client = watcherOf(server.index);
    while (this.#isReading) {
      let last = '';
      const watcher = new WatchingClient(server.port, (message) => {
        const now = performance.now();
        this.watched.push({ kind: 'read', client, message, startedAt: now, endedAt: now });
        if (message === last) this.unexpectedReplies.push(`${client} received ${message} twice`);
        last = message;
        this.#conditions.check();
      });
      this.#watchers.add(watcher);
      await watcher.ended;
      this.#watchers.delete(watcher);
      await setTimeout(RECONNECT_DELAY_MS);
    }
  }

  async #keepReadingHead(cluster: LocalEtcd, initial: string): Promise<void> {
    while (this.#isReading) {
      const startedAt = performance.now();
      try {
        const message = (await messageInEtcd(cluster)) ?? initial;
        const endedAt = performance.now();
        this.heads.push({ kind: 'read', client: 'etcd', message, startedAt, endedAt });
      } catch {
        // etcd is unavailable: there is nothing to read.
      }
      await setTimeout(this.#random() * 2 * READ_HEAD_PAUSE_MS);
    }
  }

  /** Kills a server. Its clients notice at their next operation. */
  async kill(program: Program): Promise<void> {
    this.#killed.set(program, 0);
    await program.kill();
  }

  /** How many connections have ended with a server that was killed. */
  lostWith(program: Program): number {
    return this.#killed.get(program) ?? 0;
  }

  /** Runs a client on a connection of its own, for as long as that lasts. */
  async #withConnection(
    { port, program }: DeployedServer,
    work: (client: StoringClient) => Promise<void>,
  ): Promise<void> {
    const client = await StoringClient.connect(port).catch(() => undefined);
    if (client !== undefined) await work(client).catch(() => this.#lost(program));
    client?.close();
    await setTimeout(RECONNECT_DELAY_MS);
  }

  #lost(program: Program): void {
    const lost = this.#killed.get(program);
    if (lost === undefined) this.lostConnections++;
    else this.#killed.set(program, lost + 1);
  }
}

function readerOf(serverIndex: number): string {
  return `reader of ${serverIndex}`;
}

function watcherOf(serverIndex: number): string {
  return `watcher of ${serverIndex}`;
}

async function readOne(client: StoringClient, name: string): Promise<ReadOperation> {
  const startedAt = performance.now();
  const message = await client.message();
  return { kind: 'read', client: name, message, startedAt, endedAt: performance.now() };
}
