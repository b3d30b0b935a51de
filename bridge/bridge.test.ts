import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { freePort } from '../testing/freePort.ts';
import { loopbackAddresses, proxyV2, userTlv } from '../testing/proxyV2.ts';
import { getRequest } from '../testing/rawHttp.ts';
import {
  deferred,
  echo,
  type RunningBridge,
  rawWebSocket,
  startBridge,
  startEchoBridge,
  startTarget,
  TestPeer,
} from './bridge.harness.ts';

const MEGABYTE = 1024 * 1024;

/**
 * Starts a target that sends nothing; `received` resolves with everything it was sent at the end.
 */
async function startSink(): Promise<{ target: number; received: Promise<string> }> {
  const { promise: received, resolve } = deferred<string>();
  const target = await startTarget((socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('end', () => resolve(text));
  });
  return { target, received };
}

describe('relays', () => {
  test('text and binary messages as binary messages, byte for byte', async () => {
    const bridge = await startEchoBridge();
    const peer = new TestPeer(bridge);
    await peer.opened();
    peer.webSocket.send('Grüße');
    peer.webSocket.send(Buffer.from([0, 255, 10, 13]));
    await peer.untilBytes(11);
    expect(peer.received).toEqual(
      Buffer.concat([Buffer.from('Grüße'), Buffer.from([0, 255, 10, 13])]),
    );
  });

  test('what was sent before the target accepted the connection', async () => {
    const bridge = await startEchoBridge();
    const peer = new TestPeer(bridge);
    peer.webSocket.once('open', () => peer.webSocket.send('early'));
    await peer.untilBytes(5);
    expect(peer.received.toString()).toBe('early');
  });

  test('16 MB each way, in order', async () => {
    const bridge = await startEchoBridge();
    const peer = new TestPeer(bridge);
    await peer.opened();
    const sent = randomBytes(16 * MEGABYTE);
    for (let at = 0; at < sent.length; at += 50_000)
      peer.webSocket.send(sent.subarray(at, at + 50_000));
    await peer.untilBytes(sent.length);
    expect(peer.received.equals(sent)).toBe(true);
  });

  test('to the default target at /ws, and to each target by its name', async () => {
    const sender = (word: string) => startTarget((socket) => socket.end(word));
    const bridge = await startBridge({ one: await sender('one'), two: await sender('two') });
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
  test('with 1000 after the last byte of the target', async () => {
    const last = randomBytes(8 * MEGABYTE);
    const bridge = await startBridge({ sender: await startTarget((socket) => socket.end(last)) });
    const peer = new TestPeer(bridge);
    expect(await peer.closed()).toEqual({ code: 1000, reason: 'sender closed the connection' });
    expect(peer.received.equals(last)).toBe(true);
  });

  test('with 1014 and the reason if the target refuses the connection', async () => {
    const peer = new TestPeer(await startBridge({ gone: await freePort() }));
    expect(await peer.closed()).toEqual({
      code: 1014,
      reason: 'gone refused the connection: is it running?',
    });
  });

  test('with 1014 if the target resets the connection', async () => {
    const resetting = await startTarget((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const peer = new TestPeer(await startBridge({ resetting }));
    await peer.opened();
    peer.webSocket.send('x');
    expect(await peer.closed()).toEqual({ code: 1014, reason: 'resetting reset the connection' });
  });

  test('with 1001 when the bridge stops', async () => {
    const bridge = await startEchoBridge();
    const peer = new TestPeer(bridge);
    await peer.opened();
    const closed = peer.closed();
    await bridge.app.close();
    expect(await closed).toEqual({ code: 1001, reason: 'the bridge is stopping' });
  });

  test('with 1009 after a message over the limit', async () => {
    const bridge = await startEchoBridge();
    const peer = new TestPeer(bridge);
    await peer.opened();
    peer.webSocket.send(Buffer.alloc(MEGABYTE + 1));
    expect((await peer.closed()).code).toBe(1009);
  });

  test('with 1007 after text that is not UTF-8', async () => {
    const bridge = await startEchoBridge();
    const peer = new TestPeer(bridge);
    await peer.opened();
    peer.webSocket.send(Buffer.from([0xff]), { binary: false });
    expect((await peer.closed()).code).toBe(1007);
  });
});

describe('does not wait for', () => {
  test('a browser that continues to send to a target that is gone', async () => {
    const resetting = await startTarget((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const peer = new TestPeer(await startBridge({ resetting }));
    await peer.opened();
    for (let count = 0; count < 400; count++) peer.webSocket.send(Buffer.alloc(64 * 1024));
    expect(await peer.closed()).toMatchObject({ code: 1014 });
  });

  test('a browser that answers the close frame with garbage, when the bridge stops', async () => {
    const bridge = await startEchoBridge();
    const raw = await rawWebSocket(bridge);
    raw.on('data', () => raw.write(Buffer.from([0xff, 0xff, 0xff, 0xff])));
    const other = new TestPeer(bridge);
    await other.opened();
    const closed = other.closed();
    await bridge.app.close();
    expect(await closed).toMatchObject({ code: 1001 });
  });

  test('a request that never ends, when the bridge stops', async () => {
    const bridge = await startEchoBridge();
    const raw = connect(bridge.port, '127.0.0.1');
    raw.on('error', () => {});
    await once(raw, 'connect');
    raw.write('GET / HT');
    const closed = new Promise((resolve) => raw.once('close', resolve));
    await bridge.app.close();
    await closed;
  });

  test('a target that does not read, when the bridge stops', async () => {
    const target = await startTarget((socket) => void socket.pause());
    const bridge = await startBridge({ target, echo: await startTarget(echo) });
    const peer = new TestPeer(bridge);
    await peer.opened();
    for (let count = 0; count < 64; count++) peer.webSocket.send(Buffer.alloc(MEGABYTE));
    await untilStable(bridge, () => peer.webSocket.bufferedAmount);
    const closed = peer.closed();
    await bridge.app.close();
    expect(await closed).toMatchObject({ code: 1001 });
  });
});

describe('sends the target', () => {
  test('the end of the stream after the last byte, when the browser closes', async () => {
    const { target, received } = await startSink();
    const peer = new TestPeer(await startBridge({ target }));
    await peer.opened();
    peer.webSocket.send('last words');
    peer.webSocket.close();
    expect(await received).toBe('last words');
  });

  test('the end of the stream when the browser disappears', async () => {
    const ended = deferred<void>();
    const target = await startTarget((socket) => {
      socket.resume();
      socket.on('end', () => ended.resolve());
    });
    const peer = new TestPeer(await startBridge({ target }));
    await peer.opened();
    peer.webSocket.terminate();
    await ended.promise;
  });
});

describe('a PROXY header', () => {
  const hasIpv6 = Object.values(networkInterfaces())
    .flat()
    .some((own) => own?.address === '::1');

  test.for([
    ['TCP4', '127.0.0.1', '127.0.0.1', true],
    ['TCP6', '::1', '::1', hasIpv6],
    ['TCP4', '::ffff:127.0.0.1', '127.0.0.1', hasIpv6],
  ] as const)(
    'of family %s is sent before the browser’s first byte, if the bridge listens on %s',
    async ([family, host, address, isAvailable], { skip }) => {
      skip(!isAvailable, 'this machine has no IPv6');
      const { target, received } = await startSink();
      const bridge = await startBridge({ target }, { host, proxyVersion: 1 });
      const peer = new TestPeer(bridge);
      peer.webSocket.once('open', () => {
        peer.webSocket.send('first words');
        peer.webSocket.close();
      });
      const [{ socket }] = await once(peer.webSocket, 'upgrade');
      const header = `PROXY ${family} ${address} ${address} ${socket.localPort} ${bridge.port}\r\n`;
      expect(await received).toBe(`${header}first words`);
    },
  );

  test('is sent immediately, even if the browser sends nothing', async () => {
    const target = await startTarget((socket) => void socket.once('data', () => socket.end()));
    const peer = new TestPeer(await startBridge({ target }, { proxyVersion: 1 }));
    expect(await peer.closed()).toMatchObject({ code: 1000 });
  });

  test('is not sent to a target that expects none', async () => {
    const { target, received } = await startSink();
    const peer = new TestPeer(await startBridge({ target }));
    await peer.opened();
    peer.webSocket.send('first words');
    peer.webSocket.close();
    expect(await received).toBe('first words');
  });

  const AUTHORIZATION = `Basic ${Buffer.from('jörg:geheim').toString('base64')}`;

  /** Connects to a bridge. @returns The header that reports the connection to its target. */
  const connectTo = async (bridge: RunningBridge, version: 1 | 2 | undefined, user?: string) => {
    const peer = new TestPeer(bridge, '/ws', { headers: { authorization: AUTHORIZATION } });
    const [{ socket }] = await once(peer.webSocket, 'upgrade');
    const header = headerOf(version, socket.localPort, bridge.port, user);
    await peer.opened();
    return { peer, header };
  };

  const headerOf = (version: 1 | 2 | undefined, from: number, to: number, user?: string) => {
    if (version === undefined) return '';
    if (version === 1) return `PROXY TCP4 127.0.0.1 127.0.0.1 ${from} ${to}\r\n`;
    const tlvs = user === undefined ? [] : [userTlv(user)];
    return proxyV2({ addresses: loopbackAddresses(from, to), tlvs }).toString('latin1');
  };

  test.each([1, 2] as const)(
    'of version %i names the user whose password is right, in version 2 only',
    async (version) => {
      const { target, received } = await startSink();
      const checkPassword = async () => 'right' as const;
      const bridge = await startBridge({ target }, { proxyVersion: version, checkPassword });
      const { peer, header } = await connectTo(bridge, version, 'jörg');
      peer.webSocket.send('first words');
      peer.webSocket.close();
      expect(await received).toBe(`${header}first words`);
    },
  );

  test('of version 2 names no user if no password is required', async () => {
    const { target, received } = await startSink();
    const { peer, header } = await connectTo(await startBridge({ target }, { proxyVersion: 2 }), 2);
    peer.webSocket.close();
    expect(await received).toBe(header);
  });

  const FORGED_V1 = ['PROX', 'Y TCP4 192.0.2.7 127.0.0.1 1 2\r\nSHUTDOWN\n'] as const;
  const FORGED_V2 = ['\r\n\r\n\0', '\r\nQUIT\n\x21\x11\0\x0c'] as const;

  test.each([
    { expected: undefined, sent: 1, forged: FORGED_V1 },
    { expected: undefined, sent: 2, forged: FORGED_V2 },
    { expected: 1, sent: 1, forged: FORGED_V1 },
    { expected: 1, sent: 2, forged: FORGED_V2 },
    { expected: 2, sent: 1, forged: FORGED_V1 },
    { expected: 2, sent: 2, forged: FORGED_V2 },
  ] as const)(
    'from a browser is rejected (version $sent; the target expects: $expected)',
    async ({ expected, forged }) => {
      const { target, received } = await startSink();
      const bridge = await startBridge({ target }, { proxyVersion: expected });
      const { peer, header } = await connectTo(bridge, expected);
      for (const message of forged) peer.webSocket.send(message);
      expect(await peer.closed()).toEqual({
        code: 1008,
        reason: 'a client must not send a PROXY header',
      });
      expect(await received).toBe(`${header}${forged[0]}`);
    },
  );

  test('from a browser is rejected in several messages that arrive together', async () => {
    const { target, received } = await startSink();
    const peer = new TestPeer(await startBridge({ target }));
    const [{ socket }] = await once(peer.webSocket, 'upgrade');
    await peer.opened();
    socket.cork();
    for (const message of ['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN\r\n', 'SHUTDOWN\n']) {
      peer.webSocket.send(message);
    }
    socket.uncork();
    expect(await peer.closed()).toMatchObject({ code: 1008 });
    expect(await received).toBe('');
  });

  test('does not hide the reason if the target refuses the connection', async () => {
    const gone = await freePort();
    const peer = new TestPeer(await startBridge({ gone }, { proxyVersion: 1 }));
    expect(await peer.closed()).toEqual({
      code: 1014,
      reason: 'gone refused the connection: is it running?',
    });
  });
});

describe('applies backpressure', () => {
  test('to a target if the browser does not read, and loses no byte', async () => {
    const total = 256 * MEGABYTE;
    const targetSocket = deferred<Socket>();
    const sending = await startTarget((socket) => {
      socket.end(Buffer.alloc(total));
      targetSocket.resolve(socket);
    });
    const bridge = await startBridge({ sending, echo: await startTarget(echo) });
    const peer = new TestPeer(bridge);
    await peer.opened();
    peer.webSocket.pause();
    const socket = await targetSocket.promise;
    await untilStable(bridge, () => socket.bytesWritten - socket.writableLength);
    expect(socket.writableFinished).toBe(false);

    peer.webSocket.resume();
    expect(await peer.closed()).toMatchObject({ code: 1000 });
    expect(peer.received.length).toBe(total);
  });

  test('to each session separately, and keeps their bytes apart', async () => {
    const total = 16 * MEGABYTE;
    const sockets: Socket[] = [];
    const senderOf = (byte: string) =>
      startTarget((socket) => {
        sockets.push(socket);
        socket.end(Buffer.alloc(total, byte));
      });
    const targets = { a: await senderOf('a'), b: await senderOf('b'), c: await senderOf('c') };
    const bridge = await startBridge({ ...targets, echo: await startTarget(echo) });
    const names = ['a', 'b', 'c', 'a', 'b', 'c'];
    const peers = names.map((name) => new TestPeer(bridge, `/ws/${name}`));
    await Promise.all(peers.map((peer) => peer.opened()));
    for (const peer of peers) peer.webSocket.pause();
    await untilStable(bridge, () =>
      sockets.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0),
    );
    for (const peer of peers) peer.webSocket.resume();
    await Promise.all(peers.map((peer) => peer.closed()));
    for (const [index, name] of names.entries()) {
      expect(peers[index]?.received.equals(Buffer.alloc(total, name))).toBe(true);
    }
  });

  test('to a browser if the target does not read, and loses no byte', async () => {
    const total = 256 * MEGABYTE;
    const targetSocket = deferred<Socket>();
    const notReading = await startTarget((socket) => {
      socket.pause();
      targetSocket.resolve(socket);
    });
    const bridge = await startBridge({ notReading, echo: await startTarget(echo) });
    const peer = new TestPeer(bridge);
    await peer.opened();
    const chunk = Buffer.alloc(MEGABYTE);
    for (let sent = 0; sent < total; sent += chunk.length) peer.webSocket.send(chunk);
    peer.webSocket.close();
    await untilStable(bridge, () => peer.webSocket.bufferedAmount);
    expect(peer.webSocket.bufferedAmount).toBeGreaterThan(total / 2);

    const socket = await targetSocket.promise;
    socket.resume();
    await once(socket, 'end');
    expect(socket.bytesRead).toBe(total);
  });
});

/** Resolves once a value has not changed while another session exchanged 500 messages. */
async function untilStable(bridge: RunningBridge, value: () => number): Promise<void> {
  const other = new TestPeer(bridge, '/ws/echo');
  await other.opened();
  for (let before = -1; before !== value(); ) {
    before = value();
    for (let round = 0; round < 500; round++) {
      const echoed = once(other.webSocket, 'message');
      other.webSocket.send('x');
      await echoed;
    }
  }
}

describe('a request to /ws', () => {
  test.each([
    ['from a page of another origin', { origin: 'http://evil.example' }, '/ws', 403],
    [
      'with a Host that is not a name of the bridge',
      { headers: { host: 'evil.example' } },
      '/ws',
      403,
    ],
    ['for an unknown target', {}, '/ws/other', 404],
    ['for a target by host and port', {}, '/ws/127.0.0.1:22', 404],
  ])('is rejected %s', async (_what, options, path, status) => {
    const bridge = await startEchoBridge();
    expect(await new TestPeer(bridge, path, options).rejectionStatus()).toBe(status);
  });

  test('is accepted from the page itself, with the subprotocol of clients for other proxies', async () => {
    const bridge = await startEchoBridge();
    const peer = new TestPeer(bridge, '/ws', {
      origin: `http://127.0.0.1:${bridge.port}`,
      protocols: ['base64', 'binary'],
    });
    await peer.opened();
    expect(peer.webSocket.protocol).toBe('binary');
  });

  test('gets 426 if it is not an upgrade', async () => {
    const { port } = await startEchoBridge();
    expect((await fetch(`http://127.0.0.1:${port}/ws`)).status).toBe(426);
  });
});

test('lets a target finish sending after the browser has disconnected', async () => {
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
  const { port } = await startEchoBridge();
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await page.text()).toContain('<title>page</title>');

  const raw = connect(port, '127.0.0.1');
  raw.write(getRequest('/../../../etc/passwd'));
  const [head] = await once(raw, 'data');
  expect(String(head)).toMatch(/^HTTP\/1.1 40[034]/);
});

test('survives a peer that disappears during the handshake', async () => {
  const bridge = await startEchoBridge();
  const raw = connect(bridge.port, '127.0.0.1');
  await once(raw, 'connect');
  raw.write('GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnec');
  raw.resetAndDestroy();

  const peer = new TestPeer(bridge);
  await peer.opened();
  peer.webSocket.send('still here');
  await peer.untilBytes(10);
});

test('sends the security headers with every response, and forbids caching', async () => {
  const { port } = await startEchoBridge();
  const address = `http://127.0.0.1:${port}`;
  const evil = { headers: { origin: 'http://evil.example' } };
  for (const [response, status] of [
    [await fetch(`${address}/elsewhere`), 404],
    [await fetch(`${address}/ws/other`), 404],
    [await fetch(`${address}/ws`), 426],
    [await fetch(`${address}/ws`, evil), 403],
    [await fetch(`${address}/`, { method: 'POST' }), 404],
  ] as const) {
    expect(response.status).toBe(status);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none';");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('cache-control')).toBe('no-store');
  }
});
