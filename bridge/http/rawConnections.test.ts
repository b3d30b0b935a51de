import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import {
  deferred,
  type RunningBridge,
  rawWebSocket,
  startBridge,
  startTarget,
} from '../bridge.harness.ts';
import { limitUpgradeTime } from './rawConnections.ts';

const UPGRADE =
  'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

async function say({ port }: { port: number }, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

async function silentBridge(choices = {}): Promise<RunningBridge> {
  return startBridge({ silent: await startTarget((socket) => void socket.resume()) }, choices);
}

test('an upgrade to an address that cannot be decoded is refused, and its connection closed', async () => {
  const socket = await say(await silentBridge(), `GET /ws/%zz HTTP/1.1\r\n${UPGRADE}`);
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
  await once(socket, 'close');
});

test('an upgrade that nobody answers is closed after a while', async () => {
  const app = Fastify();
  onTestFinished(() => app.close());
  limitUpgradeTime(app, 50);
  app.server.on('upgrade', () => {});
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const socket = await say({ port }, `GET / HTTP/1.1\r\n${UPGRADE}`);
  await once(socket.resume(), 'close');
});

test('a session outlives the time an upgrade may take', async () => {
  const { app, ...bridge } = await silentBridge();
  const connected = once(app.server, 'connection');
  await rawWebSocket({ app, ...bridge });
  const [socket] = await connected;
  expect(socket.timeout).toBe(0);
});

test('an upgrade behind a request that is still answered does not hold up a stop', async () => {
  const bridge = await silentBridge();
  const { app } = bridge;
  const upgrade = once(app.server, 'upgrade');
  const socket = await say(
    bridge,
    `GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /ws HTTP/1.1\r\n${UPGRADE}`,
  );
  await upgrade;
  await app.close();
  await once(socket.resume(), 'close');
});

test('an upgrade whose password is still checked does not hold up a stop', async () => {
  const asked = deferred<void>();
  const bridge = await silentBridge({
    checkPassword: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  });
  const socket = await say(bridge, `GET /ws HTTP/1.1\r\nAuthorization: Basic YTpi\r\n${UPGRADE}`);
  await asked.promise;
  await bridge.app.close();
  await once(socket.resume(), 'close');
});

test('an upgrade that comes while the bridge stops does not hold it up', async () => {
  const bridge = await silentBridge();
  // It never answers the close frame: the stop takes as long as it may.
  const stubborn = await rawWebSocket(bridge);
  const stopped = bridge.app.close();
  await once(stubborn, 'data');
  const late = await say(bridge, `GET /ws HTTP/1.1\r\n${UPGRADE}`);
  const [answer] = await once(late, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 503 /);
  await stopped;
  await once(late, 'close');
}, 10_000);
