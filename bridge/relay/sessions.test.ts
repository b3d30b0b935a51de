// Quotas, timing rules and the end of sessions, with a real bridge.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { WebSocket } from 'ws';
import { LocalQuota } from '../../access/localQuota.ts';
import { createLease, type Quota } from '../../access/quota.ts';
import {
  deferred,
  echo,
  pageOf,
  type RunningBridge,
  rawWebSocket,
  startBridge,
  startTarget,
  TestPeer,
} from '../bridge.harness.ts';
import type { Primary } from '../primary.ts';

const RULES = {
  pingIntervalMs: 30_000,
  idleTimeoutMs: 0,
  maxLifetimeMs: 0,
  maxMessagesPerSecond: 0,
};
const limitedTo = (maxSessions: number, maxSessionsPerSource = maxSessions) => ({
  limits: { maxSessions, maxSessionsPerSource, maxMessageBytes: 1024 },
});

async function openPeer(bridge: RunningBridge, headers = {}): Promise<TestPeer> {
  const peer = new TestPeer(bridge, '/ws', { headers });
  await peer.opened();
  return peer;
}

describe('if a quota is exceeded', () => {
  test('rejects a program with 503 and Retry-After', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) }, limitedTo(1));
    await openPeer(bridge);
    const response = await new TestPeer(bridge).rejection();
    expect(response.status).toBe(503);
    expect(response.headers['retry-after']).toBe('30');
    expect(response.body).toBe('Rejected: the bridge is full: try again later.\n');
  });

  test('closes with 1013 and the reason for a page, which cannot read a status', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) }, limitedTo(1));
    await openPeer(bridge);
    const page = new TestPeer(bridge, '/ws', { origin: pageOf(bridge) });
    expect(await page.closed()).toEqual({
      code: 1013,
      reason: 'the bridge is full: try again later',
    });
  });

  test('accepts other sources, as a trusted proxy reports them', async () => {
    const bridge = await startBridge(
      { echo: await startTarget(echo) },
      { ...limitedTo(10, 1), isTrustedProxy: (address) => address === '127.0.0.1' },
    );
    await openPeer(bridge, { 'x-forwarded-for': '2001:db8::1' });
    const neighbor = new TestPeer(bridge, '/ws', {
      headers: { 'x-forwarded-for': '2001:db8::2' },
    });
    expect((await neighbor.rejection()).body).toContain('too many sessions from your address');
    await openPeer(bridge, { 'x-forwarded-for': '2001:db8:0:1::1' });
    await openPeer(bridge, { 'x-forwarded-for': '192.0.2.1, 192.0.2.2' });
    const sameClient = { 'x-forwarded-for': '192.0.2.9, 192.0.2.2' };
    expect(await new TestPeer(bridge, '/ws', { headers: sameClient }).rejectionStatus()).toBe(503);
  });

  test.each([
    ['203.0.113.7:51234', '203.0.113.7:51235', '203.0.113.8:51234'],
    ['[2001:db8::7]:51234', '2001:db8::8', '[2001:db8:0:1::7]:51234'],
    ['[::ffff:203.0.113.7]:51234', '203.0.113.7', '::ffff:203.0.113.8'],
    ['fe80::7%eth0', '[fe80::8%eth1]:51234', '[fe80:0:0:1::7]'],
    ['203.0.113.7, 127.0.0.1:443', '203.0.113.7, [::ffff:127.0.0.1]:443', '203.0.113.8'],
    // Without a valid address, the proxy's own address counts.
    ['203.0.113.7:', '203.0.113.8:65536', '203.0.113.9'],
  ])(
    'counts X-Forwarded-For %s and %s as one source, and %s as another',
    async (first, same, other) => {
      const bridge = await startBridge(
        { echo: await startTarget(echo) },
        { ...limitedTo(10, 1), isTrustedProxy: (address) => address === '127.0.0.1' },
      );
      await openPeer(bridge, { 'x-forwarded-for': first });
      const headers = { 'x-forwarded-for': same };
      expect(await new TestPeer(bridge, '/ws', { headers }).rejectionStatus()).toBe(503);
      await openPeer(bridge, { 'x-forwarded-for': other });
    },
  );

  test('ignores X-Forwarded-For if the proxy is not trusted', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) }, limitedTo(10, 1));
    await openPeer(bridge, { 'x-forwarded-for': '192.0.2.1' });
    const other = new TestPeer(bridge, '/ws', { headers: { 'x-forwarded-for': '192.0.2.2' } });
    expect(await other.rejectionStatus()).toBe(503);
  });

  test('does not count rejected and plain requests', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) }, limitedTo(1));
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    for (let tries = 0; tries < 3; tries++) {
      // Passes the guards before ws sees that the key is missing.
      const [response] = await once(request(`${pageOf(bridge)}/ws`, { headers }).end(), 'response');
      expect(response.statusCode).toBe(400);
      response.resume();
      expect((await fetch(`${pageOf(bridge)}/ws`)).status).toBe(426);
    }
    await openPeer(bridge);
    expect((await fetch(`${pageOf(bridge)}/ws`)).status).toBe(426);
  });

  test('opens a session once another is closed on both sides', async () => {
    const ended = deferred<Socket>();
    const target = await startTarget((socket) => {
      socket.resume();
      socket.on('end', () => ended.resolve(socket));
    });
    const bridge = await startBridge({ target }, limitedTo(1));
    const peer = await openPeer(bridge);
    peer.webSocket.close();
    const atTarget = await ended.promise;
    expect(await new TestPeer(bridge).rejectionStatus()).toBe(503);
    atTarget.end();
    await once(atTarget, 'close');
    await openPeer(bridge);
  });
});

