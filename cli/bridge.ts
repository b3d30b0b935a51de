// `motd bridge`: the bridge and the page alone.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { addressMatcher } from '../access/source.ts';
import type { CheckPassword } from '../bridge/basicAuth.ts';
import { type BridgeSettings, buildBridge } from '../bridge/bridge.ts';
import { replaceCertificate } from '../bridge/httpServer.ts';
import type { Target } from '../bridge/targets.ts';
import { type Address, hostAndPort } from '../server/address.ts';
import { onStopRequest, report } from './lifecycle.ts';
import { listenError, OperatorError } from './operatorError.ts';
import {
  type BridgeRuleOptions,
  DEFAULT_TARGET,
  type HttpOptions,
  LOOPBACK,
  type TlsOptions,
} from './options.ts';
import { leaveOutput, say, structuredLog } from './output.ts';
import { reloading } from './reloading.ts';
import { readTlsIdentity } from './tlsFiles.ts';
import { UserPasswords } from './userPasswords.ts';
import { readUsersFile } from './usersFile.ts';

export interface BridgeOptions extends HttpOptions, TlsOptions, BridgeRuleOptions {
  usersFile?: string;
  target?: Target[];
  idleTimeout: number;
  trustProxy?: string[];
}

const PAGE_DIR = fileURLToPath(new URL('../page', import.meta.url));

/** Bridges until a stop request. */
export async function bridge(options: BridgeOptions): Promise<void> {
  const { httpHost, httpPort, basePath, usersFile, log } = options;
  if (!existsSync(PAGE_DIR)) throw new OperatorError('the page is not built; run: npm run build');

  const tls = readTlsIdentity(options);
  const users = usersFile === undefined ? undefined : usersIn(usersFile);
  const app = await buildBridge({ ...settingsFrom(options), tls, checkPassword: users?.check });
  const where = hostAndPort({ address: httpHost, port: httpPort });
  await app.listen({ host: httpHost, port: httpPort }).catch((error: unknown) => {
    throw listenError(error, where, '--http-port');
  });

  const renewCertificate = () => {
    const renewed = readTlsIdentity(options);
    if (renewed !== undefined) replaceCertificate(app, renewed);
  };
  onStopRequest(
    () => void app.close().then(leaveOutput),
    reloading(
      {
        'The certificate': tls && renewCertificate,
        'The list of users': users?.reload,
      },
      log,
    ),
  );
  const address = app.server.address() as Address;
  const scheme = tls === undefined ? 'http' : 'https';
  if (log === 'console')
    say(`Bridge is listening on ${scheme}://${hostAndPort(address)}${basePath}`);
  report({ ready: address });
}

function usersIn(file: string): { check: CheckPassword; reload: () => void } {
  const passwords = new UserPasswords(readUsersFile(file));
  return {
    check: (source, user, password) => passwords.check(source, user, password),
    reload: () => passwords.replace(readUsersFile(file)),
  };
}

function settingsFrom(options: BridgeOptions): Omit<BridgeSettings, 'tls' | 'checkPassword'> {
  const [first = DEFAULT_TARGET, ...others] = options.target ?? [];
  return {
    targets: [first, ...others],
    pageDir: PAGE_DIR,
    basePath: options.basePath,
    publicOrigins: options.publicOrigin ?? [],
    isTrustedProxy: addressMatcher(options.trustProxy ?? []),
    mayReadMetrics: addressMatcher(options.metricsFrom ?? LOOPBACK),
    limits: {
      maxSessions: options.maxSessions,
      maxSessionsPerSource: options.maxSessionsPerSource,
      maxMessageBytes: options.maxMessageBytes,
    },
    rules: {
      pingIntervalMs: options.pingInterval * 1000,
      idleTimeoutMs: options.idleTimeout * 1000,
      maxLifetimeMs: options.maxLifetime * 1000,
      maxMessagesPerSecond: options.maxMessageRate,
    },
    connectTimeoutMs: options.connectTimeout * 1000,
    logger: structuredLog(options.log),
  };
}
