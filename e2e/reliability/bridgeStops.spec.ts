// A bridge that is stopped with sessions in every state: it exits in time, with status 0, and
// closes every session that can still be reached with 1001.

import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { frame, OPCODE } from '../../testing/frames.ts';
import { isLinux } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { RawWebSocket } from '../../testing/rawWebSocket.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { startBridgeProgram, test } from './bridgeProgram.ts';
import { EchoSession } from './echoSession.ts';
import { openConnection } from './openConnection.ts';
import { echo, ScriptedTarget, type Serve } from './scriptedTarget.ts';

const CHILD = fileURLToPath(new URL('childTarget.mjs', import.meta.url));
/** How many sessions of each kind there are. */
const COUNT = scaled(25, 200);
/**
 * Both ends have 5 s to read what is in flight (bridge/relay/sessions.ts). Four times that is for a
 * busy machine; without the deadline, sessions that are still connecting would take a minute.
 */
const STOPS_TIMEOUT_MS = 20_000;
const CHUNKS_IN_FLIGHT = 4;
const CHUNK = Buffer.alloc(64 * 1024, 'x');
const A_CHUNK = frame({ opcode: OPCODE.binary, payload: CHUNK });
const CONNECTS_FOR_LONG = ['--connect-timeout', '60'];
const STOPPING = { code: 1001, reason: 'the bridge is stopping' };

interface SessionKind {
  name: string;
  target: string;
  /**
   * Whether the browser answers the close frame, and the target reads everything and ends its
   * stream.
   */
  endsInOrder: boolean;
  startsPaused?: boolean;
  /** The browser's action once all sessions are open. */
  begin: (webSocket: RawWebSocket) => Promise<void>;
}

interface OpenSession {
  kind: SessionKind;
  webSocket: RawWebSocket;
}

const KINDS: readonly SessionKind[] = [
  { name: 'idle', target: 'echo', endsInOrder: true, begin: async () => {} },
  { name: 'with traffic both ways', target: 'echo', endsInOrder: true, begin: keepEchoing },
  // Closing while the target sends would discard what it has not read, so the bridge reads it until
  // the deadline.
  { name: 'whose target sends without end', target: 'flooding', endsInOrder: false, begin: go },
  { name: 'whose target does not read', target: 'stalled', endsInOrder: false, begin: flood },
  // What the browser sent first is kept for the target, until the deadline.
  { name: 'that are still connecting', target: 'full', endsInOrder: false, begin: go },
];

/** Sessions whose browser cannot be reached: it does not read, or has closed already. */
const UNREACHABLE_KINDS: readonly SessionKind[] = [
  {
    name: 'whose browser does not read',
    target: 'flooding',
    endsInOrder: false,
    startsPaused: true,
    begin: go,
  },
  { name: 'whose browser has closed', target: 'halfOpen', endsInOrder: false, begin: closeBrowser },
  {
    name: 'whose target has ended and whose browser does not read',
    target: 'ending',
    endsInOrder: false,
    startsPaused: true,
    begin: go,
  },
];

test.skip(!isLinux, 'only Linux drops a SYN if the accept queue is full');
test.describe.configure({ timeout: scaled(60_000, 300_000) });

test('a shutdown closes every session with 1001, in any state, within seconds', async () => {
  const bridge = await startWithTargets();
  const reachable = await openAll(bridge.port, KINDS);
  const unreachable = await openAll(bridge.port, UNREACHABLE_KINDS);
  await beginAll([...reachable, ...unreachable]);
  await waitUntilSent(bridge.targets.flooding, 2 * COUNT);
  await waitUntilSent(bridge.targets.ending, COUNT);
  // The bridge answers this after it has read everything before it.
  await (await EchoSession.start(bridge.port, '/ws/echo')).stop();
  const startedAtMs = performance.now();
  expect(await bridge.program.stop()).toBe(0);
  const tookMs = performance.now() - startedAtMs;
  // A stopped process does not handle SIGTERM.
  await bridge.full.kill();
  expect(tookMs).toBeLessThan(STOPS_TIMEOUT_MS);

  for (const { kind, webSocket } of reachable) {
    const ending = await webSocket.ended();
    const expected = kind.endsInOrder ? { ...STOPPING, isClean: true } : STOPPING;
    expect(ending, kind.name).toMatchObject(expected);
  }
  await Promise.all(unreachable.map(({ webSocket }) => webSocket.disconnect()));
  await waitUntilTargetsAreLeft();
  expect(bridge.program.stderr).toBe('');
  const all = [...KINDS, ...UNREACHABLE_KINDS];
  record(
    'bridge: stops',
    `SIGTERM with ${all.length * COUNT} sessions, ${COUNT} each: ${all.map(({ name }) => name).join('; ')}. ` +
      `Exit status 0 after ${(tookMs / 1000).toFixed(1)} s; each browser that can be reached got 1001; no target kept a connection`,
  );
});

