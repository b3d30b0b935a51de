// The IPC methods (ipc.ts) between the primary and the workers of `motd bridge --workers`. The
// primary owns everything shared: files, quotas, passwords, metrics. Workers relay.

import type { ListenAddress } from '../../access/endpoint.ts';
import type { PasswordResult } from '../../access/passwordResult.pure.ts';
import type { Logins } from '../../bridge/http/loginCookie.ts';
import type { Targets } from '../../bridge/relay/targetList.ts';
import { ownVariable } from '../options/environment.ts';
import type { PemIdentity } from '../workers/pemIdentity.ts';
import type { CountedKeys, QuotaPrimaryMethods } from '../workers/sharedQuotas.ts';
import type { PooledWorkerMethods } from '../workers/workerPool.ts';
import type { ReportOutcome } from './outages.ts';

/**
 * Set for our workers. `cluster.isWorker` is not enough: another program may cluster `motd bridge`.
 */
const WORKER_VARIABLE = 'MOTD_BRIDGE_WORKER';

export const WORKER_ENVIRONMENT = { [WORKER_VARIABLE]: 'yes' };

/** Whether this process was started by `motd bridge --workers`. */
export function isBridgeWorker(): boolean {
  return ownVariable(WORKER_VARIABLE) !== undefined;
}

export type QuotaName = 'sessions' | 'connections';

export interface WorkerConfig {
  address: ListenAddress;
  targets: Targets;
  tls: PemIdentity | undefined;
  /** Those of `--target-ca`, as a byte string. */
  targetCa: string | undefined;
  countedKeys: CountedKeys<QuotaName>;
  /** The keys of what has an outage (outages.ts). */
  outages: string[];
}

export type PrimaryMethods = QuotaPrimaryMethods<QuotaName> & {
  /** Called by a worker that can be started. */
  loaded(): void;
  checkPassword(address: string, user: string, password: string): Promise<PasswordResult>;
  issueLogin: Logins['issue'];
  userOfLogin: Logins['userOf'];
  revokeLogin: Logins['revoke'];
  reportOutcome: ReportOutcome;
  /** The metrics of all workers together. */
  metrics(): Promise<string>;
};

export type WorkerMethods = PooledWorkerMethods<QuotaName> & {
  /** Called first, once. */
  start(config: WorkerConfig): void;
  replaceCertificate(tls: PemIdentity): void;
  replaceTargetCa(pem: string): void;
  setOutages(keys: string[]): void;
  /** New sessions use them as soon as this returns. */
  replaceTargets(targets: Targets): void;
};
