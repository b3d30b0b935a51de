// `motd serve`: the TCP server alone.

import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import type { Endpoint } from '../../access/endpoint.ts';
import { type VerifyPassword, verifierFor } from '../../access/password.ts';
import { PasswordGuard } from '../../access/passwordGuard.ts';
import { addressMatcher } from '../../access/source.ts';
import { AdminServer } from '../../server/adminServer.ts';
import { errorMessage } from '../../server/errorMessage.ts';
import type { Log } from '../../server/events.ts';
import { MotdServer } from '../../server/server.ts';
import type { PasswordUse } from '../../server/session/session.ts';
import { openStore } from '../../server/stores/openStore.ts';
import type { MessageStore } from '../../server/stores/store.ts';
import { StoreOpenError } from '../../server/stores/storeOpenError.ts';
import { CliError, listenError } from '../cliError.ts';
import { onStopRequest, report } from '../lifecycle.ts';
import { etcdCredentialsOf } from '../options/etcdOptions.ts';
import type { TlsOptions } from '../options/options.ts';
import { readPasswordFile } from '../options/passwordFile.ts';
import { refuseWeakPassword } from '../options/refuseWeakPassword.ts';
import type { HealthOptions, ServeOptions } from '../options/serverOptions.ts';
import { readTlsIdentity } from '../options/tlsFiles.ts';
import { flushAndExit, serverLog } from '../output.ts';
import { reloading } from '../reload.ts';
import { passedSocket } from '../serviceManager.ts';

/** Every address of the machine (RFC 4291, section 2.5.2). */
const ANYWHERE = '::';

/** Serves until SHUTDOWN or a stop request. */
export async function serve(options: ServeOptions & TlsOptions & HealthOptions): Promise<void> {
  const socket = passedSocket();
  if (socket === undefined) refuseWeakPassword(options, options.host);
  // Where it listens is known only when it does: that may be anywhere.
  else refuseWeakPassword(options, ANYWHERE, 'to listen on a socket that is passed');
  const passwords = passwordsIn(options);
  const tls = readTlsIdentity(options);
  const log = serverLog(options.log);
  const store = await openStoreOf(options, log);
  const server = new MotdServer({
    store,
    passwords,
    limits: {
      maxConnections: options.maxConnections,
      maxConnectionsPerSource: options.maxConnectionsPerSource,
    },
    idleTimeoutMs: options.idleTimeout * 1000,
    isTrustedProxy: addressMatcher(options.trustProxy ?? []),
    proxyKey: options.proxyKey,
    tls: tls && createSecureContext(tls),
    log,
  });
  const health = new AdminServer(server, store);
  const listening = listen(server, health, options, socket).catch(async (error: unknown) => {
    health.close();
    await store.close();
    throw error;
  });

  let isDraining = false;
  const stop = async () => {
    health.setStopping();
    if (options.drain > 0 && !isDraining) {
      isDraining = true;
      await sleep(options.drain * 1000, undefined, { ref: false });
    }
    // Asked a second time, it does not wait.
    return server.stop();
  };
  const renewCertificate = () => {
    const renewed = readTlsIdentity(options);
    if (renewed !== undefined) server.replaceCertificate(createSecureContext(renewed));
  };
  // Before it says that it listens: somebody may send a signal as soon as they read that.
  onStopRequest(
    () => void listening.then(stop).catch(() => {}),
    reloading({ 'The certificate': tls && renewCertificate }, options.log),
  );
  report(await listening);
  await server.stopped;
  await store.close();
  health.close();
  report({ done: true });
  flushAndExit();
}

function passwordsIn(options: ServeOptions): PasswordGuard<PasswordUse> {
  const { password, passwordFile, storePasswordFile } = options;
  const passwords = {
    shutDown: fromFile(passwordFile, '--password-file') ?? verifierFor(password),
    store: fromFile(storePasswordFile, '--store-password-file'),
  };
  return new PasswordGuard((use) => passwords[use]);
}

function fromFile(file: string | undefined, flag: string): VerifyPassword | undefined {
  return file === undefined ? undefined : readPasswordFile(file, flag);
}

/** Where the operator can ask, from before the server accepts connections. */
async function listen(
  server: MotdServer,
  health: AdminServer,
  { host, port, healthHost, healthPort }: ServeOptions & HealthOptions,
  socket: number | undefined,
): Promise<{ ready: Endpoint; health?: Endpoint }> {
  const healthAt =
    healthPort === undefined
      ? undefined
      : await health.listen(healthHost, healthPort).catch((error: unknown) => {
          throw listenError(error, { host: healthHost, port: healthPort }, '--health-port');
        });
  const ready = await (socket === undefined
    ? listenOnAddress(server, host, port)
    : listenOnSocket(server, socket));
  health.setServing();
  return { ready, ...(healthAt && { health: healthAt }) };
}

async function openStoreOf(options: ServeOptions, log: Log | undefined): Promise<MessageStore> {
  const { store, message, history } = options;
  const etcd = etcdCredentialsOf(options);
  try {
    return await openStore(store, { initialMessage: message, historyLimit: history, etcd, log });
  } catch (error) {
    if (!(error instanceof StoreOpenError)) throw error;
    throw new CliError(error.message, { cause: error });
  }
}

function listenOnAddress(server: MotdServer, host: string, port: number): Promise<Endpoint> {
  return server.listen(host, port).catch((error: unknown) => {
    throw listenError(error, { host, port }, '--port');
  });
}

function listenOnSocket(server: MotdServer, socket: number): Promise<Endpoint> {
  return server.listenOnSocket(socket).catch((error: unknown) => {
    throw new CliError(`the socket that was passed is of no use: ${errorMessage(error)}`);
  });
}
