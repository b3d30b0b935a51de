import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { listeningEndpoint } from '../../access/endpoint.ts';
import { ifStillIdle } from './idleSocket.ts';

/** A peer in a worker thread: it runs while this thread is blocked. */
const PEER = `
  const { connect } = require('node:net');
  const { parentPort, workerData: { port, done } } = require('node:worker_threads');
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  const isDone = () => { Atomics.store(done, 0, 1); Atomics.notify(done, 0); };
  let read = 0;
  parentPort.on('message', ({ does, bytes }) => {
    if (does === 'send') socket.write('x', isDone);
    if (does === 'end') socket.end(isDone);
    if (does === 'read') socket.on('data', ({ length }) => {
      read += length;
      if (read >= bytes) isDone();
    });
  });
`;

type PeerAction = 'send' | 'end' | 'read';

interface TestConnection {
  /** The local end, which reads. */
  socket: Socket;
  /** Blocks this thread until the peer has done something. */
  blockWhilePeer(does: PeerAction): void;
}

async function connection(): Promise<TestConnection> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = listeningEndpoint(server);
  const done = new Int32Array(new SharedArrayBuffer(4));
  const peer = new Worker(PEER, { eval: true, workerData: { port, done } });
  const [socket]: Socket[] = await once(server, 'connection');
  if (socket === undefined) throw new Error('no connection');
  onTestFinished(async () => {
    socket.destroy();
    server.close();
    await peer.terminate();
  });
  return {
    socket: socket.resume().on('error', () => {}),
    blockWhilePeer(does) {
      // Reads nearly all that the kernel has accepted: it then accepts more.
      const bytes = socket.bytesWritten - socket.writableLength;
      peer.postMessage({ does, bytes });
      Atomics.wait(done, 0, 0);
    },
  };
}

/**
 * Whether a timer after a suspension considers the peer idle, although it was active meanwhile.
 */
function isIdle(
  { socket, blockWhilePeer }: TestConnection,
  peerDoes?: PeerAction,
): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => {
      if (peerDoes !== undefined) blockWhilePeer(peerDoes);
      ifStillIdle(socket, () => resolve(true));
      // Immediates run in order, so this one runs after that of ifStillIdle.
      setImmediate(() => resolve(false));
    });
  });
}

test('considers a peer without activity idle', async () => {
  expect(await isIdle(await connection())).toBe(true);
});

test.each(['send', 'end'] as const)(
  'counts %s during a suspension as activity, once',
  async (does) => {
    const made = await connection();
    expect(await isIdle(made, does)).toBe(false);
    expect(await isIdle(made)).toBe(true);
  },
);

test('counts reading as activity', async () => {
  const made = await connection();
  // Small chunks: the kernel may have accepted a part of the next one, which the peer leaves unread.
  while (made.socket.write(Buffer.alloc(2 ** 12)));
  expect(await isIdle(made)).toBe(true);
  expect(await isIdle(made, 'read')).toBe(false);
});

test('does not call back for a destroyed socket', async () => {
  const made = await connection();
  made.socket.destroy();
  expect(await isIdle(made)).toBe(false);
});
