import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { listeningEndpoint } from './endpoint.ts';
import { limitUnanswered, MAX_UNANSWERED } from './unansweredRequests.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** Starts a server whose responses the test sends, and connects to it. */
async function start() {
  const requests: ServerResponse[] = [];
  let rejections = 0;
  const server = createServer();
  limitUnanswered(server, (_request, response) => void requests.push(response), {
    onRejection: () => rejections++,
    acceptsUpgrades: true,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect(listeningEndpoint(server).port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });
  return { requests, socket, rejections: () => rejections };
}

test('closes a connection with too many unanswered requests, and drops the rest', async () => {
  const { requests, socket, rejections } = await start();
  socket.resume().write(REQUEST.repeat(1000));
  await once(socket, 'close');
  expect(requests).toHaveLength(MAX_UNANSWERED);
  expect(rejections()).toBe(1);
});

test('counts a request with an unknown expectation, which Node would answer itself', async () => {
  const { requests, socket, rejections } = await start();
  socket.write(REQUEST.repeat(MAX_UNANSWERED));
  await expect.poll(() => requests.length).toBe(MAX_UNANSWERED);
  socket.resume().write(REQUEST.replace('\r\n\r\n', '\r\nExpect: x\r\n\r\n'));
  await once(socket, 'close');
  expect(rejections()).toBe(1);
});

test('answers an unknown expectation with 417 and closes the connection', async () => {
  const { requests, socket } = await start();
  socket.write(REQUEST.replace('\r\n\r\n', '\r\nExpect: x\r\n\r\n').repeat(1000));
  const responses = await text(socket);
  expect(responses).toMatch(/^HTTP\/1\.1 417 /);
  expect(responses.split('HTTP/1.1 417').length - 1).toBeLessThanOrEqual(MAX_UNANSWERED);
  expect(requests).toEqual([]);
});

test('closes a connection that requests an upgrade while requests are unanswered', async () => {
  const { requests, socket } = await start();
  const upgrade = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
  socket.resume().write(REQUEST + upgrade);
  await once(socket, 'close');
  expect(requests).toHaveLength(1);
});

test('counts only unanswered requests, however many were answered', async () => {
  const { requests, socket, rejections } = await start();
  let responses = 0;
  socket.on('data', (data) => {
    responses += String(data).split('HTTP/1.1 200').length - 1;
  });
  for (let round = 1; round <= 5; round++) {
    socket.write(REQUEST.repeat(MAX_UNANSWERED));
    await expect.poll(() => requests.length).toBe(MAX_UNANSWERED);
    for (const response of requests.splice(0)) response.end('ok');
    await expect.poll(() => responses).toBe(round * MAX_UNANSWERED);
  }
  expect(rejections()).toBe(0);
});
