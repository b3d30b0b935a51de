// The server behind `motd serve`: in one process, or in several (serverPrimary.ts). Both own the same
// store and passwords, and are started, reloaded and stopped in the same way.

import { createSecureContext } from 'node:tls';
import { descriptorCheck } from '../../access/descriptors.ts';
import type { Endpoint } from '../../access/endpoint.ts';
import { LocalQuota } from '../../access/localQuota.ts';
import type { MetricsText } from '../../access/metricSamples.ts';
import type { PasswordGuard } from '../../access/passwordGuard.ts';
import { addressMatcher } from '../../access/source.ts';
import type { Log } from '../../server/events.ts';
import { ServerMetrics } from '../../server/metrics.ts';
import { MotdServer } from '../../server/server.ts';
import type { PasswordUse } from '../../server/session/action.ts';
import type { MessageStore } from '../../server/stores/store.ts';
import type { HealthOptions, ServeOptions, WorkersOptions } from '../options/serverOptions.ts';
import type { TlsIdentity } from '../options/tlsFiles.ts';
import { listen } from './listen.ts';

export type ServerOptions = ServeOptions & HealthOptions & WorkersOptions;

/** What the process that runs `motd serve` owns. */
export interface ServerParts {
  options: ServerOptions;
  /** The descriptor of a socket from the service manager. */
  socket: number | undefined;
  store: MessageStore;
  passwords: PasswordGuard<PasswordUse>;
  tls: TlsIdentity | undefined;
  log: Log | undefined;
}

export interface RunningServer {
  readonly isStopping: boolean;
  /** Resolves when the server has stopped and every reply is sent. */
  readonly stopped: Promise<unknown>;
  readonly metrics: MetricsText;
  /** @returns Whether every process of the server has a file descriptor left. */
  canAccept(): Promise<boolean>;
  /**
   * Starts to accept connections.
   *
   * @returns `undefined` if that failed, and another process has printed why.
   * @throws CliError if it cannot listen.
   */
  listen(): Promise<Endpoint | undefined>;
  /** Uses a new certificate for new connections. */
  replaceCertificate(tls: TlsIdentity): void;
  /** Stops accepting, answers every line received so far, and closes all connections. */
  stop(): void;
}

/** The server in this process alone. */
export function serverInProcess(parts: ServerParts): RunningServer {
  const { options, socket, store, passwords, tls, log } = parts;
  const server = new MotdServer({
    store,
    passwords,
    connections: new LocalQuota({
      total: options.maxConnections,
      perSource: options.maxConnectionsPerSource,
    }),
    idleTimeoutMs: options.idleTimeout * 1000,
    isTrustedProxy: addressMatcher(options.trustProxy ?? []),
    proxyKey: options.proxyKey,
    tls: tls && createSecureContext(tls),
    log,
  });
  return {
    get isStopping() {
      return server.isStopping;
    },
    stopped: server.stopped,
    metrics: new ServerMetrics({ process: options.healthPort !== undefined, server, store }),
    canAccept: descriptorCheck(1),
    listen: () => listen(server, options, socket),
    replaceCertificate: (identity) => server.replaceCertificate(createSecureContext(identity)),
    stop: () => void server.stop(),
  };
}
