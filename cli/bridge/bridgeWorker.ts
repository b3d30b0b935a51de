// A worker of `motd bridge --workers`: relays sessions, and calls the primary for everything
// shared.

import type { FastifyInstance } from 'fastify';
import type { ListenAddress } from '../../access/endpoint.ts';
import { METRICS_CONTENT_TYPE, type MetricSample } from '../../access/metricSamples.ts';
import type { WorkerQuota } from '../../access/workerQuota.ts';
import { replaceCertificate } from '../../bridge/http/httpServer.ts';
import { connectionLimits, sessionLimits } from '../../bridge/limits.ts';
import { TargetCas } from '../../bridge/relay/targetCas.ts';
import { TargetList } from '../../bridge/relay/targetList.ts';
import { onStopRequest, reportToParent } from '../lifecycle.ts';
import { exitWhenFlushed, jsonLogger } from '../output.ts';
import { IpcPeer } from '../workers/ipc.ts';
import { fromPem, type PemIdentity } from '../workers/pemIdentity.ts';
import { workerQuotas } from '../workers/sharedQuotas.ts';
import {
  type BridgeOptions,
  type BridgeParts,
  limitsFrom,
  type StartedBridge,
  startBridgeApp,
} from './bridgeApp.ts';
import type { PrimaryMethods, QuotaName, WorkerConfig, WorkerMethods } from './bridgeProtocol.ts';
import { type ReportOutcome, WorkerOutages } from './outages.ts';

/** Serves its share of the connections until a stop request. */
export async function runWorker(options: BridgeOptions): Promise<void> {
  try {
    const { app, address } = await start(options);
    onStopRequest(() => void app.close().then(exitWhenFlushed));
    reportToParent({ ready: address });
  } catch (error) {
    // The IPC channel would keep this process alive as long as the primary.
    process.channel?.unref();
    throw error;
  }
}

function start(options: BridgeOptions): Promise<StartedBridge> {
  return new Promise((resolve, reject) => {
    let worker: BridgeWorker | undefined;
    const methods: WorkerMethods = {
      start(config) {
        worker = new BridgeWorker(options, config, primary);
        worker.start().then(resolve, reject);
      },
      takeOver: (quota, key) => worker?.quotas[quota].takeOver(key) ?? 0,
      handBack: (quota, key) => worker?.quotas[quota].handBack(key),
      sample: async () => worker?.sample() ?? [],
      replaceCertificate: (tls) => worker?.replaceCertificate(tls),
      replaceTargetCa: (pem) => worker?.targetCas.replace(Buffer.from(pem, 'latin1')),
      setOutages: (keys) => worker?.outages.setKeys(keys),
      replaceTargets: (targets) => worker?.targets.replace(targets),
    };
    const primary = new IpcPeer<PrimaryMethods>(process, methods);
    primary.notify('loaded');
  });
}

class BridgeWorker {
  readonly quotas: Record<QuotaName, WorkerQuota>;
  readonly targets: TargetList;
  readonly targetCas: TargetCas;
  readonly outages: WorkerOutages;
  readonly #options: BridgeOptions;
  readonly #primary: IpcPeer<PrimaryMethods>;
  readonly #address: ListenAddress;
  /** The current certificate. It may be replaced while the bridge starts. */
  #tls: PemIdentity | undefined;
  #app: FastifyInstance | undefined;
  #sample = async (): Promise<MetricSample[]> => [];

  // Synchronous: the next message of the primary may need the quotas.
  constructor(
    options: BridgeOptions,
    { address, targets, targetCa, tls, countedKeys, outages }: WorkerConfig,
    primary: IpcPeer<PrimaryMethods>,
  ) {
    const limits = limitsFrom(options);
    const both = { sessions: sessionLimits(limits), connections: connectionLimits(limits) };
    this.quotas = workerQuotas(both, options.workers, countedKeys, primary);
    this.targets = new TargetList(targets);
    this.targetCas = new TargetCas(
      targetCa === undefined ? undefined : Buffer.from(targetCa, 'latin1'),
    );
    const pass: ReportOutcome = (...outcome) => primary.notify('reportOutcome', ...outcome);
    this.outages = new WorkerOutages(pass, outages);
    this.#options = options;
    this.#primary = primary;
    this.#address = address;
    this.#tls = tls;
  }

  async start(): Promise<StartedBridge> {
    const options = this.#options;
    const primary = this.#primary;
    const tls = this.#tls;
    const parts: BridgeParts = {
      targets: this.targets,
      targetCas: this.targetCas,
      tls: tls && fromPem(tls),
      // Each worker numbers its requests from 1: add the process id, to distinguish them.
      logger: jsonLogger(options.log)?.child({ pid: process.pid }),
      ...(options.usersFile !== undefined && {
        checkPassword: (...credentials) => primary.call('checkPassword', ...credentials),
        logins: {
          issue: (user, scope) => primary.call('issueLogin', user, scope),
          userOf: (token, scope) => primary.call('userOfLogin', token, scope),
          revoke: (token, scope) => primary.call('revokeLogin', token, scope),
        },
      }),
      primary: {
        ...this.quotas,
        metrics: { contentType: METRICS_CONTENT_TYPE, text: () => primary.call('metrics') },
        onSample: (sample) => {
          this.#sample = sample;
        },
      },
    };
    const started = await startBridgeApp(options, this.#address, parts, (...outcome) =>
      this.outages.report(...outcome),
    );
    this.#app = started.app;
    if (this.#tls !== undefined && this.#tls !== tls) this.replaceCertificate(this.#tls);
    return started;
  }

  sample(): Promise<MetricSample[]> {
    return this.#sample();
  }

  replaceCertificate(tls: PemIdentity): void {
    this.#tls = tls;
    if (this.#app !== undefined) replaceCertificate(this.#app, fromPem(tls));
  }
}
