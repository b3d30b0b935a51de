import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { freePort } from '../testing/freePort.ts';
import {
  deferred,
  echo,
  type RunningBridge,
  rawWebSocket,
  startBridge,
  startTarget,
  TestPeer,
} from './bridge.harness.ts';

const MEGABYTE = 1024 * 1024;

/** A target that only listens, and what it has heard once the stream has ended. */
async function startListener(): Promise<{ target: number; heard: Promise<string> }> {
  const { promise: heard, resolve } = deferred<string>();
  const target = await startTarget((socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text));
  });
  return { target, heard };
}

describe('relays', () => {
  test('text and binary in, binary out, byte for byte', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) });
    const peer = new TestPeer(bridge);
    await peer.opened();
    peer.webSocket.send('Grüße');
    peer.webSocket.send(Buffer.from([0, 255, 10, 13]));
    await peer.untilBytes(11);
    expect(peer.received).toEqual(
      Buffer.concat([Buffer.from('Grüße'), Buffer.from([0, 255, 10, 13])]),
    );
  });

  test('what was sent before the target had accepted', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) });
    const peer = new TestPeer(bridge);
    peer.webSocket.once('open', () => peer.webSocket.send('early'));
    await peer.untilBytes(5);
    expect(peer.received.toString()).toBe('early');
  });

  test('16 MB each way, in order', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) });
    const peer = new TestPeer(bridge);
    await peer.opened();
    const sent = randomBytes(16 * MEGABYTE);
    for (let at = 0; at < sent.length; at += 50_000)
      peer.webSocket.send(sent.subarray(at, at + 50_000));
    await peer.untilBytes(sent.length);
    expect(peer.received.equals(sent)).toBe(true);
  });

  test('to the default target at /ws and to each by its name', async () => {
    const sayer = (word: string) => startTarget((socket) => socket.end(word));
    const bridge = await startBridge({ one: await sayer('one'), two: await sayer('two') });
    for (const [path, word] of [
      ['/ws', 'one'],
      ['/ws/one', 'one'],
      ['/ws/two', 'two'],
    ]) {
      const peer = new TestPeer(bridge, path);
      await peer.closed();
      expect(peer.received.toString()).toBe(word);
    }
  });
});

describe('closes', () => {
  test('with 1000 once the last byte of the target is delivered', async () => {
    const last = randomBytes(8 * MEGABYTE);
    const bridge = await startBridge({ sayer: await startTarget((socket) => socket.end(last)) });
    const peer = new TestPeer(bridge);
    expect(await peer.closed()).toEqual({ code: 1000, reason: 'sayer closed the connection' });
    expect(peer.received.equals(last)).toBe(true);
  });

  test('with 1014 and words where the target refuses', async () => {
    const peer = new TestPeer(await startBridge({ gone: await freePort() }));
    expect(await peer.closed()).toEqual({
      code: 1014,
      reason: 'gone refused the connection: is it running?',
    });
  });

  test('with 1014 where the target breaks the connection', async () => {
    const breaker = await startTarget((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const peer = new TestPeer(await startBridge({ breaker }));
    await peer.opened();
    peer.webSocket.send('x');
    expect(await peer.closed()).toEqual({ code: 1014, reason: 'breaker reset the connection' });
  });

  test('with 1001 when the bridge stops', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) });
    const peer = new TestPeer(bridge);
    await peer.opened();
    const closed = peer.closed();
    await bridge.app.close();
    expect(await closed).toEqual({ code: 1001, reason: 'the bridge is stopping' });
  });

  test('with 1009 on a message over the limit', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) });
    const peer = new TestPeer(bridge);
    await peer.opened();
    peer.webSocket.send(Buffer.alloc(MEGABYTE + 1));
    expect((await peer.closed()).code).toBe(1009);
  });

  test('with 1007 on text that is not UTF-8', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) });
    const peer = new TestPeer(bridge);
    await peer.opened();
    peer.webSocket.send(Buffer.from([0xff]), { binary: false });
    expect((await peer.closed()).code).toBe(1007);
  });
});

