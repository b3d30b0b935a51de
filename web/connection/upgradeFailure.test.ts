// Asks a real HTTP server.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { BRIDGE_UNREACHABLE, explainUpgradeFailure } from './upgradeFailure.ts';

async function startRejecting(
  status: number,
  { path = '/ws/name', body = '', optionsStatus = status } = {},
): Promise<URL> {
  const server = createServer(({ method }, response) =>
    response.writeHead(method === 'OPTIONS' ? optionsStatus : status).end(body),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return new URL(`ws://127.0.0.1:${port}${path}`);
}

test.each([
  [401, /user name and a password/],
  [403, /^a proxy in front of the bridge rejected/],
  [404, /no target of this name/],
  [426, /was lost/],
  [429, /too many wrong passwords/],
  [503, /full/],
  [418, /\(418\)$/],
])('explains status %i', async (status, reason) => {
  expect(await explainUpgradeFailure(await startRejecting(status))).toMatch(reason);
});

test.each([
  [404, '/devbox/ws'],
  [200, '/devbox/ws'],
  [204, '/devbox/ws/name'],
  [405, '/devbox/ws/name'],
])('blames the proxy for status %i at %s', async (status, path) => {
  expect(await explainUpgradeFailure(await startRejecting(status, { path }))).toMatch(
    new RegExp(`^${path} does not reach the bridge: .*--base-path`),
  );
});

test('names the flag that admits a page from another origin', async () => {
  const url = await startRejecting(403, { body: `Rejected: the origin 'http://x' is not …` });
  expect(await explainUpgradeFailure(url)).toMatch(
    /restart it with --public-origin http:\/\/127\.0\.0\.1:\d+$/,
  );
});

test('asks again with GET if a proxy answers OPTIONS itself', async () => {
  expect(await explainUpgradeFailure(await startRejecting(503, { optionsStatus: 204 }))).toMatch(
    /full/,
  );
});

test('reports that the bridge does not answer', async () => {
  const url = new URL('ws://127.0.0.1:1/ws');
  expect(await explainUpgradeFailure(url)).toBe(BRIDGE_UNREACHABLE);
});
