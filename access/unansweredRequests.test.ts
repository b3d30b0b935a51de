import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { limitUnanswered, MAX_UNANSWERED } from './unansweredRequests.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** A server whose answers are left to the test, and a connection to it. */
async function start() {
  const asked: ServerResponse[] = [];
  let refusals = 0;
  const server = createServer();
  limitUnanswered(server, (_request, response) => void asked.push(response), {
    onRejection: () => refusals++,
    takesUpgrades: true,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });
  return { asked, socket, refusals: () => refusals };
}

test('closes a connection with too many unanswered requests, and takes no more of what it sent', async () => {
  const { asked, socket, refusals } = await start();
  socket.resume().write(REQUEST.repeat(1000));
  await once(socket, 'close');
  expect(asked).toHaveLength(MAX_UNANSWERED);
  expect(refusals()).toBe(1);
});

test('counts a request with an expectation, which Node would answer by itself', async () => {
  const { asked, socket, refusals } = await start();
  socket.write(REQUEST.repeat(MAX_UNANSWERED));
  await expect.poll(() => asked.length).toBe(MAX_UNANSWERED);
  socket.resume().write(REQUEST.replace('\r\n\r\n', '\r\nExpect: x\r\n\r\n'));
  await once(socket, 'close');
  expect(refusals()).toBe(1);
});

test('answers an unknown expectation with 417 and closes the connection', async () => {
  const { asked, socket } = await start();
  socket.write(REQUEST.replace('\r\n\r\n', '\r\nExpect: x\r\n\r\n').repeat(1000));
  const answers = await text(socket);
  expect(answers).toMatch(/^HTTP\/1\.1 417 /);
  expect(answers.split('HTTP/1.1 417').length - 1).toBeLessThanOrEqual(MAX_UNANSWERED);
  expect(asked).toEqual([]);
});

test('closes a connection that asks for an upgrade before it has the answers', async () => {
  const { asked, socket } = await start();
  const upgrade = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
  socket.resume().write(REQUEST + upgrade);
  await once(socket, 'close');
  expect(asked).toHaveLength(1);
});

test('counts those without an answer only, however many there were', async () => {
  const { asked, socket, refusals } = await start();
  let answers = 0;
  socket.on('data', (data) => {
    answers += String(data).split('HTTP/1.1 200').length - 1;
  });
  for (let round = 1; round <= 5; round++) {
    socket.write(REQUEST.repeat(MAX_UNANSWERED));
    await expect.poll(() => asked.length).toBe(MAX_UNANSWERED);
    for (const response of asked.splice(0)) response.end('ok');
    await expect.poll(() => answers).toBe(round * MAX_UNANSWERED);
  }
  expect(refusals()).toBe(0);
});
