import { once } from 'node:events';
import { type AddressInfo, createServer, type LookupFunction, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { deferred } from '../testing/deferred.ts';
import { AbortedError, describeProgress } from './abortedError.ts';
import { type Destination, openConnection } from './connect.ts';
import { askForList, askToWatch, askToWrite, getMessage } from './oneshot/oneshot.ts';
import { probeServer } from './oneshot/probeServer.ts';

/** A server that sends one text to each connection. */
async function serverThatSends(
  text: string,
): Promise<{ port: number; received: Promise<unknown> }> {
  const sockets = new Set<Socket>();
  const received = deferred<unknown>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.once('data', received.resolve);
    socket.write(text);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, received: received.promise };
}

/** The description of a connection that is aborted when `isReached` settles. */
async function describeAborted(
  destination: Destination,
  ask: (socket: Socket) => Promise<unknown>,
  isReached: Promise<unknown>,
): Promise<string> {
  const controller = new AbortController();
  const outcome = openConnection(destination, controller.signal)
    .then(ask)
    .then(
      () => 'answered',
      (error: unknown) =>
        error instanceof AbortedError ? describeProgress(error.progress) : error,
    );
  await isReached;
  controller.abort();
  return String(await outcome);
}

/** Wraps a request; `received` resolves when `bytes` bytes have arrived. */
function trackReceived(ask: (socket: Socket) => Promise<unknown>, bytes: number) {
  const received = deferred<unknown>();
  const asks = (socket: Socket) => {
    const look = () =>
      socket.bytesRead < bytes ? setImmediate(look) : received.resolve(undefined);
    look();
    return ask(socket);
  };
  return { asks, received: received.promise };
}

const REQUESTS = [
  getMessage,
  askToWrite('MSGSTORE'),
  askForList('MSGHIST'),
  askToWatch,
  probeServer,
];

test.each([
  ['', 'sent nothing'],
  ['2', 'sent 1 byte and no complete reply'],
  ['200 OK', 'sent 6 bytes and no complete reply'],
])('describes a server that sent %j: %s', async (text, description) => {
  const { port } = await serverThatSends(text);
  for (const request of REQUESTS) {
    const { asks, received } = trackReceived(request, text.length);
    expect(await describeAborted({ host: '127.0.0.1', port }, asks, received)).toBe(description);
  }
});

test('does not take a part of a message for a complete reply', async () => {
  const { port } = await serverThatSends('200 OK\nAn app');
  const { asks, received } = trackReceived(getMessage, 13);
  expect(await describeAborted({ host: '127.0.0.1', port }, asks, received)).toBe(
    'sent 13 bytes and no complete reply',
  );
});

test('names a TLS handshake that does not finish', async () => {
  const { port, received } = await serverThatSends('');
  const destination = { host: '127.0.0.1', port, tls: {} };
  expect(await describeAborted(destination, getMessage, received)).toBe(
    'did not finish the TLS handshake',
  );
});

test('names a host name that is not resolved', async () => {
  const asked = deferred();
  const lookup: LookupFunction = () => asked.resolve();
  const destination = { host: 'motd.example', port: 1, lookup };
  expect(await describeAborted(destination, getMessage, asked.promise)).toBe(
    'could not be resolved',
  );
});
