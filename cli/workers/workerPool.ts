// The workers of a primary (node:cluster): several processes that accept connections on one port.
// Each is supervised by itself.

import type { ChildProcess } from 'node:child_process';
import cluster from 'node:cluster';
import { chmodSync } from 'node:fs';
import type { Endpoint, ListenAddress } from '../../access/endpoint.ts';
import { freeLocalhostPort, isLocalhost } from '../../access/localhost.ts';
import type { MetricSample } from '../../access/metricSamples.ts';
import { PRIVATE_UMASK, removeStaleSocket } from '../../access/unixSocket.ts';
import { CliError, socketFileError } from '../cliError.ts';
import type { Ready, Report } from '../lifecycle.ts';
import type { ChosenSocketFile } from '../options/socketFile.ts';
import { type Environment, Supervisor } from '../supervisor.ts';
import type { ClusterMetrics } from './clusterMetrics.ts';
import type { IpcPeer } from './ipc.ts';
import type { QuotaMember, QuotaWorkerMethods, SharedQuotas } from './sharedQuotas.ts';

/** What every worker offers. */
export type PooledWorkerMethods<QuotaName extends string> = QuotaWorkerMethods<QuotaName> & {
  /** The worker's own metrics. */
  sample(): Promise<MetricSample[]>;
};

/** What the primary has of one worker process. */
export interface ConnectedWorker<WorkerMethods extends PooledWorkerMethods<never>> {
  peer: IpcPeer<WorkerMethods>;
  /** It listens. */
  onReady?(): void;
  /** It has ended, for any cause. */
  onClose?(): void;
}

export interface WorkerPoolOptions<
  QuotaName extends string,
  WorkerMethods extends PooledWorkerMethods<QuotaName>,
> {
  /** The name of each worker, at the start of a log line: `Bridge worker`. */
  name: string;
  count: number;
  /** Where they listen. */
  endpoint: Endpoint | ChosenSocketFile;
  /**
   * How a connection reaches a worker: the primary accepts it and passes it on to each in turn, or
   * the worker that the kernel wakes first accepts it from a socket that all of them share.
   */
  distribution: 'inTurn' | 'byKernel';
  /** Added to the environment of the workers. */
  environment: Environment;
  /** The arguments of the workers; by default, those of this process. */
  args?: string[];
  /** The time until a worker that does not stop is killed. */
  stopDeadlineMs: number;
  /** What the workers share, and their metrics together. */
  quotas: SharedQuotas<QuotaName>;
  metrics: ClusterMetrics;
  /** Connects the primary to a worker that starts. */
  connect(child: ChildProcess, member: QuotaMember<QuotaName>): ConnectedWorker<WorkerMethods>;
  /** Requests a worker to stop; by default with SIGTERM. */
  requestStop?(peer: IpcPeer<WorkerMethods>): void;
  /** No worker listens any more, although none was requested to stop. */
  onDeserted?(): void;
}

export class WorkerPool<
  QuotaName extends string,
  WorkerMethods extends PooledWorkerMethods<QuotaName>,
