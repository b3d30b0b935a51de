// Peers that are gone without a word: no FIN, no RST, no pong. They are reaped in two ping periods,
// their targets hear the end of the stream, and nothing of them stays.
//
// One kind is a stopped process: its kernel still acknowledges what comes, so TCP finds nothing
// wrong. The other is behind a cable that is cut:
// nothing is acknowledged, and TCP alone would wait for minutes.

import { fileURLToPath } from 'node:url';
import { Program } from '../../testing/programs.ts';
import { amount, figure } from '../../testing/scale.ts';
import { expect, type Listening, QUICK } from '../fixtures.ts';
import { startBridgeTo, test } from './bridgeProgram.ts';
import { Chatter } from './echoSession.ts';
import { frame, OPCODE } from './frames.ts';
import { descriptors, isLinux, NEEDS_LINUX, proportionalKb } from './procFs.ts';
import { pidOf } from './rawClient.ts';
import { RawWebSocket } from './rawWebSocket.ts';
import { echo, ScriptedTarget } from './scriptedTarget.ts';
import { canLayCables, cutCable, nearAddress, removeCable, startBehindCable } from './vethLink.ts';

const VANISHING = fileURLToPath(new URL('idleSessions.mjs', import.meta.url));
const VANISH = amount(50, 1000);
/** Those that stay, and answer pings alone. */
const STAY = amount(5, 50);
const PING_MS = 1000;
/**
 * Two ping periods, of which the first began before, and what the bridge adds when it checks its
 * sessions every half a second: four pings to a session that stays. They are counted, not timed: what
 * holds up the bridge holds up both. Twice as many allow for pings that arrive here together with
 * the end.
 */
const MAX_PINGS = 8;
/** Heap that V8 has not collected yet. */
const MAX_KB_LEFT = 20_000;

test.skip(!isLinux, NEEDS_LINUX);
test.describe.configure({ timeout: amount(60_000, 300_000) });

test('peers whose process is stopped are reaped', QUICK, async () => {
  const beside = await startPinging('127.0.0.1');
  const url = `ws://127.0.0.1:${beside.bridge.port}/ws/fading`;
  const found = await reapsTwice(beside, {
    start: async () => new Program(process.execPath, [VANISHING, url, String(VANISH)]),
    vanish: (peers) => void peers.process.kill('SIGSTOP'),
    remove: (peers) => peers.kill(),
  });
  figure('bridge: half-open peers', `${VANISH} whose process was stopped: ${found}`);
});

test('peers behind a cable that is cut are reaped', async () => {
  test.skip(!canLayCables(), 'needs root, to make a network');
  const beside = await startPinging('0.0.0.0');
  const url = `ws://${nearAddress}:${beside.bridge.port}/ws/fading`;
  const found = await reapsTwice(beside, {
    start: () => startBehindCable(process.execPath, [VANISHING, url, String(VANISH)]),
    vanish: cutCable,
    remove: async (peers) => {
      await peers.kill();
      removeCable();
    },
  });
  figure('bridge: half-open peers', `${VANISH} behind a cable that was cut: ${found}`);
});

interface Peers {
  start: () => Promise<Program>;
  vanish: (peers: Program) => void;
  remove: (peers: Program) => Promise<void>;
}

interface Beside {
  bridge: Listening;
  /** Whose browsers go. */
  fading: ScriptedTarget;
  chatter: Chatter;
  staying: RawWebSocket[];
}

async function startPinging(host: string): Promise<Beside> {
  const fading = await ScriptedTarget.listen(echo);
  const well = await ScriptedTarget.listen(echo);
  const bridge = await startBridgeTo({ fading: fading.address, well: well.address }, [
    '--ping-interval',
    String(PING_MS / 1000),
    '--http-host',
    host,
  ]);
  const stays = () => RawWebSocket.connect(bridge.port, { path: '/ws/well' });
  const staying = await Promise.all(Array.from({ length: STAY }, stays));
  return { bridge, fading, staying, chatter: await Chatter.start(bridge.port, '/ws/well') };
}

/**
 * Has peers vanish, and as many again, which may cost no more memory.
 *
 * @returns What was seen, in words.
 */
async function reapsTwice(beside: Beside, peers: Peers): Promise<string> {
  const { bridge, staying, chatter } = beside;
  const pid = pidOf(bridge.program);
  const kbAfter: number[] = [];
  const found: string[] = [];
  for (const which of ['first', 'second']) {
    const program = await peers.start();
    try {
      found.push(`the ${which} time, ${await reaps(beside, program, () => peers.vanish(program))}`);
      kbAfter.push(proportionalKb(pid));
    } finally {
      await peers.remove(program);
    }
  }
  const exchanged = await wellAfterwards(staying, chatter);
  expect(bridge.program.process.exitCode).toBeNull();
  expect(bridge.program.stderr).toBe('');
  const [first = 0, second = 0] = kbAfter;
  expect(second - first).toBeLessThan(MAX_KB_LEFT);
  return (
    `with a ping every ${PING_MS} ms, twice: ${found.join('; ')}; each target heard the end of the stream; ` +
    `Pss ${Math.round(first / 1024)} MB after the first time, ${Math.round(second / 1024)} MB after the second; ` +
    `${STAY} sessions that answered lived on, and one beside them exchanged ${exchanged} messages, all exact`
  );
}

/** Has the peers open their sessions, and then vanish. @returns What was seen, in words. */
async function reaps(
  { bridge, fading, staying }: Beside,
  peers: Program,
  vanish: () => void,
): Promise<string> {
  const pid = pidOf(bridge.program);
  const before = descriptors(pid);
  await peers.says(/here\n/);
  peers.process.stdin?.write('\n');
  await peers.says(/open\n/);
  const connections = [...fading.connections];
  expect(connections.length).toBe(VANISH);
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
  await expect.poll(() => fading.connections.size).toBe(0);
  await expect.poll(() => descriptors(pid)).toBeLessThanOrEqual(before);
  return (
    `the first was reaped after ${Math.round(Math.min(...tookMs))} ms, the last after ` +
    `${Math.round(Math.max(...tookMs))} ms, and ${cost} descriptors came back`
  );
}

async function wellAfterwards(staying: RawWebSocket[], chatter: Chatter): Promise<number> {
  const payload = Buffer.from('still here');
  for (const webSocket of staying) webSocket.say(frame({ opcode: OPCODE.text, payload }));
  const hasHeard = ({ received }: RawWebSocket) => received === payload.length;
  await expect.poll(() => staying.filter(hasHeard).length).toBe(STAY);
  return chatter.stop();
}
