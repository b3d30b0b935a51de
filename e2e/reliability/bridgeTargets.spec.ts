// Targets that refuse connections, die, hang, reset or do not exist: the browser gets the right
// close code and reason, and the sessions with other targets continue.

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { frame, OPCODE } from '../../testing/frames.ts';
import { freePort } from '../../testing/freePort.ts';
import { isLinux } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { RawWebSocket, type WebSocketEnding } from '../../testing/rawWebSocket.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, type ListeningProgram, QUICK } from '../fixtures.ts';
import { startBridgeProgram, test } from './bridgeProgram.ts';
import { EchoSession } from './echoSession.ts';
import { openConnection } from './openConnection.ts';
import { echo, ScriptedTarget, type Serve } from './scriptedTarget.ts';

const CHILD = fileURLToPath(new URL('childTarget.mjs', import.meta.url));
const TIMES = scaled(3, 100);
/** Fewer, because each needs its own target and bridge. */
const KILLS = scaled(1, 20);

test.describe.configure({ timeout: scaled(60_000, 300_000) });

test('closes with 1014 if the target refuses the connection', QUICK, async () => {
  const { bridge, echoSession } = await startWithEcho(`127.0.0.1:${await freePort()}`);
  await expectEndingEachTime(() => endingOf(bridge), refusedEnding());
  await expectBridgeHealthy(bridge, echoSession);
  record('bridge: targets', `refused the connection ${TIMES} times: 1014 each time`);
});

test("closes with 1014 if the target's host name does not exist", async () => {
  const { bridge, echoSession } = await startWithEcho('nowhere.invalid:7');
  await expectEndingEachTime(() => endingOf(bridge), endingWith1014('has an unknown host name'));
  await expectBridgeHealthy(bridge, echoSession);
  record('bridge: targets', `a host name that does not exist, ${TIMES} times: 1014 each time`);
});

test('closes with 1014 if the target resets each new connection', async () => {
  const { bridge, echoSession } = await startWithEcho(({ socket }) => socket.resetAndDestroy());
  await expectEndingEachTime(() => endingOf(bridge), endingWith1014('reset the connection'));
  await expectBridgeHealthy(bridge, echoSession);
  record('bridge: targets', `reset on connect, ${TIMES} times: 1014 each time`);
});

test('closes with 1014 if the target resets an open connection', async () => {
  const { bridge, echoSession } = await startWithEcho(({ socket }) => {
    socket.once('data', () => socket.resetAndDestroy()).resume();
  });
  await expectEndingEachTime(async () => {
    const webSocket = await open(bridge);
    sendText(webSocket, 'now');
    return webSocket.ended();
  }, endingWith1014('reset the connection'));
  await expectBridgeHealthy(bridge, echoSession);
  record('bridge: targets', `reset while open, ${TIMES} times: 1014 each time`);
});

// libuv reports the end of a stream if the reset arrived before the last bytes were read.
test('closes with 1014 if the target resets right after its last byte', async () => {
  const { bridge, echoSession } = await startWithEcho(({ socket }) => {
    socket.write('some bytes of many');
    socket.resetAndDestroy();
  });
  await expectEndingEachTime(() => endingOf(bridge), endingWith1014('reset the connection'));
  await expectBridgeHealthy(bridge, echoSession);
  record('bridge: targets', `reset right after its last byte, ${TIMES} times: 1014 each time`);
});

test('closes with 1000 if the target is killed with nothing unread', async () => {
  await expectEndingEachTime(
    async () => {
      const child = await startChild('echo');
      const { bridge, echoSession } = await startWithEcho(`127.0.0.1:${child.port}`);
      const webSocket = await open(bridge);
      sendText(webSocket, 'there and back');
      await waitForBytes(webSocket, 14);
      await child.program.kill();
      return endingAfterKill(webSocket, bridge, echoSession);
    },
    endingWith1000(),
    KILLS,
  );
  record('bridge: targets', `killed with nothing unread, ${KILLS} times: 1000, then 1014`);
});

