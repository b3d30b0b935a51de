import { getEventListeners } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { UNKNOWN_TARGET } from './connectionState.pure.ts';
import { connectTo, echo, FakeBrowser, REFUSED, TestBridge } from './reconnectingSocket.harness.ts';

let globals: FakeBrowser;

beforeEach(() => {
  globals = new FakeBrowser();
  // The shortest delays; reconnection.test.ts tests the others.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});

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

  test('is replaced immediately after close, however young it is', async () => {
    const bridge = await TestBridge.start();
    const { socket, waitFor } = connectTo(bridge);
    socket.connect();
    await waitFor('opened');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const replaced = new Promise((resolve) => {
      bridge.onConnection = resolve;
    });
    socket.close();
    socket.connect();
    // No timer starts it.
    await replaced;
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
