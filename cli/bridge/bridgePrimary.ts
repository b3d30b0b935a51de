// The primary of `motd bridge --workers`: it starts the workers, hands each connection to the next
// of them (node:cluster, round-robin), and keeps what is to hold for all together. It relays nothing.

import type { ChildProcess } from 'node:child_process';
import cluster from 'node:cluster';
import { freeLocalhostPort, isLocalhost } from '../../access/localhost.ts';
import { WorkerLeases } from '../../access/workerLeases.ts';
import { connectionQuota, sessionQuota } from '../../bridge/bridge.ts';
import { ClusterMetrics } from '../../bridge/clusterMetrics.ts';
import { CliError } from '../cliError.ts';
import { onStopRequest, type Ready, type Report } from '../lifecycle.ts';
import { readTlsIdentity, type TlsIdentity } from '../options/tlsFiles.ts';
import { exitWhenFlushed, say, structuredLog } from '../output.ts';
import { reloading } from '../reload.ts';
import { type Environment, Supervisor } from '../supervisor.ts';
import { announce, type BridgeOptions, limitsFrom } from './bridgeApp.ts';
import { IpcPeer } from './ipc.ts';
import { type FileOfUsers, UserPasswords } from './userPasswords.ts';
import {
  identityText,
  type PrimaryMethods,
  type QuotaName,
  WORKER_ENVIRONMENT,
  type WorkerMethods,
} from './workerProtocol.ts';

/** Longer than a worker takes to end in order; shorter than what `motd up` gives us. */
const STOP_DEADLINE_MS = 8_000;

/** Runs the workers until a stop request. @param environment What theirs has beside ours. */
export async function runPrimary(options: BridgeOptions, environment: Environment): Promise<void> {
  if (!cluster.isPrimary) {
    throw new CliError('this is a worker of another cluster already; leave out --workers');
  }
  const tls = readTlsIdentity(options);
  const users = UserPasswords.fromFile(options.usersFile);
  const primary = new BridgePrimary(options, environment, users, tls);
  const renewCertificate = () => {
    const renewed = readTlsIdentity(options);
    if (renewed !== undefined) primary.renewCertificate(renewed);
  };
  onStopRequest(
    () => primary.stop(),
    reloading(
      {
        'The certificate': tls && renewCertificate,
        'The list of users': users?.reload,
      },
      options.log,
    ),
  );
  const listening = await primary.start();
  if (listening !== undefined) announce(options, listening.ready);
  else if (!primary.isStopping) {
    process.exitCode = 1;
    primary.stop();
  }
  await primary.ended;
  exitWhenFlushed();
}

class BridgePrimary {
  isStopping = false;
  readonly #environment: Environment;
  readonly #users: FileOfUsers | undefined;
  readonly #sessions;
  readonly #connections;
  readonly #metrics = new ClusterMetrics();
  readonly #workers: readonly Supervisor[];
  readonly #calls = new Set<IpcPeer<WorkerMethods>>();
  /** Those that listen. While one does, the port is open. */
  readonly #listening = new Set<ChildProcess>();
  readonly #tell: (line: string) => void;
  #tls: TlsIdentity | undefined;
  readonly #host: string;
  #port: number;
  #ready: Ready | undefined;

  constructor(
    options: BridgeOptions,
    environment: Environment,
    users: FileOfUsers | undefined,
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
    this.#tell = log === 'console' ? say : (line) => structuredLog(log)?.warn(line);
    // That of `NODE_CLUSTER_SCHED_POLICY=none` leaves most connections to few of them.
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({ stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#workers = Array.from({ length: workers }, (_, index) => this.#worker(index + 1));
  }

  /** Settles once no worker is left, and none will be started. */
  get ended(): Promise<unknown> {
    return Promise.all(this.#workers.map(({ ended }) => ended));
  }

  /** @returns Where they listen; `undefined` where one could not, having said why itself. */
  async start(): Promise<Ready | undefined> {
    // A worker cannot look for one: each try is another port to share.
    if (this.#port === 0 && isLocalhost(this.#host)) this.#port = await freeLocalhostPort();
    const [first, ...others] = this.#workers;
    // What is wrong is wrong for each of them; it is to be said once.
    const listening = await first?.start();
    if (listening === undefined) return undefined;
    const all = await Promise.all(others.map((worker) => worker.start()));
    return all.includes(undefined) ? undefined : listening;
  }

  stop(): void {
    this.isStopping = true;
    for (const worker of this.#workers) worker.stop();
  }

  renewCertificate(tls: TlsIdentity): void {
    this.#tls = tls;
    for (const calls of this.#calls) calls.notify('renewCertificate', identityText(tls));
  }

  #worker(number: number): Supervisor {
    const name = `Bridge worker ${number}`;
    const start = (before?: Ready) => {
      const child = this.#fork();
      child.on('message', (report: Report) => {
        if ('ready' in report && before !== undefined) this.#tell(`${name} is back.`);
      });
      return child;
    };
    return new Supervisor({ name, stopDeadlineMs: STOP_DEADLINE_MS, start }, this.#tell);
  }

  #fork(): ChildProcess {
    const worker = cluster.fork({ ...this.#environment, ...WORKER_ENVIRONMENT });
    // It repeats those of its process, which are looked after.
    worker.on('error', () => {});
    const child = worker.process;
    const leases = {
      sessions: new WorkerLeases(this.#sessions),
      connections: new WorkerLeases(this.#connections),
    };
    const calls = new IpcPeer<WorkerMethods>(child, this.#methodsFor(leases));
    this.#calls.add(calls);
    let leaveMetrics = () => {};
    child.on('message', (report: Report) => {
      if (!('ready' in report)) return;
      leaveMetrics = this.#metrics.addWorker(() => calls.call('sample'));
      this.#childOnReady(child, report);
    });
    child.once('close', () => {
      calls.close();
      this.#calls.delete(calls);
      leases.sessions.releaseAll();
      leases.connections.releaseAll();
      leaveMetrics();
      this.#childOnClose(child);
    });
    return child;
  }

  #methodsFor(leases: Record<QuotaName, WorkerLeases>): PrimaryMethods {
    return {
      setUp: () => ({ httpPort: this.#port, tls: this.#tls && identityText(this.#tls) }),
      acquire: (quota, source) => leases[quota].acquire(source),
      release: (quota, source) => leases[quota].release(source),
      checkPassword: async (address, user, password) =>
        this.#users?.check(address, user, password) ?? 'refused',
      issueLogin: (user, scope) => this.#users?.logins.issue(user, scope) ?? '',
      userOfLogin: (token, scope) => this.#users?.logins.userOf(token, scope),
      revokeLogin: (token, scope) => this.#users?.logins.revoke(token, scope),
      metrics: () => this.#metrics.text(),
    };
  }

  #childOnReady(child: ChildProcess, ready: Ready): void {
    this.#ready ??= ready;
    // Port 0 is another one each time it is opened anew.
    if (ready.ready.port === this.#ready.ready.port) this.#listening.add(child);
    else child.kill();
  }

  // Node closes the port with its last worker; who opens it again has to open the same.
  #childOnClose(child: ChildProcess): void {
    this.#listening.delete(child);
    if (this.#listening.size === 0 && this.#ready !== undefined)
      this.#port = this.#ready.ready.port;
  }
}
