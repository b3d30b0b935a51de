// `/readyz` with a `--ready-url`.

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { listeningEndpoint } from '../../access/endpoint.ts';
import { freePort } from '../../testing/freePort.ts';
import { type RunningBridge, startBridge, startEchoBridge } from '../bridge.harness.ts';

async function startServer(onRequest: RequestListener): Promise<URL> {
  const server = createServer(onRequest).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return new URL(`http://127.0.0.1:${listeningEndpoint(server).port}/readyz`);
}

async function bridgeWith(readyUrl: URL, connectTimeoutMs = 10_000): Promise<RunningBridge> {
  return startEchoBridge({ readyUrl, connectTimeoutMs });
}

async function readyz({ port }: RunningBridge, query = '') {
  const response = await fetch(`http://127.0.0.1:${port}/readyz${query}`);
  return { status: response.status, body: await response.text() };
}

test('reports ready if --ready-url answers 200', async () => {
  const bridge = await bridgeWith(await startServer((_request, response) => response.end('yes')));
  expect(await readyz(bridge)).toEqual({ status: 200, body: 'ready\n' });
});

test('reports not ready for any other status, and quotes the first line', async () => {
  const body = 'store away\x1b[2J\x9b\u2028\u202e\nand more\n';
  const other = await startServer((_request, response) => response.writeHead(503).end(body));
  expect(await readyz(await bridgeWith(other))).toEqual({
    status: 503,
    body: 'not ready: --ready-url answered 503: store away\ufffd[2J\ufffd\ufffd\ufffd\n',
  });
  const elsewhere = await startServer((_request, response) =>
    response.writeHead(302, { location: '/ready' }).end(),
  );
  expect((await readyz(await bridgeWith(elsewhere))).status).toBe(503);
});

test('passes on a reason in its own format', async () => {
  const body = 'not ready: the store is unavailable: no leader\nand more\n';
  const other = await startServer((_request, response) => response.writeHead(503).end(body));
  expect((await readyz(await bridgeWith(other))).body).toBe(
    'not ready: the store is unavailable: no leader\n',
  );
  const empty = await startServer((_request, response) =>
    response.writeHead(503).end('not ready: \n'),
  );
  expect((await readyz(await bridgeWith(empty))).body).toBe(
    'not ready: --ready-url answered 503: not ready: \n',
  );
});

test('passes on ?exclude=store, and nothing else', async () => {
  const requested: (string | undefined)[] = [];
  const other = await startServer(({ url }, response) => {
    requested.push(url);
    response.writeHead(url?.endsWith('exclude=store') ? 200 : 503).end('store away');
  });
  const bridge = await bridgeWith(other);
  expect((await readyz(bridge, '?exclude=store')).status).toBe(200);
  expect((await readyz(bridge, '?exclude=other&exclude=store')).status).toBe(200);
  expect((await readyz(bridge, '?exclude=other')).status).toBe(503);
  expect((await readyz(bridge)).status).toBe(503);
  expect(requested).toEqual(['/readyz?exclude=store', '/readyz']);
});

test('reports not ready if --ready-url refuses, does not answer, or never ends', async () => {
  const unused = new URL(`http://127.0.0.1:${await freePort()}/readyz`);
  expect((await readyz(await bridgeWith(unused))).body).toBe(
    'not ready: --ready-url failed: ECONNREFUSED\n',
  );
  const silent = await startServer(() => {});
  expect((await readyz(await bridgeWith(silent, 1000))).body).toBe(
    'not ready: --ready-url did not answer completely within 1 s\n',
  );
  const slow = await startServer((_request, response) => {
    response.writeHead(503);
    const timer = setInterval(() => response.write('x'), 100);
    response.on('close', () => clearInterval(timer));
  });
  expect((await readyz(await bridgeWith(slow, 1000))).body).toBe(
    'not ready: --ready-url did not answer completely within 1 s\n',
  );
  const large = await startServer((_request, response) => {
    response.writeHead(500).end('x'.repeat(100_000));
  });
  expect((await readyz(await bridgeWith(large))).body).toBe(
    'not ready: --ready-url failed: the response is too long\n',
  );
});

test('reports --ready-url together with a target that cannot be reached', async () => {
  const other = await startServer((_request, response) =>
    response.writeHead(503).end('store away'),
  );
  const bridge = await startBridge({ gone: await freePort() }, { readyUrl: other });
  expect((await readyz(bridge)).body).toBe(
    'not ready: gone refused the connection: is it running?; --ready-url answered 503: store away\n',
  );
});
