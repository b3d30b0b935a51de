// How many connections a server accepts, and how long they may be idle.

import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { APPLE, blockedStore, startServer, TestClient } from './server.harness.ts';

/** Much longer than a local client needs to send a line. */
const IDLE_MS = 500;

/** Blocks this thread, which runs both the server and its clients, as a suspension would. */
function blockThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('rejects a connection over the total quota without affecting others', async () => {
  const running = await startServer({ limits: { total: 2 } });
  const [first, second] = [new TestClient(running), new TestClient(running)];
  for (const client of [first, second]) {
    await client.send('MSGGET\n');
    await client.until(`${APPLE}\n`);
  }
  const third = new TestClient(running);
  expect(await third.ended()).toBe('421 TOO MANY CONNECTIONS\n');
  expect(running.console.at(-1)).toMatch(/^\[!\] 421 TOO MANY CONNECTIONS: \('127\.0\.0\.1', /);

  await first.end();
  await expect.poll(() => running.console.at(-1)).toMatch(/^\[-\]/);
  const fourth = new TestClient(running);
  await fourth.send('MSGGET\n');
  await fourth.until(`${APPLE}\n`);
});

test('limits one source without affecting others', async () => {
  const running = await startServer({
    limits: { perSource: 1 },
    isTrustedProxy: () => true,
  });
  const from = async (address: string) => {
    const client = new TestClient(running);
    await client.send(`PROXY TCP6 ${address} 2001:db8::1 5000 26310\r\nMSGGET\n`);
    return client;
  };
  const first = await from('2001:db8:0:1::1');
  await first.until(`${APPLE}\n`);
  expect(await (await from('2001:db8:0:1::2')).ended()).toBe('421 TOO MANY CONNECTIONS\n');
  await (await from('2001:db8:0:2::1')).until(`${APPLE}\n`);
  await first.end();
  await expect.poll(() => running.console.at(-1)).toMatch(/^\[-\]/);
  await (await from('2001:db8:0:1::3')).until(`${APPLE}\n`);
});

test('closes an idle connection with a reply, but not a watcher', async () => {
  const running = await startServer({ idleTimeoutMs: IDLE_MS });
  const watcher = new TestClient(running);
  await watcher.send('MSGWATCH\n');
  const idle = new TestClient(running);
  await idle.send('MSGGET\n');
  expect(await idle.ended()).toBe(`200 OK\n${APPLE}\n421 IDLE TOO LONG\n`);
  await watcher.send('QUIT\n');
  expect(await watcher.ended()).toBe(`200 OK\n${APPLE}\n200 OK\n`);
});

test('reads what a client sent during a suspension before it counts as idle', async () => {
  const client = new TestClient(await startServer({ idleTimeoutMs: IDLE_MS }));
  await client.send('MSGGET\n');
  await client.until(`200 OK\n${APPLE}\n`);
  await client.send('MSGGET\n');
  blockThread(2 * IDLE_MS);
  const answers = `200 OK\n${APPLE}\n`.repeat(2);
  expect(await client.ended()).toBe(`${answers}421 IDLE TOO LONG\n`);
});

test('reads a PROXY header sent during a suspension before its peer counts as idle', async () => {
  const running = await startServer({ idleTimeoutMs: IDLE_MS, isTrustedProxy: () => true });
  const client = new TestClient(running);
  await client.send('PROXY ');
  // The reply shows that the connection before it was accepted and read.
  const next = new TestClient(running);
  await next.send('PROXY UNKNOWN\r\nMSGGET\n');
  await next.until(`200 OK\n${APPLE}\n`);
  await client.send('TCP4 192.0.2.7 198.51.100.1 56324 26310\r\nMSGGET\n');
  blockThread(2 * IDLE_MS);
  expect(await client.ended()).toBe(`200 OK\n${APPLE}\n421 IDLE TOO LONG\n`);
});

test('does not count a client that waits for a store as idle until it is answered', async () => {
  const { store, release } = blockedStore();
  const running = await startServer({ store, idleTimeoutMs: IDLE_MS });
  const client = new TestClient(running);
  await client.send('MSGSTORE\nslow\n');
  // A later client is idle by now, so the first would be too if it counted as idle.
  expect(await new TestClient(running).ended()).toBe('421 IDLE TOO LONG\n');
  release();
  expect(await client.ended()).toBe('200 OK\n200 OK\n421 IDLE TOO LONG\n');
});

test('does not count a client as idle if its store completes right after a suspension', async () => {
  const { store, called, release } = blockedStore();
  const client = new TestClient(await startServer({ store, idleTimeoutMs: IDLE_MS }));
  await client.send('MSGSTORE\nslow\n');
  await called;
  // After immediates, timers run, including the idle timeout; only then this result arrives.
  setImmediate(() => {
    void stat('/').then(release);
    blockThread(2 * IDLE_MS);
  });
  await client.until('200 OK\n200 OK\n');
  await client.send('QUIT\n');
  expect(await client.ended()).toBe('200 OK\n200 OK\n200 OK\n');
});

test('closes an idle connection that might still send a PROXY header', async () => {
  const running = await startServer({
    idleTimeoutMs: IDLE_MS,
    isTrustedProxy: () => true,
  });
  expect(await new TestClient(running).ended()).toBe('421 IDLE TOO LONG\n');
});