test('closes with 1014 if the target is killed with something unread', QUICK, async () => {
  await expectEndingEachTime(
    async () => {
      const child = await startChild('stalled');
      const { bridge, echoSession } = await startWithEcho(`127.0.0.1:${child.port}`);
      const webSocket = await open(bridge);
      sendText(webSocket, 'this it reads');
      await child.program.waitForOutput(/received\n/);
      // More than Node reads ahead from a paused socket.
      sendText(webSocket, 'x'.repeat(200_000));
      await waitUntilRelayed(webSocket);
      await child.program.kill();
      return endingAfterKill(webSocket, bridge, echoSession);
    },
    endingWith1014('reset the connection'),
    KILLS,
  );
  record('bridge: targets', `killed with something unread, ${KILLS} times: 1014 each time`);
});

test('does not delay other sessions, or lose bytes, if a target hangs', async () => {
  const child = await startChild('echo');
  const { bridge, echoSession } = await startWithEcho(`127.0.0.1:${child.port}`);
  const webSocket = await open(bridge);
  sendText(webSocket, 'before');
  await waitForBytes(webSocket, 6);

  child.program.process.kill('SIGSTOP');
  const piece = 'x'.repeat(10_000);
  for (let count = 0; count < 100; count++) sendText(webSocket, piece);
  await waitUntilRelayed(webSocket);
  await echoSession.waitForExchanges(scaled(200, 5000));
  expect(webSocket.received).toBe(6);
  expect(webSocket.hasReceivedClose).toBe(false);

  child.program.process.kill('SIGCONT');
  await waitForBytes(webSocket, 6 + 100 * piece.length);
  webSocket.close();
  expect(await webSocket.ended()).toEqual({ code: 1000, reason: '', isClean: true });
  await expectBridgeHealthy(bridge, echoSession);
  record(
    'bridge: targets',
    'hung with 1 MB to read: the session stayed, and all of it arrived afterward',
  );
});

test('closes with 1014 if the target does not accept in time', async () => {
  test.skip(!isLinux, 'only Linux drops a SYN if the accept queue is full');
  const child = await startChild('full');
  const { bridge, echoSession } = await startWithEcho(`127.0.0.1:${child.port}`, [
    '--connect-timeout',
    '1',
  ]);
  child.program.process.kill('SIGSTOP');
  const queued = [await openConnection(child.port), await openConnection(child.port)];
  const endings = await Promise.all(Array.from({ length: TIMES }, () => endingOf(bridge)));
  for (const ending of endings) expect(ending).toEqual(endingWith1014('did not answer in time'));
  child.program.process.kill('SIGCONT');
  for (const socket of queued) socket.destroy();

  await expect
    .poll(async () => {
      const webSocket = await open(bridge);
      sendText(webSocket, 'again');
      const result = await Promise.race([waitForBytes(webSocket, 5), webSocket.ended()]);
      await webSocket.disconnect();
      return result;
    })
    .toBeUndefined();
  await expectBridgeHealthy(bridge, echoSession);
  record('bridge: targets', `did not accept within 1 s, ${TIMES} simultaneously: 1014 each time`);
});

test('closes with 1014 if the Unix socket does not exist', async () => {
  const { bridge, echoSession } = await startWithEcho(
    `unix:${join(tmpdir(), 'motd-nowhere.sock')}`,
  );
  await expectEndingEachTime(
    () => endingOf(bridge),
    endingWith1014('has no socket at its path: is it running?'),
  );
  await expectBridgeHealthy(bridge, echoSession);
  record('bridge: targets', `a missing Unix socket, ${TIMES} times: 1014 each time`);
});

