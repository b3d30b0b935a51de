// A real bridge and a real TCP target on free ports, and real WebSockets to talk through them. All
// end with the test.

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, isIPv6, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { buildBridge } from './bridge.ts';

export interface RunningBridge {
  app: FastifyInstance;
  host: string;
  port: number;
}

/** Starts a TCP server that hands each connection to `serve`. */
export async function startTarget(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** A port nobody listens on: it was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A promise, and the function that settles it. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Starts a bridge with these targets, by name; the first is the default. */
export async function startBridge(
  ports: Record<string, number>,
  { host = '127.0.0.1', expectsProxyLine = false } = {},
): Promise<RunningBridge> {
  const pageDir = await mkdtemp(join(tmpdir(), 'motd-page-'));
  onTestFinished(() => rm(pageDir, { recursive: true }));
  await writeFile(join(pageDir, 'index.html'), '<!doctype html><title>page</title>');

  const targets = Object.entries(ports).map(([name, port]) => ({
    name,
    host: '127.0.0.1',
    port,
    expectsProxyLine,
  }));
  const app = await buildBridge({ targets, pageDir });
  onTestFinished(() => app.close());
  await app.listen({ host, port: 0 });
  return { app, host, port: (app.server.address() as AddressInfo).port };
}

/** A WebSocket without a library at this end: whatever is written goes out as it is. */
export async function rawWebSocket({ port }: RunningBridge): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(
    'GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const [answer] = await once(socket, 'data');
  if (!String(answer).startsWith('HTTP/1.1 101 ')) throw new Error(`no upgrade: ${answer}`);
  return socket;
}

export class TestPeer {
  readonly webSocket: WebSocket;
  #chunks: Buffer[] = [];

  constructor(
    { host, port }: RunningBridge,
    path = '/ws',
    options: ClientOptions & { protocols?: string[] } = {},
  ) {
    const { protocols = [], ...rest } = options;
    const authority = isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
    this.webSocket = new WebSocket(`ws://${authority}${path}`, protocols, rest);
    this.webSocket.on('message', (data: Buffer) => this.#chunks.push(data));
    this.webSocket.on('error', () => {});
    onTestFinished(() => this.webSocket.terminate());
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  async opened(): Promise<void> {
    if (this.webSocket.readyState === WebSocket.CONNECTING) await once(this.webSocket, 'open');
  }

  /** Settles once so many bytes have come. */
  async untilBytes(count: number): Promise<void> {
    while (this.received.length < count) await once(this.webSocket, 'message');
  }

  async closed(): Promise<{ code: number; reason: string }> {
    const [code, reason] = await once(this.webSocket, 'close');
    return { code, reason: String(reason) };
  }

  /** The status with which the upgrade was refused. */
  async refused(): Promise<number> {
    const [, response] = await once(this.webSocket, 'unexpected-response');
    response.resume();
    return response.statusCode;
  }
}
