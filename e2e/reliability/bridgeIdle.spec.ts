// Thousands of idle sessions: their memory, that all of them answer pings and still relay, and that
// they are closed together when the bridge is stopped.

import { frame, OPCODE } from '../../testing/frames.ts';
import { isLinux, maxDescriptors, NEEDS_LINUX, pssKb } from '../../testing/procFs.ts';
import { RawWebSocket } from '../../testing/rawWebSocket.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { OPEN_BATCH_SIZE, startBridgeProgram, test } from './bridgeProgram.ts';
import { LatencyProbe, MANY_SAMPLES } from './latencyProbe.ts';
import { pidOf, startSilentServer } from './rawClient.ts';
import { echo, ScriptedTarget } from './scriptedTarget.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const SESSIONS = scaled(200, 5000);
/** One for the browser and one for the target, in the bridge and in this process. */
const DESCRIPTORS = 2 * SESSIONS + 500;
/** The memory an idle session may need. */
const MAX_KB_PER_SESSION = 40;
/** The memory the bridge may need in addition: heap that V8 has not collected yet. */
const MAX_KB_OVERHEAD = 20_000;
/** An empty pong, masked. */
const PONG_BYTES = 6;

const PING_MODES = [
  { name: 'that are left alone', pingSeconds: 300, pings: 0 },
  { name: 'that are pinged every second', pingSeconds: 1, pings: scaled(2, 10) },
];

interface IdleSession {
  webSocket: RawWebSocket;
  received: string;
}

test.skip(!isLinux, NEEDS_LINUX);
test.describe.configure({ mode: 'default', timeout: scaled(60_000, 300_000) });

for (const { name, pingSeconds, pings } of PING_MODES) {
  test(`serves many idle sessions ${name}`, QUICK, async () => {
    test.skip(maxDescriptors() < DESCRIPTORS, `needs ulimit -n ${DESCRIPTORS}`);
    const target = await ScriptedTarget.listen(echo);
    const server = await startSilentServer();
    const targets = { echo: target.address, motd: `127.0.0.1:${server.port}` };
    const flags = ['--ping-interval', String(pingSeconds)];
    const { program, port } = await startBridgeProgram(targets, flags);
    const pid = pidOf(program);
    const probe = await LatencyProbe.start(`ws://127.0.0.1:${port}/ws/motd`, APPLE);
    const baseline = await probe.report(MANY_SAMPLES);

    const before = pssKb(pid);
    const all = await openIdle(port);
    const opening = await probe.report();
    await expect.poll(() => target.connections.size).toBe(SESSIONS);
    await waitForPongs(all, pings);
    const meanwhile = await probe.report(MANY_SAMPLES);
    const each = (pssKb(pid) - before) / SESSIONS;
    expect(target.connections.size).toBe(SESSIONS);

    await expectEchoes(all);
    const stopMs = await measureStop(all, () => program.stop());
    expect(program.stderr).toBe('');
    await expect.poll(() => target.connections.size).toBe(0);
    record(
      'bridge: idle sessions',
      `${SESSIONS} sessions ${name}${pings > 0 ? `, each answered at least ${pings} times` : ''}: ` +
        `${each.toFixed(1)} kB each (Pss); each then sent a line and got it back; a SIGTERM closed all with ` +
        `1001 and exit status 0 after ${Math.round(stopMs)} ms. A latency probe before: ` +
        `${baseline}; while they opened: ${opening}; then: ${meanwhile}`,
    );
    expect(each).toBeLessThan(MAX_KB_OVERHEAD / SESSIONS + MAX_KB_PER_SESSION);
  });
}

async function openIdle(port: number): Promise<IdleSession[]> {
  const all: IdleSession[] = [];
  const open = async (): Promise<IdleSession> => {
    const onData = (chunk: Buffer) => {
      idle.received += chunk.toString('latin1');
    };
    const webSocket = await RawWebSocket.connect(port, { path: '/ws/echo', onData });
    const idle = { webSocket, received: '' };
    return idle;
  };
  while (all.length < SESSIONS) {
    const batch = Math.min(OPEN_BATCH_SIZE, SESSIONS - all.length);
    all.push(...(await Promise.all(Array.from({ length: batch }, open))));
  }
  return all;
}

/** Resolves once every session has answered `pings` more pings, and nothing else was sent. */
async function waitForPongs(all: IdleSession[], pings: number): Promise<void> {
  const sentBefore = all.map(({ webSocket }) => webSocket.socket.bytesWritten);
  const hasAnswered = ({ webSocket }: IdleSession, index: number) =>
    webSocket.socket.bytesWritten >= (sentBefore[index] ?? 0) + pings * PONG_BYTES;
  await expect.poll(() => all.filter(hasAnswered).length, { timeout: 60_000 }).toBe(SESSIONS);
}

/** Sends a line of its own through each session, and waits for its echo. */
async function expectEchoes(all: IdleSession[]): Promise<void> {
  const line = (index: number) => `here is number ${index}\n`;
  for (const [index, { webSocket }] of all.entries())
    webSocket.send(frame({ opcode: OPCODE.text, payload: Buffer.from(line(index)) }));
  const isRight = ({ received }: IdleSession, index: number) => received === line(index);
  await expect.poll(() => all.filter(isRight).length).toBe(SESSIONS);
}

/** @returns How long the bridge took to exit, in milliseconds. */
async function measureStop(
  all: IdleSession[],
  stop: () => Promise<number | null>,
): Promise<number> {
  const startedAtMs = performance.now();
  expect(await stop()).toBe(0);
  const tookMs = performance.now() - startedAtMs;
  const endings = await Promise.all(all.map(({ webSocket }) => webSocket.ended()));
  const expected = { code: 1001, reason: 'the bridge is stopping', isClean: true };
  expect(new Set(endings.map((ending) => JSON.stringify(ending))).size).toBe(1);
  expect(endings[0]).toEqual(expected);
  return tookMs;
}
