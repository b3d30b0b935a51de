// Timing rules and the end of sessions, with a real bridge.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import {
  deferred,
  echo,
  limitedTo,
  type RunningBridge,
  rawWebSocket,
  startBridge,
  startEchoBridge,
  startTarget,
  TestPeer,
} from '../bridge.harness.ts';

async function openPeer(bridge: RunningBridge): Promise<TestPeer> {
  const peer = new TestPeer(bridge);
  await peer.opened();
  return peer;
}

describe('closes with 1008', () => {
  test.each([
    ['an idle session', { idleTimeoutMs: 100 }, 'idle: no data for 0.1 s'],
    [
      'a session at its maximum lifetime',
      { maxLifetimeMs: 100 },
      'the session reached its maximum lifetime of 0.1 s',
    ],
  ])('%s', async (_which, rule, reason) => {
    const bridge = await startEchoBridge({ rules: rule });
    expect(await new TestPeer(bridge).closed()).toEqual({ code: 1008, reason });
  });

  test('after too many messages, pings or pongs', async () => {
    const target = await startTarget(echo);
    const endOf = async (send: (webSocket: WebSocket) => void) => {
      const rules = { maxMessagesPerSecond: 2 };
      const peer = await openPeer(await startBridge({ echo: target }, { rules }));
      for (let count = 0; count < 40; count++) send(peer.webSocket);
      return peer.closed();
    };
    // All simultaneously: the bridge does not read the browser's close frames, and each session
    // takes a while to end.
    const [messages, pings, pongs] = await Promise.all([
      endOf((webSocket) => webSocket.send('x')),
      endOf((webSocket) => webSocket.ping()),
      endOf((webSocket) => webSocket.pong()),
    ]);
    const tooFast = { code: 1008, reason: 'more than 2 messages per second' };
    expect({ messages, pings, pongs }).toEqual({
      messages: tooFast,
      pings: tooFast,
      pongs: tooFast,
    });
  });

  test('after a message in too many pieces', async () => {
    const limits = limitedTo(1);
    const bridge = await startEchoBridge({ limits });
    const peer = await openPeer(bridge);
    for (let count = 0; count < 300; count++) peer.webSocket.send('x', { fin: false });
    expect((await peer.closed()).code).toBe(1008);
  });
});

describe('a browser', () => {
  const rules = { pingIntervalMs: 100 };

  test('is pinged, and stays connected as long as it answers', async () => {
    const bridge = await startEchoBridge({ rules });
    const peer = await openPeer(bridge);
    for (let count = 0; count < 4; count++) await once(peer.webSocket, 'ping');
    peer.webSocket.send('still here');
    await peer.untilBytes(10);
  });

  test('whose pong arrived while the event loop stalled stays connected', async () => {
    const bridge = await startEchoBridge({ rules });
    const peer = await openPeer(bridge);
    await once(peer.webSocket, 'ping');
    // ws has sent its pong; the bridge has not read it yet.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    await once(peer.webSocket, 'ping');
    peer.webSocket.send('still here');
    await peer.untilBytes(10);
  });

  test('that does not answer is disconnected, and its target gets the end of the stream', async () => {
    const ended = deferred<void>();
    const target = await startTarget((socket) => {
      socket.resume();
      socket.on('end', () => ended.resolve());
    });
    const raw = await rawWebSocket(await startBridge({ target }, { rules }));
    raw.resume();
    await ended.promise;
  });

  test('that reads slowly stays connected, although it answers no ping', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    // More than the kernel buffers: to send it, the bridge has to wait until the browser reads.
    const part = 24 * 2 ** 20;
    const sending = await startTarget((socket) => void socket.end(Buffer.alloc(4 * part)));
    const bridge = await startBridge({ sending }, { rules: { pingIntervalMs: 500 } });
    const peer = new TestPeer(bridge, '/ws', { autoPong: false });
    peer.webSocket.on('message', () => {
      peer.webSocket.pause();
      setImmediate(() => peer.webSocket.resume());
    });
    for (let read = part; read < 4 * part; read += part) {
      await peer.untilBytes(read);
      vi.advanceTimersByTime(500);
    }
    expect((await peer.closed()).code).toBe(1000);
    expect(peer.received.length).toBe(4 * part);
  });

  test('whose target does not read stays connected, although its pongs are not read', async () => {
    const targetSocket = deferred<Socket>();
    const notReading = await startTarget((socket) => {
      socket.pause();
      targetSocket.resolve(socket);
    });
    const bridge = await startBridge({ notReading, echo: await startTarget(echo) }, { rules });
    const peer = await openPeer(bridge);
    const total = 32 * 1024 * 1024;
    for (let sent = 0; sent < total; sent += 2 ** 20) peer.webSocket.send(Buffer.alloc(2 ** 20));
    // Another session lasts for several ping intervals meanwhile.
    const other = new TestPeer(bridge, '/ws/echo');
    await other.opened();
    for (let count = 0; count < 5; count++) await once(other.webSocket, 'ping');

    const socket = await targetSocket.promise;
    const ended = once(socket, 'end');
    peer.webSocket.close();
    socket.resume();
    await ended;
    expect(socket.bytesRead).toBe(total);
  });
});

