// A process that watches the message on many connections, and reports when each of them received an
// update. watcherProcess.ts starts it with the name of a subscription, the number of connections and
// the ports of the servers.

import { monotonicMs } from './clock.ts';
import { LoadConnection } from './loadConnection.ts';
import { isSubscription, SUBSCRIPTIONS } from './subscription.ts';

/** Fewer than a listen queue holds. */
const OPENED_AT_A_TIME = 100;

/**
 * Sent once all connections watch, without times, then after each update that all have received.
 */
export interface UpdateReport {
  receivedAtMs: number[];
}

const [name = '', ...numbers] = process.argv.slice(2);
if (!isSubscription(name)) throw new Error(`unknown subscription: ${name}`);
const subscription = SUBSCRIPTIONS[name];
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
  connection.onClosed = () => {
    throw new Error("the server closed a watcher's connection");
  };
  const count = subscription.makeCounter();
  await new Promise<void>((resolve) => {
    connection.onBytes = (bytes) => {
      if (count(bytes) === 0) return;
      connection.onBytes = (update) => {
        for (let updates = count(update); updates > 0; updates--) recordUpdate();
      };
      resolve();
    };
    connection.write(subscription.request);
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
