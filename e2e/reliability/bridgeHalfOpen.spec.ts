// Peers that disappear without a FIN, an RST or a pong. The bridge closes them within two ping
// periods, their targets receive the end of the stream, and no descriptor or memory stays in use.
//
// One kind is a stopped process: its kernel still acknowledges packets, so TCP finds nothing wrong.
// The other is behind a network link that is down: nothing is acknowledged, and TCP alone would
// wait for minutes.

import { fileURLToPath } from 'node:url';
import { mebibytes } from '../../testing/byteUnits.ts';
import { frame, OPCODE } from '../../testing/frames.ts';
import { descriptors, isLinux, NEEDS_LINUX, pssKb } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { RawWebSocket } from '../../testing/rawWebSocket.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, type ListeningProgram, QUICK } from '../fixtures.ts';
import { startBridgeProgram, test } from './bridgeProgram.ts';
import { EchoSession } from './echoSession.ts';
import { pidOf } from './rawClient.ts';
import { echo, ScriptedTarget } from './scriptedTarget.ts';
import {
  canCreateVethLink,
  cutVethLink,
  hostAddress,
  removeVethLink,
  startBehindVethLink,
} from './vethLink.ts';

const IDLE_SESSIONS = fileURLToPath(new URL('idleSessions.mjs', import.meta.url));
const HALF_OPEN = scaled(50, 1000);
/** Sessions that stay open, and only answer pings. */
const HEALTHY = scaled(5, 50);
const PING_MS = 1000;
/**
 * How many pings a healthy session may get until the sessions of the peers are closed. Two ping
 * periods, and the half seconds between two checks of the bridge, amount to at most four pings.
 * Twice as many, because some may arrive together with the last close. Counting pings, instead of
 * time, makes the test independent of the machine's speed.
 */
const MAX_PINGS = 8;
/**
 * By how much V8's heap may still grow after the first time. What is there after each further time
 * is in use; after one, it may be garbage that is not collected yet.
 */
const MAX_KB_LEFT = 20_000;

test.skip(!isLinux, NEEDS_LINUX);
test.describe.configure({ timeout: scaled(60_000, 300_000) });

test('closes sessions whose browser process is stopped', QUICK, async () => {
  const halfOpenBridge = await startPinging('127.0.0.1');
  const url = `ws://127.0.0.1:${halfOpenBridge.bridge.port}/ws/halfOpen`;
  const found = await measureRepeatedly(halfOpenBridge, {
    start: async () => new Program(process.execPath, [IDLE_SESSIONS, url, String(HALF_OPEN)]),
    disappear: (peers) => void peers.process.kill('SIGSTOP'),
    remove: (peers) => peers.kill(),
  });
  record('bridge: half-open peers', `${HALF_OPEN} whose process was stopped: ${found}`);
});

test('closes sessions whose network link is down', async () => {
  test.skip(!canCreateVethLink(), 'needs root, to create a network link');
  const halfOpenBridge = await startPinging('0.0.0.0');
  const url = `ws://${hostAddress}:${halfOpenBridge.bridge.port}/ws/halfOpen`;
  const found = await measureRepeatedly(halfOpenBridge, {
    start: () => startBehindVethLink(process.execPath, [IDLE_SESSIONS, url, String(HALF_OPEN)]),
    disappear: cutVethLink,
    remove: async (peers) => {
      await peers.kill();
      removeVethLink();
    },
  });
  record('bridge: half-open peers', `${HALF_OPEN} behind a network link that was cut: ${found}`);
});

interface HalfOpenPeers {
  start: () => Promise<Program>;
  disappear: (peers: Program) => void;
  remove: (peers: Program) => Promise<void>;
}

interface HalfOpenBridge {
  bridge: ListeningProgram;
  /** The target whose browsers disappear. */
  halfOpen: ScriptedTarget;
  echoSession: EchoSession;
  healthySessions: RawWebSocket[];
}

