// Reading with the etcd store beside reading with the one in memory: the message is in memory both
// times, and what etcd has to say comes on a connection of its own.

import type { EtcdCluster } from '../testing/etcd.ts';
import { type LoginsMeasured, measureLogins } from './logins.ts';
import { compareRequests, MSGGET, printRequestsHead } from './msgget.ts';
import { type Running, startServer, withPrograms } from './programs.ts';
import { ROUNDS, SECONDS } from './rounds.ts';
import { inBrackets, median, percent, printHead, printRow, ratio, whole } from './tables.ts';

const LOGINS_AT_A_TIME = 100;

/** @param etcd Where nothing is stored, so that both have the same message. */
export function compareWithMemory(etcd: EtcdCluster): Promise<void> {
  return withPrograms(async (run) => {
    const withEtcd = await run(startServer(etcd.storeUrl('reading')));
    const withMemory = await run(startServer('memory:'));
    await compareMsgget(withEtcd, withMemory);
    await compareLogins(withEtcd, withMemory);
  });
}

async function compareMsgget(withEtcd: Running, withMemory: Running): Promise<void> {
  const ours = { endpoint: withEtcd, request: MSGGET };
  const yardstick = { endpoint: withMemory, request: MSGGET };
  printRequestsHead();
  for (const inFlight of [1, 128]) {
    const name = `MSGGET with etcd, 50 connections, ${inFlight} in flight`;
    await compareRequests(name, ours, 'memory', yardstick, 50, inFlight);
  }
}

/** The load of nine o'clock: each connection asks once, and is gone. */
async function compareLogins(withEtcd: Running, withMemory: Running): Promise<void> {
  const measure = (endpoint: Running, seconds: number) =>
    measureLogins(endpoint, LOGINS_AT_A_TIME, seconds);
  const ours: LoginsMeasured[] = [];
  const theirs: LoginsMeasured[] = [];
  await measure(withEtcd, SECONDS / 2);
  await measure(withMemory, SECONDS / 2);
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await measure(withEtcd, SECONDS));
    theirs.push(await measure(withMemory, SECONDS));
  }
  const of = (rounds: LoginsMeasured[], figure: keyof LoginsMeasured) =>
    rounds.map((one) => one[figure]);
  const rates = of(ours, 'loginsPerSecond');
  const yardstickRates = of(theirs, 'loginsPerSecond');
  printHead([
    'a connection for each MSGGET',
    'with etcd, a second',
    'CPU µs each',
    'with memory',
    'CPU µs each',
    'ratio',
    "load's CPU",
  ]);
  printRow([
    `${LOGINS_AT_A_TIME} at a time`,
    inBrackets(rates, whole),
    median(of(ours, 'cpuUs'), whole),
    inBrackets(yardstickRates, whole),
    median(of(theirs, 'cpuUs'), whole),
    ratio(rates, yardstickRates),
    median(of(ours, 'loadCpuShare'), percent),
  ]);
}
