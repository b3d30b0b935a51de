// A load: connections to etcd that each put one key, wait for the response, and repeat. Each uses
// one member, round-robin, as servers do. Unlike the server, plain puts compare nothing, keep no
// history, and notify no watchers.

import { Client, credentials } from '@grpc/grpc-js';
import type { Sample } from '../result.ts';
import { measureRate } from './rate.ts';
import { latencies } from './roundTrips.ts';

const KEY = Buffer.from('bench/plain');
/** As long as a history entry (server/stores/etcd/etcdRecord.ts) with a message of 44 bytes. */
const VALUE = Buffer.alloc(108, 'x');

/** etcd's PutRequest: field 1 is the key, 2 the value; of each, the tag, the length, the bytes. */
const PUT = Buffer.concat([
  Buffer.from([0x0a, KEY.length]),
  KEY,
  Buffer.from([0x12, VALUE.length]),
  VALUE,
]);

export class PlainPuts {
  readonly #clients: Client[];

  /** @param addresses `HOST:PORT` of each member. */
  constructor(addresses: readonly string[], connections: number) {
    const addressesRoundRobin = Array.from({ length: connections }, () => addresses).flat();
    this.#clients = addressesRoundRobin.slice(0, connections).map(
      (address) =>
        // Otherwise all clients of one address share a connection.
        new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 }),
    );
  }

  async measure(seconds: number): Promise<Sample> {
    const latenciesMs: number[] = [];
    const sample = await measureRate([], async () => {
      const endsAt = performance.now() + seconds * 1000;
      const putRepeatedly = async (client: Client) => {
        let now = performance.now();
        while (now < endsAt) {
          const sentAt = now;
          await put(client);
          now = performance.now();
          latenciesMs.push(now - sentAt);
        }
      };
      await Promise.all(this.#clients.map(putRepeatedly));
      return latenciesMs.length;
    });
    return { ...sample, ...latencies(latenciesMs) };
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}

function put(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    const asItIs = (bytes: Buffer) => bytes;
    client.makeUnaryRequest('/etcdserverpb.KV/Put', asItIs, asItIs, PUT, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
}
