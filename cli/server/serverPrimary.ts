// The primary of `motd serve --workers`: starts the workers, and owns what they share: the store,
// the passwords and the quotas. It accepts no connection, so it is the only one that stores.
//
// Reading your writes: a message is acknowledged when every worker has applied it. So after the
// `200 OK`, MSGGET returns it, or a newer one, on every connection. A worker that does not answer
// for 4 s is killed, which fences it off: it can no longer answer with an older message, and no
// store waits for it. Before the `200 OK`, for about a millisecond, one worker may already return
// the message and another one not yet.

import type { ChildProcess } from 'node:child_process';
import { descriptorCheck } from '../../access/descriptors.ts';
import { ServerMetrics } from '../../server/metrics.ts';
import type { PasswordUse } from '../../server/session/action.ts';
import { HistoryFeed } from '../../server/stores/historyFeed.ts';
import { jsonLogger, printLine } from '../output.ts';
import { ClusterMetrics } from '../workers/clusterMetrics.ts';
import { IpcPeer } from '../workers/ipc.ts';
import { toPem } from '../workers/pemIdentity.ts';
import { SharedQuotas } from '../workers/sharedQuotas.ts';
import { type ConnectedWorker, WorkerPool } from '../workers/workerPool.ts';
import type { RunningServer, ServerParts } from './runningServer.ts';
import {
  type PrimaryMethods,
  WORKER_ENVIRONMENT,
  type WorkerConfig,
  type WorkerMethods,
} from './serverProtocol.ts';

/** Longer than the peers of a worker may take to read their replies (docs/server.md). */
const STOP_DEADLINE_MS = 7_000;

/** How long a health check waits for a worker. */
const HEALTH_TIMEOUT_MS = 1_000;

const METRIC_NAMES = {
  workers: 'motd_server_workers',
  workerExits: 'motd_server_worker_exits_total',
};

const PASSWORD_USES: readonly PasswordUse[] = ['shutDown', 'store'];

/** The server in several processes. */
export function serverInWorkers(parts: ServerParts): RunningServer {
  const { options, store, passwords, log: logEvent } = parts;
  const logger = jsonLogger(options.log);
  const log = options.log === 'console' ? printLine : (line: string) => logger?.warn(line);
  const { maxConnections: total, maxConnectionsPerSource: perSource, workers } = options;
  const quotas = new SharedQuotas({ connections: { total, perSource } }, workers);
  const feeds = new Set<HistoryFeed>();
  const hasMetrics = options.healthPort !== undefined;
  const storeMetrics = new ServerMetrics({ process: hasMetrics, store });
  const metrics = new ClusterMetrics({
    names: METRIC_NAMES,
    samplePrimary: () => storeMetrics.sample(),
  });
  const canPrimaryOpen = descriptorCheck(1);
  let { tls } = parts;

  store.onUpdate(() => {
    for (const feed of feeds) feed.update();
  });

  const configWith = (countedKeys: WorkerConfig['countedKeys']): WorkerConfig => ({
    listen: { host: options.host, port: pool.port },
    socket: parts.socket,
    tls: tls && toPem(tls),
    maxConnections: total,
    maxConnectionsPerSource: perSource,
    workers,
    countedKeys,
    idleTimeoutMs: options.idleTimeout * 1000,
    trustProxy: options.trustProxy ?? [],
    proxyKey: options.proxyKey,
    guardedUses: PASSWORD_USES.filter((use) => passwords.isGuarded(use)),
    initialMessage: options.message,
    historyLimit: options.history,
    hasMetrics,
    log: options.log,
  });

  const connect = (child: ChildProcess): ConnectedWorker<WorkerMethods> => {
    const member = quotas.member(() => peer);
    let feed: HistoryFeed | undefined;
    let removeMetrics = () => {};
    const methods: PrimaryMethods = {
      ...member.methods,
      loaded: () => peer.notify('start', configWith(member.join())),
      follow() {
        feed = new HistoryFeed({
          history: store.history,
          send: (batch) => peer.call('applyHistory', batch),
          onHang() {
            log(`Server worker, process ${child.pid}, does not respond; killing it.`);
            child.kill('SIGKILL');
          },
        });
        feeds.add(feed);
        return feed.reached(store.history.last);
      },
      async store(message) {
        await store.store(message);
        const { last } = store.history;
        await Promise.all([...feeds].map((one) => one.reached(last)));
      },
      checkPassword: (source, use, password) => passwords.check(source, use, password),
      shutDown: () => pool.stop(),
    };
    const peer = new IpcPeer<WorkerMethods>(child, methods);
    return {
      peer,
      onReady() {
        removeMetrics = metrics.addWorker(() => peer.call('sample'));
      },
      onClose() {
        member.leave();
        feed?.close();
        if (feed !== undefined) feeds.delete(feed);
        removeMetrics();
      },
    };
  };

  const pool = new WorkerPool<WorkerMethods>(
    {
      name: 'Server worker',
      count: workers,
      endpoint: { host: options.host, port: options.port },
      // Passing each connection on would double the cost of a login (docs/capacity.md).
      distribution: 'byKernel',
      environment: WORKER_ENVIRONMENT,
      args: ['serve'],
      stopDeadlineMs: STOP_DEADLINE_MS,
      connect,
      // A signal to the whole process group must not stop them before the primary's --drain ends.
      requestStop: (peer) => peer.notify('stop'),
      // Node has closed it, so no worker can listen on it again.
      ...(parts.socket !== undefined && { onDeserted: endForServiceManager }),
    },
    log,
  );

  function endForServiceManager(): void {
    log('Every server worker has ended, and with them the socket from the service manager.');
    process.exitCode = 1;
    pool.stop();
  }

  return {
    get isStopping() {
      return pool.isStopping;
    },
    get stopped() {
      return pool.ended;
    },
    metrics,
    async canAccept() {
      const checks = pool.peers.map((peer) => answerInTime(peer.call('canAccept')));
      return (await Promise.all([canPrimaryOpen(), ...checks])).every((can) => can);
    },
    async listen() {
      const endpoint = await pool.start();
      if (endpoint !== undefined) {
        logEvent?.({ event: 'listening', endpoint });
      } else if (!pool.isStopping) {
        process.exitCode = 1;
        pool.stop();
      }
      return endpoint;
    },
    replaceCertificate(identity) {
      tls = identity;
      for (const peer of pool.peers) peer.notify('replaceCertificate', toPem(identity));
    },
    stop: () => pool.stop(),
  };
}

/** A worker that hangs, or ends, says nothing about descriptors. */
async function answerInTime(answer: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, HEALTH_TIMEOUT_MS, true);
  });
  const settled = answer.catch(() => true);
  return Promise.race([settled, timeout]).finally(() => clearTimeout(timer));
}
