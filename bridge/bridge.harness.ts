// Starts real bridges and TCP targets on free ports, and connects real WebSockets to them. All of
// them are closed when the test ends.

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { type Endpoint, formatEndpoint } from '../access/endpoint.ts';
import { upgradeRequest } from '../testing/rawWebSocket.ts';
import { startTcpService } from '../testing/tcpService.ts';
import { type BridgeSettings, buildBridge } from './bridge.ts';
import type { BridgeLimits } from './limits.ts';
import { listen } from './listen.ts';
import type { SessionRules } from './relay/sessionPolicy.pure.ts';
import { TargetCas } from './relay/targetCas.ts';
import { TargetList } from './relay/targetList.ts';
import type { Target } from './relay/targets.ts';

export interface RunningBridge extends Endpoint {
  app: FastifyInstance;
}

/** Starts a TCP server that hands each connection to `serve`. @returns Its port. */
export async function startTarget(serve: (socket: Socket) => void): Promise<number> {
  const service = await startTcpService(serve, { allowHalfOpen: true });
  onTestFinished(() => service.close());
  return service.port;
}

/** Serves a connection by sending back everything it receives. */
export function echo(socket: Socket): void {
  socket.pipe(socket);
}

/** A promise, and the function that resolves it. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Settings that a test may change. */
export interface TestBridgeSettings extends Partial<Omit<BridgeSettings, 'rules'>> {
  host?: string;
  /** Those that a test is about; the others never apply. */
  rules?: Partial<SessionRules>;
  proxyVersion?: Target['proxyVersion'];
  tlsName?: string;
  /** What marks set, for every target. */
  marks?: Partial<Target>;
}

/**
 * Starts a bridge with these targets, by name, at ports or Unix sockets; the first is the default.
 */
export async function startBridge(
  targets: Record<string, number | string>,
  { host = '127.0.0.1', ...settings }: TestBridgeSettings = {},
): Promise<RunningBridge> {
  const app = await buildTestBridge(targets, settings);
  const { port } = await listen(app, host, 0);
  return { app, host, port };
}

/** Starts a bridge with the target `echo`, which sends back everything it receives. */
export async function startEchoBridge(settings?: TestBridgeSettings): Promise<RunningBridge> {
  return startBridge({ echo: await startTarget(echo) }, settings);
}

/** Builds the bridge of `startBridge`, which does not listen yet. */
export async function buildTestBridge(
  targets: Record<string, number | string>,
  { proxyVersion, tlsName, marks, rules, ...settings }: Omit<TestBridgeSettings, 'host'> = {},
): Promise<FastifyInstance> {
  const pageDir = await mkdtemp(join(tmpdir(), 'motd-page-'));
  onTestFinished(() => rm(pageDir, { recursive: true }));
  await writeFile(join(pageDir, 'index.html'), '<!doctype html><title>page</title>');

  const [first, ...others] = Object.entries(targets).map(([name, portOrPath]) => ({
    name,
    address:
      typeof portOrPath === 'string'
        ? { path: portOrPath }
        : { host: '127.0.0.1', port: portOrPath },
    proxyVersion,
    tlsName,
    ...marks,
  }));
  if (first === undefined) throw new Error('a bridge needs a target');
  const app = await buildBridge({
    targets: new TargetList([first, ...others]),
    pageDir,
    ...DEFAULTS,
    rules: { ...NO_RULES, ...rules },
    ...settings,
  });
  onTestFinished(() => app.close());
  return app;
}

const NO_RULES: SessionRules = {
  pingIntervalMs: 30_000,
  idleTimeoutMs: 0,
  maxLifetimeMs: 0,
  maxMessagesPerSecond: 0,
};

const DEFAULTS: Omit<BridgeSettings, 'targets' | 'pageDir' | 'rules'> = {
  basePath: '',
  publicOrigins: [],
  isTrustedProxy: () => false,
  parseUserName: (bytes) => bytes || undefined,
  mayReadMetrics: () => true,
  limits: { maxSessions: 100, maxSessionsPerSource: 100, maxMessageBytes: 1024 * 1024 },
  connectTimeoutMs: 10_000,
  targetCas: new TargetCas(),
  maxDescriptors: Number.POSITIVE_INFINITY,
};

/** The limits of a bridge that has few sessions. */
export function limitedTo(maxSessions: number, maxSessionsPerSource = maxSessions): BridgeLimits {
  return { maxSessions, maxSessionsPerSource, maxMessageBytes: 1024 };
}

/** The origin of the page that a bridge serves. */
export function pageOf({ host, port }: RunningBridge): string {
  return `http://${host}:${port}`;
}

/** Opens a WebSocket without a client library, for tests that send raw bytes. */
export async function rawWebSocket({ port }: RunningBridge): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(upgradeRequest());
  const [response] = await once(socket, 'data');
  if (!String(response).startsWith('HTTP/1.1 101 ')) throw new Error(`no upgrade: ${response}`);
  return socket;
}

export class TestPeer {
  readonly webSocket: WebSocket;
  #chunks: Buffer[] = [];
  #receivedBytes = 0;

  constructor(
    { host, port }: RunningBridge,
    path = '/ws',
    options: ClientOptions & { protocols?: string[]; scheme?: 'ws' | 'wss' } = {},
  ) {
    const { protocols = [], scheme = 'ws', ...rest } = options;
    const authority = formatEndpoint({ host, port });
    this.webSocket = new WebSocket(`${scheme}://${authority}${path}`, protocols, rest);
    this.webSocket.on('message', (data: Buffer) => {
      this.#chunks.push(data);
      this.#receivedBytes += data.length;
    });
    this.webSocket.on('error', () => {});
    onTestFinished(() => this.webSocket.terminate());
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  async opened(): Promise<void> {
    if (this.webSocket.readyState === WebSocket.CONNECTING) await once(this.webSocket, 'open');
  }

  /** Resolves when at least `count` bytes have been received in total. */
  async untilBytes(count: number): Promise<void> {
    while (this.#receivedBytes < count) await once(this.webSocket, 'message');
  }

  async closed(): Promise<{ code: number; reason: string }> {
    const [code, reason] = await once(this.webSocket, 'close');
    return { code, reason: String(reason) };
  }

  /** The status of a rejected upgrade. */
  async rejectionStatus(): Promise<number> {
    return (await this.rejection()).status;
  }

  /** The response to a rejected upgrade. */
  async rejection(): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
    const [, response] = await once(this.webSocket, 'unexpected-response');
    const body = await text(response);
    return { status: response.statusCode, headers: response.headers, body };
  }
}
