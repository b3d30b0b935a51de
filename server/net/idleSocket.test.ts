import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { ifStillIdle } from './idleSocket.ts';

/** A peer in a thread of its own: it acts while this one stands still. */
const PEER = `
  const { connect } = require('node:net');
  const { parentPort, workerData: { port, done } } = require('node:worker_threads');
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  const isDone = () => { Atomics.store(done, 0, 1); Atomics.notify(done, 0); };
  let taken = 0;
  parentPort.on('message', (what) => {
    if (what === 'send') socket.write('x', isDone);
    if (what === 'end') socket.end(isDone);
    if (what === 'take') socket.on('data', ({ length }) => {
      taken += length;
      if (taken >= 2 ** 21) isDone();
    });
  });
`;

type Doing = 'send' | 'end' | 'take';

interface Connection {
  /** Our end: it reads. */
  socket: Socket;
  /** Has the peer do something, and blocks this thread until that is done. */
  standStillWhilePeer(does: Doing): void;
}

async function connection(): Promise<Connection> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  const done = new Int32Array(new SharedArrayBuffer(4));
  const peer = new Worker(PEER, { eval: true, workerData: { port: address.port, done } });
  const [socket]: Socket[] = await once(server, 'connection');
  if (socket === undefined) throw new Error('no connection');
  onTestFinished(async () => {
    socket.destroy();
    server.close();
    await peer.terminate();
  });
  return {
    socket: socket.resume().on('error', () => {}),
    standStillWhilePeer(does) {
      peer.postMessage(does);
      Atomics.wait(done, 0, 0);
    },
  };
}

/** Whether a peer is called idle by a timer that fires after a stall in which it did something. */
function isIdle({ socket, standStillWhilePeer }: Connection, peerDoes?: Doing): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => {
      if (peerDoes !== undefined) standStillWhilePeer(peerDoes);
      ifStillIdle(socket, () => resolve(true));
      // Called after it: immediates run in their order.
      setImmediate(() => resolve(false));
    });
  });
}

test('a peer that does nothing is idle', async () => {
  expect(await isIdle(await connection())).toBe(true);
});

test.each(['send', 'end'] as const)(
  '%s during a stall is activity, and none afterwards',
  async (does) => {
    const made = await connection();
    expect(await isIdle(made, does)).toBe(false);
    expect(await isIdle(made)).toBe(true);
  },
);

test('so is taking what was sent', async () => {
  const made = await connection();
  while (made.socket.write(Buffer.alloc(2 ** 20)));
  expect(await isIdle(made)).toBe(true);
  expect(await isIdle(made, 'take')).toBe(false);
});

test('a socket that is destroyed is left alone', async () => {
  const made = await connection();
  made.socket.destroy();
  expect(await isIdle(made)).toBe(false);
});
