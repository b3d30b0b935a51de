// A process that watches the message on many connections, and reports when each of them received an
// update. watcherProcess.ts starts it with the dialect, the number of connections and the ports of
// the servers.

import { monotonicMs } from './clock.ts';
import { DIALECTS, isDialect } from './dialect.ts';
import { send } from './exchange.ts';
import { LoadConnection } from './loadConnection.ts';

/** Fewer than a listen queue holds. */
const OPENED_AT_A_TIME = 100;

/**
 * Sent once all connections watch, without times, then after each update that all have received.
 */
export interface UpdateReport {
  receivedAtMs: number[];
}

const [dialectName = '', ...numbers] = process.argv.slice(2);
if (!isDialect(dialectName)) throw new Error(`unknown dialect: ${dialectName}`);
const dialect = DIALECTS[dialectName];
const [count = 0, ...ports] = numbers.map(Number);
let receivedAtMs: number[] = [];

process.on('disconnect', () => process.exit());
const portsRoundRobin = Array.from({ length: count }, () => ports).flat();
for (let opened = 0; opened < count; opened += OPENED_AT_A_TIME) {
  const batch = Math.min(OPENED_AT_A_TIME, count - opened);
  await Promise.all(portsRoundRobin.slice(opened, opened + batch).map(watch));
}
report();

/** Resolves once the server has answered that it will send updates. */
async function watch(port: number): Promise<void> {
  const connection = await LoadConnection.open(port);
  await send(connection, dialect.watch);
  connection.onClosed = () => {
    throw new Error("the server closed a watcher's connection");
  };
  let awaited = dialect.updateBytes;
  connection.onBytes = (bytes) => {
    awaited -= bytes.length;
    if (awaited > 0) return;
    awaited += dialect.updateBytes;
    recordUpdate();
  };
}

function recordUpdate(): void {
  if (receivedAtMs.push(monotonicMs()) === count) report();
}

function report(): void {
  const message: UpdateReport = { receivedAtMs };
  process.send?.(message);
  receivedAtMs = [];
}