test('a shutdown does not wait for the deadline if all sessions end in order', QUICK, async () => {
  const bridge = await startWithTargets();
  const orderly = KINDS.filter(({ endsInOrder }) => endsInOrder);
  const reachable = await openAll(bridge.port, orderly);
  // Another bridge, with a session that keeps it until its deadline.
  const late = await startBridgeProgram({ full: bridge.fullAddress }, CONNECTS_FOR_LONG);
  await go(await RawWebSocket.connect(late.port));
  await beginAll(reachable);

  const startedAtMs = performance.now();
  const lateStops = late.program.stop().then(() => 'the late one');
  const stops = bridge.program.stop();
  const first = await Promise.race([lateStops, stops]);
  const tookMs = performance.now() - startedAtMs;
  expect(first, 'the exit status of the first to end').toBe(0);
  await late.program.kill();
  // A stopped process does not handle SIGTERM.
  await bridge.full.kill();
  for (const { kind, webSocket } of reachable)
    expect(await webSocket.ended(), kind.name).toEqual({ ...STOPPING, isClean: true });
  expect(bridge.program.stderr).toBe('');
  record(
    'bridge: stops',
    `SIGTERM with ${reachable.length} sessions (${orderly.map(({ name }) => name).join('; ')}): exit ` +
      `status 0 after ${(tookMs / 1000).toFixed(1)} s`,
  );
});

/** Sends without end once it has received something. */
const flooding: Serve = ({ socket }) => {
  const sendMore = () => {
    if (socket.destroyed || !socket.write(CHUNK)) return;
    setImmediate(sendMore);
  };
  socket.once('data', sendMore).on('drain', sendMore).resume();
};

const stalled: Serve = () => {};

/** Receives the end of the stream, and does not end its own. */
const halfOpen: Serve = ({ socket }) => void socket.resume();

const ending: Serve = ({ socket }) => {
  socket.once('data', () => socket.end('that was all')).resume();
};

async function startWithTargets() {
  const full = new Program(process.execPath, [CHILD, 'full']);
  const fullAddress = `127.0.0.1:${await fullPort(full)}`;
  const targets = {
    echo: await ScriptedTarget.listen(echo),
    flooding: await ScriptedTarget.listen(flooding),
    stalled: await ScriptedTarget.listen(stalled),
    halfOpen: await ScriptedTarget.listen(halfOpen),
    ending: await ScriptedTarget.listen(ending),
  };
  const addresses = Object.entries(targets).map(([name, { address }]) => [name, address]);
  const bridge = await startBridgeProgram(
    { ...Object.fromEntries(addresses), full: fullAddress },
    CONNECTS_FOR_LONG,
  );
  return { ...bridge, full, fullAddress, targets };
}

/** Resolves once `count` connections have reached a target, and it has sent something on each. */
async function waitUntilSent(target: ScriptedTarget, count: number): Promise<void> {
  const unused = () => [...target.connections].filter(({ socket }) => socket.bytesWritten === 0);
  await expect
    .poll(() => ({ accepted: target.accepted, unused: unused().length }))
    .toEqual({ accepted: count, unused: 0 });
}

/** The port of a server that accepts no connection and whose listen queue is full. */
async function fullPort(child: Program): Promise<number> {
  const [, found] = await child.waitForOutput(/listening on (\d+)\n/);
  const port = Number(found);
  child.process.kill('SIGSTOP');
  for (let waiting = 0; waiting < 2; waiting++) await openConnection(port);
  return port;
}

/** Opens COUNT sessions of each kind. */
async function openAll(port: number, kinds: readonly SessionKind[]) {
  const all = kinds.flatMap((kind) => Array.from({ length: COUNT }, () => kind));
  const opened: OpenSession[] = [];
  for (const kind of all) {
    const opening = { path: `/ws/${kind.target}`, startsPaused: kind.startsPaused ?? false };
    opened.push({ kind, webSocket: await RawWebSocket.connect(port, opening) });
  }
  return opened;
}

/** Resolves once no target has a connection whose other end is still open. */
async function waitUntilTargetsAreLeft(): Promise<void> {
  const connections = [...ScriptedTarget.listening].flatMap((target) => [...target.connections]);
  for (const { socket } of connections) socket.resume();
  await Promise.all(connections.map(({ ended }) => ended));
}

async function beginAll(opened: OpenSession[]): Promise<void> {
  await Promise.all(opened.map(({ kind, webSocket }) => kind.begin(webSocket)));
}

async function go(webSocket: RawWebSocket): Promise<void> {
  webSocket.send(frame({ opcode: OPCODE.text, payload: Buffer.from('go') }));
}

/** Sends another chunk for each echoed one, so that a fixed number is always in flight. */
async function keepEchoing(webSocket: RawWebSocket): Promise<void> {
  const { socket } = webSocket;
  let sent = 0;
  const sendMore = () => {
    const back = Math.floor(webSocket.received / CHUNK.length);
    for (; sent < back + CHUNKS_IN_FLIGHT; sent++) webSocket.send(A_CHUNK);
  };
  socket.on('data', sendMore);
  sendMore();
  await once(socket, 'data');
}

/** Sends as long as there is room, and resolves once there is none. */
async function flood(webSocket: RawWebSocket): Promise<void> {
  while (webSocket.send(A_CHUNK)) await turn();
}

/** Closes; the target continues. */
async function closeBrowser(webSocket: RawWebSocket): Promise<void> {
  webSocket.close();
  await webSocket.ended();
}
