// The quotas that the workers of a primary share (access/sharedQuota.ts), over IPC.

import type { QuotaLimits } from '../../access/quota.ts';
import { type QuotaWorker, SharedQuota } from '../../access/sharedQuota.ts';
import { WorkerQuota } from '../../access/workerQuota.ts';
import type { IpcPeer } from './ipc.ts';

export type QuotaPrimaryMethods<Name extends string> = {
  acquire(quota: Name, key: string): Promise<boolean>;
  release(quota: Name, key: string): void;
};

export type QuotaWorkerMethods<Name extends string> = {
  takeOver(quota: Name, key: string): number;
  handBack(quota: Name, key: string): void;
};

/** By quota: the keys that the primary counts. */
export type CountedKeys<Name extends string> = Record<Name, string[]>;

/** One worker of a quota, or of several. */
export interface QuotaMember<Name extends string> {
  methods: QuotaPrimaryMethods<Name>;
  /** Its worker starts to use the quotas. */
  join(): CountedKeys<Name>;
  /** Its worker has ended. */
  leave(): void;
}

/** The primary's half of some quotas. */
export class SharedQuotas<Name extends string> {
  readonly #quotas: Record<Name, SharedQuota>;

  constructor(limits: Record<Name, QuotaLimits>, workers: number) {
    this.#quotas = mapValues(limits, (each) => new SharedQuota(each, workers));
  }

  /** @param peer The channel to the worker. It is read only when a quota is used. */
  member(peer: () => IpcPeer<QuotaWorkerMethods<Name>>): QuotaMember<Name> {
    const workers = mapValues(
      this.#quotas,
      (_, name): QuotaWorker => ({
        takeOver: (key) => peer().call('takeOver', name, key),
        handBack: (key) => peer().notify('handBack', name, key),
      }),
    );
    const each = <Result>(use: (quota: SharedQuota, worker: QuotaWorker) => Result) =>
      mapValues(this.#quotas, (quota, name) => use(quota, workers[name]));
    return {
      methods: {
        acquire: (name, key) => this.#quotas[name].acquire(workers[name], key),
        release: (name, key) => this.#quotas[name].release(workers[name], key),
      },
      join: () => each((quota, worker) => quota.addWorker(worker)),
      leave: () => void each((quota, worker) => quota.removeWorker(worker)),
    };
  }
}

/** A worker's half of some quotas. */
export function workerQuotas<Name extends string>(
  limits: Record<Name, QuotaLimits>,
  workers: number,
  countedKeys: CountedKeys<Name>,
  primary: IpcPeer<QuotaPrimaryMethods<Name>>,
): Record<Name, WorkerQuota> {
  return mapValues(
    limits,
    (each, name) =>
      new WorkerQuota(
        {
          acquire: (key) => primary.call('acquire', name, key),
          release: (key) => primary.notify('release', name, key),
        },
        { limits: each, workers, countedKeys: countedKeys[name] },
      ),
  );
}

function mapValues<Name extends string, Value, Result>(
  record: Record<Name, Value>,
  map: (value: Value, name: Name) => Result,
): Record<Name, Result> {
  const names = Object.keys(record) as Name[];
  const entries = names.map((name) => [name, map(record[name], name)]);
  return Object.fromEntries(entries);
}
