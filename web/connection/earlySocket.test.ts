import { once } from 'node:events';
import { createServer } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { BufferedSocket } from './bufferedSocket.ts';
import { openEarlySocket, takeEarlySocket } from './earlySocket.ts';
import {
  FakeBrowser,
  listeningPort,
  SocketUnderTest,
  TestBridge,
} from './reconnectingSocket.harness.ts';

beforeEach(() => {
  new FakeBrowser();
  vi.spyOn(Math, 'random').mockReturnValue(0);
});

describe('a page that takes over a WebSocket', () => {
  test('receives what arrived before, in order, and then the rest', async () => {
    const bridge = await TestBridge.start();
    const { early, browser } = await openEarly(bridge);
    for (const text of ['one ', 'two ']) browser.send(Buffer.from(text));
    await untilReceived(browser);
    const { socket, log, waitFor } = connectWith(early, bridge);
    socket.connect();
    expect(log, 'no event before connect() has returned').toEqual(['connecting']);
    browser.on('message', (data) => browser.send(data));
    await waitFor('opened');
    socket.send('three');
    await waitFor('received three');
    expect(log).toEqual([
      'connecting',
      'connected',
      'opened',
      'received one ',
      'received two ',
      'received three',
    ]);
    expect(bridge.connectionCount).toBe(1);
  });

  test('joins a character whose first byte arrived before', async () => {
    const bridge = await TestBridge.start();
    const { early, browser } = await openEarly(bridge);
    const [first = 0, ...rest] = Buffer.from('é\n');
    browser.send(Buffer.of(first));
    await untilReceived(browser);
    const { socket, log, waitFor } = connectWith(early, bridge);
    socket.connect();
    browser.send(Buffer.from(rest));
    await waitFor('received é\n');
    expect(log.at(-1)).toBe('received é\n');
  });

  test('waits for one that is still being opened', async () => {
    const bridge = await TestBridge.start();
    const { socket, waitFor } = connectWith(new BufferedSocket(bridge.url), bridge);
    socket.connect();
    await waitFor('opened');
    expect(bridge.connectionCount).toBe(1);
  });

  test('reports one that was closed before, and opens another', async () => {
    const bridge = await TestBridge.start();
    const { early, browser } = await openEarly(bridge);
    browser.send(Buffer.from('bye\n'));
    browser.close(1000, 'motd closed the connection');
    await once(browser, 'close');
    await nextTurn();
    const { socket, log, waitFor } = connectWith(early, bridge);
    socket.connect();
    await waitFor('opened', 2);
    expect(log.slice(0, 6)).toEqual([
      'connecting',
      'connected',
      'opened',
      'received bye\n',
      'waiting',
      'closed motd closed the connection (1000)',
    ]);
    expect(bridge.connectionCount).toBe(2);
  });

  test('explains one that was rejected before', async () => {
    const server = createServer((_request, response) => response.writeHead(503).end());
    const rejected = new Promise((resolve) => {
      server.on('upgrade', (_request, socket) => {
        socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
        socket.on('close', resolve);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const url = new URL(`ws://127.0.0.1:${listeningPort(server)}/ws`);
    const early = new BufferedSocket(url);
    await rejected;
    const { socket, states } = new SocketUnderTest(url, early);
    socket.connect();
    await vi.waitFor(() =>
      expect(states).toContainEqual(
        expect.objectContaining({ is: 'waiting', reason: 'the bridge is full: try again later' }),
      ),
    );
  });

  test('closes it if the page does', async () => {
    const bridge = await TestBridge.start();
    const { early, browser } = await openEarly(bridge);
    const { socket, log } = connectWith(early, bridge);
    const closed = once(browser, 'close');
    socket.connect();
    socket.close();
    await closed;
    expect(log).toEqual(['connecting', 'ended']);
  });
});

describe('the script in index.html', () => {
  test('opens the WebSocket of the target, which is taken once', async () => {
    const bridge = await TestBridge.start();
    stubPage(`http://127.0.0.1:${bridge.port}/?target=motd&as=motd`);
    const paths: (string | undefined)[] = [];
    bridge.onRequest = ({ url }) => paths.push(url);
    openEarlySocket();
    await vi.waitFor(() => expect(paths).toEqual(['/ws/motd?notices']));
    takeEarlySocket()?.close();
    expect(takeEarlySocket()).toBeUndefined();
  });

  test('opens none for an invalid target', async () => {
    const bridge = await TestBridge.start();
    stubPage(`http://127.0.0.1:${bridge.port}/?target=a/../b`);
    openEarlySocket();
    expect(takeEarlySocket()).toBeUndefined();
  });
});

/** Opens a WebSocket. @returns It, and the bridge's end. */
async function openEarly(bridge: TestBridge) {
  const accepted = new Promise<WebSocket>((resolve) => {
    bridge.onConnection = resolve;
  });
  const early = new BufferedSocket(bridge.url);
  const browser = await accepted;
  await untilReceived(browser);
  return { early, browser };
}

/** Resolves once the browser has received what was sent: a pong comes after it. */
async function untilReceived(browser: WebSocket): Promise<void> {
  browser.ping();
  await once(browser, 'pong');
}

function connectWith(early: BufferedSocket, bridge: TestBridge) {
  const tested = new SocketUnderTest(bridge.url, early);
  return {
    socket: tested.socket,
    log: tested.log,
    waitFor: (entry: string, times?: number) => tested.waitFor(entry, times),
  };
}

function stubPage(url: string): void {
  vi.stubGlobal('window', {});
  vi.stubGlobal('location', { href: url });
}
