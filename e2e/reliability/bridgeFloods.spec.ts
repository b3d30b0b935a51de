// Floods of fragments, headers, pings, messages, sessions and connections. Each is ended by the
// limit that is meant for it, costs a bounded amount of memory, and disturbs no other session.

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { frame, OPCODE } from '../../testing/frames.ts';
import { isLinux, maxDescriptors, NEEDS_LINUX } from '../../testing/procFs.ts';
import { responseHead, statusOf } from '../../testing/rawHttp.ts';
import {
  type RawConnectOptions,
  RawWebSocket,
  upgradeRequest,
  type WebSocketEnding,
} from '../../testing/rawWebSocket.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { OPEN_BATCH_SIZE, startBridgeProgram, test } from './bridgeProgram.ts';
import { BridgeUnderLoad } from './bridgeUnderLoad.ts';
import { LatencyProbe, MANY_SAMPLES } from './latencyProbe.ts';
import { openConnection } from './openConnection.ts';
import { startSilentServer } from './rawClient.ts';
import { drained } from './sender.ts';

const APPLE = 'An apple a day keeps the doctor away.';
/** The memory any flood may use: buffers, and heap that V8 has not collected yet. */
const MAX_MIB = 150;
const FLOODERS = scaled(5, 20);
/** The default of `--max-message-bytes`. */
const MESSAGE_BYTES = 256 * 1024;
/**
 * A request may take 10 s, which is checked every second (bridge/bridge.ts). A busy machine gets
 * three times that. A deadline that each byte extended would never pass.
 */
const REQUEST_TIMEOUT_MS = 33_000;
/** The pace of a client that is slow on purpose. */
const DRIP_EVERY_MS = 1000;
/** Low enough that a flood exceeds it on any machine. */
const RATE = 10;
const SESSION_QUOTA = scaled(20, 100);

test.skip(!isLinux, NEEDS_LINUX);
test.describe.configure({ timeout: scaled(60_000, 300_000) });

const fragment = frame({ opcode: OPCODE.continuation, isFinal: false, payload: Buffer.from('x') });
const emptyFragment = frame({ opcode: OPCODE.continuation, isFinal: false });
const firstFragment = frame({ opcode: OPCODE.binary, isFinal: false, payload: Buffer.from('x') });

for (const [what, piece] of [
  ['fragments of one byte', fragment],
  ['empty fragments', emptyFragment],
] as const) {
  test(`closes an endless message of ${what}`, async () => {
    const subject = await BridgeUnderLoad.start();
    const many = Buffer.concat(Array.from({ length: 100 }, () => piece));
    const endings = await flood(subject.bridge.port, many, { early: firstFragment });
    expect(endings.map(({ code }) => code)).toEqual(endings.map(() => 1008));
    await subject.waitUntilOthersAreGone();
    record(
      'bridge: floods',
      `${FLOODERS} endless messages of ${what}: each closed with 1008; ${await subject.expectHealthy(MAX_MIB)}`,
    );
  });
}

test('closes a session whose frame arrives a byte at a time', async () => {
  const subject = await BridgeUnderLoad.start();
  const whole = frame({ opcode: OPCODE.binary, payload: Buffer.alloc(MESSAGE_BYTES) });
  const endings = await Promise.all(
    Array.from({ length: FLOODERS }, async () => {
      const webSocket = await RawWebSocket.connect(subject.bridge.port);
      for (let at = 0; at < whole.length && !webSocket.hasReceivedClose; at++) {
        if (webSocket.socket.destroyed) break;
        webSocket.socket.write(whole.subarray(at, at + 1));
        await setImmediate();
      }
      return webSocket.ended();
    }),
  );
  expect(endings.map(({ code }) => code)).toEqual(endings.map(() => 1008));
  await subject.waitUntilOthersAreGone();
  record(
    'bridge: floods',
    `${FLOODERS} frames of 256 KiB, a TCP segment for each byte: each closed with 1008; ${await subject.expectHealthy(MAX_MIB)}`,
  );
});

test('rejects too many or too large headers', QUICK, async () => {
  const subject = await BridgeUnderLoad.start();
  const heads = {
    'too many': upgradeRequest('/ws', headersOf(200, 'x')),
    'far too many': upgradeRequest('/ws', headersOf(1000, 'x')),
    'too large': upgradeRequest('/ws', { Large: 'x'.repeat(20_000) }),
    'too large together': upgradeRequest('/ws', headersOf(50, 'x'.repeat(1000))),
    'an endless request line': `GET /${'x'.repeat(20_000)}`,
    'an endless header': `GET / HTTP/1.1\r\nHost: localhost\r\nx: ${'x'.repeat(20_000)}`,
    'endless headers': `GET / HTTP/1.1\r\n${'x: y\r\n'.repeat(10_000)}`,
  };
  const times = scaled(5, 200);
  for (const [what, head] of Object.entries(heads)) {
    for (let time = 0; time < times; time++)
      expect(await statusOf(subject.bridge.port, head), what).toBe(431);
  }
  await subject.waitUntilOthersAreGone();
  record(
    'bridge: floods',
    `headers: ${Object.keys(heads).join(', ')}, ${times} times each: 431 each time; ${await subject.expectHealthy(MAX_MIB)}`,
  );
});

