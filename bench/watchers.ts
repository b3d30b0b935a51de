// Measures how long a new message takes to reach every watcher: on the server that stores it, or on
// three servers that share an etcd.

import type { LocalEtcd } from '../testing/etcd.ts';
import { maxDescriptors } from '../testing/procFs.ts';
import { quantile } from '../testing/quantile.ts';
import { monotonicMs } from './clock.ts';
import { fieldOf } from './fieldOf.ts';
import { LoadConnection } from './loadConnection.ts';
import { hasProcFs, treeCpuSeconds } from './processes.ts';
import { type RunningProgram, startServer, withPrograms } from './programs.ts';
import { formatMedian, medianWithRange, printHead, printRow, ratio, tenths } from './tables.ts';
import { WatcherProcess } from './watcherProcess.ts';

const MANY_WATCHERS = 10_000;
/** Compared with MANY_WATCHERS, shows the cost of each watcher. */
const FEW_WATCHERS = 1_000;

/** Reserved for everything that a process has open besides watchers. */
const OTHER_DESCRIPTORS = 100;

/** How many messages are stored in each setup. The setups take turns. */
const ROUNDS = 20;

const STORED_BYTES = Buffer.byteLength('200 OK\n200 OK\n');

/** The delays of one message, in milliseconds since it was sent, and its cost. */
interface UpdateMeasured {
  okMs: number;
  firstMs: number;
  p50Ms: number;
  p99Ms: number;
  lastMs: number;
  /** CPU time of all servers for each watcher, in microseconds. */
  cpuUs: number;
}

interface WatchSetup {
  name: string;
  /** The message is stored through the first. */
  servers: RunningProgram[];
  watchers: number;
}

export function compareWatching(etcd: LocalEtcd): Promise<void> {
  return withPrograms(async (track) => {
    const memory = () => track(startServer('memory:'));
    const shared = (prefix: string) => track(startServer(etcd.storeUrl(prefix)));
    const alone = [await shared('watched-on-one')];
    const three: RunningProgram[] = [];
    while (three.length < 3) three.push(await shared('watched-on-three'));
    const many = Math.min(MANY_WATCHERS, maxWatchers());
    const setups = [
      { name: 'on one server, memory', servers: [await memory()], watchers: many },
      { name: 'on one server, memory', servers: [await memory()], watchers: FEW_WATCHERS },
      { name: 'on one server, etcd', servers: alone, watchers: many },
      { name: 'over three servers, etcd', servers: three, watchers: many },
    ];
    const processes: WatcherProcess[] = [];
    try {
      for (const { servers, watchers } of setups) {
        processes.push(await WatcherProcess.start(watchers, servers));
      }
      printDelays(setups, await storeInTurn(setups, processes));
    } finally {
      for (const watcherProcess of processes) watcherProcess.stop();
    }
  });
}

/** @returns For each setup, the result of each round. */
async function storeInTurn(
  setups: WatchSetup[],
  processes: WatcherProcess[],
): Promise<UpdateMeasured[][]> {
  const results: UpdateMeasured[][] = setups.map(() => []);
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, watcherProcess] of processes.entries()) {
      const servers = setups[index]?.servers ?? [];
      const measured = await measureUpdate(servers, watcherProcess);
      if (round > 0) results[index]?.push(measured);
    }
  }
  return results;
}

async function measureUpdate(
  servers: RunningProgram[],
  watchers: WatcherProcess,
): Promise<UpdateMeasured> {
  const [first] = servers;
  if (first === undefined) throw new Error('there is no server to store through');
  const connection = await LoadConnection.open(first.port);
  const cpuBefore = cpuSecondsOf(servers);
  const updates = watchers.nextUpdate();
  const sentAtMs = monotonicMs();
  const okMs = (await store(connection)) - sentAtMs;
  const delaysMs = (await updates).map((atMs) => atMs - sentAtMs);
  const cpuUsed = cpuSecondsOf(servers) - cpuBefore;
  connection.destroy();
  return {
    okMs,
    firstMs: quantile(delaysMs, 0),
    p50Ms: quantile(delaysMs, 0.5),
    p99Ms: quantile(delaysMs, 0.99),
    lastMs: quantile(delaysMs, 1),
    cpuUs: (cpuUsed / delaysMs.length) * 1e6,
  };
}

/** @returns When the message was acknowledged, in milliseconds of `monotonicMs`. */
function store(connection: LoadConnection): Promise<number> {
  return new Promise((resolve, reject) => {
    let replies = '';
    connection.onClosed = () => reject(new Error('the server closed the connection'));
    connection.onBytes = (bytes) => {
      replies += bytes.toString('latin1');
      if (replies.length < STORED_BYTES) return;
      if (replies === '200 OK\n200 OK\n') resolve(monotonicMs());
      else reject(new Error(`not stored: ${replies}`));
    };
    connection.write(Buffer.from('MSGSTORE\nTonight from 22:00 the cluster is read-only.\n'));
  });
}

function printDelays(setups: WatchSetup[], results: UpdateMeasured[][]): void {
  printHead([
    'from a write to every watcher',
    'ms to 200 OK',
    'to the first',
    'to the median',
    'to 99 of 100',
    'to the last',
    'ratio',
    "servers' CPU µs each",
  ]);
  const lastOf = (rounds: UpdateMeasured[] = []) => fieldOf(rounds, 'lastMs');
  for (const [index, { name, watchers }] of setups.entries()) {
    const rounds = results[index] ?? [];
    const cpuUs = rounds.reduce((sum, measured) => sum + measured.cpuUs, 0) / rounds.length;
    printRow([
      `${watchers} ${name}`,
      medianWithRange(fieldOf(rounds, 'okMs'), tenths),
      formatMedian(fieldOf(rounds, 'firstMs'), tenths),
      formatMedian(fieldOf(rounds, 'p50Ms'), tenths),
      formatMedian(fieldOf(rounds, 'p99Ms'), tenths),
      medianWithRange(lastOf(rounds), tenths),
      watchers === setups[0]?.watchers ? ratio(lastOf(rounds), lastOf(results[0])) : '–',
      hasProcFs ? tenths(cpuUs) : '–',
    ]);
  }
}

function cpuSecondsOf(servers: RunningProgram[]): number {
  return servers.reduce((sum, { pid }) => sum + treeCpuSeconds(pid), 0);
}

/** The maximum number of watchers of one process: each needs a descriptor. */
function maxWatchers(): number {
  return hasProcFs ? maxDescriptors() - OTHER_DESCRIPTORS : Number.POSITIVE_INFINITY;
}
