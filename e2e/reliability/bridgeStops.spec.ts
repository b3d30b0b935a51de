// A bridge that is stopped while there are sessions in every state: it ends in time, with status 0,
// and whoever listens is told 1001.

import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { frame, OPCODE } from '../../testing/frames.ts';
import { isLinux } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { RawWebSocket } from '../../testing/rawWebSocket.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { startBridgeTo, test } from './bridgeProgram.ts';
import { EchoSession } from './echoSession.ts';
import { echo, ScriptedTarget, type Serve } from './scriptedTarget.ts';

const CHILD = fileURLToPath(new URL('childTarget.mjs', import.meta.url));
/** Of each state. */
const COUNT = scaled(25, 200);
/**
 * Both ends have 5 s to take what is on its way (bridge/relay/sessions.ts). Four times that is for a busy
 * machine; without the deadline, the sessions that connect still would take a minute.
 */
const STOPS_TIMEOUT_MS = 20_000;
const CHUNKS_ON_THE_WAY = 4;
const CHUNK = Buffer.alloc(64 * 1024, 'x');
const A_CHUNK = frame({ opcode: OPCODE.binary, payload: CHUNK });
const CONNECTS_FOR_LONG = ['--connect-timeout', '60'];
const STOPPING = { code: 1001, reason: 'the bridge is stopping' };

interface SessionKind {
  name: string;
  target: string;
  /**
   * Whether the browser answers the close frame,
   * and the target takes what it is sent and comes to an end.
   */
  endsInOrder: boolean;
  startsPaused?: boolean;
  /** What the browser does once all sessions are open. */
  begin: (webSocket: RawWebSocket) => Promise<void>;
}

const KINDS: readonly SessionKind[] = [
  { name: 'idle', target: 'echo', endsInOrder: true, begin: async () => {} },
  { name: 'talking both ways', target: 'echo', endsInOrder: true, begin: converse },
  // To leave it while it talks would take back what it has not read:
  // it is heard until the deadline.
  { name: 'whose target alone talks', target: 'pouring', endsInOrder: false, begin: go },
  { name: 'whose target does not read', target: 'deaf', endsInOrder: false, begin: talk },
  // What the browser said first is kept for the target, until the deadline.
  { name: 'that connect still', target: 'narrow', endsInOrder: false, begin: go },
];

/** In these the bridge has nobody to tell: the browser does not listen, or has been told before. */
const UNREACHABLE_KINDS: readonly SessionKind[] = [
  {
    name: 'whose browser does not read',
    target: 'pouring',
    endsInOrder: false,
    startsPaused: true,
    begin: go,
  },
  { name: 'whose browser has gone', target: 'stubborn', endsInOrder: false, begin: leave },
  {
    name: 'whose target has ended and whose browser does not hear of it',
    target: 'ending',
    endsInOrder: false,
    startsPaused: true,
    begin: go,
  },
];

test.skip(!isLinux, 'Linux alone drops who is one too many');
test.describe.configure({ timeout: scaled(60_000, 300_000) });

test('a shutdown closes every session with 1001, in any state, within seconds', async () => {
  const bridge = await startWithTargets();
  const told = await openAll(bridge.port, KINDS);
  const silent = await openAll(bridge.port, UNREACHABLE_KINDS);
  await beginAll([...told, ...silent]);
  await haveTalked(bridge.targets.pouring, 2 * COUNT);
  await haveTalked(bridge.targets.ending, COUNT);
  // The bridge answers this after it has read what was there before.
  await (await EchoSession.start(bridge.port, '/ws/echo')).stop();
  const startedAtMs = performance.now();
  expect(await bridge.program.stop()).toBe(0);
  const tookMs = performance.now() - startedAtMs;
  // A process that is stopped hears no SIGTERM.
  await bridge.narrow.kill();
  expect(tookMs).toBeLessThan(STOPS_TIMEOUT_MS);

  for (const { state, webSocket } of told) {
    const ending = await webSocket.ended();
    const right = state.endsInOrder ? { ...STOPPING, isClean: true } : STOPPING;
    expect(ending, state.name).toMatchObject(right);
  }
  await Promise.all(silent.map(({ webSocket }) => webSocket.disconnect()));
  await allAreLeft();
  expect(bridge.program.stderr).toBe('');
  const all = [...KINDS, ...UNREACHABLE_KINDS];
  record(
    'bridge: stops',
    `SIGTERM with ${all.length * COUNT} sessions, ${COUNT} each: ${all.map(({ name }) => name).join('; ')}. ` +
      `Exit status 0 after ${(tookMs / 1000).toFixed(1)} s; each browser that listens was told 1001; nobody was left`,
  );
});

