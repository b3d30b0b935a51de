import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { formatEndpoint, listeningEndpoint } from './endpoint.ts';

test.each([
  ['127.0.0.1', '127.0.0.1:26310'],
  ['motd.example', 'motd.example:26310'],
  ['::1', '[::1]:26310'],
])('writes host %s as %s', (host, text) => {
  expect(formatEndpoint({ host, port: 26_310 })).toBe(text);
});

test('reads the endpoint of a listening server', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  expect(listeningEndpoint(server)).toEqual({ host: '127.0.0.1', port: expect.any(Number) });
});

test('rejects a server that does not listen', () => {
  expect(() => listeningEndpoint(createServer())).toThrow('not a TCP socket');
});
