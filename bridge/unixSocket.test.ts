// A bridge on a Unix socket, whose peers have no address.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { addressMatcher } from '../access/source.ts';
import {
  buildTestBridge,
  deferred,
  limitedTo,
  startTarget,
  type TestBridgeSettings,
} from './bridge.harness.ts';
import { listenOnPath } from './listen.ts';

const FORWARDED = { 'x-forwarded-for': '203.0.113.7' };

/** Trusts these proxies. @returns The path of the socket. */
async function startOnSocket(
  proxies: readonly string[],
  settings: TestBridgeSettings = {},
  target = 1,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'motd-bridge-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const isTrustedProxy = addressMatcher(proxies);
  const app = await buildTestBridge(
    { motd: target },
    { isOnUnixSocket: true, isTrustedProxy, ...settings },
  );
  return (await listenOnPath(app, { path: join(folder, 's') })).path;
}

async function get(socketPath: string, path: string, headers = {}) {
  const sent = request({ socketPath, path, headers: { host: 'localhost', ...headers } }).end();
  const [response] = await once(sent, 'response');
  return { status: response.statusCode, body: await text(response) };
}

/** Opens a session. @returns The PROXY header that the target gets. */
async function proxyHeader(proxies: readonly string[], headers: Record<string, string>) {
  const header = deferred<Buffer>();
  const target = await startTarget((socket) => socket.once('data', header.resolve));
  const path = await startOnSocket(proxies, { proxyVersion: 1 }, target);
  const webSocket = new WebSocket(`ws+unix:${path}:/ws`, { headers });
  onTestFinished(() => webSocket.terminate());
  return String(await header.promise);
}

test('reports a client of a trusted proxy to the target, and not where it connected to', async () => {
  expect(await proxyHeader(['unix'], FORWARDED)).toBe('PROXY TCP4 203.0.113.7 0.0.0.0 0 0\r\n');
  expect(await proxyHeader(['unix'], { 'x-forwarded-for': '2001:db8::7' })).toBe(
    'PROXY TCP6 2001:db8::7 :: 0 0\r\n',
  );
});

test('reports an unknown client if the proxy is not trusted, or sends no header', async () => {
  expect(await proxyHeader(['127.0.0.1', '0.0.0.0/0'], FORWARDED)).toBe('PROXY UNKNOWN\r\n');
  expect(await proxyHeader(['unix'], {})).toBe('PROXY UNKNOWN\r\n');
  expect(await proxyHeader(['unix'], { 'x-forwarded-for': 'unix' })).toBe('PROXY UNKNOWN\r\n');
});

test('lets a peer read the metrics only if unix is listed, and a client by its address', async () => {
  const statusFor = async (proxies: string[], readers: string[], headers = {}) => {
    const path = await startOnSocket(proxies, { mayReadMetrics: addressMatcher(readers) });
    return (await get(path, '/metrics', headers)).status;
  };
  expect(await statusFor([], ['127.0.0.0/8', '::1'])).toBe(403);
  expect(await statusFor([], ['unix'])).toBe(200);
  expect(await statusFor([], ['unix', '203.0.113.7'], FORWARDED)).toBe(403);
  expect(await statusFor(['unix'], ['unix'], FORWARDED)).toBe(403);
  expect(await statusFor(['unix'], ['203.0.113.7'], FORWARDED)).toBe(200);
});

test('counts all peers for one source, but the clients of a trusted proxy for their own', async () => {
  const limits = limitedTo(100, 1);
  const target = await startTarget(() => {});
  const open = async (path: string, headers: Record<string, string>) => {
    const webSocket = new WebSocket(`ws+unix:${path}:/ws`, { headers });
    onTestFinished(() => webSocket.terminate());
    const [outcome] = await Promise.race([
      once(webSocket, 'open').then(() => ['open']),
      once(webSocket, 'unexpected-response').then(([, { statusCode }]) => [statusCode]),
    ]);
    return outcome;
  };
  const other = { 'x-forwarded-for': '203.0.113.8' };
  const untrusted = await startOnSocket([], { limits }, target);
  expect(await open(untrusted, FORWARDED)).toBe('open');
  expect(await open(untrusted, other)).toBe(503);
  const trusted = await startOnSocket(['unix'], { limits }, target);
  expect(await open(trusted, FORWARDED)).toBe('open');
  expect(await open(trusted, other)).toBe('open');
  expect(await open(trusted, other)).toBe(503);
});

test('checks a password for the source unix', async () => {
  const addresses: string[] = [];
  const path = await startOnSocket([], {
    checkPassword: async (address) => {
      addresses.push(address);
      return 'right';
    },
  });
  const authorization = `Basic ${Buffer.from('anna:secret').toString('base64')}`;
  expect((await get(path, '/', { authorization, ...FORWARDED })).status).toBe(200);
  expect(addresses).toEqual(['unix']);
});