test('closes connections whose request is slow or missing, which frees their quota', async () => {
  const sessions = scaled(100, 2000);
  test.skip(maxDescriptors() < 2 * sessions, `needs ulimit -n ${2 * sessions}`);
  const target = await startSilentServer();
  const { program, port } = await startBridgeProgram({ motd: `127.0.0.1:${target.port}` }, [
    '--max-sessions-per-source',
    String(sessions),
  ]);
  const probe = await LatencyProbe.start(`ws://127.0.0.1:${port}/ws/motd`, APPLE);
  const baseline = await probe.report(MANY_SAMPLES);

  // As many as one source may have: 100 more than sessions, one of which is the probe's.
  const startedAtMs = performance.now();
  const slow: Socket[] = [];
  while (slow.length < sessions + 99) {
    const batch = Math.min(OPEN_BATCH_SIZE, sessions + 99 - slow.length);
    slow.push(...(await Promise.all(Array.from({ length: batch }, () => openConnection(port)))));
  }
  for (const [index, socket] of slow.entries()) if (index % 2 === 1) drip(socket);
  const oneTooMany = await openConnection(port);
  await once(oneTooMany.resume(), 'close');
  const responses = await Promise.all(slow.map(async (socket) => allOf(socket)));
  const tookMs = performance.now() - startedAtMs;
  const meanwhile = await probe.report(10);
  expect(responses.filter((response) => !response.startsWith('HTTP/1.1 408 '))).toEqual([]);
  expect(tookMs).toBeLessThan(REQUEST_TIMEOUT_MS);

  await (await RawWebSocket.connect(port)).disconnect();
  expect(program.process.exitCode).toBeNull();
  expect(program.stderr).toBe('');
  record(
    'bridge: floods',
    `${slow.length} connections, all one source may have, half of which sent nothing and half a byte of ` +
      `a request each second: one more was closed immediately, all got 408, the last after ` +
      `${(tookMs / 1000).toFixed(1)} s, and their quota was free again. A latency probe before: ` +
      `${baseline}; meanwhile: ${meanwhile}`,
  );
});

test('closes a session with 1008 if it sends too many messages or pings', async () => {
  const subject = await BridgeUnderLoad.start();
  const limited = await BridgeUnderLoad.start(['--max-message-rate', String(RATE)]);
  // The echo session is faster than this limit allows.
  await limited.echoSession.stop();
  const { port } = limited.bridge;
  const expected = { code: 1008, reason: `more than ${RATE} messages per second` };
  const some = Buffer.concat(Array.from({ length: 20 }, () => frame({ opcode: OPCODE.text })));
  await worstDelayMs(port);
  // The answer to the close frame waits behind megabytes of messages: it may come too late.
  for (const ending of await flood(port, some)) expect(ending).toMatchObject(expected);
  const delayMs = await worstDelayMs(port);
  const pinging = (await openFlooders(port)).map(pingsWithoutEnd);
  for (const ending of await Promise.all(pinging))
    expect(ending).toEqual({ ...expected, isClean: true });
  await expect.poll(() => limited.target.connections.size).toBe(0);
  expect(limited.bridge.program.stderr).toBe('');
  record(
    'bridge: floods',
    `${FLOODERS} floods of messages and ${FLOODERS} of pings with ${RATE} a second allowed: each closed ` +
      `with 1008, the event loop delayed by at most ${delayMs} ms; on another bridge, ${await subject.expectHealthy(MAX_MIB)}`,
  );
});

// ws terminates a peer with 60 unsent pongs (`maxPendingAutoPongs`), without a close code.
test('breaks off a session that sends pings and does not read the pongs', async () => {
  const subject = await BridgeUnderLoad.start();
  const payload = Buffer.alloc(125, 'x');
  const many = Buffer.concat(
    Array.from({ length: 100 }, () => frame({ opcode: OPCODE.ping, payload })),
  );
  const endings = await flood(subject.bridge.port, many, { startsPaused: true });
  for (const { isClean } of endings) expect(isClean).toBe(false);
  await subject.waitUntilOthersAreGone();
  record(
    'bridge: floods',
    `${FLOODERS} floods of pings whose pongs were not read: each broken off; ${await subject.expectHealthy(MAX_MIB)}`,
  );
});

