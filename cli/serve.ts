// `motd serve`: the TCP server alone.

import { hostAndPort } from '../server/address.ts';
import { openStore } from '../server/openStore.ts';
import { verifierFor } from '../server/password.ts';
import { MotdServer } from '../server/server.ts';
import { announceReady, onStopRequest } from './lifecycle.ts';
import { listenError, OperatorError } from './operatorError.ts';
import { DEFAULT_PASSWORD, type ServeOptions } from './options.ts';
import { serverLog } from './output.ts';

/** Serves until SHUTDOWN or a stop request. */
export async function serve(options: ServeOptions): Promise<void> {
  const { host, port, password } = options;
  if (password === DEFAULT_PASSWORD && !isLoopback(host)) {
    throw new OperatorError(
      `everybody knows the default password; set --password to listen on ${host}`,
    );
  }
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

  onStopRequest(() => server.stop());
  announceReady(address);
  await server.stopped;
  await store.close();
}

/** Whether only this machine can connect (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3). */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
