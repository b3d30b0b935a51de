// A process that watches the message on many connections, and reports when each of them received an
// update. watcherProcess.ts starts it with the number of connections and the ports of the servers.

import { monotonicMs } from './clock.ts';
import { LoadConnection } from './loadConnection.ts';

/** Fewer than a listen queue holds. */
const OPENED_AT_A_TIME = 100;
const LF = 0x0a;
const MSGWATCH = Buffer.from('MSGWATCH\n');

/**
 * Sent once all connections watch, without times, then after each update that all have received.
 */
export interface UpdateReport {
  receivedAtMs: number[];
}

const [count = 0, ...ports] = process.argv.slice(2).map(Number);
let receivedAtMs: number[] = [];

process.on('disconnect', () => process.exit());
const portsRoundRobin = Array.from({ length: count }, () => ports).flat();
for (let opened = 0; opened < count; opened += OPENED_AT_A_TIME) {
  const batch = Math.min(OPENED_AT_A_TIME, count - opened);
  await Promise.all(portsRoundRobin.slice(opened, opened + batch).map(watch));
}
report();

/** Resolves once the message in force has arrived. */
async function watch(port: number): Promise<void> {
  const connection = await LoadConnection.open(port);
  connection.onClosed = () => {
    throw new Error("the server closed a watcher's connection");
  };
  await new Promise<void>((resolve) => {
    let reply = '';
    connection.onBytes = (bytes) => {
      reply += bytes.toString('latin1');
      if (!/^200 OK\n.*\n$/.test(reply)) return;
      // A message is far shorter than a TCP segment, so it arrives in one piece.
      connection.onBytes = (update) => {
        if (update.at(-1) === LF) recordUpdate();
      };
      resolve();
    };
    connection.write(MSGWATCH);
  });
}

function recordUpdate(): void {
  if (receivedAtMs.push(monotonicMs()) === count) report();
}

function report(): void {
  const message: UpdateReport = { receivedAtMs };
  process.send?.(message);
  receivedAtMs = [];
}
