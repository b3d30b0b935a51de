// What the processes of a bridge with `--workers` say to each other (calls.ts). The primary owns
// what is to be the same for all: the files, the counts, the passwords. Workers relay.

import type { Verdict } from '../../access/passwordGuard.ts';
import type { QuotaExceeded } from '../../access/quota.ts';
import type { Logins } from '../../bridge/http/loginCookie.ts';
import type { MetricSample } from '../../bridge/metrics.ts';
import { ownVariable } from '../options/environment.ts';
import type { TlsIdentity } from '../options/tlsFiles.ts';

/** Set for a worker of ours: who runs `motd bridge` may have a cluster of their own. */
const WORKER_VARIABLE = 'MOTD_BRIDGE_WORKER';

export const WORKER_ENVIRONMENT = { [WORKER_VARIABLE]: 'yes' };

/** Whether this process was started by a primary of ours. */
export function isBridgeWorker(): boolean {
  return ownVariable(WORKER_VARIABLE) !== undefined;
}

export type QuotaName = 'sessions' | 'connections';

/** A certificate and its key, as text (PEM). */
export interface IdentityText {
  cert: string;
  key: string;
}

export interface SetUp {
  httpPort: number;
  tls: IdentityText | undefined;
}

export type PrimaryMethods = {
  /** What a worker needs before it listens. */
  setUp(): SetUp;
  /** @returns The limit that is reached; `undefined` if the worker got a lease. */
  acquire(quota: QuotaName, source: string): QuotaExceeded | undefined;
  /** Releases one of the worker's leases for a source. */
  release(quota: QuotaName, source: string): void;
  checkPassword(address: string, user: string, password: string): Promise<Verdict>;
  issueLogin: Logins['issue'];
  userOfLogin: Logins['userOf'];
  revokeLogin: Logins['revoke'];
  /** Those of all workers. */
  metrics(): Promise<string>;
};

export type WorkerMethods = {
  /** Its own metrics. */
  sample(): Promise<MetricSample[]>;
  renewCertificate(tls: IdentityText): void;
};

// PEM is ASCII (RFC 7468); whatever stands around it comes back as it was.
export function identityText({ cert, key }: TlsIdentity): IdentityText {
  return { cert: cert.toString('latin1'), key: key.toString('latin1') };
}

export function identityFrom({ cert, key }: IdentityText): TlsIdentity {
  return {
    cert: Buffer.from(cert, 'latin1'),
    key: Buffer.from(key, 'latin1'),
    minVersion: 'TLSv1.2',
  };
}