describe('the lease of an upgrade', () => {
  /** A bridge whose primary grants leases when `grant` is called, and the lease it grants. */
  async function startWithPrimary(port: number) {
    const asked = deferred<void>();
    const granted = deferred<void>();
    let releases = 0;
    const released = deferred<void>();
    const lease = createLease(() => {
      releases++;
      released.resolve();
    });
    const sessions: Quota = {
      acquire: async () => {
        asked.resolve();
        await granted.promise;
        return lease;
      },
    };
    const primary: Primary = {
      sessions,
      connections: new LocalQuota({ total: 10, perSource: 10 }),
      metrics: { contentType: 'text/plain', text: async () => '' },
      onSample: () => {},
    };
    const bridge = await startBridge({ target: port }, { primary });
    return {
      bridge,
      asked: asked.promise,
      grant: granted.resolve,
      released: released.promise,
      releases: () => releases,
    };
  }

  test('is released if the connection closes before the primary has granted it', async () => {
    const { bridge, asked, grant, released } = await startWithPrimary(await startTarget(echo));
    new TestPeer(bridge);
    await asked;
    await bridge.app.close();
    grant();
    await released;
  });

  test('is released if the connection closes between the grant and the session', async () => {
    const { bridge, asked, grant, released } = await startWithPrimary(await startTarget(echo));
    const connected = once(bridge.app.server, 'connection');
    new TestPeer(bridge);
    const [socket] = await connected;
    await asked;
    grant();
    socket.destroy();
    await released;
  });

  test('is released if the handshake turns out to be invalid', async () => {
    const { bridge, grant, released } = await startWithPrimary(await startTarget(echo));
    grant();
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    const [response] = await once(request(`${pageOf(bridge)}/ws`, { headers }).end(), 'response');
    expect(response.statusCode).toBe(400);
    response.resume();
    await released;
  });

  test('is held until the target has disconnected, too, and then released once', async () => {
    const ended = deferred<Socket>();
    const target = await startTarget((socket) => {
      socket.resume();
      socket.on('end', () => ended.resolve(socket));
    });
    const { bridge, grant, released, releases } = await startWithPrimary(target);
    grant();
    const peer = await openPeer(bridge);
    peer.webSocket.close();
    await once(peer.webSocket, 'close');
    const atTarget = await ended.promise;
    expect(releases()).toBe(0);
    atTarget.end();
    await released;
    await bridge.app.close();
    expect(releases()).toBe(1);
  });
});

describe('closes with 1008', () => {
  test.each([
    ['an idle session', { idleTimeoutMs: 100 }, 'idle: no data for 0.1 s'],
    [
      'a session at its maximum lifetime',
      { maxLifetimeMs: 100 },
      'the session reached its maximum lifetime of 0.1 s',
    ],
  ])('%s', async (_which, rule, reason) => {
    const bridge = await startBridge(
      { echo: await startTarget(echo) },
      { rules: { ...RULES, ...rule } },
    );
    expect(await new TestPeer(bridge).closed()).toEqual({ code: 1008, reason });
  });

  test('after too many messages, pings or pongs', async () => {
    const target = await startTarget(echo);
    const endOf = async (send: (webSocket: WebSocket) => void) => {
      const rules = { ...RULES, maxMessagesPerSecond: 2 };
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
    const bridge = await startBridge({ echo: await startTarget(echo) }, limitedTo(1));
    const peer = await openPeer(bridge);
    for (let count = 0; count < 300; count++) peer.webSocket.send('x', { fin: false });
    expect((await peer.closed()).code).toBe(1008);
  });
});

describe('a browser', () => {
  const rules = { ...RULES, pingIntervalMs: 100 };

  test('is pinged, and stays connected as long as it answers', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) }, { rules });
    const peer = await openPeer(bridge);
    for (let count = 0; count < 4; count++) await once(peer.webSocket, 'ping');
    peer.webSocket.send('still here');
    await peer.untilBytes(10);
  });

  test('whose pong arrived while the event loop stalled stays connected', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) }, { rules });
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

  test('that reads slowly stays connected', async () => {
    const total = 64 * 1024 * 1024;
    const sending = await startTarget((socket) => void socket.end(Buffer.alloc(total)));
    const peer = await openPeer(await startBridge({ sending }, { rules }));
    // Pings wait behind megabytes of data: it answers none of them in time.
    peer.webSocket.on('message', () => {
      peer.webSocket.pause();
      setImmediate(() => setImmediate(() => peer.webSocket.resume()));
    });
    expect((await peer.closed()).code).toBe(1000);
    expect(peer.received.length).toBe(total);
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
  const bridge = await startBridge({ echo: await startTarget(echo) });
  const peer = new TestPeer(bridge, '/ws', { perMessageDeflate: true });
  await peer.opened();
  expect(peer.webSocket.extensions).toBe('');
  peer.webSocket.send('plain');
  await peer.untilBytes(5);
});
