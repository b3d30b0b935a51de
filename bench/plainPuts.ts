// A load: connections to etcd that each put one key, wait for the response, and repeat. Each uses
// one member, round-robin, as servers do. Unlike the server, plain puts compare nothing, keep no
// history, and notify no watchers.

import { Etcd3 } from 'etcd3';
import { quantile } from '../testing/quantile.ts';
import { LoadCpu } from './loadCpu.ts';
import type { RoundTripsMeasured } from './roundTrips.ts';

/** As long as a history entry (server/stores/etcd/etcdRecord.ts) with a message of 44 bytes. */
const VALUE = Buffer.alloc(108, 'x');
const KEY = Buffer.from('bench/plain');

export class PlainPuts {
  readonly #clients: Etcd3[];

  /** @param addresses `HOST:PORT` of each member. */
  constructor(addresses: readonly string[], connections: number) {
    const addressesRoundRobin = Array.from({ length: connections }, () => addresses).flat();
    this.#clients = addressesRoundRobin.slice(0, connections).map(
      (address) =>
        new Etcd3({
          hosts: `http://${address}`,
          // Otherwise all clients of one address share a connection.
          grpcOptions: { 'grpc.use_local_subchannel_pool': 1 },
        }),
    );
  }

  async measure(seconds: number): Promise<RoundTripsMeasured> {
    const latenciesMs: number[] = [];
    const cpu = new LoadCpu();
    const startedAt = performance.now();
    const endsAt = startedAt + seconds * 1000;
    const put = async ({ kv }: Etcd3) => {
      let now = performance.now();
      while (now < endsAt) {
        const sentAt = now;
        await kv.put({ key: KEY, value: VALUE });
        now = performance.now();
        latenciesMs.push(now - sentAt);
      }
    };
    await Promise.all(this.#clients.map(put));
    const elapsedSeconds = (performance.now() - startedAt) / 1000;
    latenciesMs.sort((a, b) => a - b);
    return {
      requestsPerSecond: latenciesMs.length / elapsedSeconds,
      p50Ms: quantile(latenciesMs, 0.5),
      p99Ms: quantile(latenciesMs, 0.99),
      loadCpuShare: cpu.share(),
    };
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}
