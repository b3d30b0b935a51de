// A worker of `motd serve --workers`: accepts connections and serves them, with a copy of the
// messages. It calls the primary for everything shared.

import { createSecureContext } from 'node:tls';
import { descriptorCheck } from '../../access/descriptors.ts';
import type { MetricSample } from '../../access/metricSamples.ts';
import { addressMatcher } from '../../access/source.ts';
import type { WorkerQuota } from '../../access/workerQuota.ts';
import type { Log } from '../../server/events.ts';
import { MessageInForce } from '../../server/messageInForce.ts';
import { MotdServer } from '../../server/server.ts';
import { Replica } from '../../server/stores/replica.ts';
import { reportToParent } from '../lifecycle.ts';
import type { LogFormat } from '../options/options.ts';
import { eventLog, flushAndExit } from '../output.ts';
import { IpcPeer } from '../workers/ipc.ts';
import { fromPem, type PemIdentity } from '../workers/pemIdentity.ts';
import { workerQuotas } from '../workers/sharedQuotas.ts';
import { listen } from './listen.ts';
import type { PrimaryMethods, WorkerConfig, WorkerMethods } from './serverProtocol.ts';

/** A signal to the whole process group, such as Ctrl-C, is for the primary. */
const SIGNALS_FOR_PRIMARY = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Serves connections until the primary requests a stop. */
export async function runWorker(): Promise<void> {
  for (const signal of SIGNALS_FOR_PRIMARY) process.on(signal, () => {});
  try {
    await serveUntilStopped();
  } catch (error) {
    // The IPC channel would keep this process alive as long as the primary.
    process.channel?.unref();
    throw error;
  }
  flushAndExit();
}

/** @throws CliError if it cannot listen. */
function serveUntilStopped(): Promise<void> {
  return new Promise((resolve, reject) => {
    let worker: ServerWorker | undefined;
    const canAccept = descriptorCheck(1);
    const methods: WorkerMethods = {
      start(config) {
        worker = new ServerWorker(config, primary);
        worker.run().then(resolve, reject);
      },
      stop() {
        if (worker === undefined) resolve();
        else worker.stop();
      },
      takeOver: (_quota, key) => worker?.connections.takeOver(key) ?? 0,
      handBack: (_quota, key) => worker?.connections.handBack(key),
      applyHistory: (batch) => worker?.replica.apply(batch),
      replaceCertificate: (tls) => worker?.replaceCertificate(tls),
      sample: async () => worker?.sample() ?? [],
      canAccept,
    };
    const primary = new IpcPeer<PrimaryMethods>(process, methods);
    primary.notify('loaded');
  });
}

class ServerWorker {
  readonly replica: Replica;
  readonly connections: WorkerQuota;
  readonly #config: WorkerConfig;
  readonly #primary: IpcPeer<PrimaryMethods>;
  readonly #server: MotdServer;
  #sample = async (): Promise<MetricSample[]> => [];

  // Synchronous: the next message of the primary may need all of it.
  constructor(config: WorkerConfig, primary: IpcPeer<PrimaryMethods>) {
    const { maxConnections: total, maxConnectionsPerSource: perSource } = config;
    this.#config = config;
    this.#primary = primary;
    this.replica = new Replica({
      historyLimit: config.historyLimit,
      // The channel would turn `undefined` into `null`.
      append: (record, ...after) => primary.call('append', record, ...after),
    });
    const limits = { connections: { total, perSource } };
    const quotas = workerQuotas(limits, config.workers, config.countedKeys, primary);
    this.connections = quotas.connections;
    this.#server = new MotdServer({
      store: this.replica,
      inForce: new MessageInForce({
        store: this.replica,
        initialMessage: config.initialMessage,
      }),
      passwords: {
        isGuarded: (use) => config.guardedUses.includes(use),
        check: (source, use, password) => primary.call('checkPassword', source, use, password),
      },
      connections: this.connections,
      idleTimeoutMs: config.idleTimeoutMs,
      isTrustedProxy: addressMatcher(config.trustProxy),
      proxyKey: config.proxyKey,
      compat: config.compat,
      tls: config.tls && createSecureContext(fromPem(config.tls)),
      log: withoutListening(config.log),
      onShutDown: () => primary.notify('shutDown'),
    });
  }

  /** Resolves when it has stopped. */
  async run(): Promise<void> {
    const { listen: endpoint, socket, hasMetrics } = this.#config;
    if (hasMetrics) {
      const { ServerMetrics } = await import('../../server/metrics.ts');
      const metrics = new ServerMetrics({ process: true, server: this.#server });
      this.#sample = () => metrics.sample();
    }
    await this.#primary.call('follow');
    if (!this.#server.isStopping) {
      reportToParent({ ready: await listen(this.#server, endpoint, socket) });
    }
    await this.#server.stopped;
  }

  stop(): void {
    void this.#server.stop();
  }

  replaceCertificate(tls: PemIdentity): void {
    this.#server.replaceCertificate(createSecureContext(fromPem(tls)));
  }

  sample(): Promise<MetricSample[]> {
    return this.#sample();
  }
}

/** The primary logs that the server listens, once for all workers. */
function withoutListening(format: LogFormat): Log | undefined {
  const log = eventLog(format);
  return log && ((event) => event.event !== 'listening' && log(event));
}
