// A process that watches the message on many connections, and notes when each of them hears of a
// new one. watcherProcess.ts starts it, with how many there are to be and the servers' ports.

import { monotonicMs } from './clock.ts';
import { LoadConnection } from './connection.ts';

/** Fewer than a listen queue holds. */
const OPENED_AT_A_TIME = 100;
const LF = 0x0a;
const MSGWATCH = Buffer.from('MSGWATCH\n');

/** Sent once all watch, with no times in it, and whenever all have heard of a message. */
export interface WatchingReport {
  heardAtMs: number[];
}

const [count = 0, ...ports] = process.argv.slice(2).map(Number);
let heardAtMs: number[] = [];

process.on('disconnect', () => process.exit());
const inTurn = Array.from({ length: count }, () => ports).flat();
for (let opened = 0; opened < count; opened += OPENED_AT_A_TIME) {
  const atATime = Math.min(OPENED_AT_A_TIME, count - opened);
  await Promise.all(inTurn.slice(opened, opened + atATime).map(watch));
}
report();

/** Settles once the message in force has come. */
async function watch(port: number): Promise<void> {
  const connection = await LoadConnection.open(port);
  connection.onClosed = () => {
    throw new Error('the server closed the connection of one who watched');
  };
  await new Promise<void>((resolve) => {
    let answer = '';
    connection.onBytes = (bytes) => {
      answer += bytes.toString('latin1');
      if (!/^200 OK\n.*\n$/.test(answer)) return;
      // A message is far shorter than what TCP would cut.
      connection.onBytes = (update) => {
        if (update.at(-1) === LF) hear();
      };
      resolve();
    };
    connection.write(MSGWATCH);
  });
}

function hear(): void {
  if (heardAtMs.push(monotonicMs()) === count) report();
}

function report(): void {
  const what: WatchingReport = { heardAtMs };
  process.send?.(what);
  heardAtMs = [];
}
