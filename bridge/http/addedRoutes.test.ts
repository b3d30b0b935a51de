// Routes that the program adds have the guards, the passwords and the quota of the bridge.

import { once } from 'node:events';
import { type ClientRequest, get as httpGet, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LoginTokens } from '../../access/loginTokens.ts';
import { limitedTo, type RunningBridge, startEchoBridge, TestPeer } from '../bridge.harness.ts';
import type { BridgeSettings } from '../bridge.ts';
import type { AddRoutes } from './addedRoutes.ts';

const addRoutes: AddRoutes = (app, { basePath, limitStreams, needsNoPassword }) => {
  app.get(`${basePath}/added`, () => 'added');
  app.get(`${basePath}/public`, { config: needsNoPassword }, () => 'public');
  app.get(`${basePath}/stream`, { preHandler: limitStreams }, (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200).flushHeaders();
  });
};

async function start(settings: Partial<BridgeSettings> = {}): Promise<RunningBridge> {
  return startEchoBridge({ addRoutes, ...settings });
}

async function open({ port }: RunningBridge, path: string, headers = {}) {
  const request: ClientRequest = httpGet({ host: '127.0.0.1', port, path, headers, agent: false });
  onTestFinished(() => void request.destroy());
  const [response] = await once(request, 'response');
  return response as IncomingMessage;
}

async function statusOf(bridge: RunningBridge, path: string, headers = {}): Promise<number> {
  const response = await open(bridge, path, headers);
  response.resume();
  return response.statusCode ?? 0;
}

async function metricsOf(bridge: RunningBridge): Promise<string> {
  return text(await open(bridge, '/metrics'));
}

test('are below the base path', async () => {
  const bridge = await start({ basePath: '/motd' });
  expect(await statusOf(bridge, '/motd/added')).toBe(200);
  expect(await statusOf(bridge, '/added')).toBe(404);
});

test('obey the Host rule, and have the security headers', async () => {
  const bridge = await start();
  expect(await statusOf(bridge, '/added', { host: 'evil.example' })).toBe(403);
  const { headers } = await open(bridge, '/added');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['cache-control']).toBe('no-store');
});

test('require a password, unless they are exempt', async () => {
  const checkPassword = async () => 'wrong' as const;
  const bridge = await start({ checkPassword, logins: new LoginTokens() });
  expect(await statusOf(bridge, '/added')).toBe(401);
  expect(await statusOf(bridge, '/stream')).toBe(401);
  expect(await statusOf(bridge, '/public')).toBe(200);
});

test('counts a stream as a session until its connection closes', async () => {
  const limits = limitedTo(2, 100);
  const bridge = await start({ limits });
  const stream = await open(bridge, '/stream');
  const peer = new TestPeer(bridge);
  await peer.opened();
  const rejected = await open(bridge, '/stream');
  expect(rejected.statusCode).toBe(503);
  expect(rejected.headers['retry-after']).toBe('30');
  const metrics = await metricsOf(bridge);
  expect(metrics).toContain('\nmotd_bridge_event_streams 1\n');
  expect(metrics).toContain('\nmotd_bridge_event_stream_rejections_total{reason="sessions"} 1\n');
  expect(metrics).toContain('\nmotd_bridge_rejections_total{reason="sessions"} 1\n');
  expect(await statusOf(bridge, '/added')).toBe(200);
  stream.destroy();
  await vi.waitFor(async () =>
    expect(await metricsOf(bridge)).toContain('\nmotd_bridge_event_streams 0\n'),
  );
  expect(await statusOf(bridge, '/stream')).toBe(200);
});

test('limits the streams of one source', async () => {
  const limits = limitedTo(100, 1);
  const bridge = await start({ limits });
  await open(bridge, '/stream');
  expect(await statusOf(bridge, '/stream')).toBe(503);
});
