// The routes for operators, and base paths, with a real bridge.

import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { freePort } from '../../testing/freePort.ts';
import { getRequest, responseTo } from '../../testing/rawHttp.ts';
import {
  deferred,
  echo,
  limitedTo,
  type RunningBridge,
  rawWebSocket,
  startBridge,
  startEchoBridge,
  startTarget,
  TestPeer,
} from '../bridge.harness.ts';

async function get({ port }: RunningBridge, path: string, headers = {}) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, redirect: 'manual' });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

describe('/healthz', () => {
  test('answers 200 while the bridge runs, even if its target does not', async () => {
    const bridge = await startBridge({ gone: await freePort() });
    expect(await get(bridge, '/healthz')).toMatchObject({ status: 200, body: 'ok\n' });
  });
});

describe('/readyz', () => {
  test('reports whether the default target can be reached', async () => {
    const port = await freePort();
    const bridge = await startBridge({ gone: port, echo: await startTarget(echo) });
    expect(await get(bridge, '/readyz')).toMatchObject({
      status: 503,
      body: 'not ready: gone refused the connection: is it running?\n',
    });
    const ready = await startEchoBridge();
    expect(await get(ready, '/readyz')).toMatchObject({ status: 200, body: 'ready\n' });
  });

  test('sends PROXY UNKNOWN to a target that expects a PROXY header', async () => {
    const probes: Promise<string>[] = [];
    const target = await startTarget((socket) => void probes.push(text(socket)));
    const bridge = await startBridge({ target }, { proxyVersion: 1 });
    await get(bridge, '/readyz');
    expect(await probes[0]).toBe('PROXY UNKNOWN\r\n');
  });

  test('disconnects from a target that does not stop sending', async () => {
    const closed = deferred<void>();
    const target = await startTarget((socket) => {
      const send = (error?: Error | null) => {
        if (!error) setImmediate(() => socket.write('tick', send));
      };
      send();
      socket.on('close', () => closed.resolve());
    });
    const bridge = await startBridge({ target });
    expect((await get(bridge, '/readyz')).status).toBe(200);
    await closed.promise;
  });

  test('probes the target once for simultaneous requests', async () => {
    let connections = 0;
    const target = await startTarget((socket) => {
      connections++;
      socket.resume().end();
    });
    const bridge = await startBridge({ target });
    // The result expires after a second: on a busy machine, before the last request.
    const nowMs = performance.now();
    const clock = vi.spyOn(performance, 'now').mockReturnValue(nowMs);
    onTestFinished(() => clock.mockRestore());
    const responses = await Promise.all(Array.from({ length: 50 }, () => get(bridge, '/readyz')));
    expect(responses.every(({ status }) => status === 200)).toBe(true);
    expect(connections).toBe(1);
  });
});

