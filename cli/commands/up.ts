// `motd up`: the server and the bridge, each in a process of its own, so that neither can take
// the other down. SHUTDOWN ends the server for good; a crash only until it is started again.

import openInBrowser from 'open';
import { type Endpoint, formatEndpoint } from '../../access/endpoint.ts';
import { isShared } from '../../server/stores/openStore.ts';
import { onStopRequest, type Ready } from '../lifecycle.ts';
import type { BridgeRuleOptions, HttpOptions } from '../options/bridgeOptions.ts';
import type { TlsOptions } from '../options/options.ts';
import { newProxyKey } from '../options/proxyKey.ts';
import { refuseWeakPassword } from '../options/refuseWeakPassword.ts';
import type { ServeOptions } from '../options/serverOptions.ts';
import { exitWhenFlushed, say } from '../output.ts';
import { type Environment, Supervisor, startCommand } from '../supervisor.ts';

export interface UpOptions extends ServeOptions, HttpOptions, TlsOptions, BridgeRuleOptions {
  usersFile?: string;
  open: boolean;
}

// A relay makes much garbage in few objects:
// other threads that collect it cost more than they spare.
const BRIDGE_NODE_FLAGS = ['--single-threaded-gc'];

/** Longer than either takes to end in order. */
const STOP_DEADLINE_MS = 10_000;

const SERVER_IS_DOWN =
  'The server was shut down and stays down; the page stays. Ctrl-C ends it; then start both anew.';

/**
 * @param environment For each child, the environment twins of its flags that were given.
 * @returns The exit status, once everything has ended.
 */
export async function up(
  options: UpOptions,
  environment: Record<'serve' | 'bridge', Environment>,
): Promise<number> {
  refuseWeakPassword(options, options.httpHost);
  for (const origin of options.publicOrigin ?? []) {
    refuseWeakPassword(options, new URL(origin).hostname, `for --public-origin ${origin}`);
  }
  const tell = options.log === 'console' ? say : () => {};
  const key = newProxyKey();
  let served: Ready | undefined;
  const server = new Supervisor(
    {
      name: 'motd serve',
      stopDeadlineMs: STOP_DEADLINE_MS,
      start: (before) =>
        startCommand('serve', [], {
          ...environment.serve,
          ...key,
          // The bridge speaks to it without, and both are on this machine.
          MOTD_TLS_CERT: undefined,
          MOTD_TLS_KEY: undefined,
          // Who runs both stops both: nobody looks elsewhere meanwhile.
          MOTD_DRAIN: undefined,
          // There is news of it: the bridge's /readyz tells when the store is unavailable.
          ...(isShared(options.store) && { MOTD_HEALTH_PORT: '0' }),
          ...(before && { MOTD_PORT: String(before.ready.port) }),
          ...(before?.health && { MOTD_HEALTH_PORT: String(before.health.port) }),
        }),
    },
    tell,
  );
  const bridge = new Supervisor(
    {
      name: 'motd bridge',
      stopDeadlineMs: STOP_DEADLINE_MS,
      start: (before) =>
        startCommand('bridge', BRIDGE_NODE_FLAGS, {
          ...environment.bridge,
          ...key,
          // The server says so itself, and says 421.
          MOTD_IDLE_TIMEOUT: undefined,
          ...bridgeEnvironment(served, before),
        }),
    },
    tell,
  );
  let isStopping = false;
  const stop = () => {
    isStopping = true;
    server.stop();
    bridge.stop();
  };
  const isReloadable = options.tlsCert !== undefined || options.usersFile !== undefined;
  onStopRequest(stop, isReloadable ? () => bridge.reload() : undefined);

  served = await server.start();
  const bridged = served && (await bridge.start());
  if (served === undefined || bridged === undefined) {
    const wasAskedTo = isStopping;
    stop();
    await Promise.all([server.ended, bridge.ended]);
    return wasAskedTo ? 0 : 1;
  }

  const scheme = options.tlsCert === undefined ? 'http' : 'https';
  const page = `${scheme}://${formatEndpoint(reachable(bridged.ready))}${options.basePath}`;
  const { host, port } = reachable(served.ready);
  tell(`Open ${page} in a browser, or type: nc ${host} ${port}`);
  void server.ended.then(() => {
    if (!isStopping) tell(SERVER_IS_DOWN);
  });
  if (options.open) {
    await openInBrowser(page).catch(() => tell('No browser could be started here.'));
  }
  await Promise.all([server.ended, bridge.ended]);
  exitWhenFlushed();
  return 0;
}

function bridgeEnvironment(served: Ready | undefined, before?: Ready): Environment {
  return {
    ...(served && { MOTD_TARGET: `motd=${formatEndpoint(reachable(served.ready))}+proxy` }),
    MOTD_READY_URL: served?.health && `http://${formatEndpoint(reachable(served.health))}/readyz`,
    ...(before && { MOTD_HTTP_PORT: String(before.ready.port) }),
  };
}

/** Where to connect for what listens here: "every address" is not one to connect to. */
function reachable({ host, port }: Endpoint): Endpoint {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  if (host === '::') return { host: '::1', port };
  return { host, port };
}
