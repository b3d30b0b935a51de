// The statuses are those of a real HTTP server.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { BRIDGE_UNREACHABLE, explainUpgradeFailure } from './upgradeFailure.ts';

async function refusing(
  status: number,
  { path = '/ws/name', words = '', toOptions = status } = {},
): Promise<URL> {
  const server = createServer(({ method }, response) =>
    response.writeHead(method === 'OPTIONS' ? toOptions : status).end(words),
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
  [403, /^a proxy in front of the bridge refused/],
  [404, /no target of this name/],
  [426, /was lost/],
  [429, /too many wrong passwords/],
  [503, /full/],
  [418, /\(418\)$/],
])('a bridge that answers %i has words', async (status, words) => {
  expect(await explainUpgradeFailure(await refusing(status))).toMatch(words);
});

test.each([
  [404, '/devbox/ws'],
  [200, '/devbox/ws'],
  [204, '/devbox/ws/name'],
  [405, '/devbox/ws/name'],
])('%i for %s is not the bridge: the proxy does not pass it on', async (status, path) => {
  expect(await explainUpgradeFailure(await refusing(status, { path }))).toMatch(
    new RegExp(`^${path} does not reach the bridge: .*--base-path`),
  );
});

test('a page of another origin is told which flag lets it in', async () => {
  const url = await refusing(403, { words: `Rejected: the origin 'http://x' is not …` });
  expect(await explainUpgradeFailure(url)).toMatch(
    /restart it with --public-origin http:\/\/127\.0\.0\.1:\d+$/,
  );
});

test('a proxy that answers OPTIONS itself does not hide what the bridge answers', async () => {
  expect(await explainUpgradeFailure(await refusing(503, { toOptions: 204 }))).toMatch(/full/);
});

test('one that is not there cannot be reached', async () => {
  const url = new URL('ws://127.0.0.1:1/ws');
  expect(await explainUpgradeFailure(url)).toBe(BRIDGE_UNREACHABLE);
});
