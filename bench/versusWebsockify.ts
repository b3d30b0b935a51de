// Compares the bridge with websockify, both in front of the same echo server, and with the echo
// server itself, which shows what the load could reach without a bridge.

import { frame, OPCODE } from '../testing/frames.ts';
import { fieldOf } from './fieldOf.ts';
import { measureIdleMemory } from './idleMemory.ts';
import { framesCounter, type LoadTarget } from './loadTarget.ts';
import { hasProcFs } from './processes.ts';
import { type RunningProgram, startBridge, startWebsockify, stop } from './programs.ts';
import { ROUNDS, SECONDS } from './rounds.ts';
import { measureRoundTrips } from './roundTrips.ts';
import { measureSessions } from './sessions.ts';
import { medianRatio } from './spread.ts';
import {
  formatMedian,
  hundredths,
  medianWithRange,
  percent,
  printHead,
  printRow,
  ratio,
  thousands,
  whole,
} from './tables.ts';
import { measureThroughput } from './throughput.ts';

const SMALL_BYTES = 32;
const LARGE_BYTES = 64 * 1024;
const LARGE_IN_FLIGHT = 8;
const CONCURRENT_SESSIONS = 100;
const IDLE_SESSIONS = 1_000;
/** Its main process keeps two descriptors per session, and select() accepts none above 1,023. */
const MAX_WEBSOCKIFY_SESSIONS = 500;
/** Each round restarts both bridges. */
const MEMORY_ROUNDS = 3;

const SMALL_FRAME = frame({ opcode: OPCODE.binary, payload: Buffer.alloc(SMALL_BYTES, 'x') });
const LARGE_FRAME = frame({ opcode: OPCODE.binary, payload: Buffer.alloc(LARGE_BYTES, 'x') });

interface ComparedTargets {
  bridge: LoadTarget;
  /** `undefined` if it is not installed. */
  websockify: LoadTarget | undefined;
  echo: LoadTarget;
}

interface ComparedRounds<Measured> {
  bridge: Measured[];
  /** Empty if it is not installed. */
  websockify: Measured[];
  echo: Measured[];
}

/** @param command The name of websockify; empty if it is not installed. */
export async function compareWithWebsockify(echo: LoadTarget, command: string): Promise<void> {
  const bridge = await startBridge(`127.0.0.1:${echo.port}`);
  const websockify = command === '' ? undefined : await startWebsockify(command, echo.port);
  try {
    await compareSmallFrames({ bridge, websockify, echo });
    await compareLargeFrames({ bridge, websockify, echo });
    await compareSessions({ bridge, websockify, echo });
  } finally {
    await stop(bridge);
    if (websockify !== undefined) await stop(websockify);
  }
  await compareIdleMemory(echo, command);
}

async function compareSmallFrames(compared: ComparedTargets): Promise<void> {
  printHead([
    `${SMALL_BYTES}-byte frames, 1 in flight`,
    'round trips/s',
    'p50 ms',
    'p99 ms',
    'websockify',
    'p50 ms',
    'p99 ms',
    'ratio',
    'echo alone',
    "load's CPU",
  ]);
  for (const connections of [1, 50]) {
    const load = {
      connections,
      inFlight: 1,
      request: SMALL_FRAME,
      replyBytes: SMALL_BYTES,
      makeCounter: framesCounter,
    };
    const results = await measureInRounds(compared, (one, seconds) =>
      measureRoundTrips(one, load, seconds),
    );
    const rates = fieldsOf(results, 'requestsPerSecond');
    const p50 = fieldsOf(results, 'p50Ms');
    const p99 = fieldsOf(results, 'p99Ms');
    printRow([
      pluralize(connections, 'connection'),
      medianWithRange(rates.bridge, thousands),
      formatMedian(p50.bridge, hundredths),
      formatMedian(p99.bridge, hundredths),
      medianWithRange(rates.websockify, thousands),
      formatMedian(p50.websockify, hundredths),
      formatMedian(p99.websockify, hundredths),
      ratio(rates.bridge, rates.websockify),
      formatMedian(rates.echo, thousands),
      loadCpu(results),
    ]);
  }
}

