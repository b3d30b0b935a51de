import { connect } from 'node:net';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { listeningEndpoint } from '../../access/endpoint.ts';
import { getRequest, statusOf } from '../../testing/rawHttp.ts';
import { upgradeRequest } from '../../testing/rawWebSocket.ts';
import { type RunningBridge, startBridge, startTarget, TestPeer } from '../bridge.harness.ts';
import { type CheckPassword, requireBasicAuth } from './basicAuth.ts';

const CHALLENGE = 'Basic realm="motd", charset="UTF-8"';

const checkPassword: CheckPassword = async (_source, user, password) => {
  if (user === 'blocked') return 'notChecked';
  return user === 'jörg' && password === 'geheim: 👋' ? 'right' : 'wrong';
};

const RIGHT = { authorization: basic('jörg', 'geheim: 👋') };
const WRONG = { authorization: basic('jörg', 'guess') };
const NOT_CHECKED = { authorization: basic('blocked', 'guess') };

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

async function guardedBridge(check: CheckPassword = checkPassword): Promise<RunningBridge> {
  const target = await startTarget((socket) => socket.end('hello'));
  return startBridge({ motd: target }, { checkPassword: check });
}

function get(bridge: RunningBridge, path: string, init?: RequestInit): Promise<Response> {
  return fetch(`http://${bridge.host}:${bridge.port}${path}`, init);
}

for (const [what, path] of [
  ['the page', '/'],
  ['its files', '/index.html'],
  ['a path that is not found', '/nothing'],
  ['a plain request to a target', '/ws'],
  ['the same with a trailing slash', '/ws/'],
] as const) {
  test(`requires a password for ${what}, for every method`, async () => {
    const bridge = await guardedBridge();
    const methods = path === '/' ? ['GET', 'HEAD', 'POST'] : ['GET', 'HEAD', 'POST', 'OPTIONS'];
    for (const method of methods) {
      for (const headers of [{}, WRONG]) {
        const response = await get(bridge, path, { headers, method });
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toBe(CHALLENGE);
      }
      expect((await get(bridge, path, { headers: RIGHT, method })).status).not.toBe(401);
    }
  });
}

test('requires no password for OPTIONS of the page, a health check', async () => {
  const bridge = await guardedBridge();
  expect((await get(bridge, '/', { method: 'OPTIONS' })).status).toBe(204);
});

test('requires no password for health checks and metrics', async () => {
  const bridge = await guardedBridge();
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    expect((await get(bridge, path)).status).toBe(200);
    expect((await get(bridge, path, { headers: WRONG })).status).toBe(200);
    expect((await get(bridge, `${path}/`)).status).toBe(200);
    expect((await get(bridge, `${path}//`)).status).toBe(401);
  }
});

test('serves the page to a user with the right password', async () => {
  const response = await get(await guardedBridge(), '/', { headers: RIGHT });
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('<title>page</title>');
});

test('requires a password for an upgrade, before it connects to the target', async () => {
  let connections = 0;
  const target = await startTarget((socket) => {
    connections++;
    socket.end('hello');
  });
  const bridge = await startBridge({ target }, { checkPassword });
  expect(await new TestPeer(bridge).rejectionStatus()).toBe(401);
  expect(await new TestPeer(bridge, '/ws/').rejectionStatus()).toBe(401);
  expect(await new TestPeer(bridge, '/ws/target', { headers: WRONG }).rejectionStatus()).toBe(401);
  expect(await new TestPeer(bridge, '/ws/nobody', { headers: WRONG }).rejectionStatus()).toBe(401);
  expect(await new TestPeer(bridge, '/ws', { headers: NOT_CHECKED }).rejectionStatus()).toBe(429);
  expect(connections).toBe(0);

  const peer = new TestPeer(bridge, '/ws', { headers: RIGHT });
  expect((await peer.closed()).code).toBe(1000);
  expect(peer.received.toString()).toBe('hello');
});

test('closes the connection of a rejected upgrade', async () => {
  const { port, host } = await guardedBridge();
  const socket = connect({ port, host, allowHalfOpen: true });
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(upgradeRequest());
  let response = '';
  for await (const chunk of socket) response += chunk;
  expect(response).toMatch(/^HTTP\/1\.1 401 /);
});

test('rejects a page of another origin despite the right password', async () => {
  const headers = { ...RIGHT, origin: 'https://evil.example' };
  expect(await new TestPeer(await guardedBridge(), '/ws', { headers }).rejectionStatus()).toBe(403);
});

test('answers 429 with Retry-After and no challenge if the password was not checked', async () => {
  const response = await get(await guardedBridge(), '/', { headers: NOT_CHECKED });
  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toBe('5');
  expect(response.headers.get('www-authenticate')).toBeNull();
  expect(await response.text()).toBe('Rejected: too many wrong passwords; try again later.\n');
});

test('rejects a request if the check fails, and continues', async () => {
  const bridge = await guardedBridge(async (_source, user) => {
    if (user === 'broken') throw new Error('out of memory');
    return 'right';
  });
  const headers = { authorization: basic('broken', 'x') };
  expect((await get(bridge, '/', { headers })).status).toBe(429);
  expect((await get(bridge, '/', { headers: RIGHT })).status).toBe(200);
});

test('passes address, user and password to the check unchanged', async () => {
  const checks: unknown[] = [];
  const bridge = await guardedBridge(async (...all) => {
    checks.push(all);
    return 'right';
  });
  await get(bridge, '/', { headers: RIGHT });
  await get(bridge, '/', { headers: { authorization: basic('', '') } });
  expect(checks).toEqual([
    ['127.0.0.1', 'jörg', 'geheim: 👋'],
    ['127.0.0.1', '', ''],
  ]);
});

for (const [what, authorization] of [
  ['another scheme', 'Bearer abc'],
  ['no credentials', 'Basic'],
  ['invalid base64', 'Basic ???'],
  ['no colon', `Basic ${Buffer.from('anna').toString('base64')}`],
  ['a control character', basic('an\x00na', 'x')],
  ['two credentials', `${basic('jörg', 'geheim: 👋')}, ${basic('a', 'b')}`],
] as const) {
  test(`answers 401 to ${what} without a check`, async () => {
    let checks = 0;
    const bridge = await guardedBridge(async () => {
      checks++;
      return 'right';
    });
    const response = await get(bridge, '/', { headers: { authorization } });
    expect(response.status).toBe(401);
    expect(checks).toBe(0);
  });
}

test('exempts a route from the password, but no other spelling of its path', async () => {
  const app = Fastify();
  onTestFinished(() => app.close());
  await requireBasicAuth(app, { checkPassword, cookie: undefined, onRejection: () => {} });
  app.get('/healthz', { config: { rules: { needsNoPassword: true } } }, async () => 'ok');
  for (const url of ['/healthz/deep', '/secret']) app.get(url, async () => 'ok');
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = listeningEndpoint(app.server);
  for (const [path, status] of [
    ['/healthz', 200],
    ['/healthz?verbose', 200],
    ['/healthz/deep', 401],
    ['/healthz/../secret', 401],
    ['/healthz/', 401],
    ['/secret?/healthz', 401],
    ['//healthz', 401],
  ] as const) {
    // `fetch` would normalize the path.
    expect(await statusOf(port, getRequest(path)), path).toBe(status);
  }
});
