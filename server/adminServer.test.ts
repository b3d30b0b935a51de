import { get } from 'node:http';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { Endpoint } from '../access/endpoint.ts';
import type { MetricsText } from '../access/metricSamples.ts';
import { getRequest, statusOf } from '../testing/rawHttp.ts';
import { AdminServer, type AdminSources } from './adminServer.ts';
import { ServerMetrics } from './metrics.ts';
import { buildServer, memoryStore, TestClient } from './server.harness.ts';
import type { MotdServer } from './server.ts';
import type { HistoryRecord } from './stores/record.ts';
import type { Freshness, MessageStore } from './stores/store.ts';

interface HttpResponse {
  status: number | undefined;
  body: string;
}

async function ask({ host, port }: Endpoint, path: string, method = 'GET'): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const request = get({ host, port, path, method, agent: false }, (response) => {
      const { statusCode: status } = response;
      text(response).then((body) => resolve({ status, body }), reject);
    });
    request.on('error', reject);
  });
}

function sourceOf(server: MotdServer, metrics: MetricsText): AdminSources['server'] {
  return {
    get isStopping() {
      return server.isStopping;
    },
    whyNotAccepting: async () => undefined,
    metrics,
  };
}

/** A server with its admin server, and the freshness that its store reports. */
async function start(host = '127.0.0.1') {
  const freshness: Freshness = { ageMs: 0, outage: undefined };
  const memory = memoryStore();
  const store: MessageStore = Object.create(memory, {
    freshness: { value: freshness },
    append: {
      value: (record: HistoryRecord) =>
        freshness.outage === undefined
          ? memory.append(record)
          : Promise.reject(new Error(freshness.outage)),
    },
  });
  const { server, inForce } = buildServer({ store });
  const metrics = new ServerMetrics({ process: true, server, store, inForce });
  const admin = new AdminServer({ server: sourceOf(server, metrics), store });
  const at = await admin.listen(host, 0);
  onTestFinished(() => admin.close());
  const serve = async () => {
    const address = await server.listen('127.0.0.1', 0);
    onTestFinished(() => server.stop());
    admin.setServing();
    return address;
  };
  return { at, freshness, admin, serve };
}

test('answers a request that offers an upgrade like any other', async () => {
  const { at, serve } = await start();
  await serve();
  const offer =
    'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk';
  const socket = connect(at.port, at.host);
  onTestFinished(() => void socket.destroy());
  socket.write(`GET /healthz HTTP/1.1\r\nHost: a\r\n${offer}\r\n\r\n`);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
});

test('is ready from setServing to setStopping', async () => {
  const { at, admin, serve } = await start();
  expect(await ask(at, '/readyz')).toEqual({
    status: 503,
    body: 'not ready: the server is starting\n',
  });
  await serve();
  expect(await ask(at, '/readyz')).toEqual({ status: 200, body: 'ready\n' });
  admin.setStopping();
  expect(await ask(at, '/readyz')).toEqual({
    status: 503,
    body: 'not ready: the server is stopping\n',
  });
  expect(await ask(at, '/healthz')).toEqual({ status: 200, body: 'ok\n' });
});

test('is not ready after a peer sent SHUTDOWN', async () => {
  const { at, serve } = await start();
  const client = new TestClient(await serve());
  await client.send('SHUTDOWN\n', '123!abc\n');
  await client.until('200 OKAY\n');
  expect((await ask(at, '/readyz')).body).toBe('not ready: the server is stopping\n');
});

test('is not ready while the store is unavailable, except with exclude=store', async () => {
  const { at, freshness, serve } = await start();
  await serve();
  Object.assign(freshness, { outage: 'no\x9banswer', ageMs: 4200 });
  expect(await ask(at, '/readyz')).toEqual({
    status: 503,
    body: 'not ready: the store is unavailable (no\\u{9b}answer); the message was confirmed 4.2 s ago\n',
  });
  expect(await ask(at, '/readyz?exclude=store')).toEqual({ status: 200, body: 'ready\n' });
  const { body } = await ask(at, '/metrics');
  expect(body).toMatch(/^motd_server_store_unavailable 1$/m);
  expect(body).toMatch(/^motd_server_store_age_seconds 4\.2$/m);
});