test('a shutdown does not wait for the deadline if all sessions end in order', QUICK, async () => {
  const bridge = await startWithTargets();
  const orderly = KINDS.filter(({ endsInOrder }) => endsInOrder);
  const told = await openAll(bridge.port, orderly);
  // Another bridge, with a session that keeps it until its deadline.
  const late = await startBridgeTo({ narrow: bridge.narrowAddress }, CONNECTS_FOR_LONG);
  await go(await RawWebSocket.connect(late.port));
  await beginAll(told);

  const startedAtMs = performance.now();
  const lateStops = late.program.stop().then(() => 'the late one');
  const stops = bridge.program.stop();
  const first = await Promise.race([lateStops, stops]);
  const tookMs = performance.now() - startedAtMs;
  expect(first, 'the exit status of the first to end').toBe(0);
  await late.program.kill();
  // A process that is stopped hears no SIGTERM.
  await bridge.narrow.kill();
  for (const { state, webSocket } of told)
    expect(await webSocket.ended(), state.name).toEqual({ ...STOPPING, isClean: true });
  expect(bridge.program.stderr).toBe('');
  record(
    'bridge: stops',
    `SIGTERM with ${told.length} sessions (${orderly.map(({ name }) => name).join('; ')}): exit ` +
      `status 0 after ${(tookMs / 1000).toFixed(1)} s`,
  );
});

/** Once it has heard something, it talks without end. */
const pouring: Serve = ({ socket }) => {
  const pour = () => {
    if (socket.destroyed || !socket.write(CHUNK)) return;
    setImmediate(pour);
  };
  socket.once('data', pour).on('drain', pour).resume();
};

const deaf: Serve = () => {};

/** Hears the end of the stream, and does not end its own. */
const stubborn: Serve = ({ socket }) => void socket.resume();

const ending: Serve = ({ socket }) => {
  socket.once('data', () => socket.end('that was all')).resume();
};

async function startWithTargets() {
  const narrow = new Program(process.execPath, [CHILD, 'narrow']);
  const narrowAddress = `127.0.0.1:${await fullPort(narrow)}`;
  const targets = {
    echo: await ScriptedTarget.listen(echo),
    pouring: await ScriptedTarget.listen(pouring),
    deaf: await ScriptedTarget.listen(deaf),
    stubborn: await ScriptedTarget.listen(stubborn),
    ending: await ScriptedTarget.listen(ending),
  };
  const addresses = Object.entries(targets).map(([name, { address }]) => [name, address]);
  const bridge = await startBridgeTo(
    { ...Object.fromEntries(addresses), narrow: narrowAddress },
    CONNECTS_FOR_LONG,
  );
  return { ...bridge, narrow, narrowAddress, targets };
}

/** Settles once so many connections have reached a target, and it has sent something to each. */
async function haveTalked(target: ScriptedTarget, count: number): Promise<void> {
  const silent = () => [...target.connections].filter(({ socket }) => socket.bytesWritten === 0);
  await expect
    .poll(() => ({ accepted: target.accepted, silent: silent().length }))
    .toEqual({ accepted: count, silent: 0 });
}

/** A port that accepts nobody, and has as many waiting as there may be. */
async function fullPort(child: Program): Promise<number> {
  const [, found] = await child.waitForOutput(/listening on (\d+)\n/);
  const port = Number(found);
  child.process.kill('SIGSTOP');
  for (let waiting = 0; waiting < 2; waiting++) {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    await once(socket, 'connect');
  }
  return port;
}

/** Opens them all, and has each begin what it does. */
async function openAll(port: number, states: readonly SessionKind[]) {
  const all = states.flatMap((state) => Array.from({ length: COUNT }, () => state));
  const opened: Array<{ state: SessionKind; webSocket: RawWebSocket }> = [];
  for (const state of all) {
    const opening = { path: `/ws/${state.target}`, startsPaused: state.startsPaused ?? false };
    opened.push({ state, webSocket: await RawWebSocket.connect(port, opening) });
  }
  return opened;
}

/** Settles once no target has a connection whose other end is still there. */
async function allAreLeft(): Promise<void> {
  const connections = [...ScriptedTarget.listening].flatMap((target) => [...target.connections]);
  for (const { socket } of connections) socket.resume();
  await Promise.all(connections.map(({ ended }) => ended));
}

async function beginAll(
  opened: Array<{ state: SessionKind; webSocket: RawWebSocket }>,
): Promise<void> {
  await Promise.all(opened.map(({ state, webSocket }) => state.begin(webSocket)));
}

async function go(webSocket: RawWebSocket): Promise<void> {
  webSocket.send(frame({ opcode: OPCODE.text, payload: Buffer.from('go') }));
}

/** Sends another chunk for each that has come back: there are always some on the way, and no more. */
async function converse(webSocket: RawWebSocket): Promise<void> {
  const { socket } = webSocket;
  let sent = 0;
  const goOn = () => {
    const back = Math.floor(webSocket.received / CHUNK.length);
    for (; sent < back + CHUNKS_ON_THE_WAY; sent++) webSocket.send(A_CHUNK);
  };
  socket.on('data', goOn);
  goOn();
  await once(socket, 'data');
}

/** Says as much as there is room for; settles once there is none. */
async function talk(webSocket: RawWebSocket): Promise<void> {
  while (webSocket.send(A_CHUNK)) await turn();
}

/** Is gone; its target goes on. */
async function leave(webSocket: RawWebSocket): Promise<void> {
  webSocket.close();
  await webSocket.ended();
}
