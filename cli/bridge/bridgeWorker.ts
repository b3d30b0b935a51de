// A worker of `motd bridge --workers`: relays sessions, and calls the primary for everything
// shared.

import type { FastifyInstance } from 'fastify';
import type { Endpoint } from '../../access/endpoint.ts';
import { createLease, type Quota } from '../../access/quota.ts';
import { replaceCertificate } from '../../bridge/http/httpServer.ts';
import { METRICS_CONTENT_TYPE, type MetricSample } from '../../bridge/metrics.ts';
import type { Primary } from '../../bridge/primary.ts';
import { onStopRequest, reportToParent } from '../lifecycle.ts';
import { exitWhenFlushed, jsonLogger } from '../output.ts';
import { type BridgeOptions, startBridgeApp } from './bridgeApp.ts';
import { IpcPeer } from './ipc.ts';
import {
  fromPem,
  type PemIdentity,
  type PrimaryMethods,
  type QuotaName,
  type WorkerMethods,
} from './workerProtocol.ts';

/** Serves its share of the connections until a stop request. */
export async function runWorker(options: BridgeOptions): Promise<void> {
  try {
    const { app, endpoint } = await start(options);
    onStopRequest(() => void app.close().then(exitWhenFlushed));
    reportToParent({ ready: endpoint });
  } catch (error) {
    // The IPC channel would keep this process alive as long as the primary.
    process.channel?.unref();
    throw error;
  }
}

async function start(
  options: BridgeOptions,
): Promise<{ app: FastifyInstance; endpoint: Endpoint }> {
  let app: FastifyInstance | undefined;
  let sample = async (): Promise<MetricSample[]> => [];
  /** The current certificate. It may be replaced while the bridge starts. */
  let tls: PemIdentity | undefined;
  const methods: WorkerMethods = {
    sample: () => sample(),
    replaceCertificate: (replacement) => {
      tls = replacement;
      if (app !== undefined) replaceCertificate(app, fromPem(replacement));
    },
  };
  const primary = new IpcPeer<PrimaryMethods>(process, methods);
  const config = await primary.call('config');
  tls = config.tls;
  const started = await startBridgeApp(
    { ...options, httpPort: config.httpPort },
    {
      tls: config.tls && fromPem(config.tls),
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
      primary: primaryOver(primary, (ownSample) => {
        sample = ownSample;
      }),
    },
  );
  app = started.app;
  if (tls !== undefined && tls !== config.tls) replaceCertificate(app, fromPem(tls));
  return started;
}

function primaryOver(primary: IpcPeer<PrimaryMethods>, onSample: Primary['onSample']): Primary {
  const quota = (name: QuotaName): Quota => ({
    acquire: async (source) =>
      (await primary.call('acquire', name, source)) ??
      createLease(() => primary.notify('release', name, source)),
  });
  return {
    sessions: quota('sessions'),
    connections: quota('connections'),
    metrics: { contentType: METRICS_CONTENT_TYPE, text: () => primary.call('metrics') },
    onSample,
  };
}
