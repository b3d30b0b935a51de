// The primary of `motd bridge --workers`: starts the workers, distributes connections to them in
// turn, and holds everything they share. It relays nothing.

import type { ChildProcess } from 'node:child_process';
import { withinTime } from '../../access/withinTime.ts';
import { connectionLimits, sessionLimits } from '../../bridge/limits.ts';
import type { Targets } from '../../bridge/relay/targetList.ts';
import { onStopRequest } from '../lifecycle.ts';
import { readTlsIdentity, type TlsIdentity } from '../options/tlsFiles.ts';
import { exitWhenFlushed, linePrinter } from '../output.ts';
import type { Environment } from '../supervisor.ts';
import { ClusterMetrics } from '../workers/clusterMetrics.ts';
import { IpcPeer } from '../workers/ipc.ts';
import { toPem } from '../workers/pemIdentity.ts';
import { type QuotaMember, SharedQuotas } from '../workers/sharedQuotas.ts';
import { type ConnectedWorker, WorkerPool } from '../workers/workerPool.ts';
import { addressFrom, announceBridge, type BridgeOptions, limitsFrom } from './bridgeApp.ts';
import {
  type PrimaryMethods,
  type QuotaName,
  WORKER_ENVIRONMENT,
  type WorkerMethods,
} from './bridgeProtocol.ts';
import { bridgeReload, type Replaceable } from './bridgeReload.ts';
import { readTargetCa, readTargets } from './bridgeTargets.ts';
import { outageLog } from './outageLog.ts';
import { Outages } from './outages.ts';
import { type ReloadableUsers, UserPasswords } from './userPasswords.ts';

/** Longer than a worker takes to stop, shorter than `motd up` allows for the whole bridge. */
const STOP_DEADLINE_MS = 8_000;

/** How long a worker may take to confirm new targets. */
const CONFIRM_TIMEOUT_MS = 5_000;

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
  const primary = new BridgePrimary({
    options,
    environment,
    tls: readTlsIdentity(options),
    users: UserPasswords.fromFile(options.usersFile),
    targets: readTargets(options),
    targetCa: readTargetCa(options),
  });
  const { pool } = primary;
  onStopRequest(() => pool.stop(), bridgeReload(options, primary));
  const listening = await pool.start();
  if (listening !== undefined) announceBridge(options, listening);
  await pool.ended;
  exitWhenFlushed();
}

interface PrimaryParts {
  options: BridgeOptions;
  /** Added to the environment of the workers. */
  environment: Environment;
  targets: Targets;
  targetCa: Buffer | undefined;
  users: ReloadableUsers | undefined;
  tls: TlsIdentity | undefined;
}

class BridgePrimary implements Replaceable {
  readonly pool: WorkerPool<QuotaName, WorkerMethods>;
  readonly users: ReloadableUsers | undefined;
  readonly #metrics = new ClusterMetrics({ names: METRIC_NAMES });
  readonly #outages: Outages;
  #targets: Targets;
  #targetCa: Buffer | undefined;
  #tls: TlsIdentity | undefined;

  constructor({ options, environment, targets, targetCa, users, tls }: PrimaryParts) {
    const { log, workers } = options;
    this.users = users;
    this.#targets = targets;
    this.#targetCa = targetCa;
    this.#tls = tls;
    this.#outages = new Outages(outageLog(log), () => {
      for (const peer of this.pool.peers) peer.notify('setOutages', this.#outages.keys);
    });
    const limits = limitsFrom(options);
    const both = { sessions: sessionLimits(limits), connections: connectionLimits(limits) };
    this.pool = new WorkerPool<QuotaName, WorkerMethods>(
      {
        name: 'Bridge worker',
        count: workers,
        endpoint: addressFrom(options),
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

  replaceTargetCa(pem: Buffer): void {
    this.#targetCa = pem;
    for (const peer of this.pool.peers) peer.notify('replaceTargetCa', pem.toString('latin1'));
  }

  /**
   * Resolves when every worker uses the new targets. One that ends meanwhile is restarted with them.
   *
   * @throws Error if a worker does not respond. It uses them as soon as it does.
   */
  async replaceTargets(targets: Targets): Promise<void> {
    this.#targets = targets;
    this.#outages.keepTargets(targets);
    const confirmed = this.pool.peers.map(async (peer) => {
      await peer.call('replaceTargets', targets).catch(() => {});
    });
    if ((await withinTime(Promise.all(confirmed), CONFIRM_TIMEOUT_MS, 'late')) === 'late')
      throw new Error('a worker does not respond; the other workers use the new list');
  }

  #connect(child: ChildProcess, member: QuotaMember<QuotaName>): ConnectedWorker<WorkerMethods> {
    const { users } = this;
    const methods: PrimaryMethods = {
      ...member.methods,
      loaded: () =>
        peer.notify('start', {
          address: this.pool.address,
          targets: this.#targets,
          targetCa: this.#targetCa?.toString('latin1'),
          tls: this.#tls && toPem(this.#tls),
          countedKeys: member.join(),
          outages: this.#outages.keys,
        }),
      checkPassword: async (address, user, password) =>
        users?.check(address, user, password) ?? 'notChecked',
      issueLogin: (user, scope) => users?.logins.issue(user, scope) ?? '',
      userOfLogin: (token, scope) => users?.logins.userOf(token, scope),
      revokeLogin: (token, scope) => users?.logins.revoke(token, scope),
      reportOutcome: (...outcome) => this.#outages.report(...outcome),
      metrics: () => this.#metrics.text(),
    };
    const peer = new IpcPeer<WorkerMethods>(child, methods);
    return { peer };
  }
}
