// What the guards reject, with a real bridge.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../testing/freePort.ts';
import { getRequest, responseTo } from '../../testing/rawHttp.ts';
import { upgradeRequest } from '../../testing/rawWebSocket.ts';
import {
  echo,
  limitedTo,
  startBridge,
  startEchoBridge,
  startTarget,
  TestPeer,
} from '../bridge.harness.ts';

describe('a request target in absolute form', () => {
  test('replaces the Host header', async () => {
    const bridge = await startBridge({ motd: await startTarget(echo) });
    for (const [target, host, status] of [
      ['http://localhost/metrics', 'localhost', 200],
      ['http://localhost/metrics', 'evil.example', 200],
      ['HTTP://LOCALHOST:80/metrics?x', 'localhost', 200],
      ['http://localhost', 'localhost', 200],
      ['http://evil.example/metrics', 'localhost', 403],
      ['https://evil.example/', 'localhost', 403],
      ['http://localhost@evil.example/', 'localhost', 403],
      ['http:///metrics', 'localhost', 403],
      ['http://evil.example/healthz', 'localhost', 200],
    ] as const) {
      const response = await responseTo(bridge.port, getRequest(target, host));
      expect(response, `${target}, Host: ${host}`).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
  });

  test('replaces the Host header of an upgrade, even for the origin check', async () => {
    const bridge = await startEchoBridge();
    for (const [target, host, origin, status] of [
      ['http://localhost:1/ws', 'evil.example', 'http://localhost:1', 101],
      ['http://evil.example/ws', 'localhost:1', 'http://localhost:1', 403],
      ['http://localhost:1/ws', 'localhost:2', 'http://localhost:2', 403],
    ] as const) {
      const socket = connect(bridge.port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.write(upgradeRequest(target, { Host: host, Origin: origin }));
      const [response] = await once(socket, 'data');
      expect(String(response), target).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
  });
});

test('limits the unanswered requests of a source, on any number of connections', async () => {
  const limits = limitedTo(100, 1);
  const pendingChecks: ((result: 'wrong') => void)[] = [];
  const bridge = await startEchoBridge({
    limits,
    isTrustedProxy: () => true,
    checkPassword: () => new Promise((resolve) => void pendingChecks.push(resolve)),
  });
  const request = (client: string) =>
    `GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${client}\r\nAuthorization: Basic YTpi\r\n\r\n`;
  const sockets = Array.from({ length: 10 }, () => connect(bridge.port, '127.0.0.1'));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (const socket of sockets) socket.write(request('192.0.2.1').repeat(10));
  await expect.poll(() => pendingChecks.length).toBe(100);
  const [first, second] = sockets;
  first?.write(request('192.0.2.1'));
  await expect.poll(() => pendingChecks.length).toBe(101);
  expect(
    await responseTo(
      bridge.port,
      request('192.0.2.1').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
    ),
  ).toMatch(/^HTTP\/1\.1 503 .*too many requests from your address/s);
  second?.write(request('192.0.2.2'));
  await expect.poll(() => pendingChecks.length).toBe(102);
  // Closed connections and answered requests release their leases.
  first?.destroy();
  for (const resolve of pendingChecks.splice(50, 10)) resolve('wrong');
  await expect
    .poll(async () => {
      sockets[5]?.write(request('192.0.2.1'));
      return pendingChecks.length;
    })
    .toBeGreaterThan(92);
});

describe('a request', () => {
  test.each([
    ['of more than 100 headers', 'X-A: b\r\n'.repeat(101), 431],
    ['of more than 16 KiB', `X-A: ${'b'.repeat(16 * 1024)}\r\n`, 431],
    ['of many thousand headers', 'A:\r\n'.repeat(4000), 431],
  ])('%s is rejected', async (_which, headers, status) => {
    const bridge = await startEchoBridge();
    const request = getRequest('/healthz', 'localhost', headers);
    const upgrade = upgradeRequest().replace(/\r\n$/, `${headers}\r\n`);
    for (const sent of [request, upgrade])
      expect(await responseTo(bridge.port, sent)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test('with a foreign Host is rejected, except for a health check', async () => {
    const bridge = await startEchoBridge();
    for (const [path, status] of [
      ['/', 403],
      ['/ws', 403],
      ['/metrics', 403],
      ['/nothing', 403],
      ['/healthz/x', 403],
      ['/x/../healthz', 403],
      ['//healthz', 403],
      ['/?/healthz', 403],
      ['/healthz', 200],
      ['/readyz?exclude=store', 200],
      ['/%68ealthz', 200],
    ] as const) {
      expect(await responseTo(bridge.port, getRequest(path, 'evil.example')), path).toMatch(
        new RegExp(`^HTTP/1.1 ${status} `),
      );
    }
  });

  test.each([
    ['bridge:8080', ' http://bridge:8080, or https:// if browsers reach it over TLS'],
    ['Motd.example.', ' http://motd.example, or https:// if browsers reach it over TLS'],
    ['$(reboot)', undefined],
    ['', undefined],
  ])(
    'with the foreign Host %j is rejected with the --public-origin that allows it',
    async (host, value) => {
      const bridge = await startEchoBridge();
      const response = await responseTo(bridge.port, getRequest('/', host));
      const advice = value === undefined ? '' : `; to allow it, add --public-origin${value}`;
      expect(response.split('\r\n\r\n')[1]).toBe(
        `Rejected: the host '${host}' is not allowed${advice}.\n`,
      );
    },
  );

  test('with a foreign Host gets a --public-origin with https:// if the bridge knows about TLS', async () => {
    const bridge = await startEchoBridge({ isTrustedProxy: () => true });
    const request = getRequest('/', 'a.example', 'X-Forwarded-Proto: https\r\n');
    const response = await responseTo(bridge.port, request);
    expect(response).toContain('add --public-origin https://a.example.\n');
  });

  test.each([
    ['https://evil.example', '; to allow it, add --public-origin https://evil.example'],
    ['http://motd.example.:8000', '; to allow it, add --public-origin http://motd.example:8000'],
    ['null', ''],
  ])(
    'from a page of %s is rejected with the --public-origin that allows it',
    async (origin, advice) => {
      const bridge = await startEchoBridge();
      const body = `Rejected: the origin '${origin}' is not allowed${advice}.\n`;
      expect(await new TestPeer(bridge, '/ws', { origin }).rejection()).toMatchObject({
        status: 403,
        body,
      });
      // The request that a page sends: a browser sends no Origin with its GET.
      const response = await fetch(`http://127.0.0.1:${bridge.port}/ws`, {
        method: 'OPTIONS',
        headers: { origin },
      });
      expect([response.status, await response.text()]).toEqual([403, body]);
    },
  );

  test.each([
    ['/healthz', 200],
    ['/readyz', 200],
    ['/metrics', 200],
    ['/', 200],
    ['/ws', 426],
    ['/nothing', 404],
  ])('for %s in HTTP/1.0 without a Host is accepted: %i', async (path, status) => {
    const bridge = await startBridge({ motd: await startTarget(echo) });
    expect(await responseTo(bridge.port, `GET ${path} HTTP/1.0\r\n\r\n`)).toMatch(
      new RegExp(`^HTTP/1.1 ${status} `),
    );
  });

  test('in HTTP/1.1 without a Host is rejected with 400, even if it is an upgrade', async () => {
    const bridge = await startEchoBridge();
    const noHost = { Host: undefined };
    for (const request of [
      'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n',
      upgradeRequest('/healthz', noHost),
      upgradeRequest('/ws', noHost),
      upgradeRequest('/ws', { ...noHost, Origin: 'http://localhost' }),
    ]) {
      expect(await responseTo(bridge.port, request), request).toMatch(/^HTTP\/1\.1 400 /);
    }
  });

  test('without a Host is subject to --metrics-from', async () => {
    const bridge = await startEchoBridge({ mayReadMetrics: () => false });
    const response = await responseTo(bridge.port, 'GET /metrics HTTP/1.0\r\n\r\n');
    expect(response).toMatch(/^HTTP\/1\.1 403 .*127\.0\.0\.1 is not in --metrics-from\./s);
  });

  test.each([
    ['OPTIONS / HTTP/1.0', 204],
    ['OPTIONS /healthz HTTP/1.0', 200],
    ['OPTIONS /readyz HTTP/1.0', 503],
    ['HEAD /readyz HTTP/1.0', 503],
    ['HEAD /healthz HTTP/1.0', 200],
    ['OPTIONS /metrics HTTP/1.0', 404],
  ])('%s, as load balancers send it, is answered with %i', async (line, status) => {
    const bridge = await startBridge({ gone: await freePort() });
    expect(await responseTo(bridge.port, `${line}\r\n\r\n`)).toMatch(
      new RegExp(`^HTTP/1.1 ${status} `),
    );
  });

  test('with several Host headers is rejected with 400', async () => {
    const bridge = await startEchoBridge();
    const request = getRequest('/healthz', 'localhost', 'host: localhost\r\n');
    expect(await responseTo(bridge.port, request)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('that cannot be decoded is rejected with 400 and one line of text', async () => {
    const bridge = await startEchoBridge();
    const response = await responseTo(bridge.port, getRequest('/%zz'));
    expect(response).toMatch(/^HTTP\/1.1 400 /);
    expect(response).toMatch(/\r\n\r\nRejected: .*\.\n$/);
  });

  test('from a source with too many connections is not read', async () => {
    const limits = limitedTo(1);
    const bridge = await startEchoBridge({ limits });
    const open: Socket[] = [];
    onTestFinished(() => {
      for (const socket of open) socket.destroy();
    });
    for (let count = 0; count < 101; count++) {
      const socket = connect(bridge.port, '127.0.0.1');
      open.push(socket);
      await once(socket, 'connect');
    }
    expect(await responseTo(bridge.port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')).toBe(
      '',
    );
    open.pop()?.destroy();
  });
});