describe('a browser that has disconnected', () => {
  test('loses no byte if the target has ended its stream, but still reads', async () => {
    const targetSocket = deferred<Socket>();
    const target = await startTarget((socket) => targetSocket.resolve(socket.pause()));
    const limits = { maxSessions: 1, maxSessionsPerSource: 1, maxMessageBytes: 2 ** 25 };
    const peer = await openPeer(await startBridge({ target }, { limits }));
    const closed = peer.closed();
    // More than the kernel buffers: much of it waits in the bridge.
    const last = Buffer.alloc(2 ** 25);
    peer.webSocket.send(last);
    peer.webSocket.close();
    await closed;

    const socket = await targetSocket.promise;
    await new Promise<void>((resolve) => socket.end(resolve));
    const ended = once(socket, 'end');
    socket.resume();
    await ended;
    expect(socket.bytesRead).toBe(last.length);
  });
});

describe('a stop', () => {
  test('delivers what is in transit to the target, then the end of the stream', async () => {
    const received = deferred<number>();
    const target = await startTarget((socket) => {
      socket.on('end', () => received.resolve(socket.bytesRead));
      socket.resume();
    });
    const bridge = await startBridge({ target });
    const peer = await openPeer(bridge);
    const last = Buffer.alloc(2 ** 20);
    peer.webSocket.send(last);
    while (peer.webSocket.bufferedAmount > 0) await new Promise(setImmediate);
    const closed = peer.closed();
    await bridge.app.close();
    expect(await closed).toMatchObject({ code: 1001 });
    expect(await received.promise).toBe(last.length);
  });

  test('delivers it to a target that reads late and never stops sending, without waiting for its end', async () => {
    const bytes = 1_000_000;
    const received = deferred<number>();
    const target = await startTarget((socket) => {
      const send = (error?: Error | null) => {
        if (!error) socket.write(Buffer.alloc(65_536), send);
      };
      send();
      socket.once('readable', () => {
        setImmediate(() =>
          socket.on('data', () => {
            if (socket.bytesRead === bytes) received.resolve(bytes);
          }),
        );
      });
    });
    const bridge = await startBridge({ target });
    const peer = await openPeer(bridge);
    peer.webSocket.send(Buffer.alloc(bytes));
    const closed = peer.closed();
    await bridge.app.close();
    expect(await closed).toMatchObject({ code: 1001 });
    expect(await received.promise).toBe(bytes);
  });
});

describe('a target', () => {
  test('may be a Unix socket', async () => {
    const path = await unixSocket();
    const server = createServer(echo).listen(path);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const peer = await openPeer(await startBridge({ echo: path }));
    peer.webSocket.send('through a socket');
    await peer.untilBytes(16);
    expect(peer.received.toString()).toBe('through a socket');
  });

  test('is reported if its Unix socket does not exist', async () => {
    const peer = new TestPeer(await startBridge({ gone: await unixSocket() }));
    expect(await peer.closed()).toEqual({
      code: 1014,
      reason: 'gone has no socket at its path: is it running?',
    });
  });
});

async function unixSocket(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'motd-socket-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'socket');
}

test('declines compression, and relays without it', async () => {
  const bridge = await startEchoBridge();
  const peer = new TestPeer(bridge, '/ws', { perMessageDeflate: true });
  await peer.opened();
  expect(peer.webSocket.extensions).toBe('');
  peer.webSocket.send('plain');
  await peer.untilBytes(5);
});
