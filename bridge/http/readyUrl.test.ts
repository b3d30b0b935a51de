// What `/readyz` says where somebody else is to be ready, too.

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../testing/freePort.ts';
import { echo, type RunningBridge, startBridge, startTarget } from '../bridge.harness.ts';

async function otherAt(answer: RequestListener): Promise<URL> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`);
}

async function bridgeThatAsks(readyUrl: URL, connectTimeoutMs = 10_000): Promise<RunningBridge> {
  return startBridge({ echo: await startTarget(echo) }, { readyUrl, connectTimeoutMs });
}

async function readyz({ port }: RunningBridge, query = '') {
  const response = await fetch(`http://127.0.0.1:${port}/readyz${query}`);
  return { status: response.status, body: await response.text() };
}

test('200 there is ready', async () => {
  const bridge = await bridgeThatAsks(await otherAt((_request, response) => response.end('yes')));
  expect(await readyz(bridge)).toEqual({ status: 200, body: 'ready\n' });
});

test('anything else is not, and its first line says why', async () => {
  const why = 'store away\x1b[2J\x9b\u2028\u202e\nand more\n';
  const other = await otherAt((_request, response) => response.writeHead(503).end(why));
  expect(await readyz(await bridgeThatAsks(other))).toEqual({
    status: 503,
    body: 'not ready: --ready-url answered 503: store away\ufffd[2J\ufffd\ufffd\ufffd\n',
  });
  const elsewhere = await otherAt((_request, response) =>
    response.writeHead(302, { location: '/ready' }).end(),
  );
  expect((await readyz(await bridgeThatAsks(elsewhere))).status).toBe(503);
});

test('the reason of one who says it as the bridge does stands as it is', async () => {
  const why = 'not ready: the store is unavailable: no leader\nand more\n';
  const other = await otherAt((_request, response) => response.writeHead(503).end(why));
  expect((await readyz(await bridgeThatAsks(other))).body).toBe(
    'not ready: the store is unavailable: no leader\n',
  );
  const curt = await otherAt((_request, response) => response.writeHead(503).end('not ready: \n'));
  expect((await readyz(await bridgeThatAsks(curt))).body).toBe(
    'not ready: --ready-url answered 503: not ready: \n',
  );
});

test('?exclude=store is passed on, and nothing else is', async () => {
  const asked: (string | undefined)[] = [];
  const other = await otherAt(({ url }, response) => {
    asked.push(url);
    response.writeHead(url?.endsWith('exclude=store') ? 200 : 503).end('store away');
  });
  const bridge = await bridgeThatAsks(other);
  expect((await readyz(bridge, '?exclude=store')).status).toBe(200);
  expect((await readyz(bridge, '?exclude=other&exclude=store')).status).toBe(200);
  expect((await readyz(bridge, '?exclude=other')).status).toBe(503);
  expect((await readyz(bridge)).status).toBe(503);
  expect(asked).toEqual(['/readyz?exclude=store', '/readyz']);
});

test('nobody there, nobody who answers, one who never stops: not ready', async () => {
  const nobody = new URL(`http://127.0.0.1:${await freePort()}/readyz`);
  expect((await readyz(await bridgeThatAsks(nobody))).body).toBe(
    'not ready: --ready-url failed: ECONNREFUSED\n',
  );
  const silent = await otherAt(() => {});
  expect((await readyz(await bridgeThatAsks(silent, 1000))).body).toBe(
    'not ready: --ready-url did not answer completely within 1 s\n',
  );
  const drips = await otherAt((_request, response) => {
    response.writeHead(503);
    const dripping = setInterval(() => response.write('x'), 100);
    response.on('close', () => clearInterval(dripping));
  });
  expect((await readyz(await bridgeThatAsks(drips, 1000))).body).toBe(
    'not ready: --ready-url did not answer completely within 1 s\n',
  );
  const talks = await otherAt((_request, response) => {
    response.writeHead(500).end('x'.repeat(100_000));
  });
  expect((await readyz(await bridgeThatAsks(talks))).body).toBe(
    'not ready: --ready-url failed: the response is too long\n',
  );
});

test('who is not ready is told beside a target that cannot be reached', async () => {
  const other = await otherAt((_request, response) => response.writeHead(503).end('store away'));
  const bridge = await startBridge({ gone: await freePort() }, { readyUrl: other });
  expect((await readyz(bridge)).body).toBe(
    'not ready: gone refused the connection: is it running?; --ready-url answered 503: store away\n',
  );
});
