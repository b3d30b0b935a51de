// `motd serve`: runs the TCP server.

import { setTimeout as sleep } from 'node:timers/promises';
import { formatEndpoint, type ListenAddress } from '../../access/endpoint.ts';
import { type VerifyPassword, verifierFor } from '../../access/password.ts';
import { PasswordGuard } from '../../access/passwordGuard.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import { AdminServer } from '../../server/adminServer.ts';
import type { Log } from '../../server/events.ts';
import type { PasswordUse } from '../../server/session/action.ts';
import { openStore, publishAddress } from '../../server/stores/openStore.ts';
import type { MessageStore } from '../../server/stores/store.ts';
import { FolderInUseError, StoreOpenError } from '../../server/stores/storeOpenError.ts';
import { listenError, storeOpenError } from '../cliError.ts';
import { onStopRequest, type Ready, reportToParent } from '../lifecycle.ts';
import { defaultStore } from '../options/dataFolder.ts';
import { etcdCredentialsOf } from '../options/etcdOptions.ts';
import type { TlsOptions } from '../options/options.ts';
import { readPasswordFile } from '../options/passwordFile.ts';
import { rejectWeakPassword } from '../options/rejectWeakPassword.ts';
import type { HealthOptions, ServeOptions } from '../options/serverOptions.ts';
import { SERVER_SOCKET, socketFileFrom } from '../options/socketFile.ts';
import { readTlsIdentity } from '../options/tlsFiles.ts';
import { eventLog, flushAndExit } from '../output.ts';
import { withProgress } from '../progress.ts';
import { reloadHandler } from '../reload.ts';
import {
  type RunningServer,
  type ServeCommandOptions,
  type ServerParts,
  serverInProcess,
} from '../server/runningServer.ts';
import { inheritedSocket } from '../serviceManager.ts';
import { storeFolderLines } from '../storeFolder.ts';

/** Stands for every address of the machine (RFC 4291, section 2.5.2). */
const ANY_ADDRESS = '::';

/** Runs the server until SHUTDOWN or a stop request. */
export async function serve(options: ServeCommandOptions & TlsOptions): Promise<void> {
  const socket = inheritedSocket();
  if (socket === undefined) {
    rejectWeakPassword(options, options.host);
  } else {
    // The address of an inherited socket is not known before the server listens: assume any.
    rejectWeakPassword(options, ANY_ADDRESS, 'to listen on a socket from the service manager');
  }
  const file = socketFileFrom(options.socket, options.socketMode, SERVER_SOCKET);
  const passwords = createPasswordGuard(options);
  const tls = readTlsIdentity(options);
  const log = eventLog(options.log);
  const store = await openStoreFor(options, log);
  if (options.log === 'console') printStoreFolder(options.store);
  const server = await createServer({ options, socket, file, store, passwords, tls, log });
  const adminServer = new AdminServer({ server, store });
  let state: 'starting' | 'serving' | 'draining' = 'starting';
  const stop = async () => {
    adminServer.setStopping();
    if (state === 'serving' && options.drain > 0) {
      state = 'draining';
      await publishAddress(options.store, undefined);
      await sleep(options.drain * 1000, undefined, { ref: false });
    }
    // A second stop request ends the drain.
    server.stop();
  };
  const reloadCertificate = () => {
    const identity = readTlsIdentity(options);
    if (identity !== undefined) server.replaceCertificate(identity);
  };
  // Register before reporting readiness: a signal may follow immediately.
  onStopRequest(
    () => void stop(),
    reloadHandler({ 'The certificate': tls && reloadCertificate }, options.log),
  );
  const endpoints = await listen(server, adminServer, options).catch(async (error: unknown) => {
    adminServer.close();
    await store.close();
    throw error;
  });
  if (endpoints !== undefined) {
    state = 'serving';
    await publishAddress(options.store, endpoints.ready);
    reportToParent(endpoints);
  }
  await server.stopped;
  await store.close();
  adminServer.close();
  // A server that could not listen again is to be restarted.
  if (process.exitCode === undefined) reportToParent({ done: true });
  flushAndExit();
}

function createPasswordGuard(options: ServeOptions): PasswordGuard<PasswordUse> {
  const { password, passwordFile, storePasswordFile } = options;
  const verifiers = {
    shutDown: verifierFromFile(passwordFile, '--password-file') ?? verifierFor(password),
    store: verifierFromFile(storePasswordFile, '--store-password-file'),
  };
  return new PasswordGuard((use) => verifiers[use]);
}

function verifierFromFile(file: string | undefined, flag: string): VerifyPassword | undefined {
  return file === undefined ? undefined : readPasswordFile(file, flag);
}

async function createServer(parts: ServerParts): Promise<RunningServer> {
  if (parts.options.workers === 1) return serverInProcess(parts);
  const { ServerPrimary } = await import('../server/serverPrimary.ts');
  return new ServerPrimary(parts);
}

/**
 * Starts both servers. The admin server is first, so that it can report that the TCP server is
 * starting.
 *
 * @returns `undefined` if the TCP server was stopped before, or failed and another process has
 *   printed why.
 */
async function listen(
  server: RunningServer,
  adminServer: AdminServer,
  { healthHost, healthPort }: HealthOptions,
): Promise<Ready | undefined> {
  const healthEndpoint =
    healthPort === undefined
      ? undefined
      : await adminServer.listen(healthHost, healthPort).catch((error: unknown) => {
          throw listenError(error, { host: healthHost, port: healthPort }, '--health-port');
        });
  if (server.isStopping) return undefined;
  const ready = await server.listen();
  if (ready === undefined) return undefined;
  adminServer.setServing();
  return { ready, ...(healthEndpoint && { health: healthEndpoint }) };
}

async function openStoreFor(options: ServeOptions, log: Log | undefined): Promise<MessageStore> {
  const { store, history } = options;
  const etcd = etcdCredentialsOf(options);
  try {
    return await withProgress('Opening the store', (progress) => {
      const onRead = (bytes: number, totalBytes: number) => progress.update(bytes, totalBytes);
      return openStore(store, { historyLimit: history, etcd, log, onRead });
    });
  } catch (error) {
    if (!(error instanceof StoreOpenError)) throw error;
    const isSecond = error instanceof FolderInUseError && error.holder !== undefined;
    throw storeOpenError(error, isSecond ? describeFirst(options, error.holder) : error.message);
  }
}

/**
 * An operator who has named the folder knows it, and `motd up` prints it. On standard error: standard
 * output has the lines of the original's console, to the letter.
 */
function printStoreFolder(store: string): void {
  if (store !== defaultStore() || process.connected) return;
  for (const line of storeFolderLines(store)) process.stderr.write(`${escapeControls(line)}\n`);
}

/** @param first Where the server that uses the store answers. */
function describeFirst({ store, proxyKey }: ServeOptions, first: ListenAddress): string {
  const problem = `a server with ${store} is already running at ${formatEndpoint(first)}`;
  // Only `motd up` passes a key.
  return proxyKey === undefined
    ? `${problem}; stop it, or choose others with --store and --port`
    : `${problem}; open its page or stop it, or choose others with --store, --port and --http-port`;
}
