// The primary of `motd serve --workers`: starts the workers, and owns what they share: the store,
// the passwords and the quotas. It accepts no connection, so it is the only one that stores.
//
// Reading your writes: a message is acknowledged when every worker has applied it. So after the
// `200 OK`, MSGGET returns it, or a newer one, on every connection. A worker that does not answer
// for 4.5 s is killed, which fences it off: it can no longer answer with an older message, and no
// store waits for it. Before the `200 OK`, one worker may already return the message and another one
// not yet: for about a millisecond, or until a worker that hangs is killed.

import type { ChildProcess } from 'node:child_process';
import { descriptorCheck, OUT_OF_DESCRIPTORS } from '../../access/descriptors.ts';
import type { ListenAddress } from '../../access/endpoint.ts';
import type { MetricsText } from '../../access/metricSamples.ts';
import { sharedCall } from '../../access/sharedCall.ts';
import { withinTime } from '../../access/withinTime.ts';
import { ServerMetrics } from '../../server/metrics.ts';
import type { PasswordUse } from '../../server/session/action.ts';
import { HistoryFeed } from '../../server/stores/historyFeed.ts';
import type { HistoryRecord } from '../../server/stores/record.ts';
import type { TlsIdentity } from '../options/tlsFiles.ts';
import { linePrinter } from '../output.ts';
import { ClusterMetrics } from '../workers/clusterMetrics.ts';
import { IpcPeer } from '../workers/ipc.ts';
import { toPem } from '../workers/pemIdentity.ts';
import { type QuotaMember, SharedQuotas } from '../workers/sharedQuotas.ts';
import { type ConnectedWorker, WorkerPool } from '../workers/workerPool.ts';
import { messageInForce, type RunningServer, type ServerParts } from './runningServer.ts';
import {
  type PrimaryMethods,
  WORKER_ENVIRONMENT,
  type WorkerConfig,
  type WorkerMethods,
} from './serverProtocol.ts';

/** Longer than the peers of a worker may take to read their replies (docs/server.md). */
const STOP_DEADLINE_MS = 7_000;

/**
 * How long a health check waits for a worker: shorter than a load balancer waits for the answer,
 * which is 1 s by default in Kubernetes and in deploy/container/haproxy.cfg.
 */
const HEALTH_TIMEOUT_MS = 300;

const METRIC_NAMES = {
  workers: 'motd_server_workers',
  workerExits: 'motd_server_worker_exits_total',
};

const PASSWORD_USES: readonly PasswordUse[] = ['shutDown', 'store'];

/** The server in several processes. */
export class ServerPrimary implements RunningServer {
  readonly metrics: MetricsText;
  readonly #parts: ServerParts;
  readonly #pool: WorkerPool<'connections', WorkerMethods>;
  /** Of the workers that follow the history. */
  readonly #feeds = new Set<HistoryFeed>();
  /** Of the workers that listen: asks one whether it can accept. */
  readonly #checks = new Set<() => Promise<boolean>>();
  readonly #canPrimaryOpen = descriptorCheck(1);
  readonly #log: (line: string) => void;
  #tls: TlsIdentity | undefined;

