// `motd serve`: the TCP server alone.

import { createSecureContext } from 'node:tls';
import { type VerifyPassword, verifierFor } from '../access/password.ts';
import { PasswordGuard } from '../access/passwordGuard.ts';
import { addressMatcher } from '../access/source.ts';
import { hostAndPort } from '../server/address.ts';
import { openStore } from '../server/openStore.ts';
import { MotdServer } from '../server/server.ts';
import type { PasswordUse } from '../server/session.ts';
import type { MessageStore } from '../server/store.ts';
import { UnusableStoreError } from '../server/unusableStore.ts';
import { onStopRequest, report } from './lifecycle.ts';
import { listenError, OperatorError } from './operatorError.ts';
import { LOOPBACK, type ServeOptions, type TlsOptions } from './options.ts';
import { leaveOutput, serverLog } from './output.ts';
import { readPasswordFile } from './passwordFile.ts';
import { refuseWeakPassword } from './refuseWeakPassword.ts';
import { reloading } from './reloading.ts';
import { readTlsIdentity } from './tlsFiles.ts';

/** Serves until SHUTDOWN or a stop request. */
export async function serve(options: ServeOptions & TlsOptions): Promise<void> {
  const { host, port } = options;
  refuseWeakPassword(options, host);
  const passwords = passwordsIn(options);
  const tls = readTlsIdentity(options);
  const store = await openStoreOf(options);
  const server = new MotdServer({
    store,
    passwords,
    limits: {
      maxConnections: options.maxConnections,
      maxConnectionsPerSource: options.maxConnectionsPerSource,
    },
    idleTimeoutMs: options.idleTimeout * 1000,
    isTrustedProxy: addressMatcher(options.trustProxy ?? LOOPBACK),
    tls: tls && createSecureContext(tls),
    log: serverLog(options.log),
  });
  const where = hostAndPort({ address: host, port });
  const listening = server.listen(host, port).catch(async (error: unknown) => {
    await store.close();
    throw listenError(error, where, '--port');
  });

  const renewCertificate = () => {
    const renewed = readTlsIdentity(options);
    if (renewed !== undefined) server.replaceCertificate(createSecureContext(renewed));
  };
  // Before it says that it listens: somebody may send a signal as soon as they read that.
  onStopRequest(
    () => void listening.then(() => server.stop()).catch(() => {}),
    reloading({ 'The certificate': tls && renewCertificate }, options.log),
  );
  report({ ready: await listening });
  await server.stopped;
  await store.close();
  report({ done: true });
  leaveOutput();
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

async function openStoreOf({ store, message, history }: ServeOptions): Promise<MessageStore> {
  try {
    return await openStore(store, { initialMessage: message, historyLimit: history });
  } catch (error) {
    if (!(error instanceof UnusableStoreError)) throw error;
    throw new OperatorError(error.message, { cause: error });
  }
}
