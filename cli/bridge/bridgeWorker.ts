// One of the processes of `motd bridge --workers`: it relays, and asks the primary for the rest.

import type { FastifyInstance } from 'fastify';
import type { Endpoint } from '../../access/endpoint.ts';
import type { Quota, QuotaLease } from '../../access/quota.ts';
import { replaceCertificate } from '../../bridge/http/httpServer.ts';
import { METRICS_CONTENT_TYPE, type MetricSample } from '../../bridge/metrics.ts';
import type { Primary } from '../../bridge/primary.ts';
import { onStopRequest, report } from '../lifecycle.ts';
import { exitWhenFlushed, structuredLog } from '../output.ts';
import { type BridgeOptions, startBridge } from './bridgeApp.ts';
import { IpcPeer } from './ipc.ts';
import {
  type IdentityText,
  identityFrom,
  type PrimaryMethods,
  type QuotaName,
  type WorkerMethods,
} from './workerProtocol.ts';

/** Takes its share of the connections until a stop request. */
export async function runWorker(options: BridgeOptions): Promise<void> {
  try {
    const { app, endpoint } = await start(options);
    onStopRequest(() => void app.close().then(exitWhenFlushed));
    report({ ready: endpoint });
  } catch (error) {
    // Node keeps a worker for as long as there is a primary.
    process.channel?.unref();
    throw error;
  }
}

async function start(
  options: BridgeOptions,
): Promise<{ app: FastifyInstance; endpoint: Endpoint }> {
  let app: FastifyInstance | undefined;
  let sample = async (): Promise<MetricSample[]> => [];
  /** The one of now: it may be renewed while we start. */
  let tls: IdentityText | undefined;
  const methods: WorkerMethods = {
    sample: () => sample(),
    renewCertificate: (renewed) => {
      tls = renewed;
      if (app !== undefined) replaceCertificate(app, identityFrom(renewed));
    },
  };
  const calls = new IpcPeer<PrimaryMethods>(process, methods);
  const setUp = await calls.call('setUp');
  tls = setUp.tls;
  const started = await startBridge(
    { ...options, httpPort: setUp.httpPort },
    {
      tls: setUp.tls && identityFrom(setUp.tls),
      // Requests are numbered in each worker.
      logger: structuredLog(options.log)?.child({ pid: process.pid }),
      ...(options.usersFile !== undefined && {
        checkPassword: (...who) => calls.call('checkPassword', ...who),
        logins: {
          issue: (user, scope) => calls.call('issueLogin', user, scope),
          userOf: (token, scope) => calls.call('userOfLogin', token, scope),
          revoke: (token, scope) => calls.call('revokeLogin', token, scope),
        },
      }),
      primary: primaryBehind(calls, (tell) => {
        sample = tell;
      }),
    },
  );
  app = started.app;
  if (tls !== undefined && tls !== setUp.tls) replaceCertificate(app, identityFrom(tls));
  return started;
}

function primaryBehind(calls: IpcPeer<PrimaryMethods>, onSample: Primary['onSample']): Primary {
  const quota = (name: QuotaName): Quota => ({
    acquire: async (source) =>
      (await calls.call('acquire', name, source)) ??
      leaseThat(() => calls.notify('release', name, source)),
  });
  return {
    sessions: quota('sessions'),
    connections: quota('connections'),
    metrics: { contentType: METRICS_CONTENT_TYPE, text: () => calls.call('metrics') },
    onSample,
  };
}

function leaseThat(release: () => void): QuotaLease {
  let isReleased = false;
  return {
    release: () => {
      if (!isReleased) release();
      isReleased = true;
    },
  };
}
