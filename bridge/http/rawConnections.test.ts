import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { listeningEndpoint } from '../../access/endpoint.ts';
import { upgradeRequest } from '../../testing/rawWebSocket.ts';
import {
  deferred,
  type RunningBridge,
  rawWebSocket,
  startBridge,
  startTarget,
} from '../bridge.harness.ts';
import { limitUpgradeTime } from './rawConnections.ts';

async function connectAndSend({ port }: { port: number }, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

async function silentBridge(settings = {}): Promise<RunningBridge> {
  return startBridge({ silent: await startTarget((socket) => void socket.resume()) }, settings);
}

test('rejects an upgrade whose path cannot be decoded, and closes the connection', async () => {
  const socket = await connectAndSend(await silentBridge(), upgradeRequest('/ws/%zz'));
  const [response] = await once(socket, 'data');
  expect(String(response)).toMatch(/^HTTP\/1\.1 400 /);
  await once(socket, 'close');
});

test('closes the connection of an upgrade that is not answered', async () => {
  const app = Fastify();
  onTestFinished(() => app.close());
  limitUpgradeTime(app, 50);
  app.server.on('upgrade', () => {});
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = listeningEndpoint(app.server);
  const socket = await connectAndSend({ port }, upgradeRequest('/'));
  await once(socket.resume(), 'close');
});

test('clears the timeout when the WebSocket opens', async () => {
  const { app, ...bridge } = await silentBridge();
  const connected = once(app.server, 'connection');
  await rawWebSocket({ app, ...bridge });
  const [socket] = await connected;
  expect(socket.timeout).toBe(0);
});

test('stops despite an upgrade behind an unanswered request', async () => {
  const bridge = await silentBridge();
  const { app } = bridge;
  const upgrade = once(app.server, 'upgrade');
  const socket = await connectAndSend(
    bridge,
    `GET / HTTP/1.1\r\nHost: localhost\r\n\r\n${upgradeRequest()}`,
  );
  await upgrade;
  await app.close();
  await once(socket.resume(), 'close');
});

test('stops despite an upgrade whose password is being checked', async () => {
  const checking = deferred<void>();
  const bridge = await silentBridge({
    checkPassword: () => {
      checking.resolve();
      return new Promise(() => {});
    },
  });
  const socket = await connectAndSend(
    bridge,
    upgradeRequest('/ws', { Authorization: 'Basic YTpi' }),
  );
  await checking.promise;
  await bridge.app.close();
  await once(socket.resume(), 'close');
});

test('stops despite an upgrade that arrives during the stop', async () => {
  const bridge = await silentBridge();
  // It never sends a close frame, so that the stop lasts until its deadline.
  const unresponsive = await rawWebSocket(bridge);
  const stopped = bridge.app.close();
  await once(unresponsive, 'data');
  const late = await connectAndSend(bridge, upgradeRequest());
  const [response] = await once(late, 'data');
  expect(String(response)).toMatch(/^HTTP\/1\.1 503 /);
  await stopped;
  await once(late, 'close');
}, 10_000);
