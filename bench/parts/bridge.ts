// The bridge: what it relays, how fast it opens sessions, and what an idle one costs.

import { frame, OPCODE } from '../../testing/frames.ts';
import {
  type BridgeKind,
  noBridge,
  ourBridge,
  running,
  startEcho,
  tlsRelays,
  websockify,
} from '../contestants/bridges.ts';
import { measureIdleMemory } from '../loads/idleMemory.ts';
import { framesCounter, type LoadTarget, targetOf } from '../loads/loadTarget.ts';
import { measureRoundTrips } from '../loads/roundTrips.ts';
import { measureSessions } from '../loads/sessions.ts';
import { measureThroughput } from '../loads/throughput.ts';
import { comparison, type Load } from '../part.ts';
import { Programs } from '../programs.ts';

const SMALL_BYTES = 32;
const LARGE_BYTES = 64 * 1024;
const LARGE_IN_FLIGHT = 8;
const CONCURRENT_SESSIONS = 100;

const SMALL_FRAME = frame({ opcode: OPCODE.binary, payload: Buffer.alloc(SMALL_BYTES, 'x') });
const LARGE_FRAME = frame({ opcode: OPCODE.binary, payload: Buffer.alloc(LARGE_BYTES, 'x') });

/** As many as the smallest machine that we measure on has cores. */
const BUSY_LOOPS = 2;

const relays = [running(ourBridge), running(websockify), noBridge];

export const bandwidth = comparison({
  name: 'bridge',
  title: 'Bridge bandwidth',
  about:
    'Payload relayed from WebSocket to an echo server and back, eight frames in flight on each connection. `motd bridge` is started plainly. `no bridge` sends the same frames to the echo server itself.',
  contestants: relays,
  loads: [
    large('64 KiB frames, 1 connection', 1),
    large('64 KiB frames, 10 connections', 10),
    {
      ...large(`64 KiB frames, 1 connection, beside ${BUSY_LOOPS} busy loops`, 1),
      beside: startBusyLoops,
    },
  ],
});

export const tlsBandwidth = comparison({
  name: 'bridge',
  title: 'Bridge bandwidth to a TLS target',
  about:
    'The same, if the echo server speaks TLS 1.2 (over 1.3, websockify stalls): a target marked `+tls`, and `websockify --ssl-target`, which verifies no certificate.',
  contestants: tlsRelays,
  loads: [
    large('64 KiB frames over TLS, 1 connection', 1),
    large('64 KiB frames over TLS, 10 connections', 10),
  ],
});

export const roundTrips = comparison({
  name: 'bridge',
  title: 'Bridge round trips',
  about: 'Small frames, each sent when the last one has come back.',
  contestants: relays,
  loads: [small('32-byte frames, 1 connection', 1), small('32-byte frames, 50 connections', 50)],
});

export const manySessions: Load<LoadTarget> = {
  rows: [
    {
      title: `open, one byte, close, ${CONCURRENT_SESSIONS} at a time`,
      unit: 'sessions/s',
      per: 'session',
    },
  ],
  measure: async (target, seconds) => [await measureSessions(target, CONCURRENT_SESSIONS, seconds)],
};

export const sessions = comparison({
  name: 'bridge',
  title: 'Bridge sessions',
  about:
    'Sessions that are opened with an upgrade, used for one byte, and closed with a close frame.',
  contestants: relays,
  loads: [manySessions],
});

/** Each measurement starts a bridge: memory kept from earlier use would hide the cost. */
export const memory = comparison<BridgeKind>({
  name: 'bridge',
  title: 'Memory per session',
  about:
    'How much memory (Pss, of all processes) each idle session adds: of 1,000 sessions, with websockify of 500, its maximum.',
  contestants: [ourBridge, websockify].map((kind) => ({ ...kind, start: async () => kind })),
  loads: [
    {
      rows: [{ title: 'an idle session', unit: 'kB' }],
      rounds: (rounds) => Math.min(rounds, 3),
      warmsUp: false,
      measure: (kind) =>
        Programs.during(async (programs) => {
          const echo = await startEcho(programs);
          const target = targetOf([await kind.start(programs, echo.port)], true);
          return [{ value: (await measureIdleMemory(target, kind.maxSessions)) / 1000 }];
        }),
    },
  ],
});

function large(title: string, connections: number): Load<LoadTarget> {
  const load = {
    connections,
    inFlight: LARGE_IN_FLIGHT,
    frame: LARGE_FRAME,
    payloadBytes: LARGE_BYTES,
  };
  return {
    rows: [{ title, unit: 'MB/s', per: 'MB' }],
    measure: async (target, seconds) => [await measureThroughput(target, load, seconds)],
  };
}

export function small(title: string, connections: number): Load<LoadTarget> {
  const load = {
    connections,
    inFlight: 1,
    request: SMALL_FRAME,
    replyBytes: SMALL_BYTES,
    makeCounter: framesCounter,
  };
  return {
    rows: [{ title, unit: 'round trips/s', per: 'round trip' }],
    measure: async (target, seconds) => [await measureRoundTrips(target, load, seconds)],
  };
}

async function startBusyLoops(programs: Programs): Promise<void> {
  for (let loop = 0; loop < BUSY_LOOPS; loop++) {
    await programs.background(process.execPath, ['-e', 'for (;;);']);
  }
}
