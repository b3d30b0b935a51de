// The IPC methods (ipc.ts) between the primary and the workers of `motd bridge --workers`. The
// primary owns everything shared: files, quotas, passwords, metrics. Workers relay.

import type { PasswordResult } from '../../access/passwordResult.pure.ts';
import type { QuotaExceeded } from '../../access/quota.ts';
import type { Logins } from '../../bridge/http/loginCookie.ts';
import type { MetricSample } from '../../bridge/metrics.ts';
import { ownVariable } from '../options/environment.ts';
import type { TlsIdentity } from '../options/tlsFiles.ts';

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

/** A certificate and its key in PEM, as byte strings. */
export interface PemIdentity {
  cert: string;
  key: string;
}

export interface WorkerConfig {
  httpPort: number;
  tls: PemIdentity | undefined;
}

export type PrimaryMethods = {
  /** Called by a worker before it listens. */
  config(): WorkerConfig;
  /** @returns The limit that is reached; `undefined` if the worker got a lease. */
  acquire(quota: QuotaName, source: string): QuotaExceeded | undefined;
  /** Releases one of the worker's leases for a source. */
  release(quota: QuotaName, source: string): void;
  checkPassword(address: string, user: string, password: string): Promise<PasswordResult>;
  issueLogin: Logins['issue'];
  userOfLogin: Logins['userOf'];
  revokeLogin: Logins['revoke'];
  /** The metrics of all workers together. */
  metrics(): Promise<string>;
};

export type WorkerMethods = {
  /** The worker's own metrics. */
  sample(): Promise<MetricSample[]>;
  replaceCertificate(tls: PemIdentity): void;
};

// PEM is ASCII (RFC 7468). A byte string preserves any other bytes in the file.
export function toPem({ cert, key }: TlsIdentity): PemIdentity {
  return { cert: cert.toString('latin1'), key: key.toString('latin1') };
}

export function fromPem({ cert, key }: PemIdentity): TlsIdentity {
  return {
    cert: Buffer.from(cert, 'latin1'),
    key: Buffer.from(key, 'latin1'),
    minVersion: 'TLSv1.2',
  };
}
