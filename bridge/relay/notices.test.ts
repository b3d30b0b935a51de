// The text frame that reports the connection to the target (PROTOCOL.md, "Notices").

import { expect, test } from 'vitest';
import { freePort } from '../../testing/freePort.ts';
import { startBridge, startTarget, type TestBridgeSettings, TestPeer } from '../bridge.harness.ts';

interface Frame {
  data: string;
  isBinary: boolean;
}

/** Connects to a target until either side ends. @returns What arrived, and the close code. */
async function session(port: number, path: string, settings: TestBridgeSettings = {}) {
  const peer = new TestPeer(await startBridge({ target: port }, settings), path);
  const frames: Frame[] = [];
  peer.webSocket.on('message', (data: Buffer, isBinary: boolean) =>
    frames.push({ data: String(data), isBinary }),
  );
  const { code } = await peer.closed();
  return { frames, code };
}

const CONNECTED: Frame = { data: '{"connected":true}', isBinary: false };

test.each(['/ws?notices', '/ws/target?notices'])('comes before all data at %s', async (path) => {
  const port = await startTarget((socket) => socket.end('hello'));
  expect(await session(port, path)).toEqual({
    frames: [CONNECTED, { data: 'hello', isBinary: true }],
    code: 1000,
  });
});

test('is not sent to a client that does not ask for it', async () => {
  const port = await startTarget((socket) => socket.end('hello'));
  const { frames } = await session(port, '/ws');
  expect(frames).toEqual([{ data: 'hello', isBinary: true }]);
});

test('cannot be forged by a target', async () => {
  const port = await startTarget((socket) => socket.end(CONNECTED.data));
  const { frames } = await session(port, '/ws?notices');
  expect(frames).toEqual([CONNECTED, { ...CONNECTED, isBinary: true }]);
});

test('is not sent if the target refuses the connection', async () => {
  const refused = await session(await freePort(), '/ws?notices');
  expect(refused).toEqual({ frames: [], code: 1014 });
});

test('is not sent if the target accepts TCP alone, and must speak TLS', async () => {
  const port = await startTarget((socket) => socket.resume());
  const settings = { tlsName: 'localhost', connectTimeoutMs: 200 };
  expect(await session(port, '/ws?notices', settings)).toEqual({ frames: [], code: 1014 });
});
