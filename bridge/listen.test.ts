import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { limitedTo, startEchoBridge, TestPeer } from './bridge.harness.ts';

const BOTH = ['127.0.0.1', '::1'];

test('serves the page and its WebSockets on both addresses of localhost', async () => {
  const bridge = await startEchoBridge({ host: 'localhost' });
  for (const host of BOTH) {
    const authority = host === '::1' ? `[::1]:${bridge.port}` : `${host}:${bridge.port}`;
    expect((await fetch(`http://${authority}/`)).status).toBe(200);
    const peer = new TestPeer({ ...bridge, host }, '/ws', { origin: `http://${authority}` });
    await peer.opened();
    peer.webSocket.send('hello');
    await peer.untilBytes(5);
  }
});

test('applies the quotas to both addresses of localhost together', async () => {
  const limits = limitedTo(1);
  const bridge = await startEchoBridge({ host: 'localhost', limits });
  const [first, second] = BOTH.map((host) => ({ ...bridge, host }));
  if (first === undefined || second === undefined) throw new Error('unreachable');
  await new TestPeer(second).opened();
  expect(await new TestPeer(first).rejectionStatus()).toBe(503);
});

test('closes the connections of both addresses of localhost on a stop, and frees the port', async () => {
  const bridge = await startEchoBridge({ host: 'localhost' });
  const { port } = bridge;
  const silent = BOTH.map((host) => connect({ host, port }));
  onTestFinished(() => {
    for (const socket of silent) socket.destroy();
  });
  for (const socket of silent)
    await once(
      socket.on('error', () => {}),
      'connect',
    );
  const peers = BOTH.map((host) => new TestPeer({ ...bridge, host }));
  for (const peer of peers) await peer.opened();
  const gone = silent.map((socket) => once(socket.resume(), 'close'));
  const closed = peers.map((peer) => peer.closed());
  await bridge.app.close();
  for (const { code } of await Promise.all(closed)) expect(code).toBe(1001);
  await Promise.all(gone);
  for (const host of BOTH) {
    const [error] = await once(connect({ host, port }), 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  }
}, 10_000);