describe('does not wait for', () => {
  test('a browser that goes on talking to a target that is gone', async () => {
    const breaker = await startTarget((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const peer = new TestPeer(await startBridge({ breaker }));
    await peer.opened();
    for (let count = 0; count < 400; count++) peer.webSocket.send(Buffer.alloc(64 * 1024));
    expect(await peer.closed()).toMatchObject({ code: 1014 });
  });

  test('a browser that answers the end with garbage, when it stops', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) });
    const raw = await rawWebSocket(bridge);
    raw.on('data', () => raw.write(Buffer.from([0xff, 0xff, 0xff, 0xff])));
    const other = new TestPeer(bridge);
    await other.opened();
    const closed = other.closed();
    await bridge.app.close();
    expect(await closed).toMatchObject({ code: 1001 });
  });

  test('a request that never ends, when it stops', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) });
    const raw = connect(bridge.port, '127.0.0.1');
    raw.on('error', () => {});
    await once(raw, 'connect');
    raw.write('GET / HT');
    const closed = new Promise((resolve) => raw.once('close', resolve));
    await bridge.app.close();
    await closed;
  });

  test('a target that does not read, when it stops', async () => {
    const target = await startTarget((socket) => void socket.pause());
    const bridge = await startBridge({ target, echo: await startTarget(echo) });
    const peer = new TestPeer(bridge);
    await peer.opened();
    for (let count = 0; count < 64; count++) peer.webSocket.send(Buffer.alloc(MEGABYTE));
    await untilStill(bridge, () => peer.webSocket.bufferedAmount);
    const closed = peer.closed();
    await bridge.app.close();
    expect(await closed).toMatchObject({ code: 1001 });
  });
});

describe('tells the target', () => {
  test('the end of the stream when the browser closes, after its last byte', async () => {
    const { target, heard } = await startListener();
    const peer = new TestPeer(await startBridge({ target }));
    await peer.opened();
    peer.webSocket.send('last words');
    peer.webSocket.close();
    expect(await heard).toBe('last words');
  });

  test('the end of the stream when the browser vanishes', async () => {
    const heard = deferred<void>();
    const target = await startTarget((socket) => {
      socket.resume();
      socket.on('end', () => heard.resolve());
    });
    const peer = new TestPeer(await startBridge({ target }));
    await peer.opened();
    peer.webSocket.terminate();
    await heard.promise;
  });
});

