// The load: connections that each keep so many requests in flight, for so long. It must never be
// the bottleneck, so requests are prepared beforehand and replies are only counted, in bytes.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Load {
  port: number;
  connections: number;
  /** Requests each connection keeps in flight. */
  inFlight: number;
  /** One request, as bytes. */
  request: Buffer;
  /** The length of one reply, in bytes. */
  replyBytes: number;
  /** Says what a connection needs before its first request. */
  open?: (socket: Socket) => Promise<void>;
}

export interface Measured {
  requestsPerSecond: number;
  /** From a batch of requests to its last reply, in milliseconds. */
  p50Ms: number;
  p99Ms: number;
}

/** Puts a load on a server for so many seconds. */
export async function measure(load: Load, seconds: number): Promise<Measured> {
  const sockets = await Promise.all(Array.from({ length: load.connections }, () => open(load)));
  const batch = Buffer.concat(Array.from({ length: load.inFlight }, () => load.request));
  const batchReplyBytes = load.inFlight * load.replyBytes;
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;

  await Promise.all(
    sockets.map((socket) => converse(socket, batch, batchReplyBytes, endsAt, latenciesMs)),
  );
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  for (const socket of sockets) socket.destroy();

  latenciesMs.sort((a, b) => a - b);
  return {
    requestsPerSecond: (latenciesMs.length * load.inFlight) / elapsedSeconds,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  };
}

async function open({ port, open: prepare }: Load): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  await prepare?.(socket);
  return socket;
}

/** Sends a batch, awaits all its replies, and again, until the time is over. */
function converse(
  socket: Socket,
  batch: Buffer,
  batchReplyBytes: number,
  endsAt: number,
  latenciesMs: number[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentAt = 0;
    let awaited = 0;
    const send = () => {
      awaited = batchReplyBytes;
      sentAt = performance.now();
      socket.write(batch);
    };
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed the connection')));
    socket.on('data', (chunk: Buffer) => {
      awaited -= chunk.length;
      if (awaited > 0) return;
      if (awaited < 0) return reject(new Error('more came back than was asked for'));
      const now = performance.now();
      latenciesMs.push(now - sentAt);
      if (now < endsAt) send();
      else {
        socket.removeAllListeners();
        resolve();
      }
    });
    send();
  });
}

function quantile(sorted: number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}