async function compareLargeFrames(compared: ComparedTargets): Promise<void> {
  printHead([
    `${LARGE_BYTES / 1024} KiB frames, ${LARGE_IN_FLIGHT} in flight`,
    'MB/s',
    'CPU s/GB',
    'websockify',
    'CPU s/GB',
    'ratio',
    'echo alone',
    "load's CPU",
  ]);
  for (const connections of [1, 10]) {
    const load = {
      connections,
      inFlight: LARGE_IN_FLIGHT,
      frame: LARGE_FRAME,
      payloadBytes: LARGE_BYTES,
    };
    const results = await measureInRounds(compared, (one, seconds) =>
      measureThroughput(one, load, seconds),
    );
    const rates = fieldsOf(results, 'bytesPerSecond');
    const cpu = fieldsOf(results, 'cpuSecondsPerGb');
    printRow([
      pluralize(connections, 'connection'),
      medianWithRange(rates.bridge, megabytes),
      formatMedian(cpu.bridge, hundredths),
      medianWithRange(rates.websockify, megabytes),
      formatMedian(cpu.websockify, hundredths),
      ratio(rates.bridge, rates.websockify),
      formatMedian(rates.echo, megabytes),
      loadCpu(results),
    ]);
  }
}

async function compareSessions(compared: ComparedTargets): Promise<void> {
  printHead(['', 'sessions/s', 'websockify', 'ratio', 'echo alone', "load's CPU"]);
  const results = await measureInRounds(compared, (one, seconds) =>
    measureSessions(one, CONCURRENT_SESSIONS, seconds),
  );
  const rates = fieldsOf(results, 'sessionsPerSecond');
  printRow([
    `opened, ${CONCURRENT_SESSIONS} at a time`,
    medianWithRange(rates.bridge, whole),
    medianWithRange(rates.websockify, whole),
    ratio(rates.bridge, rates.websockify),
    formatMedian(rates.echo, whole),
    loadCpu(results),
  ]);
}

async function compareIdleMemory(echo: LoadTarget, command: string): Promise<void> {
  if (!hasProcFs) return console.log('\nMemory is measured on Linux only.');

  const bridge: number[] = [];
  const websockify: number[] = [];
  for (let round = 0; round < MEMORY_ROUNDS; round++) {
    bridge.push(await idleMemory(await startBridge(`127.0.0.1:${echo.port}`), IDLE_SESSIONS));
    if (command !== '') {
      const started = await startWebsockify(command, echo.port);
      websockify.push(await idleMemory(started, MAX_WEBSOCKIFY_SESSIONS));
    }
  }
  printHead(['memory', 'kB', 'websockify', 'ratio']);
  printRow([
    `an idle session, of ${IDLE_SESSIONS} (websockify: of ${MAX_WEBSOCKIFY_SESSIONS})`,
    medianWithRange(bridge, kilobytes),
    medianWithRange(websockify, kilobytes),
    websockify.length === 0 ? '–' : `1/${whole(medianRatio(websockify, bridge))}`,
  ]);
}

async function idleMemory(started: RunningProgram, sessions: number): Promise<number> {
  try {
    return await measureIdleMemory(started, sessions);
  } finally {
    await stop(started);
  }
}

async function measureInRounds<Measured>(
  { bridge, websockify, echo }: ComparedTargets,
  measure: (target: LoadTarget, seconds: number) => Promise<Measured>,
): Promise<ComparedRounds<Measured>> {
  const results: ComparedRounds<Measured> = { bridge: [], websockify: [], echo: [] };
  await measure(bridge, SECONDS / 2);
  if (websockify !== undefined) await measure(websockify, SECONDS / 2);
  for (let round = 0; round < ROUNDS; round++) {
    results.bridge.push(await measure(bridge, SECONDS));
    if (websockify !== undefined) results.websockify.push(await measure(websockify, SECONDS));
    results.echo.push(await measure(echo, SECONDS));
  }
  return results;
}

function fieldsOf<Field extends string>(
  results: ComparedRounds<Record<Field, number>>,
  field: Field,
): ComparedRounds<number> {
  const { bridge, websockify, echo } = results;
  return {
    bridge: fieldOf(bridge, field),
    websockify: fieldOf(websockify, field),
    echo: fieldOf(echo, field),
  };
}

/**
 * The CPU share of the load generator with the bridge, websockify and the echo server. Below 100%,
 * it waits for them.
 */
function loadCpu(results: ComparedRounds<{ loadCpuShare: number }>): string {
  const { bridge, websockify, echo } = fieldsOf(results, 'loadCpuShare');
  return [bridge, websockify, echo].map((shares) => formatMedian(shares, percent)).join(', ');
}

function pluralize(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

function megabytes(bytes: number): string {
  return whole(bytes / 1e6);
}

function kilobytes(bytes: number): string {
  return (bytes / 1e3).toFixed(1);
}
