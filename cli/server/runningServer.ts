// The server behind `motd serve`: in one process, or in several (serverPrimary.ts). Both own the same
// store and passwords, and are started, reloaded and stopped in the same way.

import { createSecureContext } from 'node:tls';
import { descriptorCheck, OUT_OF_DESCRIPTORS } from '../../access/descriptors.ts';
import type { ListenAddress } from '../../access/endpoint.ts';
import { LocalQuota } from '../../access/localQuota.ts';
import type { MetricsText } from '../../access/metricSamples.ts';
import type { PasswordGuard } from '../../access/passwordGuard.ts';
import { addressMatcher } from '../../access/source.ts';
import type { Log } from '../../server/events.ts';
import { MessageInForce } from '../../server/messageInForce.ts';
import { ServerMetrics } from '../../server/metrics.ts';
import { MotdServer } from '../../server/server.ts';
import type { PasswordUse } from '../../server/session/action.ts';
import type { MessageStore } from '../../server/stores/store.ts';
import type { HealthOptions, ServeOptions, WorkersOptions } from '../options/serverOptions.ts';
import type { ChosenSocketFile } from '../options/socketFile.ts';
import type { TlsIdentity } from '../options/tlsFiles.ts';
import { listen } from './listen.ts';

export type ServeCommandOptions = ServeOptions & HealthOptions & WorkersOptions;

/** What the process that runs `motd serve` owns. */
export interface ServerParts {
  options: ServeCommandOptions;
  /** The descriptor of a socket from the service manager. */
  socket: number | undefined;
  /** The Unix socket to listen on, in place of a port. */
  file: ChosenSocketFile | undefined;
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
  /** @returns Why no connection can be accepted; `undefined` if one can. */
  whyNotAccepting(): Promise<string | undefined>;
  /**
   * Starts to accept connections.
   *
   * @returns `undefined` if it was stopped before, or failed and another process has printed why.
   * @throws CliError if it cannot listen.
   */
  listen(): Promise<ListenAddress | undefined>;
  /** Uses a new certificate for new connections. */
  replaceCertificate(tls: TlsIdentity): void;
  /**
   * Stops accepting, answers every line received so far, and closes all connections. May be called
   * at any time.
   */
  stop(): void;
}

/** The server in this process alone. */
export function serverInProcess(parts: ServerParts): RunningServer {
  const { options, socket, file, store, passwords, tls, log } = parts;
  const inForce = messageInForce(parts);
  const server = new MotdServer({
    store,
    inForce,
    passwords,
    connections: new LocalQuota({
      total: options.maxConnections,
      perSource: options.maxConnectionsPerSource,
    }),
    idleTimeoutMs: options.idleTimeout * 1000,
    isTrustedProxy: addressMatcher(options.trustProxy ?? []),
    proxyKey: options.proxyKey,
    compat: options.compat,
    tls: tls && createSecureContext(tls),
    log,
  });
  const canOpen = descriptorCheck(1);
  let listening: Promise<unknown> = Promise.resolve();
  return {
    get isStopping() {
      return server.isStopping;
    },
    stopped: server.stopped,
    metrics: new ServerMetrics({
      process: options.healthPort !== undefined,
      server,
      store,
      inForce,
    }),
    whyNotAccepting: async () => ((await canOpen()) ? undefined : OUT_OF_DESCRIPTORS),
    listen() {
      const address = listen(server, file ?? options, socket);
      listening = address;
      return address;
    },
    replaceCertificate: (identity) => server.replaceCertificate(createSecureContext(identity)),
    // Node cannot stop while it is about to listen.
    stop: () => void listening.then(() => server.stop()).catch(() => {}),
  };
}

/** The message in force of the store that this process owns. */
export function messageInForce({ options, store, log }: ServerParts): MessageInForce {
  return new MessageInForce({
    store,
    initialMessage: options.message,
    onClockChange: (message) => log?.({ event: 'changedByClock', message }),
  });
}
