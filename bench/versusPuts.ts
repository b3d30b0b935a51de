// Compares storing through the server with writing to etcd directly: plain puts, one after another
// on each connection (plainPuts.ts), and `etcdctl put`, a process each.

import { spawnSync } from 'node:child_process';
import type { LocalEtcd } from '../testing/etcd.ts';
import { fieldOf } from './fieldOf.ts';
import { PlainPuts } from './plainPuts.ts';
import { type RunningProgram, startServer, withPrograms } from './programs.ts';
import { inRounds } from './rounds.ts';
import { measureRoundTrips } from './roundTrips.ts';
import {
  formatMedian,
  hundredths,
  medianWithRange,
  percent,
  printHead,
  printRow,
  ratio,
  whole,
} from './tables.ts';
import { temporaryFolder } from './temporaryFolder.ts';

const MSGSTORE = {
  request: Buffer.from('MSGSTORE\nTonight from 22:00 the cluster is read-only.\n'),
  replyBytes: Buffer.byteLength('200 OK\n200 OK\n'),
  inFlight: 1,
};

/** How many times etcdctl is started. */
const COMMANDS = 20;

/** @param etcdctl The name of the program. */
export async function compareWithPuts(etcd: LocalEtcd, etcdctl: string): Promise<void> {
  await withPrograms(async (track) => {
    const file = [await track(startServer(`file:${temporaryFolder()}`))];
    const alone = [await track(startServer(etcd.storeUrl('stored-through-one')))];
    const three: RunningProgram[] = [];
    while (three.length < 3) {
      three.push(await track(startServer(etcd.storeUrl('stored-through-three'))));
    }
    printHead([
      'MSGSTORE, waiting for each 200 OK',
      'writes/s',
      'p50 ms',
      'p99 ms',
      'plain puts/s',
      'p50 ms',
      'p99 ms',
      'ratio',
      "load's CPU",
    ]);
    await compare('1 client, etcd', alone, 1, etcd);
    await compare('50 clients on one server, etcd', alone, 50, etcd);
    await compare('50 clients over three servers, etcd', three, 50, etcd);
    await compare('1 client, file', file, 1, etcd);
    await compare('50 clients, file', file, 50, etcd);
  });
  measureEtcdctl(etcd, etcdctl);
}

/**
 * Prints one row: the same number of connections store through the server and put into etcd, in
 * turn.
 */
async function compare(
  name: string,
  servers: RunningProgram[],
  connections: number,
  etcd: LocalEtcd,
): Promise<void> {
  const puts = new PlainPuts(etcd.endpoints, connections);
  const store = (seconds: number) =>
    measureRoundTrips(servers, { ...MSGSTORE, connections }, seconds);
  const { ours, theirs } = await inRounds(store, (seconds) => puts.measure(seconds)).finally(() =>
    puts.close(),
  );
  const rates = fieldOf(ours, 'requestsPerSecond');
  const putRates = fieldOf(theirs, 'requestsPerSecond');
  printRow([
    name,
    medianWithRange(rates, whole),
    formatMedian(fieldOf(ours, 'p50Ms'), hundredths),
    formatMedian(fieldOf(ours, 'p99Ms'), hundredths),
    medianWithRange(putRates, whole),
    formatMedian(fieldOf(theirs, 'p50Ms'), hundredths),
    formatMedian(fieldOf(theirs, 'p99Ms'), hundredths),
    ratio(rates, putRates),
    [ours, theirs]
      .map((rounds) => formatMedian(fieldOf(rounds, 'loadCpuShare'), percent))
      .join(', '),
  ]);
}

function measureEtcdctl(etcd: LocalEtcd, etcdctl: string): void {
  const args = [`--endpoints=${etcd.endpoints.join(',')}`, 'put', 'bench/etcdctl', 'x'.repeat(100)];
  // Before 3.4 it uses version 2 of the API by default.
  const put = () => spawnSync(etcdctl, args, { env: { ...process.env, ETCDCTL_API: '3' } });
  if (put().status !== 0) {
    console.log('\netcdctl is not installed: skipping `etcdctl put`.');
    return;
  }
  const tookMs = Array.from({ length: COMMANDS }, () => {
    const startedAt = performance.now();
    put();
    return performance.now() - startedAt;
  });
  printHead(['', 'ms each']);
  printRow(['`etcdctl put`, a process each', medianWithRange(tookMs, whole)]);
}
