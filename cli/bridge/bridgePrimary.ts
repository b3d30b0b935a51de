// The primary of `motd bridge --workers`: starts the workers, distributes connections to them in
// turn, and holds everything they share. It relays nothing.

import type { ChildProcess } from 'node:child_process';
import { connectionLimits, sessionLimits } from '../../bridge/bridge.ts';
import { onStopRequest } from '../lifecycle.ts';
import { readTlsIdentity, type TlsIdentity } from '../options/tlsFiles.ts';
import { exitWhenFlushed, linePrinter } from '../output.ts';
import { reloadHandler } from '../reload.ts';
import type { Environment } from '../supervisor.ts';
import { ClusterMetrics } from '../workers/clusterMetrics.ts';
import { IpcPeer } from '../workers/ipc.ts';
import { toPem } from '../workers/pemIdentity.ts';
import { type QuotaMember, SharedQuotas } from '../workers/sharedQuotas.ts';
import { type ConnectedWorker, WorkerPool } from '../workers/workerPool.ts';
import { announceBridge, type BridgeOptions, limitsFrom } from './bridgeApp.ts';
import {
  type PrimaryMethods,
  type QuotaName,
  WORKER_ENVIRONMENT,
  type WorkerMethods,
} from './bridgeProtocol.ts';
import { OutageReports } from './recordings.ts';
import { type ReloadableUsers, UserPasswords } from './userPasswords.ts';

/** Longer than a worker takes to stop, shorter than `motd up` allows for the whole bridge. */
const STOP_DEADLINE_MS = 8_000;

const METRIC_NAMES = {
  workers: 'motd_bridge_workers',
  workerExits: 'motd_bridge_worker_exits_total',
};

/**
 * Runs the workers until a stop request.
 *
 * @param environment Added to the environment of the workers.
 */
export async function runPrimary(options: BridgeOptions, environment: Environment): Promise<void> {
  const tls = readTlsIdentity(options);
  const users = UserPasswords.fromFile(options.usersFile);
  const primary = new BridgePrimary(options, environment, users, tls);
  const { pool } = primary;
  const reloadCertificate = () => {
    const identity = readTlsIdentity(options);
    if (identity !== undefined) primary.replaceCertificate(identity);
  };
  onStopRequest(
    () => pool.stop(),
    reloadHandler(
      {
        'The certificate': tls && reloadCertificate,
        'The list of users': users?.reload,
      },
      options.log,
    ),
  );
  const listening = await pool.start();
  if (listening !== undefined) announceBridge(options, listening);
  await pool.ended;
  exitWhenFlushed();
}

class BridgePrimary {
  readonly pool: WorkerPool<QuotaName, WorkerMethods>;
  readonly #users: ReloadableUsers | undefined;
  readonly #metrics = new ClusterMetrics({ names: METRIC_NAMES });
  readonly #outages: OutageReports;
  #tls: TlsIdentity | undefined;

  constructor(
    options: BridgeOptions,
    environment: Environment,
    users: ReloadableUsers | undefined,
    tls: TlsIdentity | undefined,
  ) {
    const { log, workers, httpHost, httpPort } = options;
    this.#users = users;
    this.#tls = tls;
    this.#outages = new OutageReports(log);
    const limits = limitsFrom(options);
    const both = { sessions: sessionLimits(limits), connections: connectionLimits(limits) };
    this.pool = new WorkerPool<QuotaName, WorkerMethods>(
      {
        name: 'Bridge worker',
        count: workers,
        endpoint: { host: httpHost, port: httpPort },
        // Sessions are long and busy: each worker must get as many.
        distribution: 'inTurn',
        environment: { ...environment, ...WORKER_ENVIRONMENT },
        stopDeadlineMs: STOP_DEADLINE_MS,
        quotas: new SharedQuotas(both, workers),
        metrics: this.#metrics,
        connect: (child, member) => this.#connect(child, member),
      },
      linePrinter(log),
    );
  }

  replaceCertificate(tls: TlsIdentity): void {
    this.#tls = tls;
    for (const peer of this.pool.peers) peer.notify('replaceCertificate', toPem(tls));
  }

  #connect(child: ChildProcess, member: QuotaMember<QuotaName>): ConnectedWorker<WorkerMethods> {
    const users = this.#users;
    const methods: PrimaryMethods = {
      ...member.methods,
      loaded: () =>
        peer.notify('start', {
          httpPort: this.pool.port,
          tls: this.#tls && toPem(this.#tls),
          countedKeys: member.join(),
        }),
      checkPassword: async (address, user, password) =>
        users?.check(address, user, password) ?? 'notChecked',
      issueLogin: (user, scope) => users?.logins.issue(user, scope) ?? '',
      userOfLogin: (token, scope) => users?.logins.userOf(token, scope),
      revokeLogin: (token, scope) => users?.logins.revoke(token, scope),
      recordingOutage: (reason) => this.#outages.report(child, reason),
      metrics: () => this.#metrics.text(),
    };
    child.once('exit', () => this.#outages.forget(child));
    const peer = new IpcPeer<WorkerMethods>(child, methods);
    return { peer };
  }
}