  constructor(parts: ServerParts) {
    const { options, store } = parts;
    this.#parts = parts;
    this.#tls = parts.tls;
    this.#log = linePrinter(options.log);
    const own = new ServerMetrics({
      process: options.healthPort !== undefined,
      store,
      inForce: messageInForce(parts),
    });
    const metrics = new ClusterMetrics({
      names: METRIC_NAMES,
      samplePrimary: () => own.sample(),
    });
    this.metrics = metrics;
    this.#pool = this.#createPool(metrics);
    store.onUpdate(() => {
      for (const feed of this.#feeds) feed.update();
    });
  }

  get isStopping(): boolean {
    return this.#pool.isStopping;
  }

  get stopped(): Promise<unknown> {
    return this.#pool.ended;
  }

  async whyNotAccepting(): Promise<string | undefined> {
    if (this.#pool.isStopping) return undefined;
    if (this.#pool.isDeserted) return 'no worker is running';
    const answers = await Promise.all(
      [...this.#checks].map((check) => withinTime(check(), HEALTH_TIMEOUT_MS, 'late')),
    );
    if (answers.length > 0 && answers.every((answer) => answer === 'late'))
      return 'no worker responds';
    const canAccept = (await this.#canPrimaryOpen()) && !answers.includes(false);
    return canAccept ? undefined : OUT_OF_DESCRIPTORS;
  }

  async listen(): Promise<ListenAddress | undefined> {
    const endpoint = await this.#pool.start();
    if (endpoint !== undefined) this.#parts.log?.({ event: 'listening', endpoint });
    return endpoint;
  }

  replaceCertificate(identity: TlsIdentity): void {
    this.#tls = identity;
    for (const peer of this.#pool.peers) peer.notify('replaceCertificate', toPem(identity));
  }

  stop(): void {
    this.#pool.stop();
  }

  #createPool(metrics: ClusterMetrics): WorkerPool<'connections', WorkerMethods> {
    const { options, socket, file } = this.#parts;
    const { host, port, workers } = options;
    const { maxConnections: total, maxConnectionsPerSource: perSource } = options;
    return new WorkerPool<'connections', WorkerMethods>(
      {
        name: 'Server worker',
        count: workers,
        endpoint: file ?? { host, port },
        // Passing each connection on would double the cost of a login (docs/capacity.md).
        distribution: 'byKernel',
        environment: WORKER_ENVIRONMENT,
        args: ['serve'],
        stopDeadlineMs: STOP_DEADLINE_MS,
        quotas: new SharedQuotas({ connections: { total, perSource } }, workers),
        metrics,
        connect: (child, member) => this.#connect(child, member),
        // A signal to the whole process group must not stop them before the primary's --drain ends.
        requestStop: (peer) => peer.notify('stop'),
        // Node has closed it, so no worker can listen on it again.
        ...(socket !== undefined && { onDeserted: () => this.#endForServiceManager() }),
      },
      this.#log,
    );
  }

  #connect(
    child: ChildProcess,
    member: QuotaMember<'connections'>,
  ): ConnectedWorker<WorkerMethods> {
    const { passwords, store } = this.#parts;
    let feed: HistoryFeed | undefined;
    const methods: PrimaryMethods = {
      ...member.methods,
      loaded: () => peer.notify('start', this.#configWith(member.join())),
      follow: () => {
        feed = this.#createFeed(child, peer);
        return feed.reached(store.history.last);
      },
      append: (record, after) => this.#append(record, after),
      checkPassword: (source, use, password) => passwords.check(source, use, password),
      shutDown: () => this.stop(),
    };
    const peer = new IpcPeer<WorkerMethods>(child, methods);
    // A worker that ends does not answer. It is not out of descriptors.
    const check = sharedCall(() => peer.call('canAccept').catch(() => true));
    return {
      peer,
      onReady: () => this.#checks.add(check),
      onClose: () => {
        this.#checks.delete(check);
        feed?.close();
        if (feed !== undefined) this.#feeds.delete(feed);
      },
    };
  }

  #configWith(countedKeys: WorkerConfig['countedKeys']): WorkerConfig {
    const { options, passwords, socket } = this.#parts;
    return {
      listen: this.#pool.address,
      socket,
      tls: this.#tls && toPem(this.#tls),
      maxConnections: options.maxConnections,
      maxConnectionsPerSource: options.maxConnectionsPerSource,
      workers: options.workers,
      countedKeys,
      idleTimeoutMs: options.idleTimeout * 1000,
      trustProxy: options.trustProxy ?? [],
      proxyKey: options.proxyKey,
      compat: options.compat,
      guardedUses: PASSWORD_USES.filter((use) => passwords.isGuarded(use)),
      initialMessage: options.message,
      historyLimit: options.history,
      hasMetrics: options.healthPort !== undefined,
      log: options.log,
    };
  }

  #createFeed(child: ChildProcess, peer: IpcPeer<WorkerMethods>): HistoryFeed {
    const feed = new HistoryFeed({
      history: this.#parts.store.history,
      send: (batch) => peer.call('applyHistory', batch),
      onLost: (why) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        this.#log(`Server worker, process ${child.pid}, ${why}; killing it.`);
        child.kill('SIGKILL');
      },
    });
    this.#feeds.add(feed);
    return feed;
  }

  /** Resolves when every worker has the record or, if it is refused, what came before it. */
  async #append(record: HistoryRecord, after?: number): Promise<number> {
    const { store } = this.#parts;
    const number = await store.append(record, after);
    const { last } = store.history;
    await Promise.all([...this.#feeds].map((feed) => feed.reached(last)));
    return number;
  }

  #endForServiceManager(): void {
    this.#log('Every server worker has ended, and with them the socket from the service manager.');
    process.exitCode = 1;
    this.stop();
  }
}
