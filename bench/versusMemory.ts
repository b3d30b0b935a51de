// Compares reading from a server with the etcd store and from one with the memory store. Both
// answer from memory; etcd's updates arrive on a connection of their own.

import type { LocalEtcd } from '../testing/etcd.ts';
import { fieldOf } from './fieldOf.ts';
import { measureLogins } from './logins.ts';
import { compareRequests, MSGGET, printRequestsHead } from './msgget.ts';
import { type RunningProgram, startServer, withPrograms } from './programs.ts';
import { inRounds } from './rounds.ts';
import {
  formatMedian,
  medianWithRange,
  percent,
  printHead,
  printRow,
  ratio,
  whole,
} from './tables.ts';

const CONCURRENT_LOGINS = 100;

/** @param etcd An empty one, so that both servers have the initial message. */
export function compareWithMemory(etcd: LocalEtcd): Promise<void> {
  return withPrograms(async (track) => {
    const withEtcd = await track(startServer(etcd.storeUrl('reading')));
    const withMemory = await track(startServer('memory:'));
    await compareMsgget(withEtcd, withMemory);
    await compareLogins(withEtcd, withMemory);
  });
}

async function compareMsgget(withEtcd: RunningProgram, withMemory: RunningProgram): Promise<void> {
  const ours = { target: withEtcd, request: MSGGET };
  const baseline = { target: withMemory, request: MSGGET };
  printRequestsHead();
  for (const inFlight of [1, 128]) {
    const name = `MSGGET with etcd, 50 connections, ${inFlight} in flight`;
    await compareRequests(name, ours, 'memory', baseline, 50, inFlight);
  }
}

/** The load when many people log in: each connection sends one request and closes. */
async function compareLogins(withEtcd: RunningProgram, withMemory: RunningProgram): Promise<void> {
  const measure = (target: RunningProgram, seconds: number) =>
    measureLogins(target, CONCURRENT_LOGINS, seconds);
  const { ours, theirs } = await inRounds(
    (seconds) => measure(withEtcd, seconds),
    (seconds) => measure(withMemory, seconds),
  );
  const rates = fieldOf(ours, 'loginsPerSecond');
  const baselineRates = fieldOf(theirs, 'loginsPerSecond');
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
    medianWithRange(rates, whole),
    formatMedian(fieldOf(ours, 'cpuUs'), whole),
    medianWithRange(baselineRates, whole),
    formatMedian(fieldOf(theirs, 'cpuUs'), whole),
    ratio(rates, baselineRates),
    formatMedian(fieldOf(ours, 'loadCpuShare'), percent),
  ]);
}