test('closes with 1014 if nothing listens on the Unix socket', async () => {
  const path = join(tmpdir(), `motd-dead-${process.pid}.sock`);
  await createDeadSocket(path);
  try {
    const { bridge, echoSession } = await startWithEcho(`unix:${path}`);
    await expectEndingEachTime(() => endingOf(bridge), refusedEnding());
    await expectBridgeHealthy(bridge, echoSession);
    record('bridge: targets', `a Unix socket whose server is dead, ${TIMES} times: 1014 each time`);
  } finally {
    rmSync(path);
  }
});

const refusedEnding = () => endingWith1014('refused the connection: is it running?');

function endingWith1014(problem: string): WebSocketEnding {
  return { code: 1014, reason: `target ${problem}`, isClean: true };
}

function endingWith1000(): WebSocketEnding {
  return { code: 1000, reason: 'target closed the connection', isClean: true };
}

/** Starts a bridge to this target and to an echo target, and a session with the echo target. */
async function startWithEcho(target: Serve | string, flags: string[] = []) {
  const echoTarget = await ScriptedTarget.listen(echo);
  const address =
    typeof target === 'string' ? target : (await ScriptedTarget.listen(target)).address;
  const bridge = await startBridgeProgram({ target: address, echo: echoTarget.address }, flags);
  return { bridge, echoSession: await EchoSession.start(bridge.port, '/ws/echo') };
}

/** Checks that the echo session has continued, and that the bridge reported no error. */
async function expectBridgeHealthy(
  { program }: ListeningProgram,
  echoSession: EchoSession,
): Promise<void> {
  await echoSession.stop();
  expect(program.process.exitCode).toBeNull();
  expect(program.stderr).toBe('');
}

/** Opens and ends `times` sessions, and checks how each ended. */
async function expectEndingEachTime(
  runSession: () => Promise<WebSocketEnding>,
  expected: WebSocketEnding,
  times = TIMES,
): Promise<void> {
  for (let count = 0; count < times; count++)
    expect(await runSession(), `session ${count}`).toEqual(expected);
}

/**
 * The end of a session whose target was killed. Checks that the next session is rejected, and that
 * the bridge is healthy.
 */
async function endingAfterKill(
  webSocket: RawWebSocket,
  bridge: ListeningProgram,
  echoSession: EchoSession,
): Promise<WebSocketEnding> {
  const ending = await webSocket.ended();
  expect(await endingOf(bridge)).toEqual(refusedEnding());
  await expectBridgeHealthy(bridge, echoSession);
  await bridge.program.stop();
  return ending;
}

function open({ port }: ListeningProgram): Promise<RawWebSocket> {
  return RawWebSocket.connect(port, { path: '/ws/target' });
}

/** The end of a session in which the browser sends nothing. */
async function endingOf(bridge: ListeningProgram): Promise<WebSocketEnding> {
  return (await open(bridge)).ended();
}

function sendText(webSocket: RawWebSocket, text: string): void {
  webSocket.send(frame({ opcode: OPCODE.text, payload: Buffer.from(text) }));
}

/** Resolves once `bytes` bytes have arrived from the target. */
async function waitForBytes(webSocket: RawWebSocket, bytes: number): Promise<void> {
  while (webSocket.received < bytes) await once(webSocket.socket, 'data');
}

/** Resolves once the bridge has read everything that was sent: it answers pings in order. */
async function waitUntilRelayed(webSocket: RawWebSocket): Promise<void> {
  const pongs = webSocket.pongs.length;
  webSocket.send(frame({ opcode: OPCODE.ping }));
  while (webSocket.pongs.length === pongs) await once(webSocket.socket, 'data');
}

async function startChild(behavior: 'echo' | 'stalled' | 'full'): Promise<ListeningProgram> {
  const program = new Program(process.execPath, [CHILD, behavior]);
  const [, port] = await program.waitForOutput(/listening on (\d+)\n/);
  return { program, port: Number(port) };
}

/** Leaves a socket in the file system that nothing listens on. */
async function createDeadSocket(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = new Program(process.execPath, ['-e', script]);
  await child.waitForOutput(/up\n/);
  await child.kill();
}
