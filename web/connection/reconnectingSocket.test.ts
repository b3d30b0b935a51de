import { getEventListeners, once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { CONNECTED } from './connectionAttempt.ts';
import { UNKNOWN_TARGET } from './connectionState.pure.ts';
import {
  FakeBrowser,
  listeningPort,
  SocketUnderTest,
  TestBridge,
} from './reconnectingSocket.harness.ts';
import type { ReconnectingSocket } from './reconnectingSocket.ts';
import { FIRST_MAX_DELAY_MS, Reconnection, STABLE_AFTER_MS } from './reconnection.pure.ts';
import { BRIDGE_UNREACHABLE, LOGIN_EXPIRED, WOULD_UPGRADE } from './upgradeFailure.ts';

let globals: FakeBrowser;

beforeEach(() => {
  globals = new FakeBrowser();
  // The shortest delays; reconnection.test.ts tests the others.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});

function echo(browser: WebSocket): void {
  browser.on('message', (data) => browser.send(Buffer.from(String(data))));
}

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

/** Acts like a proxy with single sign-on: without a login, it redirects every request. */
async function startLoginProxy() {
  const proxy = { url: new URL('ws://127.0.0.1/ws'), isLoggedIn: false, handshakes: 0 };
  const server = createHttpServer((_request, response) => {
    response.writeHead(302, { location: 'https://sso.example/' }).end();
  }).listen(0, '127.0.0.1');
  const webSockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    proxy.handshakes++;
    if (proxy.isLoggedIn)
      webSockets.handleUpgrade(request, socket, head, (browser) => browser.send(CONNECTED));
    else socket.end('HTTP/1.1 302 Found\r\nLocation: https://sso.example/\r\n\r\n');
  });
  onTestFinished(() => {
    for (const browser of webSockets.clients) browser.terminate();
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  proxy.url.port = String(listeningPort(server));
  return proxy;
}

const REFUSED = 'motd refused the connection: is it running? (1014)';

describe('a connection', () => {
  test('opens, and carries text both ways', async () => {
    const bridge = await TestBridge.start(echo);
    const { socket, log, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('opened');
    socket.send('MSGGET\n');
    await waitFor('received MSGGET\n');
    expect(log).toEqual(['connecting', 'connected', 'opened', 'received MSGGET\n']);
  });

  test('joins a character that is split between two messages', async () => {
    const bridge = await TestBridge.start((browser) => {
      const [first, ...rest] = Buffer.from('é\n');
      browser.send(Buffer.of(first ?? 0));
      browser.send(Buffer.from(rest));
    });
    const { socket, log, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('received é\n');
    expect(log).toEqual(['connecting', 'connected', 'opened', 'received ', 'received é\n']);
  });

  test('ignores a second call of connect', async () => {
    const bridge = await TestBridge.start(echo);
    const { socket, waitFor } = connectTo(bridge);
    socket.connect();
    socket.connect();
    await waitFor('opened');
    socket.connect();
    socket.send('one\n');
    await waitFor('received one\n');
    expect(bridge.connectionCount).toBe(1);
  });
});

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

describe('a page event', () => {
  test.each([
    ['online', () => globals.dispatch('online')],
    ['pageshow', () => globals.dispatch('pageshow')],
    ['visibilitychange', () => globals.showTab()],
  ])('%s starts an attempt within a second', async (_event, wake) => {
    const bridge = await TestBridge.start(echo, Number.POSITIVE_INFINITY);
    const { socket, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('waiting', 3);
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    await waitFor('waiting', 4);
    expect(nextAttemptMs(socket)).toBeGreaterThan(performance.now() + 4_000);
    bridge.refusals = 0;
    wake();
    expect(nextAttemptMs(socket)).toBeLessThanOrEqual(performance.now() + 1_000);
    await waitFor('opened');
  });

  test('starts one attempt for a hundred events', async () => {
    const bridge = await TestBridge.start(echo, Number.POSITIVE_INFINITY);
    const { socket, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('waiting');
    for (let times = 0; times < 100; times++) {
      globals.dispatch('online');
      socket.connect();
    }
    expect(socket.state.is).toBe('waiting');
    await waitFor('waiting', 2);
    for (let times = 0; times < 100; times++) globals.showTab();
    expect(socket.state.is).toBe('waiting');
    expect(bridge.connectionCount).toBe(2);
  });

  test('online ends the state offline, in which it retries silently', async () => {
    const tried = vi.spyOn(Reconnection.prototype, 'attemptFailed');
    const bridge = await TestBridge.start(echo, 3);
    bridge.onRequest = () => {
      // The network comes back during the delay after this one.
      if (bridge.connectionCount === 3) vi.spyOn(Math, 'random').mockReturnValue(0.999);
    };
    const { socket, log, waitFor } = connectTo(bridge);
    globals.navigator.onLine = false;
    socket.connect();
    await waitFor('offline');
    await vi.waitUntil(() => tried.mock.calls.length === 3);
    globals.navigator.onLine = true;
    globals.dispatch('online');
    await waitFor('opened');
    expect(log).toEqual(['connecting', 'offline', 'connecting', 'connected', 'opened']);
  });

  test('pagehide closes the connection, and pageshow opens another', async () => {
    const bridge = await TestBridge.start(echo);
    const gone = new Promise((resolve) => {
      bridge.onConnection = (browser) => resolve(once(browser, 'close'));
    });
    const { socket, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('opened');
    globals.dispatch('pagehide');
    await waitFor('closed this page was left');
    await gone;
    globals.dispatch('pageshow');
    await waitFor('opened', 2);
  });
});

describe('a browser that reports no network', () => {
  test('is believed at once, and the connection is kept', async () => {
    const bridge = await TestBridge.start(echo);
    const { socket, log, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('opened');
    globals.navigator.onLine = false;
    globals.dispatch('offline');
    expect(socket.state.is).toBe('offline');
    globals.navigator.onLine = true;
    globals.dispatch('online');
    expect(log.slice(3)).toEqual(['offline', 'connected']);
    expect(bridge.connectionCount).toBe(1);
  });

  test('is wrong if something arrives, as from a bridge on this computer', async () => {
    const bridge = await TestBridge.start(echo);
    const { socket, log, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('opened');
    globals.navigator.onLine = false;
    globals.dispatch('offline');
    socket.send('MSGGET\n');
    await waitFor('received MSGGET\n');
    expect(log.slice(3)).toEqual(['offline', 'connected', 'received MSGGET\n']);
  });

  test('stays offline if the connection ends, and the end is reported', async () => {
    const bridge = await TestBridge.start(echo);
    const { socket, log, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('opened');
    globals.navigator.onLine = false;
    globals.dispatch('offline');
    await bridge.stop();
    await waitFor('closed the connection to the bridge was lost (1006)');
    expect(socket.state.is).toBe('offline');
    await bridge.start();
    await waitFor('opened', 2);
    expect(log.slice(3)).toEqual([
      'offline',
      'closed the connection to the bridge was lost (1006)',
      'connected',
      'opened',
    ]);
  });

  test.each(['connecting', 'waiting'] as const)('is believed while %s', async (state) => {
    const bridge = await TestBridge.start(echo, 1);
    const { socket, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor(state);
    globals.navigator.onLine = false;
    globals.dispatch('offline');
    expect(socket.state.is).toBe('offline');
    globals.navigator.onLine = true;
    globals.dispatch('online');
    await waitFor('opened');
  });

  test('gets another connection if the user asks for one', async () => {
    const bridge = await TestBridge.start(echo);
    const { socket, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('opened');
    globals.navigator.onLine = false;
    globals.dispatch('offline');
    socket.connect();
    await waitFor('closed no network');
    await waitFor('opened', 2);
  });
});

describe('an unknown target', () => {
  test('ends the attempts, also at a reconnection', async () => {
    const bridge = await TestBridge.start(echo);
    const { socket, log, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('opened');
    await bridge.stop();
    const server = createHttpServer((_request, response) => response.writeHead(404).end());
    server.on('upgrade', (_request, gone) => gone.end('HTTP/1.1 404 Not Found\r\n\r\n'));
    onTestFinished(() => {
      server.close();
    });
    server.listen(bridge.port, '127.0.0.1');
    await waitFor('ended');
    expect(socket.state).toEqual({ is: 'ended', reason: UNKNOWN_TARGET });
    expect(log.at(-1)).toBe('ended');
  });
});

describe('an expired login at a proxy', () => {
  test('is tried again only when the page gets the focus', async () => {
    const proxy = await startLoginProxy();
    const tested = new SocketUnderTest(proxy.url);
    tested.socket.connect();
    await tested.waitFor('loggedOut');
    expect(tested.socket.state).toEqual({ is: 'loggedOut', reason: LOGIN_EXPIRED });

    // A second after the first attempt. After a lost connection, another one would come before it.
    globals.dispatch('focus');
    await tested.waitFor('loggedOut', 2);
    expect(proxy.handshakes).toBe(2);

    proxy.isLoggedIn = true;
    globals.dispatch('focus');
    await tested.waitFor('opened');
    expect(proxy.handshakes).toBe(3);
  });

  test('ends a connection with the policy `once`', async () => {
    const proxy = await startLoginProxy();
    const tested = new SocketUnderTest(proxy.url);
    tested.socket.connect('once');
    await tested.waitFor('ended');
    expect(tested.socket.state).toEqual({ is: 'ended', reason: LOGIN_EXPIRED });
  });

  test('is final after stopRetrying', async () => {
    const proxy = await startLoginProxy();
    const tested = new SocketUnderTest(proxy.url);
    tested.socket.connect();
    await tested.waitFor('loggedOut');
    tested.socket.stopRetrying();
    expect(tested.socket.state).toEqual({ is: 'ended', reason: LOGIN_EXPIRED });
  });
});

describe('the socket', () => {
  test('ends at the next close after stopRetrying', async () => {
    const bridge = await TestBridge.start((browser) =>
      browser.on('message', () => browser.close(1000, 'motd closed the connection')),
    );
    const { socket, log, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('opened');
    socket.send('QUIT\n');
    socket.stopRetrying();
    await waitFor('ended');
    globals.dispatch('online');
    globals.showTab();
    const reason = 'motd closed the connection (1000)';
    expect(log.slice(3)).toEqual(['ended', `closed ${reason}`]);
    expect(socket.state).toEqual({ is: 'ended', reason });
  });

  test('is not replaced with the policy `once`', async () => {
    const bridge = await TestBridge.start((browser) => browser.close(1001, 'done'));
    const { socket, log, waitFor } = connectTo(bridge);
    socket.connect('once');
    await waitFor('ended');
    expect(log).toEqual(['connecting', 'connected', 'opened', 'ended', 'closed done (1001)']);
  });

  test('is opened with the policy `once`, too, if the last attempt was a moment ago', async () => {
    const bridge = await TestBridge.start((browser) => browser.close(1001, 'done'));
    const { socket, waitFor } = connectTo(bridge);
    socket.connect('once');
    await waitFor('ended');
    socket.connect('once');
    expect(socket.state.is).toBe('connecting');
    expect(bridge.connectionCount).toBe(1);
    await waitFor('ended', 2);
    expect(bridge.connectionCount).toBe(2);
  });

  test('takes the policy of a later connect while it connects', async () => {
    const bridge = await TestBridge.start((browser) => browser.close(1001, 'done'));
    const { socket, waitFor } = connectTo(bridge);
    socket.connect('once');
    await waitFor('ended');
    socket.connect('once');
    socket.connect();
    await waitFor('waiting');
    expect(socket.state).toMatchObject({ is: 'waiting', reason: 'done (1001)' });
  });

  test('starts again with connect, even before the old connection is closed', async () => {
    const bridge = await TestBridge.start(echo);
    const { socket, log, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('opened');
    socket.stopRetrying();
    socket.connect();
    await waitFor('opened', 2);
    expect(log.filter((entry) => entry.startsWith('closed'))).toHaveLength(1);
    socket.send('again\n');
    await waitFor('received again\n');
  });

  test('ends immediately if stopRetrying is called between two attempts', async () => {
    const bridge = await TestBridge.start(echo, Number.POSITIVE_INFINITY);
    const { socket, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('waiting');
    socket.stopRetrying();
    expect(socket.state).toEqual({ is: 'ended', reason: REFUSED });
    socket.connect();
    await waitFor('waiting', 2);
    expect(bridge.connectionCount).toBe(2);
  });

  test('ends if stopRetrying is called offline, during an attempt that began online', async () => {
    const bridge = await TestBridge.start(echo);
    const { socket } = connectTo(bridge);
    socket.connect();
    globals.dispatch('offline');
    expect(socket.state.is).toBe('offline');
    socket.stopRetrying();
    expect(socket.state).toEqual({ is: 'ended', reason: 'no network' });
  });

  test('ends at close, without leaving listeners behind', async () => {
    const bridge = await TestBridge.start(echo);
    const { socket, log, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('opened');
    socket.close();
    expect(log.slice(3)).toEqual(['ended', 'closed this page closed the connection']);
    // A page may open many sockets, one after another: listeners would keep all of them alive.
    expect(getEventListeners(globals.window, 'online')).toEqual([]);
    expect(getEventListeners(globals.document, 'visibilitychange')).toEqual([]);
  });
});

test('replaces an unresponsive connection with reconnect', async () => {
  const bridge = await TestBridge.start(echo);
  const { socket, log, waitFor } = connectTo(bridge);
  socket.connect();
  await waitFor('opened');
  socket.reconnect('no answer came');
  await waitFor('opened', 2);
  expect(log.slice(3, 5)).toEqual(['waiting', 'closed no answer came']);
  socket.send('there\n');
  await waitFor('received there\n');
});

test('drops text that is sent while it is not connected', async () => {
  const bridge = await TestBridge.start(echo);
  const { socket, log, waitFor } = connectTo(bridge);
  socket.send('too early\n');
  socket.connect();
  socket.send('too early\n');
  await waitFor('opened');
  socket.send('in time\n');
  await waitFor('received in time\n');
  expect(log.filter((entry) => entry.startsWith('received'))).toEqual(['received in time\n']);
});

/** When the next attempt is due; now, if one is under way. */
function nextAttemptMs({ state }: ReconnectingSocket): number {
  return state.is === 'waiting' ? state.nextAtMs : performance.now();
}

function connectTo(bridge: TestBridge) {
  const tested = new SocketUnderTest(bridge.url);
  return {
    socket: tested.socket,
    log: tested.log,
    states: tested.states,
    waitFor: (entry: string, times?: number) => tested.waitFor(entry, times),
  };
}
