// `motd up`: the server and the bridge, each in a process of its own, so that neither can take
// the other down. SHUTDOWN ends the server for good; a crash only until it is started again.

import openInBrowser from 'open';
import { type Address, hostAndPort } from '../server/address.ts';
import { onStopRequest } from './lifecycle.ts';
import type { HttpOptions, ServeOptions } from './options.ts';
import { say } from './output.ts';
import { type Environment, Supervised } from './supervised.ts';

export interface UpOptions extends ServeOptions, HttpOptions {
  open: boolean;
}

// Concurrent sweeping of ArrayBuffers costs a relay two thirds of its bandwidth on Node 20.
const BRIDGE_NODE_FLAGS = ['--single-threaded-gc', '--max-semi-space-size=128'];

/** @returns The exit status, once everything has ended. */
export async function up(options: UpOptions): Promise<number> {
  const tell = options.log === 'console' ? say : () => {};
  const server = new Supervised('serve', [], tell);
  const bridge = new Supervised('bridge', BRIDGE_NODE_FLAGS, tell);
  let isStopping = false;
  const stop = () => {
    isStopping = true;
    server.stop();
    bridge.stop();
  };
  onStopRequest(stop);

  const serverAt = await server.start((before) => serverEnvironment(options, before));
  if (serverAt === undefined) return isStopping ? 0 : 1;

  void server.ended.then(() => {
    if (!isStopping)
      tell('The server was shut down and stays down; the page stays. Ctrl-C ends it.');
  });
  const bridgeAt = await bridge.start((before) => bridgeEnvironment(options, serverAt, before));
  if (bridgeAt === undefined) {
    const wasAskedTo = isStopping;
    stop();
    await server.ended;
    return wasAskedTo ? 0 : 1;
  }

  const page = `http://${hostAndPort(reachable(bridgeAt))}`;
  const { address, port } = reachable(serverAt);
  tell(`Open ${page} in a browser, or type: nc ${address} ${port}`);
  if (options.open) await openInBrowser(page);
  await Promise.all([server.ended, bridge.ended]);
  return 0;
}

function serverEnvironment(options: UpOptions, before?: Address): Environment {
  return {
    MOTD_HOST: options.host,
    MOTD_PORT: String(before?.port ?? options.port),
    MOTD_STORE: options.store,
    MOTD_MESSAGE: options.message,
    MOTD_PASSWORD: options.password,
    MOTD_LOG: options.log,
  };
}

function bridgeEnvironment(options: UpOptions, serverAt: Address, before?: Address): Environment {
  return {
    MOTD_TARGET: `motd=${hostAndPort(reachable(serverAt))}`,
    MOTD_HTTP_HOST: options.httpHost,
    MOTD_HTTP_PORT: String(before?.port ?? options.httpPort),
    MOTD_LOG: options.log,
  };
}

/** Where to connect for what listens here: "every address" is not one to connect to. */
function reachable({ address, port }: Address): Address {
  if (address === '0.0.0.0') return { address: '127.0.0.1', port };
  if (address === '::') return { address: '::1', port };
  return { address, port };
}
