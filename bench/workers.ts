// Compares the bridge with one relaying process and with several: throughput and cost.

import { availableParallelism } from 'node:os';
import { frame, OPCODE } from '../testing/frames.ts';
import { fieldOf } from './fieldOf.ts';
import { framesCounter, type LoadTarget } from './loadTarget.ts';
import { treeCpuSeconds, treePssBytes } from './processes.ts';
import { startBridge, type TrackProgram } from './programs.ts';
import { ROUNDS, SECONDS } from './rounds.ts';
import { measureRoundTrips } from './roundTrips.ts';
import { measureSessions } from './sessions.ts';
import {
  formatMedian,
  medianWithRange,
  percent,
  printHead,
  printRow,
  thousands,
  whole,
} from './tables.ts';

const FRAME_BYTES = 32;
const CONNECTIONS = 50;
const CONCURRENT_SESSIONS = 100;

const ROUND_TRIPS = {
  connections: CONNECTIONS,
  inFlight: 1,
  request: frame({ opcode: OPCODE.binary, payload: Buffer.alloc(FRAME_BYTES, 'x') }),
  replyBytes: FRAME_BYTES,
  makeCounter: framesCounter,
};

/** The throughput of a round, and its cost. */
interface WorkersMeasured {
  perSecond: number;
  /** CPU time of all processes of the bridge for each, in microseconds. */
  cpuUsEach: number;
  /** The CPU time of the load generator, as a share of one core. */
  loadCpuShare: number;
}

/** @param echo The target of the bridges. */
export async function compareWorkers(track: TrackProgram, echo: LoadTarget): Promise<void> {
  const bridges = [];
  for (const workers of counts()) {
    const bridge = await track(startBridge(`127.0.0.1:${echo.port}`, workers));
    const roundTrips: WorkersMeasured[] = [];
    const sessions: WorkersMeasured[] = [];
    const startedMb = treePssBytes(bridge.pid) / 1e6;
    bridges.push({ workers, bridge, startedMb, roundTrips, sessions });
    await measureBoth(bridge, SECONDS / 2);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { bridge, roundTrips, sessions } of bridges) {
      const measured = await measureBoth(bridge, SECONDS);
      roundTrips.push(measured.roundTrips);
      sessions.push(measured.sessions);
    }
  }
  printHead([
    'bridge with',
    'round trips/s',
    'CPU µs each',
    "load's CPU",
    'sessions/s',
    'CPU µs each',
    "load's CPU",
    'MB at the start',
  ]);
  for (const { workers, startedMb, roundTrips, sessions } of bridges) {
    printRow([
      workers === 1 ? 'one process' : `${workers} workers`,
      ...cells(roundTrips, thousands),
      ...cells(sessions, whole),
      whole(startedMb),
    ]);
  }
}

/** 1, 2, 4 … up to the number of cores, and at least 2. */
function counts(): number[] {
  return [1, 2, 4, 8, 16].filter((workers) => workers <= Math.max(availableParallelism(), 2));
}

async function measureBoth(bridge: LoadTarget, seconds: number) {
  return {
    roundTrips: await withCpu(bridge, seconds, async () => {
      const { requestsPerSecond, ...rest } = await measureRoundTrips(bridge, ROUND_TRIPS, seconds);
      return { ...rest, perSecond: requestsPerSecond };
    }),
    sessions: await withCpu(bridge, seconds, async () => {
      const results = await measureSessions(bridge, CONCURRENT_SESSIONS, seconds);
      return { ...results, perSecond: results.sessionsPerSecond };
    }),
  };
}

async function withCpu(
  { pid }: LoadTarget,
  seconds: number,
  measure: () => Promise<{ perSecond: number; loadCpuShare: number }>,
): Promise<WorkersMeasured> {
  const before = treeCpuSeconds(pid);
  const { perSecond, loadCpuShare } = await measure();
  const used = treeCpuSeconds(pid) - before;
  return { perSecond, cpuUsEach: (used / (perSecond * seconds)) * 1e6, loadCpuShare };
}

function cells(results: readonly WorkersMeasured[], format: (value: number) => string): string[] {
  return [
    medianWithRange(fieldOf(results, 'perSecond'), format),
    formatMedian(fieldOf(results, 'cpuUsEach'), whole),
    formatMedian(fieldOf(results, 'loadCpuShare'), percent),
  ];
}
