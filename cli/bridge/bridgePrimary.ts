// The primary of `motd bridge --workers`: starts the workers, distributes connections to them
// (node:cluster, round-robin), and holds everything they share. It relays nothing.

import type { ChildProcess } from 'node:child_process';
import cluster from 'node:cluster';
import type { Endpoint } from '../../access/endpoint.ts';
import { freeLocalhostPort, isLocalhost } from '../../access/localhost.ts';
import { WorkerLeases } from '../../access/workerLeases.ts';
import { connectionQuota, sessionQuota } from '../../bridge/bridge.ts';
import { ClusterMetrics } from '../../bridge/clusterMetrics.ts';
import { CliError } from '../cliError.ts';
import { onStopRequest, type Ready, type Report } from '../lifecycle.ts';
import { readTlsIdentity, type TlsIdentity } from '../options/tlsFiles.ts';
import { exitWhenFlushed, jsonLogger, printLine } from '../output.ts';
import { reloadHandler } from '../reload.ts';
import { type Environment, Supervisor } from '../supervisor.ts';
import { announceBridge, type BridgeOptions, limitsFrom } from './bridgeApp.ts';
import { IpcPeer } from './ipc.ts';
import { type ReloadableUsers, UserPasswords } from './userPasswords.ts';
import {
  type PrimaryMethods,
  type QuotaName,
  toPem,
  WORKER_ENVIRONMENT,
  type WorkerMethods,
} from './workerProtocol.ts';

/** Longer than a worker takes to stop, shorter than `motd up` allows for the whole bridge. */
const STOP_DEADLINE_MS = 8_000;

/**
 * Runs the workers until a stop request.
 *
 * @param environment Added to the environment of the workers.
 */
export async function runPrimary(options: BridgeOptions, environment: Environment): Promise<void> {
  if (!cluster.isPrimary) {
    throw new CliError('this process is already a cluster worker; leave out --workers');
  }
  const tls = readTlsIdentity(options);
  const users = UserPasswords.fromFile(options.usersFile);
  const primary = new BridgePrimary(options, environment, users, tls);
  const reloadCertificate = () => {
    const identity = readTlsIdentity(options);
    if (identity !== undefined) primary.replaceCertificate(identity);
  };
  onStopRequest(
    () => primary.stop(),
    reloadHandler(
      {
        'The certificate': tls && reloadCertificate,
        'The list of users': users?.reload,
      },
      options.log,
    ),
  );
  const listening = await primary.start();
  if (listening !== undefined) {
    announceBridge(options, listening);
  } else if (!primary.isStopping) {
    process.exitCode = 1;
    primary.stop();
  }
  await primary.ended;
  exitWhenFlushed();
}

class BridgePrimary {
  isStopping = false;
  readonly #environment: Environment;
  readonly #users: ReloadableUsers | undefined;
  readonly #sessions;
  readonly #connections;
  readonly #metrics = new ClusterMetrics();
  readonly #workers: readonly Supervisor[];
  readonly #peers = new Set<IpcPeer<WorkerMethods>>();
  /** The workers that listen. The port is open while there is one. */
  readonly #listening = new Set<ChildProcess>();
  readonly #log: (line: string) => void;
  #tls: TlsIdentity | undefined;
  readonly #host: string;
  #port: number;
  /** The endpoint of the first worker that was ready. Every worker must use its port. */
  #endpoint: Endpoint | undefined;

