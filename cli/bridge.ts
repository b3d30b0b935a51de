// `motd bridge`: the bridge and the page alone.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildBridge } from '../bridge/bridge.ts';
import type { Target } from '../bridge/targets.ts';
import { type Address, hostAndPort } from '../server/address.ts';
import { onStopRequest, report } from './lifecycle.ts';
import { listenError, OperatorError } from './operatorError.ts';
import { DEFAULT_TARGET, type HttpOptions } from './options.ts';
import { leaveOutput, say, structuredLog } from './output.ts';

export interface BridgeOptions extends HttpOptions {
  target?: Target[];
}

const PAGE_DIR = fileURLToPath(new URL('../page', import.meta.url));

/** Bridges until a stop request. */
export async function bridge(options: BridgeOptions): Promise<void> {
  const { httpHost, httpPort, target: targets = [DEFAULT_TARGET], log } = options;
  if (!existsSync(PAGE_DIR)) throw new OperatorError('the page is not built; run: npm run build');

  const app = await buildBridge({ targets, pageDir: PAGE_DIR, logger: structuredLog(log) });
  const where = hostAndPort({ address: httpHost, port: httpPort });
  await app.listen({ host: httpHost, port: httpPort }).catch((error: unknown) => {
    throw listenError(error, where, '--http-port');
  });

  onStopRequest(() => void app.close().then(leaveOutput));
  const address = app.server.address() as Address;
  if (log === 'console') say(`Bridge is listening on http://${hostAndPort(address)}`);
  report({ ready: address });
}
