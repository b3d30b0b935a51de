import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Endpoint, listeningEndpoint } from './endpoint.ts';
import { freeLocalhostPort, isLocalhost, listenOnLocalhost } from './localhost.ts';

/** An address that no machine has (RFC 5737), in place of IPv6 on a machine without it. */
const ABSENT = '192.0.2.1';

function tcpServer(): Server {
  const server = createServer((socket) => socket.destroy());
  onTestFinished(() => void server.close());
  return server;
}

async function bind(server: Server, host: string, port: number): Promise<Endpoint> {
  server.listen({ host, port });
  await once(server, 'listening');
  return listeningEndpoint(server);
}

/** @returns The code of the error; `undefined` if it accepts connections. */
async function failureAt(host: string, port: number): Promise<unknown> {
  const socket = connect({ host, port });
  return once(socket, 'connect').then(
    () => void socket.destroy(),
    (error: NodeJS.ErrnoException) => error.code,
  );
}

test.each(['localhost', 'LocalHost', 'localhost.'])('recognizes %s as localhost', (host) => {
  expect(isLocalhost(host)).toBe(true);
});

test.each([
  'localhost..',
  '.localhost',
  'a.localhost',
  'localhost.example',
  '127.0.0.1',
  '::1',
  '',
])('does not recognize %j as localhost', (host) => {
  expect(isLocalhost(host)).toBe(false);
});

test('listens on the same port of both addresses, whether it is given or picked', async () => {
  for (const port of [0, await freeLocalhostPort()]) {
    const [first, second] = [tcpServer(), tcpServer()];
    const endpoint = await listenOnLocalhost((...at) => bind(first, ...at), second, port);
    expect(endpoint.host).toBe('localhost');
    if (port !== 0) expect(endpoint.port).toBe(port);
    expect(await failureAt('127.0.0.1', endpoint.port)).toBeUndefined();
    expect(await failureAt('::1', endpoint.port)).toBeUndefined();
  }
});

test('listens on IPv4 alone without IPv6', async () => {
  const [first, second] = [tcpServer(), tcpServer()];
  const endpoint = await listenOnLocalhost((...at) => bind(first, ...at), second, 0, ABSENT);
  expect(endpoint.host).toBe('127.0.0.1');
  expect(await failureAt('127.0.0.1', endpoint.port)).toBeUndefined();
  expect(second.listening).toBe(false);
});

test('fails if the port is in use on either address, and leaves the other free', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    const { port } = await bind(tcpServer(), host, 0);
    const [first, second] = [tcpServer(), tcpServer()];
    await expect(
      listenOnLocalhost((...at) => bind(first, ...at), second, port),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const other = host === '::1' ? '127.0.0.1' : '::1';
    expect(await failureAt(other, port)).toBe('ECONNREFUSED');
  }
});

test('picks another port if the picked one is in use on IPv4', async () => {
  const [first, second] = [tcpServer(), tcpServer()];
  const tried: number[] = [];
  const listen = async (host: string, port: number) => {
    tried.push(port);
    if (tried.length < 4) await bind(tcpServer(), host, port);
    return bind(first, host, port);
  };
  const { port } = await listenOnLocalhost(listen, second, 0);
  expect(tried).toHaveLength(4);
  expect(tried.at(-1)).toBe(port);
  expect(await failureAt('::1', port)).toBeUndefined();
});

test('finds a port that is free on both addresses', async () => {
  const port = await freeLocalhostPort();
  for (const host of ['127.0.0.1', '::1']) await bind(tcpServer(), host, port);
});
