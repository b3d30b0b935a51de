// A load: connections that each keep a number of frames in flight. For each frame's payload that
// comes back, the same prepared frame is sent again.

import type { Sample } from '../result.ts';
import type { LoadConnection } from './loadConnection.ts';
import { framesCounter, type LoadTarget, openSessions } from './loadTarget.ts';
import { measureRate } from './rate.ts';

export interface Throughput {
  connections: number;
  /** Frames each connection keeps in flight. */
  inFlight: number;
  /** One frame, as bytes, and the length of its payload. */
  frame: Buffer;
  payloadBytes: number;
}

/**
 * @returns Megabytes of payload that came back each second. The same amount was sent, which is not
 *   counted.
 */
export async function measureThroughput(
  target: LoadTarget,
  load: Throughput,
  seconds: number,
): Promise<Sample> {
  const connections = await openSessions(target, load.connections);
  const windows = connections.map((connection) => new InFlightWindow(connection, load));
  const sample = await measureRate(target.pids, async () => {
    let timer: NodeJS.Timeout | undefined;
    const timeIsUp = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000);
    });
    await Promise.race([timeIsUp, ...windows.map((window) => window.run())]);
    clearTimeout(timer);
    return windows.reduce((sum, window) => sum + window.receivedBytes, 0) / 1e6;
  });
  for (const connection of connections) connection.destroy();
  return sample;
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
