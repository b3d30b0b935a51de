// From a store through one server to everybody who watches: on that server, or on three that share
// an etcd.

import { readFileSync } from 'node:fs';
import type { EtcdCluster } from '../testing/etcd.ts';
import { monotonicMs } from './clock.ts';
import { LoadConnection } from './connection.ts';
import { hasProcessFigures, treeCpuSeconds } from './processes.ts';
import { type Running, startServer, withPrograms } from './programs.ts';
import { quantile } from './spread.ts';
import { inBrackets, median, printHead, printRow, ratio, tenths } from './tables.ts';
import { Audience } from './watcherProcess.ts';

const MANY = 10_000;
/** To tell what each costs from what all cost together. */
const FEW = 1_000;

/** For what a process has open besides watchers. */
const OTHER_DESCRIPTORS = 100;

/** Stores in each place, in turn. */
const ROUNDS = 20;

const STORED_BYTES = Buffer.byteLength('200 OK\n200 OK\n');

/** In milliseconds since the message was sent, but for the last. */
interface Told {
  okMs: number;
  firstMs: number;
  p50Ms: number;
  p99Ms: number;
  lastMs: number;
  /** CPU time of the servers together, for each watcher, in microseconds. */
  cpuUs: number;
}

interface Place {
  name: string;
  /** The message is stored through the first. */
  servers: Running[];
  watchers: number;
}

export function compareWatching(etcd: EtcdCluster): Promise<void> {
  return withPrograms(async (run) => {
    const memory = () => run(startServer('memory:'));
    const shared = (prefix: string) => run(startServer(etcd.storeUrl(prefix)));
    const alone = [await shared('watched-on-one')];
    const three: Running[] = [];
    while (three.length < 3) three.push(await shared('watched-on-three'));
    const many = Math.min(MANY, maxDescriptors() - OTHER_DESCRIPTORS);
    const places = [
      { name: 'on one server, memory', servers: [await memory()], watchers: many },
      { name: 'on one server, memory', servers: [await memory()], watchers: FEW },
      { name: 'on one server, etcd', servers: alone, watchers: many },
      { name: 'over three servers, etcd', servers: three, watchers: many },
    ];
    const audiences: Audience[] = [];
    try {
      for (const { servers, watchers } of places) {
        audiences.push(await Audience.gather(watchers, servers));
      }
      printTold(places, await tellInTurn(places, audiences));
    } finally {
      for (const audience of audiences) audience.leave();
    }
  });
}

/** @returns For each place what its rounds have found. */
async function tellInTurn(places: Place[], audiences: Audience[]): Promise<Told[][]> {
  const found: Told[][] = places.map(() => []);
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, audience] of audiences.entries()) {
      const servers = places[index]?.servers ?? [];
      const told = await tell(servers, audience);
      if (round > 0) found[index]?.push(told);
    }
  }
  return found;
}

async function tell(servers: Running[], audience: Audience): Promise<Told> {
  const [first] = servers;
  if (first === undefined) throw new Error('there is no server to store through');
  const connection = await LoadConnection.open(first.port);
  const cpuBefore = cpuSecondsOf(servers);
  const heard = audience.hears();
  const sentAtMs = monotonicMs();
  const okMs = (await store(connection)) - sentAtMs;
  const heardAfterMs = (await heard).map((atMs) => atMs - sentAtMs);
  const cpuUsed = cpuSecondsOf(servers) - cpuBefore;
  connection.destroy();
  return {
    okMs,
    firstMs: quantile(heardAfterMs, 0),
    p50Ms: quantile(heardAfterMs, 0.5),
    p99Ms: quantile(heardAfterMs, 0.99),
    lastMs: quantile(heardAfterMs, 1),
    cpuUs: (cpuUsed / heardAfterMs.length) * 1e6,
  };
}

/** @returns When it was acknowledged. */
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

function printTold(places: Place[], found: Told[][]): void {
  printHead([
    'from a store to all who watch',
    'ms to 200 OK',
    'to the first',
    'to the median',
    'to 99 of 100',
    'to the last',
    'ratio',
    "servers' CPU µs each",
  ]);
  const lastOf = (rounds: Told[] = []) => rounds.map(({ lastMs }) => lastMs);
  for (const [index, { name, watchers }] of places.entries()) {
    const rounds = found[index] ?? [];
    const cpuUs = rounds.reduce((sum, told) => sum + told.cpuUs, 0) / rounds.length;
    printRow([
      `${watchers} ${name}`,
      inBrackets(
        rounds.map(({ okMs }) => okMs),
        tenths,
      ),
      median(
        rounds.map(({ firstMs }) => firstMs),
        tenths,
      ),
      median(
        rounds.map(({ p50Ms }) => p50Ms),
        tenths,
      ),
      median(
        rounds.map(({ p99Ms }) => p99Ms),
        tenths,
      ),
      inBrackets(lastOf(rounds), tenths),
      watchers === places[0]?.watchers ? ratio(lastOf(rounds), lastOf(found[0])) : '–',
      hasProcessFigures ? tenths(cpuUs) : '–',
    ]);
  }
}

function cpuSecondsOf(servers: Running[]): number {
  return servers.reduce((sum, { pid }) => sum + treeCpuSeconds(pid), 0);
}

/** How many files and sockets a process may have open here; Node takes as many as it may have. */
function maxDescriptors(): number {
  if (!hasProcessFigures) return Number.POSITIVE_INFINITY;
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const [, most = 'unlimited'] = /^Max open files +\S+ +(\S+)/m.exec(limits) ?? [];
  return most === 'unlimited' ? Number.POSITIVE_INFINITY : Number(most);
}