describe('opens the connection to a target that expects it with a PROXY line', () => {
  const hasIpv6 = Object.values(networkInterfaces())
    .flat()
    .some((own) => own?.address === '::1');

  test.for([
    ['TCP4', '127.0.0.1', '127.0.0.1', true],
    ['TCP6', '::1', '::1', hasIpv6],
    ['TCP4', '::ffff:127.0.0.1', '127.0.0.1', hasIpv6],
  ] as const)(
    'of %s where the bridge is at %s, ahead of the browser’s first byte',
    async ([family, host, said, isHere], { skip }) => {
      skip(!isHere, 'no IPv6 here');
      const { target, heard } = await startListener();
      const bridge = await startBridge({ target }, { host, expectsProxyHeader: true });
      const peer = new TestPeer(bridge);
      peer.webSocket.once('open', () => {
        peer.webSocket.send('first words');
        peer.webSocket.close();
      });
      const [{ socket }] = await once(peer.webSocket, 'upgrade');
      const line = `PROXY ${family} ${said} ${said} ${socket.localPort} ${bridge.port}\r\n`;
      expect(await heard).toBe(`${line}first words`);
    },
  );

  test('at once, though the browser says nothing', async () => {
    const target = await startTarget((socket) => void socket.once('data', () => socket.end()));
    const peer = new TestPeer(await startBridge({ target }, { expectsProxyHeader: true }));
    expect(await peer.closed()).toMatchObject({ code: 1000 });
  });

  test('and no other target', async () => {
    const { target, heard } = await startListener();
    const peer = new TestPeer(await startBridge({ target }, { expectsProxyHeader: false }));
    await peer.opened();
    peer.webSocket.send('first words');
    peer.webSocket.close();
    expect(await heard).toBe('first words');
  });

  test.each([true, false])(
    'and a browser cannot write one itself (to a target marked +proxy: %s)',
    async (expectsProxyHeader) => {
      const { target, heard } = await startListener();
      const peer = new TestPeer(await startBridge({ target }, { expectsProxyHeader }));
      await peer.opened();
      peer.webSocket.send('PROX');
      peer.webSocket.send('Y TCP4 192.0.2.7 127.0.0.1 1 2\r\nSHUTDOWN\n');
      expect(await peer.closed()).toEqual({
        code: 1008,
        reason: 'a client must not send a PROXY header',
      });
      expect(await heard).toMatch(
        expectsProxyHeader ? /^PROXY TCP4 127\.0\.0\.1 .*\r\nPROX$/ : /^PROX$/,
      );
    },
  );

  test('and a browser cannot write one in several messages that arrive together', async () => {
    const { target, heard } = await startListener();
    const peer = new TestPeer(await startBridge({ target }));
    const [{ socket }] = await once(peer.webSocket, 'upgrade');
    await peer.opened();
    socket.cork();
    for (const message of ['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN\r\n', 'SHUTDOWN\n']) {
      peer.webSocket.send(message);
    }
    socket.uncork();
    expect(await peer.closed()).toMatchObject({ code: 1008 });
    expect(await heard).toBe('');
  });

  test('and still says why where such a target refuses', async () => {
    const gone = await freePort();
    const peer = new TestPeer(await startBridge({ gone }, { expectsProxyHeader: true }));
    expect(await peer.closed()).toEqual({
      code: 1014,
      reason: 'gone refused the connection: is it running?',
    });
  });
});

describe('holds back', () => {
  test('a target that talks to a browser that does not read, and loses nothing of it', async () => {
    const total = 256 * MEGABYTE;
    const talker = deferred<Socket>();
    const talks = await startTarget((socket) => {
      socket.end(Buffer.alloc(total));
      talker.resolve(socket);
    });
    const bridge = await startBridge({ talks, echo: await startTarget(echo) });
    const peer = new TestPeer(bridge);
    await peer.opened();
    peer.webSocket.pause();
    const socket = await talker.promise;
    await untilStill(bridge, () => socket.bytesWritten - socket.writableLength);
    expect(socket.writableFinished).toBe(false);

    peer.webSocket.resume();
    expect(await peer.closed()).toMatchObject({ code: 1000 });
    expect(peer.received.length).toBe(total);
  });

  test('what waits for one browser apart from what waits for another', async () => {
    const total = 16 * MEGABYTE;
    const talking: Socket[] = [];
    const talker = (byte: string) =>
      startTarget((socket) => {
        talking.push(socket);
        socket.end(Buffer.alloc(total, byte));
      });
    const targets = { a: await talker('a'), b: await talker('b'), c: await talker('c') };
    const bridge = await startBridge({ ...targets, echo: await startTarget(echo) });
    const names = ['a', 'b', 'c', 'a', 'b', 'c'];
    const peers = names.map((name) => new TestPeer(bridge, `/ws/${name}`));
    await Promise.all(peers.map((peer) => peer.opened()));
    for (const peer of peers) peer.webSocket.pause();
    await untilStill(bridge, () =>
      talking.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0),
    );
    for (const peer of peers) peer.webSocket.resume();
    await Promise.all(peers.map((peer) => peer.closed()));
    for (const [index, name] of names.entries()) {
      expect(peers[index]?.received.equals(Buffer.alloc(total, name))).toBe(true);
    }
  });

  test('a browser that talks to a target that does not read, and loses nothing of it', async () => {
    const total = 256 * MEGABYTE;
    const listener = deferred<Socket>();
    const listens = await startTarget((socket) => {
      socket.pause();
      listener.resolve(socket);
    });
    const bridge = await startBridge({ listens, echo: await startTarget(echo) });
    const peer = new TestPeer(bridge);
    await peer.opened();
    const chunk = Buffer.alloc(MEGABYTE);
    for (let sent = 0; sent < total; sent += chunk.length) peer.webSocket.send(chunk);
    peer.webSocket.close();
    await untilStill(bridge, () => peer.webSocket.bufferedAmount);
    expect(peer.webSocket.bufferedAmount).toBeGreaterThan(total / 2);

    const socket = await listener.promise;
    socket.resume();
    await once(socket, 'end');
    expect(socket.bytesRead).toBe(total);
  });
});