describe('/metrics', () => {
  /** The metrics of the bridge itself, without the help lines. */
  async function metricsOf(bridge: RunningBridge): Promise<string[]> {
    const { headers, body } = await get(bridge, '/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    return body.split('\n').filter((line) => line.startsWith('motd_bridge_'));
  }

  test.each([
    [1002, 'a reserved opcode', '\x83\x80\0\0\0\0'],
    [1007, 'text that is not UTF-8', '\x81\x81\0\0\0\0\xff'],
    [1009, 'a message that is too large', '\x82\xff\0\0\0\0\x7f\xff\xff\xff'],
  ])(
    'counts close code %i for %s, even if the browser sends no close frame',
    async (code, _what, frame) => {
      const bridge = await startEchoBridge();
      const socket = await rawWebSocket(bridge);
      socket.write(frame, 'latin1');
      await once(socket, 'data');
      socket.destroy();
      await expect
        .poll(() => metricsOf(bridge))
        .toContain(`motd_bridge_websocket_closes_total{code="${code}"} 1`);
    },
  );

  test('counts sessions, bytes, closes, failures and rejections', async () => {
    const targets = { echo: await startTarget(echo), gone: await freePort() };
    const bridge = await startBridge(targets);
    const peer = new TestPeer(bridge);
    await peer.opened();
    peer.webSocket.send('hello');
    await peer.untilBytes(5);
    await new TestPeer(bridge, '/ws/gone').closed();
    await new TestPeer(bridge, '/ws/nobody').rejection();
    await new TestPeer(bridge, '/ws', { origin: 'http://evil.example' }).rejection();
    await new TestPeer(bridge, '/ws', { headers: { host: 'evil.example' } }).rejection();
    await responseTo(bridge.port, 'nonsense\r\n\r\n');

    // A peer may know that its session is closed a moment before the bridge does.
    await expect
      .poll(() => metricsOf(bridge))
      .toContain('motd_bridge_websocket_closes_total{code="1014"} 1');
    const lines = await metricsOf(bridge);
    expect(lines).toContain('motd_bridge_sessions{target="echo"} 1');
    expect(lines).toContain('motd_bridge_sessions{target="gone"} 0');
    expect(lines).toContain('motd_bridge_sessions_opened_total{target="echo"} 1');
    expect(lines).toContain('motd_bridge_sessions_opened_total{target="gone"} 1');
    expect(lines).toContain('motd_bridge_relayed_bytes_total{target="echo",to="target"} 5');
    expect(lines).toContain('motd_bridge_relayed_bytes_total{target="echo",to="browser"} 5');
    expect(lines).toContain('motd_bridge_target_failures_total{target="gone",reason="refused"} 1');
    for (const reason of ['target', 'origin', 'host', 'malformed']) {
      expect(lines).toContain(`motd_bridge_rejections_total{reason="${reason}"} 1`);
    }

    peer.webSocket.close(4321);
    await peer.closed();
    await expect
      .poll(() => metricsOf(bridge))
      .toContain('motd_bridge_websocket_closes_total{code="other"} 1');
  });

  test('reports the event loop delay', async () => {
    const bridge = await startEchoBridge();
    expect((await get(bridge, '/metrics')).body).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
  });

  test('rejects addresses not in --metrics-from, and requests through an untrusted proxy', async () => {
    const target = await startTarget(echo);
    const closed = await startBridge({ target }, { mayReadMetrics: () => false });
    expect((await get(closed, '/metrics')).status).toBe(403);

    const mayReadMetrics = (address: string) => address === '127.0.0.1' || address === '192.0.2.1';
    const open = await startBridge({ target }, { mayReadMetrics });
    expect((await get(open, '/metrics')).status).toBe(200);
    expect((await get(open, '/metrics', { 'x-forwarded-for': '192.0.2.1' })).status).toBe(403);
    for (const name of [
      'Via',
      'Forwarded',
      'X-Real-IP',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'X-Client-IP',
      'True-Client-IP',
      'CF-Connecting-IP',
      'X-Amzn-Trace-Id',
      'Client-IP',
      'WL-Proxy-Client-IP',
      'X-Remote-Addr',
      'DO-Connecting-IP',
      'Ali-CDN-Real-IP',
      'X-NF-Client-Connection-IP',
      'CDN-Loop',
      'Max-Forwards',
      'X-Varnish',
      'X-Original-Host',
      'X-ARR-SSL',
      'X-Cloud-Trace-Context',
    ]) {
      expect((await get(open, '/metrics', { [name]: '127.0.0.1' })).status, name).toBe(403);
    }

    const isTrustedProxy = (address: string) => address === '127.0.0.1';
    const proxied = await startBridge({ target }, { mayReadMetrics, isTrustedProxy });
    for (const client of ['192.0.2.1', '192.0.2.1:1234', '[::ffff:192.0.2.1]:1234']) {
      expect((await get(proxied, '/metrics', { 'x-forwarded-for': client })).status).toBe(200);
    }
    for (const client of ['192.0.2.2', '192.0.2.2:1234', '192.0.2.1:x', 'unknown']) {
      expect((await get(proxied, '/metrics', { 'x-forwarded-for': client })).status).toBe(403);
    }
  });
});

describe('under a base path', () => {
  test('serves every route, and none outside the base path', async () => {
    const bridge = await startBridge({ motd: await startTarget(echo) }, { basePath: '/motd' });
    for (const path of ['/motd/', '/motd/healthz', '/motd/readyz', '/motd/metrics']) {
      expect((await get(bridge, path)).status).toBe(200);
    }
    for (const path of ['/', '/healthz', '/metrics', '/motd2', '/motd/../healthz']) {
      expect((await get(bridge, path)).status).toBe(404);
    }
    expect((await new TestPeer(bridge, '/ws').rejection()).status).toBe(404);
    for (const path of ['/motd/ws', '/motd/ws/motd']) {
      const peer = new TestPeer(bridge, path);
      await peer.opened();
      peer.webSocket.send('hello');
      await peer.untilBytes(5);
    }
  });

  test('redirects the page without its trailing slash, because its URLs are relative', async () => {
    const bridge = await startEchoBridge({ basePath: '/a/b' });
    const { status, headers } = await get(bridge, '/a/b');
    expect(status).toBe(308);
    expect(headers.get('location')).toBe('/a/b/');
  });

  test.each([
    ['/a/b?target=b&as=motd', '/a/b/?target=b&as=motd'],
    ['http://localhost/a/b?target=b', '/a/b/?target=b'],
    ['/a/b?//evil.example/', '/a/b/?//evil.example/'],
    ['/a/b?%0d%0aSet-Cookie:x', '/a/b/?%0d%0aSet-Cookie:x'],
    ['/%61/b?target=b', '/a/b/?target=b'],
  ])('redirects %s to %s, with its query', async (target, location) => {
    const bridge = await startEchoBridge({ basePath: '/a/b' });
    for (const method of ['GET', 'HEAD']) {
      const response = await responseTo(bridge.port, getRequest(target).replace('GET', method));
      expect(response).toMatch(/^HTTP\/1\.1 308 /);
      expect(response.split('\r\n')).toContain(`location: ${location}`);
    }
  });

  test.each(['//evil.example/a/b', '//a/b', '/a//b?x', '/a/b//', '\\\\evil.example/a/b'])(
    'does not redirect %s',
    async (target) => {
      const bridge = await startEchoBridge({ basePath: '/a/b' });
      const response = await responseTo(bridge.port, getRequest(target));
      expect(response).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(response).not.toMatch(/^location:/im);
    },
  );
});

describe('a trailing slash', () => {
  test('is accepted for targets, health and metrics', async () => {
    const targets = { echo: await startTarget(echo), other: await startTarget(echo) };
    const bridge = await startBridge(targets, { basePath: '/motd' });
    for (const path of ['/motd/healthz/', '/motd/readyz/?exclude=store', '/motd/metrics/']) {
      expect((await get(bridge, path)).status, path).toBe(200);
    }
    for (const path of ['/motd/ws/', '/motd/ws/echo/', '/motd/ws/other/?x']) {
      expect((await get(bridge, path)).status, path).toBe(426);
      const peer = new TestPeer(bridge, path);
      await peer.opened();
      peer.webSocket.send('hello');
      await peer.untilBytes(5);
    }
  });

  test.each(['/ws//', '//ws', '/ws//echo', '/ws/echo//', '/ws/nobody/', '/ws/echo/x', '/ws%2F'])(
    'does not make %s reach a target',
    async (path) => {
      const bridge = await startEchoBridge();
      expect(await new TestPeer(bridge, path).rejectionStatus()).toBe(404);
    },
  );

  test.each(['/healthz//', '//healthz', '/metrics//', '/metrics/x', '/readyz%2f', '/index.html/'])(
    'does not make %s reach a route',
    async (path) => {
      const bridge = await startEchoBridge();
      expect((await get(bridge, path)).status).toBe(404);
    },
  );

  test('bypasses no check of host, origin or source', async () => {
    const bridge = await startEchoBridge({
      mayReadMetrics: () => false,
      isTrustedProxy: () => true,
    });
    expect((await get(bridge, '/metrics/')).status).toBe(403);
    const open = await startEchoBridge();
    expect((await get(open, '/metrics/', { via: '1.1 proxy' })).status).toBe(403);
    for (const path of ['/ws/', '/ws/echo/']) {
      const foreign = { headers: { host: 'evil.example' } };
      expect(await new TestPeer(open, path, foreign).rejectionStatus()).toBe(403);
      expect(
        await new TestPeer(open, path, { origin: 'http://evil.example' }).rejectionStatus(),
      ).toBe(403);
    }
    expect(await responseTo(open.port, getRequest('/metrics/', 'evil.example'))).toMatch(
      /^HTTP\/1\.1 403 /,
    );
  });

  test('bypasses no quota for sessions', async () => {
    const limits = limitedTo(1);
    const bridge = await startEchoBridge({ limits });
    const peer = new TestPeer(bridge, '/ws/');
    await peer.opened();
    expect(await new TestPeer(bridge, '/ws/echo/').rejectionStatus()).toBe(503);
    expect(await new TestPeer(bridge, '/ws').rejectionStatus()).toBe(503);
  });
});

describe('the last file descriptors', () => {
  /** The reserves for the process and for requests, and two sessions. */
  const TWO_SESSIONS = 48 + 16 + 2 * 2;
  // Each request uses a new connection, which needs a descriptor, too.
  const healthOf = (bridge: RunningBridge) => get(bridge, '/healthz', { connection: 'close' });

  test('are not used for sessions: /healthz and programs get 503, a page 1013', async () => {
    const target = await startTarget(echo);
    const bridge = await startBridge({ target }, { maxDescriptors: TWO_SESSIONS });
    const first = new TestPeer(bridge);
    await first.opened();
    const second = new TestPeer(bridge);
    await second.opened();
    expect(await healthOf(bridge)).toMatchObject({
      status: 503,
      body: 'no session can be opened: out of file descriptors (ulimit -n)\n',
    });
    expect(await new TestPeer(bridge).rejectionStatus()).toBe(503);
    const page = new TestPeer(bridge, '/ws', { origin: `http://127.0.0.1:${bridge.port}` });
    expect(await page.closed()).toMatchObject({ code: 1013 });

    first.webSocket.close();
    second.webSocket.close();
    await expect.poll(() => healthOf(bridge)).toMatchObject({ status: 200 });
    await new TestPeer(bridge).opened();
  });

  test('are not used for connections: a further one is closed', async () => {
    const target = await startTarget(echo);
    const bridge = await startBridge({ target }, { maxDescriptors: TWO_SESSIONS });
    const open = async () => {
      const socket = connect(bridge.port, '127.0.0.1');
      socket.on('error', () => {});
      onTestFinished(() => void socket.destroy());
      await once(socket, 'connect');
      return socket;
    };
    const sockets = await Promise.all(Array.from({ length: 20 }, open));
    const further = await open();
    await once(further.resume(), 'close');
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => healthOf(bridge)).toMatchObject({ status: 200 });
  });
});
