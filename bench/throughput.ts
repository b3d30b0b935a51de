// A load: connections that each keep a number of frames in flight. For each frame's payload that
// comes back, the same prepared frame is sent again.

import type { LoadConnection } from './loadConnection.ts';
import { LoadCpu } from './loadCpu.ts';
import { framesCounter, type LoadTarget, openSession } from './loadTarget.ts';
import { treeCpuSeconds } from './processes.ts';

export interface Throughput {
  connections: number;
  /** Frames each connection keeps in flight. */
  inFlight: number;
  /** One frame, as bytes, and the length of its payload. */
  frame: Buffer;
  payloadBytes: number;
}

export interface ThroughputMeasured {
  /** Payload that came back. The same amount was sent, which is not counted. */
  bytesPerSecond: number;
  /** CPU time of all processes of the server for each gigabyte that came back. */
  cpuSecondsPerGb: number;
  /** The CPU time of the load generator, as a share of one core. */
  loadCpuShare: number;
}

/** Puts a load on a server for `seconds`. */
export async function measureThroughput(
  target: LoadTarget,
  load: Throughput,
  seconds: number,
): Promise<ThroughputMeasured> {
  const opening = Array.from({ length: load.connections }, () => openSession(target));
  const connections = await Promise.all(opening);
  const windows = connections.map((connection) => new InFlightWindow(connection, load));
  const cpuBefore = treeCpuSeconds(target.pid);
  const cpu = new LoadCpu();
  const startedAt = performance.now();

  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  await Promise.race([timeIsUp, ...windows.map((window) => window.run())]);
  clearTimeout(timer);

  const bytes = windows.reduce((sum, window) => sum + window.receivedBytes, 0);
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  const loadCpuShare = cpu.share();
  const cpuUsed = treeCpuSeconds(target.pid) - cpuBefore;
  for (const connection of connections) connection.destroy();
  return {
    bytesPerSecond: bytes / elapsedSeconds,
    cpuSecondsPerGb: cpuUsed / (bytes / 1e9),
    loadCpuShare,
  };
}

/** Keeps `inFlight` frames in flight on one connection. */
class InFlightWindow {
  /** Payload that has come back so far, in bytes. */
  receivedBytes = 0;
  #framesSent = 0;
  readonly #connection: LoadConnection;
  readonly #load: Throughput;

  constructor(connection: LoadConnection, load: Throughput) {
    this.#connection = connection;
    this.#load = load;
  }

  /** Never resolves; rejects if the connection closes. */
  run(): Promise<never> {
    const count = framesCounter();
    return new Promise((_resolve, reject) => {
      this.#connection.onClosed = () => reject(new Error('the server closed the connection'));
      this.#connection.onBytes = (bytes) => {
        this.receivedBytes += count(bytes);
        this.#fill();
      };
      this.#fill();
    });
  }

  #fill(): void {
    const { inFlight, frame, payloadBytes } = this.#load;
    const framesBack = Math.floor(this.receivedBytes / payloadBytes);
    while (this.#framesSent - framesBack < inFlight) {
      this.#framesSent += 1;
      this.#connection.write(frame);
    }
  }
}
