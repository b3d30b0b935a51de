// A load: connections that each send a batch of requests, wait for all replies, and repeat. It must
// not be the bottleneck, so requests are prepared beforehand and replies are only counted, in
// bytes.

import { quantile } from '../testing/quantile.ts';
import type { LoadConnection } from './loadConnection.ts';
import { LoadCpu } from './loadCpu.ts';
import { type LoadTarget, openSession } from './loadTarget.ts';

export interface RoundTrips {
  connections: number;
  /** Requests each connection keeps in flight. */
  inFlight: number;
  /** One request, as bytes. */
  request: Buffer;
  /** The length of one reply, as counted by the counter. */
  replyBytes: number;
  /** Makes the counter for one connection; without it, every byte counts. */
  makeCounter?: () => (bytes: Buffer) => number;
}

export interface RoundTripsMeasured {
  requestsPerSecond: number;
  /** From a batch of requests to its last reply, in milliseconds. */
  p50Ms: number;
  p99Ms: number;
  /** The CPU time of the load generator, as a share of one core. */
  loadCpuShare: number;
}

/**
 * Puts a load on a server for `seconds`.
 *
 * @param targets One target, or several; connections are assigned round-robin.
 */
export async function measureRoundTrips(
  targets: LoadTarget | readonly LoadTarget[],
  load: RoundTrips,
  seconds: number,
): Promise<RoundTripsMeasured> {
  const targetsRoundRobin = Array.from({ length: load.connections }, () => targets).flat();
  const opening = targetsRoundRobin.slice(0, load.connections).map(openSession);
  const connections = await Promise.all(opening);
  const latenciesMs: number[] = [];
  const cpu = new LoadCpu();
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;

  await Promise.all(connections.map((one) => sendBatches(one, load, endsAt, latenciesMs)));
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  const loadCpuShare = cpu.share();
  for (const connection of connections) connection.destroy();

  latenciesMs.sort((a, b) => a - b);
  return {
    requestsPerSecond: (latenciesMs.length * load.inFlight) / elapsedSeconds,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    loadCpuShare,
  };
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
    const send = () => {
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
      if (now < endsAt) send();
      else resolve();
    };
    send();
  });
}