  constructor(
    options: BridgeOptions,
    environment: Environment,
    users: ReloadableUsers | undefined,
    tls: TlsIdentity | undefined,
  ) {
    const { log, workers, httpHost, httpPort } = options;
    this.#environment = environment;
    this.#users = users;
    this.#tls = tls;
    this.#host = httpHost;
    this.#port = httpPort;
    this.#sessions = sessionQuota(limitsFrom(options));
    this.#connections = connectionQuota(limitsFrom(options));
    const logger = jsonLogger(log);
    this.#log = log === 'console' ? printLine : (line) => logger?.warn(line);
    // Overrides NODE_CLUSTER_SCHED_POLICY: with `none`, few workers get most of the connections.
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({ stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#workers = Array.from({ length: workers }, (_, index) => this.#superviseWorker(index + 1));
  }

  /** Resolves when every worker has ended, and none will be restarted. */
  get ended(): Promise<unknown> {
    return Promise.all(this.#workers.map(({ ended }) => ended));
  }

  /** @returns The endpoint of the workers; `undefined` if one of them failed, and printed why. */
  async start(): Promise<Endpoint | undefined> {
    // Choose the port here: for port 0, each worker could get another one.
    if (this.#port === 0 && isLocalhost(this.#host)) this.#port = await freeLocalhostPort();
    const [first, ...others] = this.#workers;
    // An error in the settings would fail every worker. Start one first, to print the error once.
    const listening = await first?.start();
    if (listening === undefined) return undefined;
    const all = await Promise.all(others.map((worker) => worker.start()));
    return all.includes(undefined) ? undefined : listening.ready;
  }

  stop(): void {
    this.isStopping = true;
    for (const worker of this.#workers) worker.stop();
  }

  replaceCertificate(tls: TlsIdentity): void {
    this.#tls = tls;
    for (const peer of this.#peers) peer.notify('replaceCertificate', toPem(tls));
  }

  #superviseWorker(number: number): Supervisor {
    const name = `Bridge worker ${number}`;
    const start = (previous?: Ready) => {
      const child = this.#fork();
      child.on('message', (report: Report) => {
        if ('ready' in report && previous !== undefined) this.#log(`${name} was restarted.`);
      });
      return child;
    };
    return new Supervisor({ name, stopDeadlineMs: STOP_DEADLINE_MS, start }, this.#log);
  }

  #fork(): ChildProcess {
    const worker = cluster.fork({ ...this.#environment, ...WORKER_ENVIRONMENT });
    // It repeats the errors of its process, which the supervisor handles.
    worker.on('error', () => {});
    const child = worker.process;
    const leases = {
      sessions: new WorkerLeases(this.#sessions),
      connections: new WorkerLeases(this.#connections),
    };
    const peer = new IpcPeer<WorkerMethods>(child, this.#methodsFor(leases));
    this.#peers.add(peer);
    let removeMetrics = () => {};
    child.on('message', (report: Report) => {
      if (!('ready' in report)) return;
      removeMetrics = this.#metrics.addWorker(() => peer.call('sample'));
      this.#childOnReady(child, report.ready);
    });
    child.once('close', () => {
      peer.close();
      this.#peers.delete(peer);
      leases.sessions.releaseAll();
      leases.connections.releaseAll();
      removeMetrics();
      this.#childOnClose(child);
    });
    return child;
  }

  #methodsFor(leases: Record<QuotaName, WorkerLeases>): PrimaryMethods {
    return {
      config: () => ({ httpPort: this.#port, tls: this.#tls && toPem(this.#tls) }),
      acquire: (quota, source) => leases[quota].acquire(source),
      release: (quota, source) => leases[quota].release(source),
      checkPassword: async (address, user, password) =>
        this.#users?.check(address, user, password) ?? 'notChecked',
      issueLogin: (user, scope) => this.#users?.logins.issue(user, scope) ?? '',
      userOfLogin: (token, scope) => this.#users?.logins.userOf(token, scope),
      revokeLogin: (token, scope) => this.#users?.logins.revoke(token, scope),
      metrics: () => this.#metrics.text(),
    };
  }

  #childOnReady(child: ChildProcess, endpoint: Endpoint): void {
    this.#endpoint ??= endpoint;
    // If the port was closed in between, port 0 gives another one. Restart the worker with the old
    // port.
    if (endpoint.port === this.#endpoint.port) this.#listening.add(child);
    else child.kill();
  }

  // Node closes the listening socket when its last worker exits. The next worker must listen on the
  // same port.
  #childOnClose(child: ChildProcess): void {
    this.#listening.delete(child);
    if (this.#listening.size === 0 && this.#endpoint !== undefined)
      this.#port = this.#endpoint.port;
  }
}
