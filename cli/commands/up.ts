// `motd up`: runs the server and the bridge, each in its own process, so that neither can take the
// other down. After SHUTDOWN the server stays down; after a crash it is restarted.

import { type Endpoint, formatEndpoint, type ListenAddress } from '../../access/endpoint.ts';
import { isShared } from '../../server/stores/openStore.ts';
import { onStopRequest, type Ready } from '../lifecycle.ts';
import type { BridgeRuleOptions, HttpOptions } from '../options/bridgeOptions.ts';
import type { FeedOptions } from '../options/feedOptions.ts';
import type { TlsOptions } from '../options/options.ts';
import { newProxyKey } from '../options/proxyKey.ts';
import { rejectWeakPassword } from '../options/rejectWeakPassword.ts';
import type { ServeOptions } from '../options/serverOptions.ts';
import { startCommandEnvironment, upCommand } from '../options/startCommand.ts';
import { exitWhenFlushed, printLine } from '../output.ts';
import { PreparedBridge } from '../preparedBridge.ts';
import { storeFolderLines } from '../storeFolder.ts';
import { type Environment, Supervisor, startCommand } from '../supervisor.ts';

export interface UpOptions
  extends ServeOptions,
    HttpOptions,
    TlsOptions,
    BridgeRuleOptions,
    FeedOptions {
  usersFile?: string;
  open: boolean;
}

/** Longer than the server or the bridge takes to stop. */
const STOP_DEADLINE_MS = 10_000;

const SERVER_IS_DOWN =
  'The server was shut down and stays down; the page keeps running. ' +
  `To start the server again, press Ctrl-C, then run ${upCommand()}.`;

/**
 * @param environment For each child, the environment variables of its flags.
 * @returns The exit status, when both children have ended.
 */
export async function up(
  options: UpOptions,
  environment: Record<'serve' | 'bridge', Environment>,
): Promise<number> {
  rejectWeakPassword(options, options.httpHost);
  for (const origin of options.publicOrigin ?? []) {
    rejectWeakPassword(options, new URL(origin).hostname, `for --public-origin ${origin}`);
  }
  const log = options.log === 'console' ? printLine : () => {};
  const key = newProxyKey();
  let serverReady: Ready | undefined;
  const server = superviseServer(
    (previous) => ({ ...environment.serve, ...key, ...serverEnvironment(options, previous) }),
    log,
  );
  const preparedBridge = new PreparedBridge();
  const bridge = superviseBridge(
    preparedBridge,
    (previous) => ({
      ...environment.bridge,
      ...key,
      ...startCommandEnvironment(),
      ...bridgeEnvironment(serverReady, previous),
    }),
    log,
  );
  let isStopping = false;
  const stop = () => {
    isStopping = true;
    server.stop();
    bridge.stop();
    preparedBridge.cancel();
  };
  const isReloadable = options.tlsCert !== undefined || options.usersFile !== undefined;
  onStopRequest(stop, isReloadable ? () => bridge.reload() : undefined);

  serverReady = await server.start();
  const bridgeReady = serverReady && (await bridge.start());
  if (serverReady === undefined || bridgeReady === undefined) {
    const wasRequested = isStopping;
    stop();
    await Promise.all([server.ended, bridge.ended]);
    return wasRequested ? 0 : server.exitStatus || bridge.exitStatus || 1;
  }

  const page = pageAddress(options, bridgeReady.ready);
  const isOnUnixSocket = 'path' in bridgeReady.ready;
  const way = isOnUnixSocket ? `The page is on ${page}` : `Open ${page} in a browser`;
  log(`${way}, or run: ${netcatCommand(serverReady.ready)}`);
  for (const line of storeFolderLines(options.store)) log(line);
  void server.ended.then(() => {
    if (!isStopping) log(SERVER_IS_DOWN);
  });
  if (options.open) {
    const { default: openInBrowser } = await import('open');
    await openInBrowser(page).catch(() => log('Cannot open a browser on this machine.'));
  }
  await Promise.all([server.ended, bridge.ended]);
  exitWhenFlushed();
  return 0;
}

type EnvironmentAfter = (previous?: Ready) => Environment;

function superviseServer(environment: EnvironmentAfter, log: (line: string) => void): Supervisor {
  const start = (previous?: Ready) => startCommand('serve', environment(previous));
  return new Supervisor({ name: 'motd serve', stopDeadlineMs: STOP_DEADLINE_MS, start }, log);
}

function superviseBridge(
  prepared: PreparedBridge,
  environment: EnvironmentAfter,
  log: (line: string) => void,
): Supervisor {
  const start = (previous?: Ready) => prepared.start(environment(previous));
  return new Supervisor({ name: 'motd bridge', stopDeadlineMs: STOP_DEADLINE_MS, start }, log);
}

function serverEnvironment({ store }: UpOptions, previous?: Ready): Environment {
  return {
    // The bridge connects without TLS: both are on this machine.
    MOTD_TLS_CERT: undefined,
    MOTD_TLS_KEY: undefined,
    // No load balancer has to be redirected first: both stop together.
    MOTD_DRAIN: undefined,
    // The bridge's /readyz asks it whether the store is available.
    ...(isShared(store) && { MOTD_HEALTH_PORT: '0' }),
    ...(previous && 'port' in previous.ready && { MOTD_PORT: String(previous.ready.port) }),
    ...(previous?.health && { MOTD_HEALTH_PORT: String(previous.health.port) }),
  };
}

function bridgeEnvironment(serverReady: Ready | undefined, previous?: Ready): Environment {
  return {
    // The server closes idle sessions itself, with 421.
    MOTD_IDLE_TIMEOUT: undefined,
    // It has one target, on this machine.
    MOTD_TARGETS_FILE: undefined,
    MOTD_TARGET_CA: undefined,
    ...(serverReady && {
      MOTD_FEED: 'motd',
      MOTD_TARGET: `motd=${formatEndpoint(connectable(serverReady.ready))}+proxy-v2`,
    }),
    MOTD_READY_URL:
      serverReady?.health && `http://${formatEndpoint(connectable(serverReady.health))}/readyz`,
    ...(previous && 'port' in previous.ready && { MOTD_HTTP_PORT: String(previous.ready.port) }),
  };
}

function pageAddress({ tlsCert, basePath }: UpOptions, address: ListenAddress): string {
  const where = formatEndpoint(connectable(address));
  if ('path' in address) return where;
  return `${tlsCert === undefined ? 'http' : 'https'}://${where}${basePath}`;
}

function netcatCommand(address: ListenAddress): string {
  if ('path' in address) return `nc -U ${address.path}`;
  const { host, port } = connectable(address);
  return `nc ${host} ${port}`;
}

/** @returns An address for clients of a server that listens on this one, or on every address. */
function connectable<Address extends ListenAddress>(address: Address): Address | Endpoint {
  if ('path' in address) return address;
  const { host, port } = address;
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  if (host === '::') return { host: '::1', port };
  return { host, port };
}
