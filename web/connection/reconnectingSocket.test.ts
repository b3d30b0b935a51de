import { getEventListeners, once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { Bridge, PageStandIn, portOf, SocketUnderTest } from './reconnectingSocket.harness.ts';
import type { ReconnectingSocket } from './reconnectingSocket.ts';
import { FIRST_DELAY_MS, GOOD_CONNECTION_MS, Reconnection } from './reconnection.pure.ts';
import { BRIDGE_UNREACHABLE, WOULD_UPGRADE } from './upgradeFailure.ts';

let page: PageStandIn;

beforeEach(() => {
  page = new PageStandIn();
  // The shortest waits; when to try is tried in reconnection.test.ts.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});

/** A server that answers each line with itself. */
function echo(browser: WebSocket): void {
  browser.on('message', (data) => browser.send(Buffer.from(String(data))));
}

/** What the bridge does where the target refuses: it lets the page in, and turns it away. */
function refuse(browser: WebSocket): void {
  browser.close(1014, 'motd refused the connection: is it running?');
}

/**
 * A bridge whose password the handshake lacks.
 *
 * @param until When it accepts handshakes: once it was asked why, or never.
 */
async function startRefusing({ until }: { until: 'asked' | 'never' }) {
  const state = { url: new URL('ws://127.0.0.1/ws'), handshakes: 0 };
  let isOpen = false;
  const server = createHttpServer((_request, response) => {
    isOpen = until === 'asked';
    response.writeHead(426).end();
  }).listen(0, '127.0.0.1');
  const webSockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    state.handshakes++;
    if (isOpen) webSockets.handleUpgrade(request, socket, head, () => {});
    else socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
  });
  onTestFinished(() => {
    for (const browser of webSockets.clients) browser.terminate();
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  state.url.port = String(portOf(server));
  return state;
}

const REFUSED = 'motd refused the connection: is it running? (1014)';

describe('a conversation', () => {
  test('begins as soon as the first connection opens, and carries text both ways', async () => {
    const bridge = await Bridge.start(echo);
    const { link, log, says } = linkTo(bridge);
    link.connect();
    await says('opened');
    link.send('MSGGET\n');
    await says('received MSGGET\n');
    expect(log).toEqual(['connecting', 'connected', 'opened', 'received MSGGET\n']);
  });

  test('a character cut in two is one character', async () => {
    const bridge = await Bridge.start((browser) => {
      const [first, ...rest] = Buffer.from('é\n');
      browser.send(Buffer.of(first ?? 0));
      browser.send(Buffer.from(rest));
    });
    const { link, log, says } = linkTo(bridge);
    link.connect();
    await says('received é\n');
    expect(log).toEqual(['connecting', 'connected', 'opened', 'received ', 'received é\n']);
  });

  test('a second call of connect changes nothing', async () => {
    const bridge = await Bridge.start(echo);
    const { link, says } = linkTo(bridge);
    link.connect();
    link.connect();
    await says('opened');
    link.connect();
    link.send('one\n');
    await says('received one\n');
    expect(bridge.count).toBe(1);
  });
});

describe('a connection that is lost', () => {
  test('is told with its reason, and comes back by itself', async () => {
    const bridge = await Bridge.start((browser) => {
      if (bridge.count === 1) browser.close(1001, 'the bridge is stopping');
    });
    const { link, log, says, states } = linkTo(bridge);
    link.connect();
    await says('opened', 2);
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

  test('the next try is planned within three quarters of a second', async () => {
    const bridge = await Bridge.start((browser) => browser.close(1001));
    const { link, says, states } = linkTo(bridge);
    const beganMs = performance.now();
    link.connect();
    await says('waiting');
    const waiting = states.find((state) => state.is === 'waiting');
    expect(waiting?.nextAtMs).toBeGreaterThan(beganMs + 250);
    expect(waiting?.nextAtMs).toBeLessThan(performance.now() + 750);
  });

  test('comes back when the bridge does, at its old address', async () => {
    const bridge = await Bridge.start(echo);
    const { link, says } = linkTo(bridge);
    link.connect();
    await says('opened');
    await bridge.stop();
    await says(`closed ${'the connection to the bridge was lost'} (1006)`);
    await says('waiting', 2);
    expect(link.state).toMatchObject({ is: 'waiting', reason: BRIDGE_UNREACHABLE });
    await bridge.start();
    await says('opened', 2);
  });

  test('after one that lasted, the wait is short again', async () => {
    const bridge = await Bridge.start(refuse);
    const { link, says } = linkTo(bridge);
    link.connect();
    await says('waiting', 3);
    let browser: WebSocket | undefined;
    bridge.onBrowser = (came) => {
      browser = came;
    };
    await says('opened', 2);
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + GOOD_CONNECTION_MS);
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    browser?.terminate();
    await says('waiting', 4);
    expect(nextTryMs(link)).toBeLessThan(performance.now() + FIRST_DELAY_MS);
  });

  test('a try that nobody answers is given up after 10 s', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      silent.close();
    });
    await once(silent, 'listening');
    const came = once(silent, 'connection');
    const { link } = new SocketUnderTest(new URL(`ws://127.0.0.1:${portOf(silent)}/ws`));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    link.connect();
    const [socket]: Socket[] = await came;
    const gone = once(socket ?? silent, 'close');
    vi.advanceTimersByTime(9_999);
    expect(link.state.is).toBe('connecting');
    vi.advanceTimersByTime(1);
    expect(link.state).toMatchObject({
      is: 'waiting',
      reason: 'the bridge did not answer in time',
    });
    link.close();
    await gone;
  });

  test('a handshake that the bridge would accept now is tried again at once, also at rest', async () => {
    const bridge = await startRefusing({ until: 'asked' });
    const tested = new SocketUnderTest(bridge.url);
    tested.link.connect();
    tested.link.rest();
    await tested.says('opened');
    expect(bridge.handshakes).toBe(2);
  });

  test('it is tried again no more than once', async () => {
    const bridge = await startRefusing({ until: 'never' });
    const tested = new SocketUnderTest(bridge.url);
    tested.link.connect();
    tested.link.rest();
    await tested.says('ended');
    expect(tested.link.state).toEqual({ is: 'ended', reason: WOULD_UPGRADE });
    expect(bridge.handshakes).toBe(2);
  });

  test('does not flap where the bridge lets in and the target refuses', async () => {
    const bridge = await Bridge.start((browser) => {
      if (bridge.count < 4) refuse(browser);
    });
    const { link, log, says } = linkTo(bridge);
    link.connect();
    await says('opened', 2);
    expect(log.filter((entry) => entry === `closed ${REFUSED}`)).toHaveLength(1);
    expect(log.slice(3)).toEqual([
      'waiting',
      `closed ${REFUSED}`,
      'connecting',
      'waiting',
      'connecting',
      'waiting',
      'connecting',
      'connected',
      'opened',
    ]);
  });

  test('a first byte is proof enough: a server that speaks first is not kept waiting', async () => {
    const bridge = await Bridge.start((browser) => {
      if (bridge.count === 1) refuse(browser);
      else browser.send(Buffer.from('220 hello\n'));
    });
    const { link, log, says } = linkTo(bridge);
    link.connect();
    await says('received 220 hello\n');
    expect(log.slice(-3)).toEqual(['connected', 'opened', 'received 220 hello\n']);
  });
});

describe('when the page wakes', () => {
  test.each([
    ['the network is back', () => page.says('online')],
    ['the page is shown again', () => page.says('pageshow')],
    ['the tab is chosen', () => page.isShown()],
  ])('%s: it tries within a second of its last try', async (_how, wake) => {
    const bridge = await Bridge.start(refuse);
    const { link, says } = linkTo(bridge);
    link.connect();
    await says('waiting', 3);
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    await says('waiting', 4);
    expect(nextTryMs(link)).toBeGreaterThan(performance.now() + 4_000);
    bridge.onBrowser = echo;
    wake();
    expect(nextTryMs(link)).toBeLessThanOrEqual(performance.now() + 1_000);
    await says('opened', 2);
  });

  test('a hundred events are no hundred tries', async () => {
    const bridge = await Bridge.start(refuse);
    const { link, says } = linkTo(bridge);
    link.connect();
    await says('waiting');
    for (let times = 0; times < 100; times++) {
      page.says('online');
      link.connect();
    }
    expect(link.state.is).toBe('waiting');
    await says('waiting', 2);
    for (let times = 0; times < 100; times++) page.isShown();
    expect(link.state.is).toBe('waiting');
    expect(bridge.count).toBe(2);
  });

  test('without a network it is offline, until there is one', async () => {
    const tried = vi.spyOn(Reconnection.prototype, 'failed');
    const bridge = await Bridge.start((browser) => {
      // After this one there is time for the network to come back.
      if (bridge.count === 3) vi.spyOn(Math, 'random').mockReturnValue(0.999);
      refuse(browser);
    });
    const { link, log, says } = linkTo(bridge);
    page.navigator.onLine = false;
    link.connect();
    await says('offline');
    // It tries on all the same, and says nothing of it.
    await vi.waitUntil(() => tried.mock.calls.length === 3);
    bridge.onBrowser = echo;
    page.navigator.onLine = true;
    page.says('online');
    await says('opened', 2);
    expect(log.slice(3)).toEqual([
      'offline',
      `closed ${REFUSED}`,
      'connecting',
      'connected',
      'opened',
    ]);
  });

  test('a page that is left lets its connection go, and has another when it is shown again', async () => {
    const bridge = await Bridge.start(echo);
    const gone = new Promise((resolve) => {
      bridge.onBrowser = (browser) => resolve(once(browser, 'close'));
    });
    const { link, says } = linkTo(bridge);
    link.connect();
    await says('opened');
    page.says('pagehide');
    await says('closed this page was left');
    await gone;
    page.says('pageshow');
    await says('opened', 2);
  });
});

describe('an end', () => {
  test('at rest, what closes is final', async () => {
    const bridge = await Bridge.start((browser) =>
      browser.on('message', () => browser.close(1000, 'motd closed the connection')),
    );
    const { link, log, says } = linkTo(bridge);
    link.connect();
    await says('opened');
    link.send('QUIT\n');
    link.rest();
    await says('ended');
    page.says('online');
    page.isShown();
    const reason = 'motd closed the connection (1000)';
    expect(log.slice(3)).toEqual(['ended', `closed ${reason}`]);
    expect(link.state).toEqual({ is: 'ended', reason });
  });

  test('and connect begins anew, also before the old connection has closed', async () => {
    const bridge = await Bridge.start(echo);
    const { link, log, says } = linkTo(bridge);
    link.connect();
    await says('opened');
    link.rest();
    link.connect();
    await says('opened', 2);
    expect(log.filter((entry) => entry.startsWith('closed'))).toHaveLength(1);
    link.send('again\n');
    await says('received again\n');
  });

  test('at rest, a next try is no longer planned', async () => {
    const bridge = await Bridge.start(refuse);
    const { link, says } = linkTo(bridge);
    link.connect();
    await says('waiting');
    link.rest();
    expect(link.state).toEqual({ is: 'ended', reason: REFUSED });
    link.connect();
    // First for the gap between two tries, then because that one failed, too.
    await says('waiting', 3);
    expect(bridge.count).toBe(2);
  });

  test('close ends it at once', async () => {
    const bridge = await Bridge.start(echo);
    const { link, log, says } = linkTo(bridge);
    link.connect();
    await says('opened');
    link.close();
    expect(log.slice(3)).toEqual(['ended', 'closed this page closed the connection']);
    // The page may have many links, one after another: none is kept for the sake of its listeners.
    expect(getEventListeners(page.window, 'online')).toEqual([]);
    expect(getEventListeners(page.document, 'visibilitychange')).toEqual([]);
  });
});

test('renew replaces a connection that only seems to be there', async () => {
  const bridge = await Bridge.start(echo);
  const { link, log, says } = linkTo(bridge);
  link.connect();
  await says('opened');
  link.renew('no answer came');
  await says('opened', 2);
  expect(log.slice(3, 5)).toEqual(['waiting', 'closed no answer came']);
  link.send('there\n');
  await says('received there\n');
});

test('what is sent while it is not connected is lost, and no error', async () => {
  const bridge = await Bridge.start(echo);
  const { link, log, says } = linkTo(bridge);
  link.send('too early\n');
  link.connect();
  link.send('too early\n');
  await says('opened');
  link.send('in time\n');
  await says('received in time\n');
  expect(log.filter((entry) => entry.startsWith('received'))).toEqual(['received in time\n']);
});

/** When the next try is due; now, where it is being made. */
function nextTryMs({ state }: ReconnectingSocket): number {
  return state.is === 'waiting' ? state.nextAtMs : performance.now();
}

function linkTo(bridge: Bridge) {
  const tested = new SocketUnderTest(bridge.url);
  return {
    link: tested.link,
    log: tested.log,
    states: tested.states,
    says: (entry: string, times?: number) => tested.says(entry, times),
  };
}
