// The bridge between real WebSockets and targets that speak Telnet, or that accept nothing.

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { deferred, startBridge, startTarget, TestPeer } from '../bridge.harness.ts';
import type { Target } from './targets.ts';
import { MAX_ANSWERS } from './telnet.pure.ts';

const WILL_ECHO = Buffer.from([255, 251, 1]);
const WONT_ECHO = Buffer.from([255, 252, 1]);
const DO_ECHO = Buffer.from([255, 253, 1]);
const DONT_ECHO = Buffer.from([255, 254, 1]);
const DO_NAWS = Buffer.from([255, 253, 31]);
const WONT_NAWS = Buffer.from([255, 252, 31]);

/** Connects a WebSocket to a target, through a bridge, and returns both ends. */
async function connectTo(marks: Partial<Target>, path = '/ws') {
  const accepted = deferred<Socket>();
  const port = await startTarget(accepted.resolve);
  const bridge = await startBridge({ mud: port }, { marks });
  const peer = new TestPeer(bridge, path);
  const frames: Array<{ data: string; isBinary: boolean }> = [];
  peer.webSocket.on('message', (data: Buffer, isBinary: boolean) =>
    frames.push({ data: data.toString('latin1'), isBinary }),
  );
  await peer.opened();
  const socket = await accepted.promise;
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
  });
  const untilReceived = async (count: number) => {
    while (received.length < count) await once(socket, 'data');
    return received;
  };
  return { peer, socket, frames, untilReceived };
}

describe('a target marked +telnet', () => {
  test('gets 0xFF doubled and answers, and the browser gets its text alone', async () => {
    const { peer, socket, untilReceived } = await connectTo({ isTelnet: true });
    socket.write(Buffer.concat([Buffer.from('a'), DO_NAWS, Buffer.from([255, 255, 13, 0, 98])]));
    await peer.untilBytes(4);
    expect(peer.received).toEqual(Buffer.from([97, 255, 13, 98]));
    expect(await untilReceived(3)).toEqual(WONT_NAWS);
    peer.webSocket.send(Buffer.from([255, 13, 10, 13, 99]));
    const encoded = Buffer.from([255, 255, 13, 10, 13, 0, 99]);
    expect(await untilReceived(10)).toEqual(Buffer.concat([WONT_NAWS, encoded]));
  });

  test('gets its PROXY header first, and unchanged', async () => {
    const { socket, untilReceived } = await connectTo({ isTelnet: true, proxyVersion: 1 });
    socket.write(DO_NAWS);
    const received = await untilReceived(40);
    expect(received.toString('latin1')).toMatch(/^PROXY TCP4 [\d. ]+\r\n/);
    expect(received.subarray(-3)).toEqual(WONT_NAWS);
  });

  test('notifies a browser that asks with ?notices, in text frames', async () => {
    const { socket, frames, untilReceived } = await connectTo(
      { isTelnet: true },
      '/ws/mud?notices',
    );
    socket.write(Buffer.concat([Buffer.from('Password: '), WILL_ECHO]));
    expect(await untilReceived(3)).toEqual(DO_ECHO);
    await expect
      .poll(() => frames)
      .toEqual([
        { data: '{"connected":true}', isBinary: false },
        { data: '{"localEcho":false}', isBinary: false },
        { data: 'Password: ', isBinary: true },
      ]);
    socket.write(Buffer.concat([WONT_ECHO, Buffer.from('Welcome')]));
    expect(await untilReceived(6)).toEqual(Buffer.concat([DO_ECHO, DONT_ECHO]));
    await expect
      .poll(() => frames.slice(3))
      .toEqual([
        { data: '{"localEcho":true}', isBinary: false },
        { data: 'Welcome', isBinary: true },
      ]);
  });

  test('sends any other client no text frame', async () => {
    const { socket, frames, untilReceived } = await connectTo({ isTelnet: true }, '/ws/mud');
    socket.write(Buffer.concat([WILL_ECHO, WONT_ECHO, Buffer.from('done')]));
    await untilReceived(6);
    await expect.poll(() => frames).toEqual([{ data: 'done', isBinary: true }]);
  });

  test('gets few answers to a flood of offers that it and the browser do not read', async () => {
    const { peer, socket, untilReceived } = await connectTo({ isTelnet: true }, '/ws/mud?notices');
    peer.webSocket.pause();
    socket.pause();
    const offers = Buffer.concat([WILL_ECHO, DO_NAWS, WONT_ECHO]);
    const chunk = Buffer.alloc(offers.length * 10_000, offers);
    for (let sent = 0; sent < 100; sent++) {
      if (!socket.write(chunk)) await once(socket, 'drain');
    }
    peer.webSocket.resume();
    socket.resume().end('the end');
    expect(await peer.closed()).toMatchObject({ code: 1000 });
    expect(peer.received.toString('latin1')).toMatch(/the end$/);
    const answers = await untilReceived(MAX_ANSWERS * 3);
    expect(answers).toHaveLength(MAX_ANSWERS * 3);
  });

  test('gets what the browser sends after answers it did not read', async () => {
    const { peer, socket, untilReceived } = await connectTo({ isTelnet: true });
    socket.pause();
    const offers = Buffer.alloc(3 * 1000, DO_NAWS);
    for (let round = 0; round < 5; round++) {
      socket.write(offers);
      peer.webSocket.send(Buffer.alloc(1024 * 1024, 'x'));
    }
    peer.webSocket.send('end');
    socket.resume();
    const received = await untilReceived(5 * 1024 * 1024 + 3);
    const text = received.toString('latin1').replaceAll(WONT_NAWS.toString('latin1'), '');
    expect(text.length).toBeLessThanOrEqual(5 * 1024 * 1024 + 3);
    await expect.poll(async () => (await untilReceived(0)).includes('end')).toBe(true);
  });
});

describe('a target marked +readonly', () => {
  const readOnly = { isReadOnly: true };

  test.each([
    ['text', 'MSGGET\n'],
    ['a binary message', Buffer.from([0])],
    ['an empty message', ''],
  ])('closes with 1008 when the browser sends %s, and gets none of it', async (_what, message) => {
    const { peer, socket } = await connectTo(readOnly);
    peer.webSocket.send(message);
    expect(await peer.closed()).toEqual({
      code: 1008,
      reason: 'mud is read only: it accepts no data',
    });
    if (!socket.readableEnded) await once(socket, 'end');
    expect(socket.bytesRead).toBe(0);
  });

  test('sends what it has, and gets its PROXY header', async () => {
    const { peer, socket, untilReceived } = await connectTo({ ...readOnly, proxyVersion: 1 });
    socket.write('news');
    await peer.untilBytes(4);
    expect(String(await untilReceived(10))).toMatch(/^PROXY TCP4 [\d. ]+\r\n$/);
  });

  test('accepts pings and pongs', async () => {
    const { peer, socket } = await connectTo(readOnly);
    peer.webSocket.ping('ping');
    expect(String((await once(peer.webSocket, 'pong'))[0])).toBe('ping');
    peer.webSocket.pong();
    socket.end('news');
    expect(await peer.closed()).toMatchObject({ code: 1000 });
  });

  test('gets the answers of the bridge if it speaks Telnet, and nothing of the browser', async () => {
    const { peer, socket, untilReceived } = await connectTo({ ...readOnly, isTelnet: true });
    socket.write(DO_NAWS);
    expect(await untilReceived(3)).toEqual(WONT_NAWS);
    peer.webSocket.send('x');
    expect(await peer.closed()).toMatchObject({ code: 1008 });
    expect(await untilReceived(0)).toEqual(WONT_NAWS);
  });
});