> {
  isStopping = false;
  readonly #options: WorkerPoolOptions<QuotaName, WorkerMethods>;
  readonly #log: (line: string) => void;
  readonly #supervisors: readonly Supervisor[];
  readonly #workers = new Map<ChildProcess, ConnectedWorker<WorkerMethods>>();
  /** The workers that listen. The port is open while there is one. */
  readonly #listening = new Set<ChildProcess>();
  #address: ListenAddress;
  /** The address of the first worker that was ready. Every worker must use its port. */
  #endpoint: ListenAddress | undefined;

  /**
   * @param log Called with each line for the operator.
   * @throws CliError if this process is itself a worker.
   */
  constructor(options: WorkerPoolOptions<QuotaName, WorkerMethods>, log: (line: string) => void) {
    if (!cluster.isPrimary) {
      throw new CliError(
        'nested-workers',
        'this process is already a cluster worker; leave out --workers',
      );
    }
    this.#options = options;
    this.#log = log;
    const { distribution, args, count, endpoint } = options;
    this.#address = 'path' in endpoint ? { path: endpoint.path } : endpoint;
    // Overrides NODE_CLUSTER_SCHED_POLICY.
    cluster.schedulingPolicy = distribution === 'inTurn' ? cluster.SCHED_RR : cluster.SCHED_NONE;
    cluster.setupPrimary({
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      ...(args !== undefined && { args }),
    });
    this.#supervisors = Array.from({ length: count }, (_, index) => this.#supervise(index + 1));
  }

  /** Where a worker has to listen. */
  get address(): ListenAddress {
    return this.#address;
  }

  /** The channels to the workers. */
  get peers(): IpcPeer<WorkerMethods>[] {
    return [...this.#workers.values()].map(({ peer }) => peer);
  }

  /** Whether no worker listens any more: each was killed, and will be restarted. */
  get isDeserted(): boolean {
    return this.#endpoint !== undefined && this.#listening.size === 0;
  }

  /** Resolves when every worker has ended, and none will be restarted. */
  get ended(): Promise<unknown> {
    return Promise.all(this.#supervisors.map(({ ended }) => ended));
  }

  /**
   * Starts the workers. If one of them fails, the pool stops, and this process will exit with status
   * 1.
   *
   * @returns The address of the workers; `undefined` if they were stopped before, or one of them
   *   failed and printed why.
   * @throws CliError if the path of a socket file is in use.
   */
  async start(): Promise<ListenAddress | undefined> {
    await this.#prepareAddress();
    const endpoint = await this.#startWorkers();
    if (endpoint === undefined && !this.isStopping) {
      process.exitCode = 1;
      this.stop();
    }
    return endpoint;
  }

  async #prepareAddress(): Promise<void> {
    const { endpoint } = this.#options;
    if ('path' in endpoint) {
      const { path, flag } = endpoint;
      await removeStaleSocket(path).catch((error: unknown) => {
        throw socketFileError(error, path, flag);
      });
      // Node binds in this process, when a worker listens: at any time.
      process.umask(PRIVATE_UMASK);
    } else if (endpoint.port === 0 && isLocalhost(endpoint.host)) {
      // Choose the port here: each worker could get another one.
      this.#address = { host: endpoint.host, port: await freeLocalhostPort() };
    }
  }

  async #startWorkers(): Promise<ListenAddress | undefined> {
    const [first, ...others] = this.#supervisors;
    // An error in the settings would fail every worker. Start one first, to print the error once.
    const listening = await first?.start();
    if (listening === undefined) return undefined;
    const all = await Promise.all(others.map((worker) => worker.start()));
    return all.includes(undefined) ? undefined : listening.ready;
  }

  stop(): void {
    this.isStopping = true;
    for (const supervisor of this.#supervisors) supervisor.stop();
  }

  #supervise(number: number): Supervisor {
    const { stopDeadlineMs, requestStop } = this.#options;
    const name = `${this.#options.name} ${number}`;
    const start = (previous?: Ready) => {
      const child = this.#fork();
      child.on('message', (report: Report) => {
        if ('ready' in report && previous !== undefined) this.#log(`${name} was restarted.`);
      });
      return child;
    };
    const options = {
      name,
      stopDeadlineMs,
      start,
      ...(requestStop && {
        requestStop: (child: ChildProcess) => {
          const worker = this.#workers.get(child);
          if (worker !== undefined) requestStop(worker.peer);
        },
      }),
    };
    return new Supervisor(options, this.#log);
  }

  #fork(): ChildProcess {
    const worker = cluster.fork(this.#options.environment);
    // It repeats the errors of its process, which the supervisor handles.
    worker.on('error', () => {});
    const child = worker.process;
    const { quotas, metrics } = this.#options;
    const member = quotas.member(() => connected.peer);
    const connected = this.#options.connect(child, member);
    let removeMetrics = () => {};
    this.#workers.set(child, connected);
    child.on('message', (report: Report) => {
      if (!('ready' in report)) return;
      const peer: IpcPeer<PooledWorkerMethods<QuotaName>> = connected.peer;
      removeMetrics = metrics.addWorker(() => peer.call('sample'));
      connected.onReady?.();
      this.#childOnReady(child, report.ready);
    });
    child.once('close', () => {
      connected.peer.close();
      this.#workers.delete(child);
      member.leave();
      removeMetrics();
      metrics.countExit();
      connected.onClose?.();
      this.#childOnClose(child);
    });
    return child;
  }

  #childOnReady(child: ChildProcess, address: ListenAddress): void {
    this.#endpoint ??= address;
    const { endpoint } = this.#options;
    if ('path' in endpoint && this.#listening.size === 0) openToPeers(endpoint);
    // If the port was closed in between, port 0 gives another one. Restart the worker with the old
    // port.
    if (portOf(address) === portOf(this.#endpoint)) this.#listening.add(child);
    else child.kill('SIGKILL');
  }

  // Node closes the listening socket when its last worker exits. The next worker must listen on the
  // same port.
  #childOnClose(child: ChildProcess): void {
    if (!this.#listening.delete(child) || this.#listening.size > 0) return;
    const { endpoint } = this.#options;
    if (this.#endpoint !== undefined && 'port' in this.#endpoint && 'port' in endpoint)
      this.#address = { host: endpoint.host, port: this.#endpoint.port };
    if (!this.isStopping) this.#options.onDeserted?.();
  }
}

/** Without its mode, or without the file, nobody but its owner can connect. */
function openToPeers({ path, mode }: ChosenSocketFile): void {
  try {
    chmodSync(path, mode);
  } catch {
    // Another process has removed it.
  }
}

function portOf(address: ListenAddress): number | undefined {
  return 'port' in address ? address.port : undefined;
}
