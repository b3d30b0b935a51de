// Compares reading from a server with the etcd store and from one with the memory store. Both answer
// from memory; etcd's updates arrive on a connection of their own.

import type { LocalEtcd } from '../testing/etcd.ts';
import { fieldOf } from './fieldOf.ts';
import { type LoginsMeasured, measureLogins } from './logins.ts';
import { compareRequests, MSGGET, printRequestsHead } from './msgget.ts';
import { type Running, startServer, withPrograms } from './programs.ts';
import { ROUNDS, SECONDS } from './rounds.ts';
import { inBrackets, median, percent, printHead, printRow, ratio, whole } from './tables.ts';

const CONCURRENT_LOGINS = 100;

/** @param etcd An empty one, so that both servers have the initial message. */
export function compareWithMemory(etcd: LocalEtcd): Promise<void> {
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

/** The load when many people log in: each connection asks once and closes. */
async function compareLogins(withEtcd: Running, withMemory: Running): Promise<void> {
  const measure = (endpoint: Running, seconds: number) =>
    measureLogins(endpoint, CONCURRENT_LOGINS, seconds);
  const ours: LoginsMeasured[] = [];
  const theirs: LoginsMeasured[] = [];
  await measure(withEtcd, SECONDS / 2);
  await measure(withMemory, SECONDS / 2);
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await measure(withEtcd, SECONDS));
    theirs.push(await measure(withMemory, SECONDS));
  }
  const rates = fieldOf(ours, 'loginsPerSecond');
  const yardstickRates = fieldOf(theirs, 'loginsPerSecond');
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
    `${CONCURRENT_LOGINS} at a time`,
    inBrackets(rates, whole),
    median(fieldOf(ours, 'cpuUs'), whole),
    inBrackets(yardstickRates, whole),
    median(fieldOf(theirs, 'cpuUs'), whole),
    ratio(rates, yardstickRates),
    median(fieldOf(ours, 'loadCpuShare'), percent),
  ]);
}
