// The quota for sessions and the leases of upgrades, with a real bridge.

import { once } from 'node:events';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { LocalQuota } from '../../access/localQuota.ts';
import { createLease, type Quota } from '../../access/quota.ts';
import {
  deferred,
  echo,
  limitedTo,
  pageOf,
  type RunningBridge,
  startBridge,
  startEchoBridge,
  startTarget,
  TestPeer,
} from '../bridge.harness.ts';
import type { Primary } from '../primary.ts';

async function openPeer(bridge: RunningBridge, headers = {}): Promise<TestPeer> {
  const peer = new TestPeer(bridge, '/ws', { headers });
  await peer.opened();
  return peer;
}

describe('if a quota is exceeded', () => {
  test('rejects a program with 503 and Retry-After', async () => {
    const bridge = await startEchoBridge({ limits: limitedTo(1) });
    await openPeer(bridge);
    const response = await new TestPeer(bridge).rejection();
    expect(response.status).toBe(503);
    expect(response.headers['retry-after']).toBe('30');
    expect(response.body).toBe('Rejected: the bridge is full: try again later.\n');
  });

  test('closes with 1013 and the reason for a page, which cannot read a status', async () => {
    const bridge = await startEchoBridge({ limits: limitedTo(1) });
    await openPeer(bridge);
    const page = new TestPeer(bridge, '/ws', { origin: pageOf(bridge) });
    expect(await page.closed()).toEqual({
      code: 1013,
      reason: 'the bridge is full: try again later',
    });
  });

  test('accepts other sources, as a trusted proxy reports them', async () => {
    const bridge = await startEchoBridge({
      limits: limitedTo(10, 1),
      isTrustedProxy: (address) => address === '127.0.0.1',
    });
    await openPeer(bridge, { 'x-forwarded-for': '2001:db8::1' });
    const neighbor = new TestPeer(bridge, '/ws', {
      headers: { 'x-forwarded-for': '2001:db8::2' },
    });
    expect((await neighbor.rejection()).body).toContain('too many sessions from your address');
    await openPeer(bridge, { 'x-forwarded-for': '2001:db8:0:1::1' });
    await openPeer(bridge, { 'x-forwarded-for': '192.0.2.1, 192.0.2.2' });
    const sameClient = { 'x-forwarded-for': '192.0.2.9, 192.0.2.2' };
    expect(await new TestPeer(bridge, '/ws', { headers: sameClient }).rejectionStatus()).toBe(503);
  });

  test.each([
    ['203.0.113.7:51234', '203.0.113.7:51235', '203.0.113.8:51234'],
    ['[2001:db8::7]:51234', '2001:db8::8', '[2001:db8:0:1::7]:51234'],
    ['[::ffff:203.0.113.7]:51234', '203.0.113.7', '::ffff:203.0.113.8'],
    ['fe80::7%eth0', '[fe80::8%eth1]:51234', '[fe80:0:0:1::7]'],
    ['203.0.113.7, 127.0.0.1:443', '203.0.113.7, [::ffff:127.0.0.1]:443', '203.0.113.8'],
    // Without a valid address, the proxy's own address counts.
    ['203.0.113.7:', '203.0.113.8:65536', '203.0.113.9'],
  ])(
    'counts X-Forwarded-For %s and %s as one source, and %s as another',
    async (first, same, other) => {
      const bridge = await startEchoBridge({
        limits: limitedTo(10, 1),
        isTrustedProxy: (address) => address === '127.0.0.1',
      });
      await openPeer(bridge, { 'x-forwarded-for': first });
      const headers = { 'x-forwarded-for': same };
      expect(await new TestPeer(bridge, '/ws', { headers }).rejectionStatus()).toBe(503);
      await openPeer(bridge, { 'x-forwarded-for': other });
    },
  );

  test('ignores X-Forwarded-For if the proxy is not trusted', async () => {
    const bridge = await startEchoBridge({ limits: limitedTo(10, 1) });
    await openPeer(bridge, { 'x-forwarded-for': '192.0.2.1' });
    const other = new TestPeer(bridge, '/ws', { headers: { 'x-forwarded-for': '192.0.2.2' } });
    expect(await other.rejectionStatus()).toBe(503);
  });

  test('does not count rejected and plain requests', async () => {
    const bridge = await startEchoBridge({ limits: limitedTo(1) });
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    for (let tries = 0; tries < 3; tries++) {
      // Passes the guards before ws sees that the key is missing.
      const [response] = await once(request(`${pageOf(bridge)}/ws`, { headers }).end(), 'response');
      expect(response.statusCode).toBe(400);
      response.resume();
      expect((await fetch(`${pageOf(bridge)}/ws`)).status).toBe(426);
    }
    await openPeer(bridge);
    expect((await fetch(`${pageOf(bridge)}/ws`)).status).toBe(426);
  });

  test('opens a session once another is closed on both sides', async () => {
    const ended = deferred<Socket>();
    const target = await startTarget((socket) => {
      socket.resume();
      socket.on('end', () => ended.resolve(socket));
    });
    const bridge = await startBridge({ target }, { limits: limitedTo(1) });
    const peer = await openPeer(bridge);
    peer.webSocket.close();
    const atTarget = await ended.promise;
    expect(await new TestPeer(bridge).rejectionStatus()).toBe(503);
    atTarget.end();
    await once(atTarget, 'close');
    await openPeer(bridge);
  });
});

