// What the events of the browser do to a connection (pageEvents.ts, reconnectingSocket.ts).

import { once } from 'node:events';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  connectTo,
  echo,
  FakeBrowser,
  nextAttemptMs,
  TestBridge,
} from './reconnectingSocket.harness.ts';
import { Reconnection } from './reconnection.pure.ts';

let globals: FakeBrowser;

beforeEach(() => {
  globals = new FakeBrowser();
  // The shortest delays; reconnection.test.ts tests the others.
  vi.spyOn(Math, 'random').mockReturnValue(0);
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