test('exports the number of connections and of the message in force', async () => {
  const { at, serve } = await start();
  const client = new TestClient(await serve());
  await client.send('MSGSTORE\n', 'news\n');
  await client.until('200 OK\n200 OK\n');
  const { body } = await ask(at, '/metrics');
  expect(body).toMatch(/^motd_server_connections 1$/m);
  expect(body).toMatch(/^motd_server_message_number 1$/m);
  expect(body).toMatch(/^process_cpu_seconds_total \d/m);
});

const REJECTED = '200 OK\n503 STORE UNAVAILABLE\n';

test('counts stored messages and failed stores', async () => {
  const { at, freshness, serve } = await start();
  const client = new TestClient(await serve());
  await client.send('MSGSTORE\n', 'news\n');
  await client.until('200 OK\n200 OK\n');
  Object.assign(freshness, { outage: 'no answer' });
  await client.send('MSGSTORE\n', 'more\n', 'MSGSTORE\n', 'and more\n');
  await client.until(`${REJECTED}${REJECTED}`);
  const { body } = await ask(at, '/metrics');
  expect(body).toMatch(/^motd_server_stores_total\{outcome="stored"\} 1$/m);
  expect(body).toMatch(/^motd_server_stores_total\{outcome="failed"\} 2$/m);
});

test('on loopback, /metrics needs a Host that is a name of this machine; health checks do not', async () => {
  const { at, serve } = await start();
  await serve();
  const statusFor = (path: string, host: string) => statusOf(at.port, getRequest(path, host));
  for (const [host, status] of [
    ['evil.example', 403],
    [`evil.example:${at.port}`, 403],
    ['localhost@evil.example', 403],
    ['', 403],
    [`127.0.0.1:${at.port}`, 200],
    ['localhost:9090', 200],
    [hostname(), 200],
  ] as const) {
    expect(await statusFor('/metrics', host), host).toBe(status);
    for (const path of ['/healthz', '/readyz']) expect(await statusFor(path, host)).toBe(200);
  }
  expect(await statusOf(at.port, 'GET /metrics HTTP/1.0\r\n\r\n')).toBe(200);
});

test('on any other address, serves /metrics under every Host', async () => {
  const { at } = await start('0.0.0.0');
  expect(await statusOf(at.port, getRequest('/metrics', 'server1:26320'))).toBe(200);
});

test('listens on both addresses of localhost', async () => {
  const store = memoryStore();
  const { server, inForce } = buildServer({ store });
  const metrics = new ServerMetrics({ process: true, server, store, inForce });
  const admin = new AdminServer({ server: sourceOf(server, metrics), store });
  onTestFinished(() => admin.close());
  const { host: listeningHost, port } = await admin.listen('localhost', 0);
  expect(listeningHost).toBe('localhost');
  for (const host of ['127.0.0.1', '::1']) {
    expect((await ask({ host, port }, '/healthz')).body).toBe('ok\n');
  }
  admin.close();
  await expect(ask({ host: '::1', port }, '/healthz')).rejects.toThrow('ECONNREFUSED');
});

test('names the methods to a request with another one', async () => {
  const { at } = await start();
  const response = await fetch(`http://${at.host}:${at.port}/readyz`, { method: 'POST' });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
});

test.each([
  ['/', 'GET', 404],
  ['/readyz/x', 'GET', 404],
  ['//', 'GET', 404],
  ['/healthz/', 'GET', 200],
  ['/readyz/?exclude=store', 'GET', 503],
  ['/metrics/', 'GET', 200],
  ['/healthz//', 'GET', 404],
  ['//healthz', 'GET', 404],
  ['/metrics/x', 'GET', 404],
  ['/healthz', 'OPTIONS', 200],
  ['/readyz', 'OPTIONS', 503],
  ['/readyz', 'HEAD', 503],
])('at %s, answers %s with %d', async (path, method, status) => {
  const { at } = await start();
  expect((await ask(at, path, method)).status).toBe(status);
});
