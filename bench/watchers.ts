// Measures the delay from a store through one server to every watcher: on that server, or on three
// servers that share an etcd.

import type { LocalEtcd } from '../testing/etcd.ts';
import { maxDescriptors } from '../testing/procFs.ts';
import { quantile } from '../testing/quantile.ts';
import { monotonicMs } from './clock.ts';
import { fieldOf } from './fieldOf.ts';
import { LoadConnection } from './loadConnection.ts';
import { hasProcFs, treeCpuSeconds } from './processes.ts';
import { type Running, startServer, withPrograms } from './programs.ts';
import { formatMedian, medianWithRange, printHead, printRow, ratio, tenths } from './tables.ts';
import { WatcherProcess } from './watcherProcess.ts';

const MANY_WATCHERS = 10_000;
/** Shows, next to MANY_WATCHERS, what each watcher costs. */
const FEW_WATCHERS = 1_000;

/** For everything a process has open besides watchers. */
const OTHER_DESCRIPTORS = 100;

/** Stores in each setup, in turn. */
const ROUNDS = 20;

const STORED_BYTES = Buffer.byteLength('200 OK\n200 OK\n');

/** The delays of one store, in milliseconds since the message was sent. */
interface Delays {
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
  servers: Running[];
  watchers: number;
}

export function compareWatching(etcd: LocalEtcd): Promise<void> {
  return withPrograms(async (track) => {
    const memory = () => track(startServer('memory:'));
    const shared = (prefix: string) => track(startServer(etcd.storeUrl(prefix)));
    const alone = [await shared('watched-on-one')];
    const three: Running[] = [];
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

/** @returns For each setup, the delays of its rounds. */
async function storeInTurn(setups: WatchSetup[], processes: WatcherProcess[]): Promise<Delays[][]> {
  const results: Delays[][] = setups.map(() => []);
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, watcherProcess] of processes.entries()) {
      const servers = setups[index]?.servers ?? [];
      const delays = await measureStore(servers, watcherProcess);
      if (round > 0) results[index]?.push(delays);
    }
  }
  return results;
}

async function measureStore(servers: Running[], watchers: WatcherProcess): Promise<Delays> {
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

/** @returns When the message was acknowledged. */
function store(connection: LoadConnection): Promise<number> {
  return new Promise((resolve, reject) => {
    let answer = '';
    connection.onClosed = () => reject(new Error('the server closed the connection'));
    connection.onBytes = (bytes) => {
      answer += bytes.toString('latin1');
      if (answer.length < STORED_BYTES) return;
      if (answer === '200 OK\n200 OK\n') resolve(monotonicMs());
      else reject(new Error(`not stored: ${answer}`));
    };
    connection.write(Buffer.from('MSGSTORE\nTonight from 22:00 the cluster is read-only.\n'));
  });
}

function printDelays(setups: WatchSetup[], results: Delays[][]): void {
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
  const lastOf = (rounds: Delays[] = []) => fieldOf(rounds, 'lastMs');
  for (const [index, { name, watchers }] of setups.entries()) {
    const rounds = results[index] ?? [];
    const cpuUs = rounds.reduce((sum, delays) => sum + delays.cpuUs, 0) / rounds.length;
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

function cpuSecondsOf(servers: Running[]): number {
  return servers.reduce((sum, { pid }) => sum + treeCpuSeconds(pid), 0);
}

/** How many watchers the descriptors of a process allow; Node raises its limit to the maximum. */
function maxWatchers(): number {
  return hasProcFs ? maxDescriptors() - OTHER_DESCRIPTORS : Number.POSITIVE_INFINITY;
}
