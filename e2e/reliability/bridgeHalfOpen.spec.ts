// Peers that disappear without a FIN, an RST or a pong. The bridge closes them within two ping
// periods, their targets see the end of the stream, and nothing is left of them.
//
// One kind is a stopped process: its kernel still acknowledges packets, so TCP finds nothing wrong.
// The other is behind a network link that is down: nothing is acknowledged, and TCP alone would
// wait for minutes.

import { fileURLToPath } from 'node:url';
import { frame, OPCODE } from '../../testing/frames.ts';
import { descriptors, isLinux, NEEDS_LINUX, pssKb } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { RawWebSocket } from '../../testing/rawWebSocket.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, type ListeningProgram, QUICK } from '../fixtures.ts';
import { startBridgeTo, test } from './bridgeProgram.ts';
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
const VANISHING = scaled(50, 1000);
/** Sessions that stay, and only answer pings. */
const STAYING = scaled(5, 50);
const PING_MS = 1000;
/**
 * Two ping periods, the first of which began before, and what the bridge adds because it checks its
 * sessions every half second: four pings to a session that stays. They are counted, not timed: what
 * delays the bridge delays both. Twice as many allow for pings that arrive together with the end.
 */
const MAX_PINGS = 8;
/** Heap that V8 has not collected yet. */
const MAX_KB_LEFT = 20_000;

test.skip(!isLinux, NEEDS_LINUX);
test.describe.configure({ timeout: scaled(60_000, 300_000) });

test('closes sessions whose browser process is stopped', QUICK, async () => {
  const setup = await startPinging('127.0.0.1');
  const url = `ws://127.0.0.1:${setup.bridge.port}/ws/vanishing`;
  const found = await reapsTwice(setup, {
    start: async () => new Program(process.execPath, [IDLE_SESSIONS, url, String(VANISHING)]),
    vanish: (peers) => void peers.process.kill('SIGSTOP'),
    remove: (peers) => peers.kill(),
  });
  record('bridge: half-open peers', `${VANISHING} whose process was stopped: ${found}`);
});

test('closes sessions whose network link is down', async () => {
  test.skip(!canCreateVethLink(), 'needs root, to make a network');
  const setup = await startPinging('0.0.0.0');
  const url = `ws://${hostAddress}:${setup.bridge.port}/ws/vanishing`;
  const found = await reapsTwice(setup, {
    start: () => startBehindVethLink(process.execPath, [IDLE_SESSIONS, url, String(VANISHING)]),
    vanish: cutVethLink,
    remove: async (peers) => {
      await peers.kill();
      removeVethLink();
    },
  });
  record('bridge: half-open peers', `${VANISHING} behind a network link that was cut: ${found}`);
});

interface Peers {
  start: () => Promise<Program>;
  vanish: (peers: Program) => void;
  remove: (peers: Program) => Promise<void>;
}

interface Setup {
  bridge: ListeningProgram;
  /** The target whose browsers disappear. */
  vanishing: ScriptedTarget;
  echoSession: EchoSession;
  staying: RawWebSocket[];
}

async function startPinging(host: string): Promise<Setup> {
  const vanishing = await ScriptedTarget.listen(echo);
  const well = await ScriptedTarget.listen(echo);
  const bridge = await startBridgeTo({ vanishing: vanishing.address, well: well.address }, [
    '--ping-interval',
    String(PING_MS / 1000),
    '--http-host',
    host,
  ]);
  const stays = () => RawWebSocket.connect(bridge.port, { path: '/ws/well' });
  const staying = await Promise.all(Array.from({ length: STAYING }, stays));
  return {
    bridge,
    vanishing,
    staying,
    echoSession: await EchoSession.start(bridge.port, '/ws/well'),
  };
}

/**
 * Lets peers disappear, and then as many again, which may not need more memory.
 *
 * @returns What was observed, in words.
 */
async function reapsTwice(setup: Setup, peers: Peers): Promise<string> {
  const { bridge, staying, echoSession } = setup;
  const pid = pidOf(bridge.program);
  const kbAfter: number[] = [];
  const found: string[] = [];
  for (const which of ['first', 'second']) {
    const program = await peers.start();
    try {
      found.push(`the ${which} time, ${await reaps(setup, program, () => peers.vanish(program))}`);
      kbAfter.push(pssKb(pid));
    } finally {
      await peers.remove(program);
    }
  }
  const exchanged = await checkAfterwards(staying, echoSession);
  expect(bridge.program.process.exitCode).toBeNull();
  expect(bridge.program.stderr).toBe('');
  const [first = 0, second = 0] = kbAfter;
  expect(second - first).toBeLessThan(MAX_KB_LEFT);
  return (
    `with a ping every ${PING_MS} ms, twice: ${found.join('; ')}; each target saw the end of the stream; ` +
    `Pss ${Math.round(first / 1024)} MB after the first time, ${Math.round(second / 1024)} MB after the second; ` +
    `${STAYING} sessions that answered stayed open, and an echo session exchanged ${exchanged} messages, all correct`
  );
}

/** Lets the peers open their sessions and then disappear. @returns What was observed, in words. */
async function reaps(
  { bridge, vanishing, staying }: Setup,
  peers: Program,
  vanish: () => void,
): Promise<string> {
  const pid = pidOf(bridge.program);
  const before = descriptors(pid);
  await peers.waitForOutput(/ready\n/);
  peers.process.stdin?.write('\n');
  await peers.waitForOutput(/open\n/);
  const connections = [...vanishing.connections];
  expect(connections.length).toBe(VANISHING);
  const cost = descriptors(pid) - before;

  const pings = () => Math.max(...staying.map((webSocket) => webSocket.pings));
  const pingsBefore = pings();
  vanish();
  const vanishedAtMs = performance.now();
  const ends = await Promise.all(
    connections.map(async ({ ended }) => ({ how: await ended, afterMs: performance.now() })),
  );
  const tookMs = ends.map(({ afterMs }) => afterMs - vanishedAtMs);
  expect(new Set(ends.map(({ how }) => how))).toEqual(new Set(['end']));
  expect(pings() - pingsBefore).toBeLessThanOrEqual(MAX_PINGS);
  await expect.poll(() => vanishing.connections.size).toBe(0);
  await expect.poll(() => descriptors(pid)).toBeLessThanOrEqual(before);
  return (
    `the first was reaped after ${Math.round(Math.min(...tookMs))} ms, the last after ` +
    `${Math.round(Math.max(...tookMs))} ms, and ${cost} descriptors came back`
  );
}

async function checkAfterwards(staying: RawWebSocket[], echoSession: EchoSession): Promise<number> {
  const payload = Buffer.from('still here');
  for (const webSocket of staying) webSocket.send(frame({ opcode: OPCODE.text, payload }));
  const hasReceived = ({ received }: RawWebSocket) => received === payload.length;
  await expect.poll(() => staying.filter(hasReceived).length).toBe(STAYING);
  return echoSession.stop();
}
