import { once } from 'node:events';
import { type AddressInfo, createServer, type LookupFunction, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { AbortedError, describeProgress } from './abortedError.ts';
import { type Destination, openConnection } from './connect.ts';
import { askForHistory, askToStore, askToWatch, getMessage } from './oneshot/oneshot.ts';
import { probeServer } from './oneshot/probeServer.ts';

/** A server that sends some words to each connection, and then nothing more. */
async function serverThatSends(words: string): Promise<{ port: number; heard: Promise<unknown> }> {
  const sockets = new Set<Socket>();
  let settle: (value?: unknown) => void = () => {};
  const heard = new Promise((resolve) => {
    settle = resolve;
  });
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.once('data', settle);
    socket.write(words);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, heard };
}

/** What is said of a connection that is given up once `isReached`. */
async function wordsFor(
  destination: Destination,
  ask: (socket: Socket) => Promise<unknown>,
  isReached: Promise<unknown>,
): Promise<string> {
  const giving = new AbortController();
  const outcome = openConnection(destination, giving.signal)
    .then(ask)
    .then(
      () => 'answered',
      (error: unknown) =>
        error instanceof AbortedError ? describeProgress(error.progress) : error,
    );
  await isReached;
  giving.abort();
  return String(await outcome);
}

/** What asks a server, and settles `received` once so many bytes have come. */
function asking(ask: (socket: Socket) => Promise<unknown>, bytes: number) {
  let settle: (value?: unknown) => void = () => {};
  const received = new Promise((resolve) => {
    settle = resolve;
  });
  const asks = (socket: Socket) => {
    const look = () => (socket.bytesRead < bytes ? setImmediate(look) : settle());
    look();
    return ask(socket);
  };
  return { asks, received };
}

const QUESTIONS = [getMessage, askToStore, askForHistory, askToWatch, probeServer];

test.each([
  ['', 'sent nothing'],
  ['2', 'sent 1 byte and no complete reply'],
  ['200 OK', 'sent 6 bytes and no complete reply'],
])('of a server that sent %j, the words are: %s', async (words, said) => {
  const { port } = await serverThatSends(words);
  for (const question of QUESTIONS) {
    const { asks, received } = asking(question, words.length);
    expect(await wordsFor({ host: '127.0.0.1', port }, asks, received)).toBe(said);
  }
});

test('a message that is not whole is no complete reply', async () => {
  const { port } = await serverThatSends('200 OK\nAn app');
  const { asks, received } = asking(getMessage, 13);
  expect(await wordsFor({ host: '127.0.0.1', port }, asks, received)).toBe(
    'sent 13 bytes and no complete reply',
  );
});

test('a TLS handshake that does not end is named', async () => {
  const { port, heard } = await serverThatSends('');
  const destination = { host: '127.0.0.1', port, tls: { ca: undefined } };
  expect(await wordsFor(destination, getMessage, heard)).toBe('did not finish the TLS handshake');
});

test('a host name that nobody looks up is named', async () => {
  let settle: (value?: unknown) => void = () => {};
  const asked = new Promise((resolve) => {
    settle = resolve;
  });
  const lookup: LookupFunction = () => settle();
  const destination = { host: 'motd.example', port: 1, lookup };
  expect(await wordsFor(destination, getMessage, asked)).toBe('could not be looked up');
});
