// Asks a real HTTP server.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BRIDGE_UNREACHABLE, explainUpgradeFailure, LOGIN_EXPIRED } from './upgradeFailure.ts';

interface Answer {
  status: number;
  body?: string;
  location?: string;
}

/** Starts a proxy with an answer for the WebSocket's path, and one for the page's. */
async function startProxy(path: string, webSocket: Answer, page: Answer): Promise<URL> {
  const server = createServer(({ url }, response) => {
    const { status, body, location } = url === path ? webSocket : page;
    response.writeHead(status, location === undefined ? {} : { location }).end(body);
  });
  return listen(server, path);
}

async function startRejecting(
  status: number,
  { path = '/ws/name', body = '', optionsStatus = status } = {},
): Promise<URL> {
  const server = createServer(({ method }, response) =>
    response.writeHead(method === 'OPTIONS' ? optionsStatus : status).end(body),
  );
  return listen(server, path);
}

async function listen(server: Server, path: string): Promise<URL> {
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

test('names the login of the bridge itself', async () => {
  const body = 'Rejected: the user name or password is missing or wrong.\n';
  expect(await explainUpgradeFailure(await startRejecting(401, { body }))).toMatch(
    /user name and a password/,
  );
});

describe('a proxy that asks for a login', () => {
  const LOGIN_PAGE = '<!doctype html><form action="/login"><button>Sign in</button></form>';
  const THIS_PAGE = '<!doctype html><script src="x.js"></script><div id="terminal"></div>';
  const ANSWERS: [string, Answer][] = [
    ['a redirect to another origin', { status: 302, location: 'https://sso.example/' }],
    ['a redirect to itself', { status: 303, location: '/login' }],
    ['401', { status: 401 }],
    ['401 with a login page', { status: 401, body: LOGIN_PAGE }],
    ['403 with a login page', { status: 403, body: LOGIN_PAGE }],
    ['200 with a login page', { status: 200, body: LOGIN_PAGE }],
  ];

  test.each(ANSWERS)('is recognized by %s', async (_which, answer) => {
    for (const path of ['/ws', '/motd/ws', '/motd/ws/name']) {
      const url = await startProxy(path, answer, answer);
      expect(await explainUpgradeFailure(url)).toBe(LOGIN_EXPIRED);
    }
  });

  test.each(ANSWERS)('is not assumed after %s if it serves the page', async (_which, answer) => {
    const page = { status: 200, body: THIS_PAGE };
    const url = await startProxy('/motd/ws', answer, page);
    expect(await explainUpgradeFailure(url)).not.toBe(LOGIN_EXPIRED);
  });

  test('is not assumed after an error page', async () => {
    const error = { status: 403, body: '<html><h1>403 Forbidden</h1></html>' };
    expect(await explainUpgradeFailure(await startProxy('/ws', error, error))).toMatch(
      /^a proxy in front of the bridge rejected/,
    );
  });
});
