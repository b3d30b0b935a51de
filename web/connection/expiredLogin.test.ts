// A connection behind a proxy that asks for a login (reconnectingSocket.ts).

import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { CONNECTED } from './connectionAttempt.ts';
import { FakeBrowser, listeningPort, SocketUnderTest } from './reconnectingSocket.harness.ts';
import { LOGIN_EXPIRED } from './upgradeFailure.ts';

let globals: FakeBrowser;

beforeEach(() => {
  globals = new FakeBrowser();
  // The shortest delays; reconnection.test.ts tests the others.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});

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
