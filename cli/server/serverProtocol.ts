// The IPC methods (ipc.ts) between the primary and the workers of `motd serve --workers`. The
// primary owns everything shared: the store, passwords, quotas, files. Workers serve connections.

import type { ListenAddress } from '../../access/endpoint.ts';
import type { PasswordResult } from '../../access/passwordResult.pure.ts';
import type { Compat } from '../../server/connectionContext.ts';
import type { PasswordUse } from '../../server/session/action.ts';
import type { HistoryBatch } from '../../server/stores/historyFeed.ts';
import type { HistoryRecord } from '../../server/stores/record.ts';
import { ownVariable } from '../options/environment.ts';
import type { LogFormat } from '../options/options.ts';
import type { PemIdentity } from '../workers/pemIdentity.ts';
import type { CountedKeys, QuotaPrimaryMethods } from '../workers/sharedQuotas.ts';
import type { PooledWorkerMethods } from '../workers/workerPool.ts';

/**
 * Set for our workers. `cluster.isWorker` is not enough: another program may cluster `motd serve`.
 */
const WORKER_VARIABLE = 'MOTD_SERVER_WORKER';

export const WORKER_ENVIRONMENT = { [WORKER_VARIABLE]: 'yes' };

/** Whether this process was started by `motd serve --workers`. */
export function isServerWorker(): boolean {
  return ownVariable(WORKER_VARIABLE) !== undefined;
}

/** What a worker needs to serve. It reads no flag and no file. */
export interface WorkerConfig {
  listen: ListenAddress;
  /** The descriptor, in the primary, of a socket to listen on in place of `listen`. */
  socket?: number | undefined;
  tls?: PemIdentity | undefined;
  maxConnections: number;
  maxConnectionsPerSource: number;
  workers: number;
  countedKeys: CountedKeys<'connections'>;
  idleTimeoutMs: number;
  trustProxy: string[];
  proxyKey?: string | undefined;
  compat?: Compat | undefined;
  /** The uses of a password that require one. */
  guardedUses: PasswordUse[];
  initialMessage: string;
  historyLimit: number;
  hasMetrics: boolean;
  log: LogFormat;
}

export type PrimaryMethods = QuotaPrimaryMethods<'connections'> & {
  /** Called by a worker that can be started. */
  loaded(): void;
  /** Starts to send the history. Resolves when the worker has all of it. */
  follow(): Promise<void>;
  /** As `ServedStore.append`. Resolves when every worker has the record. */
  append(record: HistoryRecord, after?: number): Promise<number>;
  checkPassword(source: string, use: PasswordUse, password: string): Promise<PasswordResult>;
  /** A peer has shut the server down. */
  shutDown(): void;
};

export type WorkerMethods = PooledWorkerMethods<'connections'> & {
  /** Called first, once. */
  start(config: WorkerConfig): void;
  applyHistory(batch: HistoryBatch): void;
  replaceCertificate(tls: PemIdentity): void;
  /** Whether the worker has a file descriptor left. */
  canAccept(): Promise<boolean>;
  stop(): void;
};
