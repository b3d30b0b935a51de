// `motd serve`: the TCP server alone.

import { hostAndPort } from '../server/address.ts';
import { openStore } from '../server/openStore.ts';
import { verifierFor } from '../server/password.ts';
import { MotdServer } from '../server/server.ts';
import { onStopRequest, report } from './lifecycle.ts';
import { listenError, OperatorError } from './operatorError.ts';
import type { ServeOptions } from './options.ts';
import { leaveOutput, serverLog } from './output.ts';
import { refuseKnownPassword } from './refuseKnownPassword.ts';

/** Serves until SHUTDOWN or a stop request. */
export async function serve(options: ServeOptions): Promise<void> {
  const { host, port, password } = options;
  refuseKnownPassword(password, host);
  const store = await openStore(options.store, options.message);
  if (store === undefined) {
    throw new OperatorError(`no such store: ${options.store}; --store takes memory:`);
  }
  const server = new MotdServer({
    store,
    verifyPassword: verifierFor(password),
    log: serverLog(options.log),
  });
  const where = hostAndPort({ address: host, port });
  const address = await server.listen(host, port).catch((error: unknown) => {
    throw listenError(error, where, '--port');
  });

  onStopRequest(() => void server.stop());
  report({ ready: address });
  await server.stopped;
  await store.close();
  report({ done: true });
  leaveOutput();
}
