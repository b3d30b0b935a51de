// Keepalive, and TLS, which server.test.ts does not use.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Endpoint } from '../access/endpoint.ts';
import { LocalQuota } from '../access/localQuota.ts';
import { isLinux, KEEPALIVE_TIMER, tcpTimer } from '../testing/procFs.ts';
import { tlsFile } from '../testing/tlsFile.ts';
import { APPLE, startServer, TestClient } from './server.harness.ts';

const tls = createSecureContext({
  cert: readFileSync(tlsFile('cert')),
  key: readFileSync(tlsFile('key')),
});

const HANDSHAKE_FAILED = /^\[!\] TLS handshake failed: .*: the peer closed the connection$/;
const CLOSED = /^\[-\] Connection closed/;

/** A client that speaks TLS, and awaits replies until the server closes. */
function securedClient({ host, port }: Endpoint) {
  const socket = connectTls({ host, port, rejectUnauthorized: false }).setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  const replies = (async () => {
    let received = '';
    for await (const chunk of socket) received += chunk;
    return received;
  })();
  return { socket, replies };
}

test.skipIf(!isLinux)('probes only peers that stay connected', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const running = await startServer();
  const client = new TestClient(running);
  await client.send('MSGGET\n');
  await client.until(`${APPLE}\n`);
  const timer = () => tcpTimer(running.port, client.socket.localPort);
  expect(timer()).not.toBe(KEEPALIVE_TIMER);
  vi.advanceTimersByTime(30_000);
  await expect.poll(timer).toBe(KEEPALIVE_TIMER);
});

test.skipIf(!isLinux)(
  'releases the lease of a peer that resets while another process decides on it',
  async () => {
    const quota = new LocalQuota({ total: 1, perSource: 1 });
    let decide = () => {};
    const decided = new Promise<void>((resolve) => {
      decide = resolve;
    });
    const connections = { acquire: () => decided.then(() => quota.acquire()) };
    const running = await startServer({ connections, isTrustedProxy: () => true });
    const { socket } = new TestClient(running);
    await once(socket, 'connect');
    const { localPort } = socket;
    socket.resetAndDestroy();
    await expect.poll(() => tcpTimer(running.port, localPort)).toBe(undefined);
    // The server reads the reset, and closes the socket.
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    decide();
    await expect.poll(() => running.server.connections).toBe(0);
    expect(quota.acquire()).toBeTypeOf('object');
  },
);

test('serves a peer over TLS, and releases its lease at the close', async () => {
  const running = await startServer({ tls, limits: { total: 1 } });
  for (let turn = 1; turn <= 2; turn++) {
    const { socket, replies } = securedClient(running);
    socket.write('MSGGET\nQUIT\n');
    expect(await replies).toBe(`200 OK\n${APPLE}\n200 OK\n`);
    socket.end();
    await expect.poll(() => running.server.connections).toBe(0);
    expect(running.console.at(-1)).toMatch(CLOSED);
  }
});

test('sends a peer that is served over TLS the closing reply at a stop', async () => {
  const running = await startServer({ tls });
  const { socket, replies } = securedClient(running);
  socket.write('MSGGET\n');
  await expect.poll(() => running.console.at(-1)).toMatch(/MSGGET$/);
  await running.server.stop();
  expect(await replies).toBe(`200 OK\n${APPLE}\n421 SERVER SHUTTING DOWN\n`);
});

test.each([
  ['is in the TLS handshake', '\x16'],
  ['may still send a PROXY header', 'PROXY '],
])('a stop closes a peer that %s', async (_what, bytes) => {
  const running = await startServer({ tls, isTrustedProxy: () => true });
  const silent = new TestClient(running);
  await silent.send(bytes);
  await expect.poll(() => running.console.at(-1)).toMatch(/^Connected by/);
  await running.server.stop();
  expect(await silent.ended()).toBe('');
  expect(running.console.slice(-2)).toEqual([
    expect.stringMatching(HANDSHAKE_FAILED),
    expect.stringMatching(CLOSED),
  ]);
});

test('disconnects a peer over the quota without a reply, since it awaits a handshake', async () => {
  const running = await startServer({ tls, limits: { total: 0 } });
  expect(await new TestClient(running).ended()).toBe('');
  expect(running.console.at(-1)).toMatch(/^\[!\] 421 TOO MANY CONNECTIONS/);
  await expect.poll(() => running.server.connections).toBe(0);
});
