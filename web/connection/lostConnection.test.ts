// How a lost connection is replaced (reconnectingSocket.ts).

import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { CONNECTED } from './connectionAttempt.ts';
import {
  connectTo,
  echo,
  FakeBrowser,
  listeningPort,
  nextAttemptMs,
  REFUSED,
  SocketUnderTest,
  TestBridge,
} from './reconnectingSocket.harness.ts';
import { FIRST_MAX_DELAY_MS, STABLE_AFTER_MS } from './reconnection.pure.ts';
import { BRIDGE_UNREACHABLE, WOULD_UPGRADE } from './upgradeFailure.ts';

beforeEach(() => {
  new FakeBrowser();
  // The shortest delays; reconnection.test.ts tests the others.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});

/**
 * Starts a bridge that rejects handshakes, as it does without a password.
 *
 * @param until When it starts to accept handshakes: after a request for the reason, or never.
 */
async function startRejecting({ until }: { until: 'asked' | 'never' }) {
  const state = { url: new URL('ws://127.0.0.1/ws'), handshakes: 0 };
  let isOpen = false;
  const server = createHttpServer((_request, response) => {
    isOpen = until === 'asked';
    response.writeHead(426).end();
  }).listen(0, '127.0.0.1');
  const webSockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    state.handshakes++;
    if (isOpen)
      webSockets.handleUpgrade(request, socket, head, (browser) => browser.send(CONNECTED));
    else socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
  });
  onTestFinished(() => {
    for (const browser of webSockets.clients) browser.terminate();
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  state.url.port = String(listeningPort(server));
  return state;
}

describe('a lost connection', () => {
  test('is reported with its reason, and replaced', async () => {
    const bridge = await TestBridge.start((browser) => {
      if (bridge.connectionCount === 1) browser.close(1001, 'the bridge is stopping');
    });
    const { socket, log, waitFor, states } = connectTo(bridge);
    socket.connect();
    await waitFor('opened', 2);
    expect(log).toEqual([
      'connecting',
      'connected',
      'opened',
      'waiting',
      'closed the bridge is stopping (1001)',
      'connecting',
      'connected',
      'opened',
    ]);
    expect(states[2]).toMatchObject({ reason: 'the bridge is stopping (1001)' });
  });

  test('is replaced within 750 ms', async () => {
    const bridge = await TestBridge.start((browser) => browser.close(1001));
    const { socket, waitFor, states } = connectTo(bridge);
    const beganMs = performance.now();
    socket.connect();
    await waitFor('waiting');
    const waiting = states.find((state) => state.is === 'waiting');
    expect(waiting?.nextAtMs).toBeGreaterThan(beganMs + 250);
    expect(waiting?.nextAtMs).toBeLessThan(performance.now() + 750);
  });

  test('is replaced once the bridge is back', async () => {
    const bridge = await TestBridge.start(echo);
    const { socket, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('opened');
    await bridge.stop();
    await waitFor(`closed ${'the connection to the bridge was lost'} (1006)`);
    await waitFor('waiting', 2);
    expect(socket.state).toMatchObject({ is: 'waiting', reason: BRIDGE_UNREACHABLE });
    await bridge.start();
    await waitFor('opened', 2);
  });

  test('resets the delay if it was stable', async () => {
    const bridge = await TestBridge.start(echo, Number.POSITIVE_INFINITY);
    const { socket, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('waiting', 3);
    let browser: WebSocket | undefined;
    bridge.onConnection = (connected) => {
      browser = connected;
    };
    bridge.refusals = 0;
    await waitFor('opened');
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + STABLE_AFTER_MS);
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    browser?.terminate();
    await waitFor('waiting', 4);
    expect(nextAttemptMs(socket)).toBeLessThan(performance.now() + FIRST_MAX_DELAY_MS);
  });

  test('abandons an attempt that is not answered within 10 s', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      silent.close();
    });
    await once(silent, 'listening');
    const arrived = once(silent, 'connection');
    const { socket } = new SocketUnderTest(new URL(`ws://127.0.0.1:${listeningPort(silent)}/ws`));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    socket.connect();
    const [tcpSocket]: Socket[] = await arrived;
    const gone = once(tcpSocket ?? silent, 'close');
    vi.advanceTimersByTime(9_999);
    expect(socket.state.is).toBe('connecting');
    vi.advanceTimersByTime(1);
    expect(socket.state).toMatchObject({
      is: 'waiting',
      reason: 'the bridge did not answer in time',
    });
    socket.close();
    await gone;
  });

  test('repeats a rejected handshake immediately if the bridge would accept it now', async () => {
    const bridge = await startRejecting({ until: 'asked' });
    const tested = new SocketUnderTest(bridge.url);
    tested.socket.connect('once');
    await tested.waitFor('opened');
    expect(bridge.handshakes).toBe(2);
  });

  test('repeats a rejected handshake only once', async () => {
    const bridge = await startRejecting({ until: 'never' });
    const tested = new SocketUnderTest(bridge.url);
    tested.socket.connect('once');
    await tested.waitFor('ended');
    expect(tested.socket.state).toEqual({ is: 'ended', reason: WOULD_UPGRADE });
    expect(bridge.handshakes).toBe(2);
  });

  test('does not flap if the bridge accepts the WebSocket and the target refuses the connection', async () => {
    const bridge = await TestBridge.start(echo, 2);
    const { socket, log, states, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('opened');
    expect(log).toEqual([
      'connecting',
      'waiting',
      'connecting',
      'waiting',
      'connecting',
      'connected',
      'opened',
    ]);
    expect(states[1]).toMatchObject({ reason: REFUSED });
  });

  test('is connected once the bridge has reached the target, and not before', async () => {
    const upgraded = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    onTestFinished(() => upgraded.close());
    const accepted = once(upgraded, 'connection');
    await once(upgraded, 'listening');
    const url = new URL(`ws://127.0.0.1:${listeningPort(upgraded)}/ws`);
    const tested = new SocketUnderTest(url);
    const { socket, log } = tested;
    socket.connect();
    const [browser]: WebSocket[] = await accepted;
    browser?.ping();
    await once(browser ?? upgraded, 'pong');
    expect(log).toEqual(['connecting']);
    browser?.send(CONNECTED);
    browser?.send(Buffer.from('220 hello\n'));
    await tested.waitFor('received 220 hello\n');
    expect(log).toEqual(['connecting', 'connected', 'opened', 'received 220 hello\n']);
  });
});
