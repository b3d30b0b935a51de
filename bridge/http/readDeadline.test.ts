// Peers that are slow to read a response, or do not read it. The clock is that of the test: a peer
// may take as long as it likes between two pieces.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import Fastify from 'fastify';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { listeningEndpoint } from '../../access/endpoint.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import { httpServerFactory } from './httpServer.ts';
import { limitReadTime } from './readDeadline.ts';

const TIMEOUT_MS = 60_000;

/** More than the operating system buffers for a connection. */
const BODY = Buffer.alloc(48 * 1024 * 1024, 'message ');

const TLS = {
  cert: readFileSync(tlsFile('cert')),
  key: readFileSync(tlsFile('key')),
};

/** Sends a request for the body to an app, over a connection that reads nothing yet. */
async function request(
  tls: typeof TLS | undefined,
  method = 'GET',
): Promise<{ client: Socket; response: ServerResponse }> {
  const app = Fastify({ serverFactory: httpServerFactory({}, tls, () => {}) });
  limitReadTime(app, TIMEOUT_MS);
  const sent = new Promise<ServerResponse>((resolve) => {
    app.get('/', (_request, reply) => {
      resolve(reply.raw);
      return reply.send(BODY);
    });
  });
  onTestFinished(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const endpoint = listeningEndpoint(app.server);
  const client =
    tls === undefined
      ? connect(endpoint)
      : connectTls({ ...endpoint, ca: tls.cert, servername: 'localhost' });
  client.on('error', () => {});
  onTestFinished(() => void client.destroy());
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  client.write(`${method} / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  const response = await sent;
  client.pause();
  return { client, response };
}

describe.each([
  ['plain HTTP', undefined],
  ['TLS', TLS],
])('over %s', (_, tls) => {
  test('a peer that reads slowly gets the whole response', async () => {
    const { client, response } = await request(tls);
    const chunks: Buffer[] = [];
    client.on('data', (chunk) => chunks.push(chunk)).pause();
    let progressed = () => {};
    for (const event of ['drain', 'close']) response.on(event, () => progressed());
    let waitedMs = 0;
    while (!response.closed) {
      const progress = new Promise<void>((resolve) => {
        progressed = resolve;
      });
      client.resume();
      await progress;
      client.pause();
      vi.advanceTimersByTime(TIMEOUT_MS - 1);
      waitedMs += TIMEOUT_MS - 1;
    }
    client.resume();
    await once(client, 'close');
    expect(waitedMs).toBeGreaterThan(2 * TIMEOUT_MS);
    const [head = '', body] = splitAtBlankLine(Buffer.concat(chunks));
    expect(head).toContain(`content-length: ${BODY.length}\r\n`);
    expect(body?.equals(BODY)).toBe(true);
  });

  test('a peer that reads nothing is disconnected', async () => {
    const { response } = await request(tls);
    const closed = once(response, 'close');
    vi.advanceTimersByTime(TIMEOUT_MS);
    await closed;
    expect(response.writableFinished).toBe(false);
  });
});

test('the response to HEAD has the length, and no body', async () => {
  const { client } = await request(undefined, 'HEAD');
  let received = '';
  client.on('data', (chunk) => {
    received += chunk;
  });
  client.resume();
  await once(client, 'close');
  expect(received).toContain(`content-length: ${BODY.length}\r\n`);
  expect(received.endsWith('\r\n\r\n')).toBe(true);
});

test('an idle connection stays open', async () => {
  const app = Fastify({ serverFactory: httpServerFactory({}, undefined, () => {}) });
  limitReadTime(app, TIMEOUT_MS);
  app.get('/', () => 'short');
  onTestFinished(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const client = connect(listeningEndpoint(app.server));
  onTestFinished(() => void client.destroy());
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  for (let count = 0; count < 3; count++) {
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [response] = await once(client, 'data');
    expect(String(response)).toContain('short');
    vi.advanceTimersByTime(2 * TIMEOUT_MS);
  }
});

function splitAtBlankLine(response: Buffer): [string, Buffer] {
  const end = response.indexOf('\r\n\r\n');
  return [response.toString('latin1', 0, end + 2), response.subarray(end + 4)];
}