describe('the lease of an upgrade', () => {
  /** A bridge whose primary grants leases when `grant` is called, and the lease it grants. */
  async function startWithPrimary(port: number) {
    const asked = deferred<void>();
    const granted = deferred<void>();
    let releases = 0;
    const released = deferred<void>();
    const lease = createLease(() => {
      releases++;
      released.resolve();
    });
    const sessions: Quota = {
      acquire: async () => {
        asked.resolve();
        await granted.promise;
        return lease;
      },
    };
    const primary: Primary = {
      sessions,
      connections: new LocalQuota({ total: 10, perSource: 10 }),
      metrics: { contentType: 'text/plain', text: async () => '' },
      onSample: () => {},
    };
    const bridge = await startBridge({ target: port }, { primary });
    return {
      bridge,
      asked: asked.promise,
      grant: granted.resolve,
      released: released.promise,
      releases: () => releases,
    };
  }

  test('is released if the connection closes before the primary has granted it', async () => {
    const { bridge, asked, grant, released } = await startWithPrimary(await startTarget(echo));
    new TestPeer(bridge);
    await asked;
    await bridge.app.close();
    grant();
    await released;
  });

  test('is released if the connection closes between the grant and the session', async () => {
    const { bridge, asked, grant, released } = await startWithPrimary(await startTarget(echo));
    const connected = once(bridge.app.server, 'connection');
    new TestPeer(bridge);
    const [socket] = await connected;
    await asked;
    grant();
    socket.destroy();
    await released;
  });

  test('is released if the handshake turns out to be invalid', async () => {
    const { bridge, grant, released } = await startWithPrimary(await startTarget(echo));
    grant();
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    const [response] = await once(request(`${pageOf(bridge)}/ws`, { headers }).end(), 'response');
    expect(response.statusCode).toBe(400);
    response.resume();
    await released;
  });

  test('is held until the target has disconnected, too, and then released once', async () => {
    const ended = deferred<Socket>();
    const target = await startTarget((socket) => {
      socket.resume();
      socket.on('end', () => ended.resolve(socket));
    });
    const { bridge, grant, released, releases } = await startWithPrimary(target);
    grant();
    const peer = await openPeer(bridge);
    peer.webSocket.close();
    await once(peer.webSocket, 'close');
    const atTarget = await ended.promise;
    expect(releases()).toBe(0);
    atTarget.end();
    await released;
    await bridge.app.close();
    expect(releases()).toBe(1);
  });
});