test('rejects sessions beyond the quota: a program with 503, a page with 1013', QUICK, async () => {
  const found: string[] = [];
  for (const [flag, reason] of [
    ['--max-sessions', 'the bridge is full: try again later'],
    [
      '--max-sessions-per-source',
      'too many sessions from your address: close one, or try again later',
    ],
  ] as const) {
    const subject = await BridgeUnderLoad.start([flag, String(SESSION_QUOTA)]);
    const { port } = subject.bridge;
    const opening = Array.from({ length: SESSION_QUOTA - 1 }, () => RawWebSocket.connect(port));
    const all = await Promise.all(opening);

    const count = scaled(100, 2000);
    const statuses: number[] = [];
    const closed: WebSocketEnding[] = [];
    for (let time = 0; time < count; time++) {
      const head = upgradeRequest();
      statuses.push(await statusOf(port, head));
      const page = await RawWebSocket.connect(port, { origin: 'http://localhost' });
      closed.push(await page.ended());
    }
    expect(new Set(statuses)).toEqual(new Set([503]));
    for (const ending of closed) expect(ending).toEqual({ code: 1013, reason, isClean: true });

    expect(all.every(({ socket }) => !socket.destroyed)).toBe(true);
    await Promise.all(all.map((webSocket) => webSocket.disconnect()));
    await subject.waitUntilOthersAreGone();
    await (await RawWebSocket.connect(port)).disconnect();
    const healthReport = await subject.expectHealthy(MAX_MIB);
    found.push(
      `${flag} ${SESSION_QUOTA}: ${count} programs got 503, ${count} pages 1013; ${healthReport}`,
    );
  }
  record('bridge: floods', `sessions: ${found.join('. ')}`);
});

test('keeps nothing of browsers that disconnect right after their request', async () => {
  const count = scaled(300, 10_000);
  const subject = await BridgeUnderLoad.start();
  const request = upgradeRequest();
  let next = 0;
  const vanish = async () => {
    for (let index = next++; index < count; index = next++) {
      const socket = await openConnection(subject.bridge.port);
      socket.write(request);
      // At each stage: before the bridge has read the request, and after it has answered.
      if (index % 3 === 0) await setImmediate();
      if (index % 3 === 1) await responseHead(socket);
      if (index % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: 20 }, vanish));
  await subject.waitUntilOthersAreGone();
  record(
    'bridge: floods',
    `${count} browsers that requested a session and disconnected, half with a reset: no session, connection ` +
      `or descriptor is left; ${await subject.expectHealthy(MAX_MIB)}`,
  );
});

/**
 * Sends the same bytes as fast as possible, on several connections, until they are closed.
 *
 * @returns How each ended.
 */
async function flood(
  port: number,
  bytes: Buffer,
  opening: RawConnectOptions = {},
): Promise<WebSocketEnding[]> {
  return Promise.all(
    (await openFlooders(port, opening)).map(async (webSocket) => {
      const { socket } = webSocket;
      while (!socket.destroyed && !webSocket.hasSentClose) {
        const hasRoom = webSocket.send(bytes);
        await (hasRoom ? setImmediate() : drained(socket));
      }
      return webSocket.ended();
    }),
  );
}

/** Opens all of them before the first one sends: this process has to open them and to flood. */
function openFlooders(port: number, opening: RawConnectOptions = {}): Promise<RawWebSocket[]> {
  const open = () => RawWebSocket.connect(port, { path: '/ws/echo', ...opening });
  return Promise.all(Array.from({ length: FLOODERS }, open));
}

/** Pings a few times, and again once those are answered. @returns How it ended. */
function pingsWithoutEnd(webSocket: RawWebSocket): Promise<WebSocketEnding> {
  const { socket, pongs } = webSocket;
  const some = Buffer.concat(Array.from({ length: 20 }, () => frame({ opcode: OPCODE.ping })));
  socket.on('data', () => {
    if (pongs.length % 20 === 0) webSocket.send(some);
  });
  webSocket.send(some);
  return webSocket.ended();
}

/** The longest delay of the bridge's event loop since the last call, in milliseconds. */
async function worstDelayMs(port: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const [, seconds] = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(await response.text()) ?? [];
  return Math.round(Number(seconds) * 1000);
}

function headersOf(count: number, value: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, value]));
}

/** Sends a request that never ends: a byte each second. */
function drip(socket: Socket): void {
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nx: ');
  const drop = setInterval(() => socket.write('x'), DRIP_EVERY_MS);
  socket.once('close', () => clearInterval(drop));
}

/** Everything a connection receives until it is closed. */
function allOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let all = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      all += text;
    });
    socket.on('end', () => socket.end()).on('close', () => resolve(all));
    if (socket.destroyed) resolve(all);
  });
}