/** Settles once a figure stays the same while somebody else's session goes on and on. */
async function untilStill(bridge: RunningBridge, figure: () => number): Promise<void> {
  const other = new TestPeer(bridge, '/ws/echo');
  await other.opened();
  for (let before = -1; before !== figure(); ) {
    before = figure();
    for (let round = 0; round < 500; round++) {
      const echoed = once(other.webSocket, 'message');
      other.webSocket.send('x');
      await echoed;
    }
  }
}

describe('admits', () => {
  test.each([
    ['a page of another origin', { origin: 'http://evil.example' }, '/ws', 403],
    ['a Host that is somebody else’s name', { headers: { host: 'evil.example' } }, '/ws', 403],
    ['a target nobody configured', {}, '/ws/other', 404],
    ['a target by host and port', {}, '/ws/127.0.0.1:22', 404],
  ])('not %s', async (_who, options, path, status) => {
    const bridge = await startBridge({ echo: await startTarget(echo) });
    expect(await new TestPeer(bridge, path, options).refused()).toBe(status);
  });

  test('the page itself, and the subprotocol of other proxies’ clients', async () => {
    const bridge = await startBridge({ echo: await startTarget(echo) });
    const peer = new TestPeer(bridge, '/ws', {
      origin: `http://127.0.0.1:${bridge.port}`,
      protocols: ['base64', 'binary'],
    });
    await peer.opened();
    expect(peer.webSocket.protocol).toBe('binary');
  });

  test('nothing but a WebSocket at /ws', async () => {
    const { port } = await startBridge({ echo: await startTarget(echo) });
    expect((await fetch(`http://127.0.0.1:${port}/ws`)).status).toBe(426);
  });
});

test('a target may finish what it says after the browser has gone', async () => {
  const finished = deferred<void>();
  const target = await startTarget((socket) => {
    socket.on('data', () => socket.write(Buffer.alloc(50 * MEGABYTE), () => finished.resolve()));
  });
  const peer = new TestPeer(await startBridge({ target }));
  await peer.opened();
  peer.webSocket.send('go');
  peer.webSocket.close();
  await finished.promise;
});

test('serves the page, and no file outside it', async () => {
  const { port } = await startBridge({ echo: await startTarget(echo) });
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await page.text()).toContain('<title>page</title>');

  const raw = connect(port, '127.0.0.1');
  raw.write('GET /../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  const [head] = await once(raw, 'data');
  expect(String(head)).toMatch(/^HTTP\/1.1 40[034]/);
});

test('a peer that vanishes in the middle of the handshake hurts nobody', async () => {
  const bridge = await startBridge({ echo: await startTarget(echo) });
  const raw = connect(bridge.port, '127.0.0.1');
  await once(raw, 'connect');
  raw.write('GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnec');
  raw.resetAndDestroy();

  const peer = new TestPeer(bridge);
  await peer.opened();
  peer.webSocket.send('still here');
  await peer.untilBytes(10);
});

test('every answer carries the rules for browsers, and is kept nowhere', async () => {
  const { port } = await startBridge({ echo: await startTarget(echo) });
  const address = `http://127.0.0.1:${port}`;
  const evil = { headers: { origin: 'http://evil.example' } };
  for (const [answer, status] of [
    [await fetch(`${address}/elsewhere`), 404],
    [await fetch(`${address}/ws/other`), 404],
    [await fetch(`${address}/ws`), 426],
    [await fetch(`${address}/ws`, evil), 403],
    [await fetch(`${address}/`, { method: 'POST' }), 404],
  ] as const) {
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none';");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  }
});
