// A load: connections that each keep so many frames in flight. For every frame's worth of payload
// that comes back, the same prepared frame is sent again.

import type { LoadConnection } from './connection.ts';
import { type Endpoint, framesCounter, openSession } from './endpoint.ts';
import { LoadCpu } from './loadCpu.ts';
import { treeCpuSeconds } from './processes.ts';

export interface Throughput {
  connections: number;
  /** Frames each connection keeps in flight. */
  inFlight: number;
  /** One frame, as bytes, and how much of that is payload. */
  frame: Buffer;
  payloadBytes: number;
}

export interface ThroughputMeasured {
  /** Payload that came back; what was sent on the way there is the same again, and not counted. */
  bytesPerSecond: number;
  /** The server's CPU time, that of all its processes, for a gigabyte that came back. */
  cpuSecondsPerGb: number;
  /** The load's own, as a share of one core. */
  loadCpuShare: number;
}

/** Puts a load on a server for so many seconds. */
export async function measureThroughput(
  endpoint: Endpoint,
  load: Throughput,
  seconds: number,
): Promise<ThroughputMeasured> {
  const opening = Array.from({ length: load.connections }, () => openSession(endpoint));
  const connections = await Promise.all(opening);
  const flows = connections.map((connection) => new Flow(connection, load));
  const cpuBefore = treeCpuSeconds(endpoint.pid);
  const cpu = new LoadCpu();
  const startedAt = performance.now();

  let timer: NodeJS.Timeout | undefined;
  const timeIsOver = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  await Promise.race([timeIsOver, ...flows.map((flow) => flow.run())]);
  clearTimeout(timer);

  const bytes = flows.reduce((sum, flow) => sum + flow.cameBack, 0);
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  const loadCpuShare = cpu.share();
  const cpuUsed = treeCpuSeconds(endpoint.pid) - cpuBefore;
  for (const connection of connections) connection.destroy();
  return {
    bytesPerSecond: bytes / elapsedSeconds,
    cpuSecondsPerGb: cpuUsed / (bytes / 1e9),
    loadCpuShare,
  };
}

class Flow {
  /** Payload so far, in bytes. */
  cameBack = 0;
  #framesSent = 0;
  readonly #connection: LoadConnection;
  readonly #load: Throughput;

  constructor(connection: LoadConnection, load: Throughput) {
    this.#connection = connection;
    this.#load = load;
  }

  /** Never resolves; rejects where the connection is closed. */
  run(): Promise<never> {
    const count = framesCounter();
    return new Promise((_resolve, reject) => {
      this.#connection.onClosed = () => reject(new Error('the server closed the connection'));
      this.#connection.onBytes = (bytes) => {
        this.cameBack += count(bytes);
        this.#fill();
      };
      this.#fill();
    });
  }

  #fill(): void {
    const { inFlight, frame, payloadBytes } = this.#load;
    const framesBack = Math.floor(this.cameBack / payloadBytes);
    while (this.#framesSent - framesBack < inFlight) {
      this.#framesSent += 1;
      this.#connection.write(frame);
    }
  }
}
