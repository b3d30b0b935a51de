// A load: connections that each send a batch of requests, wait for all replies, and repeat. It must
// not be the bottleneck, so requests are prepared beforehand and replies are only counted, in
// bytes.

import { quantile } from '../../testing/quantile.ts';
import type { Sample } from '../result.ts';
import type { Exchange } from './dialect.ts';
import type { LoadConnection } from './loadConnection.ts';
import { type LoadTarget, openSessions } from './loadTarget.ts';
import { measureRate } from './rate.ts';

export interface RoundTrips extends Exchange {
  connections: number;
  /** Requests each connection keeps in flight. */
  inFlight: number;
  /** Makes the counter for one connection; without it, every byte counts. */
  makeCounter?: () => (bytes: Buffer) => number;
}

/** @returns With p50 and p99: from sending a batch of requests to its last reply. */
export async function measureRoundTrips(
  target: LoadTarget,
  load: RoundTrips,
  seconds: number,
): Promise<Sample> {
  const connections = await openSessions(target, load.connections);
  const latenciesMs: number[] = [];
  const sample = await measureRate(target.pids, async () => {
    const endsAt = performance.now() + seconds * 1000;
    await Promise.all(connections.map((one) => sendBatches(one, load, endsAt, latenciesMs)));
    return latenciesMs.length * load.inFlight;
  });
  for (const connection of connections) connection.destroy();
  return { ...sample, ...latencies(latenciesMs) };
}

export function latencies(latenciesMs: readonly number[]): { p50Ms: number; p99Ms: number } {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
}

/** Sends a batch, waits for all replies, and repeats until the time is over. */
function sendBatches(
  connection: LoadConnection,
  { inFlight, request, replyBytes, makeCounter }: RoundTrips,
  endsAt: number,
  latenciesMs: number[],
): Promise<void> {
  const batch = Buffer.concat(Array.from({ length: inFlight }, () => request));
  const count = makeCounter?.() ?? ((bytes: Buffer) => bytes.length);
  return new Promise((resolve, reject) => {
    let sentAt = 0;
    let awaited = 0;
    const sendBatch = () => {
      awaited = inFlight * replyBytes;
      sentAt = performance.now();
      connection.write(batch);
    };
    connection.onClosed = () => reject(new Error('the server closed the connection'));
    connection.onBytes = (bytes) => {
      awaited -= count(bytes);
      if (awaited > 0) return;
      if (awaited < 0) return reject(new Error('more bytes came back than were requested'));
      const now = performance.now();
      latenciesMs.push(now - sentAt);
      if (now < endsAt) sendBatch();
      else resolve();
    };
    sendBatch();
  });
}