async function startPinging(host: string): Promise<HalfOpenBridge> {
  const halfOpen = await ScriptedTarget.listen(echo);
  const healthy = await ScriptedTarget.listen(echo);
  const bridge = await startBridgeProgram(
    { halfOpen: halfOpen.address, healthy: healthy.address },
    ['--ping-interval', String(PING_MS / 1000), '--http-host', host],
  );
  const openHealthy = () => RawWebSocket.connect(bridge.port, { path: '/ws/healthy' });
  const healthySessions = await Promise.all(Array.from({ length: HEALTHY }, openHealthy));
  return {
    bridge,
    halfOpen,
    healthySessions,
    echoSession: await EchoSession.start(bridge.port, '/ws/healthy'),
  };
}

/**
 * Lets peers disappear, and then as many again, twice, which must not need more memory.
 *
 * @returns What was observed, for the record.
 */
async function measureRepeatedly(
  halfOpenBridge: HalfOpenBridge,
  peers: HalfOpenPeers,
): Promise<string> {
  const { bridge, healthySessions, echoSession } = halfOpenBridge;
  const pid = pidOf(bridge.program);
  const kbAfter: number[] = [];
  const found: string[] = [];
  for (const which of ['first', 'second', 'third']) {
    const program = await peers.start();
    try {
      found.push(
        `the ${which} time, ${await measureClosing(halfOpenBridge, program, () => peers.disappear(program))}`,
      );
      kbAfter.push(pssKb(pid));
    } finally {
      await peers.remove(program);
    }
  }
  const exchanged = await checkAfterward(healthySessions, echoSession);
  expect(bridge.program.process.exitCode).toBeNull();
  expect(bridge.program.stderr).toBe('');
  const [first = 0, ...later] = kbAfter;
  expect(Math.min(...later) - first).toBeLessThan(MAX_KB_LEFT);
  return (
    `with a ping every ${PING_MS} ms: ${found.join('; ')}; each target saw the end of the stream; ` +
    `Pss ${mebibytes(first)} after the first time, then ${later.map(mebibytes).join(' and ')}; ` +
    `${HEALTHY} sessions that answered stayed open, and an echo session exchanged ${exchanged} messages, all correct`
  );
}

/** Lets the peers open their sessions and then disappear. @returns What was observed. */
async function measureClosing(
  { bridge, halfOpen, healthySessions }: HalfOpenBridge,
  peers: Program,
  disappear: () => void,
): Promise<string> {
  const pid = pidOf(bridge.program);
  const before = descriptors(pid);
  await peers.waitForOutput(/ready\n/);
  peers.process.stdin?.write('\n');
  await peers.waitForOutput(/open\n/);
  const connections = [...halfOpen.connections];
  expect(connections.length).toBe(HALF_OPEN);
  const cost = descriptors(pid) - before;

  const pings = () => Math.max(...healthySessions.map((webSocket) => webSocket.pings));
  const pingsBefore = pings();
  disappear();
  const disappearedAtMs = performance.now();
  const ends = await Promise.all(
    connections.map(async ({ ended }) => ({ how: await ended, afterMs: performance.now() })),
  );
  const tookMs = ends.map(({ afterMs }) => afterMs - disappearedAtMs);
  expect(new Set(ends.map(({ how }) => how))).toEqual(new Set(['end']));
  expect(pings() - pingsBefore).toBeLessThanOrEqual(MAX_PINGS);
  await expect.poll(() => halfOpen.connections.size).toBe(0);
  await expect.poll(() => descriptors(pid)).toBeLessThanOrEqual(before);
  return (
    `the first was closed after ${Math.round(Math.min(...tookMs))} ms, the last after ` +
    `${Math.round(Math.max(...tookMs))} ms, and ${cost} descriptors came back`
  );
}

async function checkAfterward(
  healthySessions: RawWebSocket[],
  echoSession: EchoSession,
): Promise<number> {
  const payload = Buffer.from('still here');
  for (const webSocket of healthySessions) webSocket.send(frame({ opcode: OPCODE.text, payload }));
  const hasReceived = ({ received }: RawWebSocket) => received === payload.length;
  await expect.poll(() => healthySessions.filter(hasReceived).length).toBe(HEALTHY);
  return echoSession.stop();
}
