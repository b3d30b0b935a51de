// The routes of the feed, over real connections to an app and from it to a server.

import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { deferred } from '../../testing/deferred.ts';
import { messageEvent } from '../content/events.pure.ts';
import { Feed } from '../feed.ts';
import { ScriptedServer } from '../upstream/scriptedServer.harness.ts';
import { serveFeed } from './serveFeed.ts';

const STORED_AT = '2026-11-27T17:00:00Z';
const STORED_AT_MS = Date.parse(STORED_AT);
const LAST_MODIFIED = 'Fri, 27 Nov 2026 17:00:00 GMT';
const BOARD = '<!doctype html><style>p{}</style><script>let a;</script>';

interface Entry {
  window?: string;
  author?: string;
  message: string;
}

/** A server with these entries; the last is in force. It may be stopped and started again. */
async function startServer(entries: Entry[]) {
  let isDown = false;
  const lines = () =>
    entries.map(
      ({ window = '/', author = '-', message }, index) =>
        `${index + 1} ${STORED_AT} ${window} ${author} ${message}\n`,
    );
  const server = await ScriptedServer.start((command, socket) => {
    if (isDown) return void socket.destroy();
    if (command === 'MSGWATCH') return `200 OK\n${entries.at(-1)?.message}\n`;
    return `200 OK\n${command === 'MSGINFO' ? lines().at(-1) : `${lines().join('')}.\n`}`;
  });
  return {
    server,
    store(entry: Entry) {
      entries.push(entry);
      server.announce(entry.message);
    },
    stop() {
      isDown = true;
      server.disconnect();
    },
    start() {
      isDown = false;
    },
  };
}

interface Settings {
  basePath?: string;
  feedOrigins?: string[];
  frameOrigins?: string[];
  publicOrigins?: string[];
  heartbeatMs?: number;
  maxLifetimeMs?: number;
  readTimeoutMs?: number;
}

async function startApp(server: ScriptedServer, settings: Settings = {}) {
  const { basePath = '', feedOrigins = [], frameOrigins = [], publicOrigins = [] } = settings;
  const { heartbeatMs = 60_000, maxLifetimeMs = 0, readTimeoutMs } = settings;
  const app = Fastify({ forceCloseConnections: true });
  const feed = new Feed({
    open: server.open,
    onRead: () => {},
    onFailure: () => {},
    heartbeatMs,
    maxLifetimeMs,
    readTimeoutMs,
  });
  const limitStreams = async (request: FastifyRequest, reply: FastifyReply) =>
    request.headers['full'] && reply.code(503).send('full');
  const mount = { basePath, limitStreams, needsNoPassword: {} };
  serveFeed(app, mount, feed, { html: BOARD, feedOrigins, frameOrigins, publicOrigins });
  // The bridge installs its guards after the routes.
  app.addHook('onRequest', async (request, reply) =>
    request.headers['rejected'] ? reply.code(429).send('rejected') : undefined,
  );
  onTestFinished(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { app, feed, port };
}

type App = Awaited<ReturnType<typeof startApp>>;

async function start(entries: Entry[] = [{ message: 'apple' }], settings: Settings = {}) {
  const upstream = await startServer(entries);
  const app = await startApp(upstream.server, settings);
  return { ...upstream, ...app };
}

function request(
  { port }: App,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
) {
  return fetch(`http://127.0.0.1:${port}${path}`, { method, headers, redirect: 'manual' });
}

/** A reader of the events, over a connection that a test may leave unread. */
class Reader {
  readonly socket: Socket;
  received = '';

  constructor({ port }: Pick<App, 'port'>, headers = '') {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => {});
    onTestFinished(() => void this.socket.destroy());
    this.socket.write(`GET /message/events HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
    this.socket.on('data', (chunk) => {
      this.received += chunk;
    });
  }

  /** The events received so far, without the head of the response. */
  get events(): string[] {
    const body = this.received.split('\r\n\r\n')[1] ?? '';
    return body.split('\n\n').slice(0, -1);
  }

  get messages(): string[] {
    return this.events.flatMap((event) => /"message":"([^"]*)"/.exec(event)?.[1] ?? []);
  }

  async until(...messages: string[]): Promise<void> {
    await vi.waitFor(() => expect(this.messages).toEqual(messages));
  }

  async closed(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, 'close');
  }
}

describe('GET /message', () => {
  test('is the message and a line end', async () => {
    const app = await start([{ message: 'Grüße' }]);
    const response = await request(app, '/message');
    expect(await response.text()).toBe('Grüße\n');
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('last-modified')).toBe(LAST_MODIFIED);
    expect(response.headers.get('vary')).toBe('Accept');
  });

  test('is JSON for a client that prefers it', async () => {
    const window = '2026-11-27T16:00:00Z/';
    const app = await start([{ window, author: 'al%20ice', message: 'one' }]);
    const response = await request(app, '/message', { accept: 'application/json' });
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('vary')).toBe('Accept');
    expect(await response.json()).toEqual({
      message: 'one',
      number: 1,
      storedAt: STORED_AT,
      from: '2026-11-27T16:00:00Z',
      until: null,
      author: 'al ice',
    });
  });

  test('has a HEAD, and a trailing slash', async () => {
    const app = await start();
    const head = await request(app, '/message', {}, 'HEAD');
    expect(head.headers.get('content-length')).toBe('6');
    expect(await head.text()).toBe('');
    expect(await (await request(app, '/message/')).text()).toBe('apple\n');
  });

  test('is 304 for a client that has it', async () => {
    const app = await start();
    const { headers } = await request(app, '/message');
    const etag = headers.get('etag') ?? '';
    const statusWith = async (condition: Record<string, string>) =>
      (await request(app, '/message', condition)).status;
    for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      expect(await statusWith({ 'if-none-match': tags })).toBe(304);
    }
    expect(await statusWith({ 'if-none-match': '"other"' })).toBe(200);
    expect(await statusWith({ 'if-modified-since': LAST_MODIFIED })).toBe(304);
    expect(await statusWith({ 'if-modified-since': 'Fri, 27 Nov 2026 16:59:59 GMT' })).toBe(200);
    expect(await statusWith({ 'if-modified-since': 'yesterday' })).toBe(200);
    // A canceled message may have been newer than the one in force.
    expect(await statusWith({ 'if-modified-since': 'Fri, 27 Nov 2026 17:00:01 GMT' })).toBe(200);
    // RFC 9110, section 13.1.3: If-None-Match takes precedence.
    const both = { 'if-none-match': '"other"', 'if-modified-since': LAST_MODIFIED };
    expect(await statusWith(both)).toBe(200);
  });

  test('has the same headers in a 304, and no body', async () => {
    const app = await start();
    const { headers } = await request(app, '/message');
    const etag = headers.get('etag') ?? '';
    const response = await request(app, '/message', { 'if-none-match': etag });
    expect(await response.text()).toBe('');
    for (const name of ['etag', 'cache-control', 'vary', 'last-modified'])
      expect(response.headers.get(name)).toBe(headers.get(name));
    expect(response.headers.get('content-type')).toBeNull();
  });

  test('has another ETag as JSON, and after a change', async () => {
    const app = await start();
    const etagOf = async (headers = {}) =>
      (await request(app, '/message', headers)).headers.get('etag');
    const plain = await etagOf();
    expect(await etagOf({ accept: 'application/json' })).not.toBe(plain);
    app.store({ message: 'pear' });
    await vi.waitFor(async () => expect(await etagOf()).not.toBe(plain));
  });

  test('has a Last-Modified only when the second of the change is over', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: STORED_AT_MS + 999 });
    onTestFinished(() => void vi.useRealTimers());
    const app = await start();
    const condition = { 'if-modified-since': LAST_MODIFIED };
    const early = await request(app, '/message', condition);
    expect(early.status).toBe(200);
    expect(early.headers.get('last-modified')).toBeNull();
    vi.setSystemTime(STORED_AT_MS + 1000);
    expect((await request(app, '/message')).headers.get('last-modified')).toBe(LAST_MODIFIED);
    expect((await request(app, '/message', condition)).status).toBe(304);
  });

  test('has another Last-Modified after a second change within a second', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: STORED_AT_MS + 5000 });
    onTestFinished(() => void vi.useRealTimers());
    const app = await start();
    expect((await request(app, '/message')).headers.get('last-modified')).toBe(LAST_MODIFIED);
    app.store({ message: 'pear' });
    await vi.waitFor(async () => {
      const response = await request(app, '/message', { 'if-modified-since': LAST_MODIFIED });
      expect(await response.text()).toBe('pear\n');
      expect(response.headers.get('last-modified')).toBeNull();
    });
    vi.setSystemTime(STORED_AT_MS + 6000);
    const later = (await request(app, '/message')).headers.get('last-modified');
    expect(later).toBe('Fri, 27 Nov 2026 17:00:05 GMT');
  });

  test('ignores Range, as RFC 9110, section 14.2, allows', async () => {
    const app = await start();
    const response = await request(app, '/message', { range: 'bytes=0-1' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('apple\n');
    expect(response.headers.get('accept-ranges')).toBeNull();
  });

  test('is 503 while the server was never reached, and then the message', async () => {
    const app = await start();
    app.stop();
    const response = await request(app, '/message');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.text()).toBe(
      'The message is not known yet: the message server has not been reached.\n',
    );
    app.start();
    await vi.waitFor(async () => expect((await request(app, '/message')).status).toBe(200));
  });

  test('is 503 if the server does not answer in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const asked = deferred();
    // It accepts the watch, which ends the limit of that answer, and sends no message.
    const server = await ScriptedServer.start((command) => {
      if (command === 'MSGINFO') asked.resolve();
      return command === 'MSGWATCH' ? '200 OK\napple\n' : undefined;
    });
    const app = await startApp(server);
    const response = app.app.inject('/message');
    await asked.promise;
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await response).statusCode).toBe(503);
  });

  test('is the last message after the server is lost', async () => {
    const app = await start();
    await request(app, '/message');
    const reader = new Reader(app);
    await reader.until('apple');
    app.stop();
    await vi.waitFor(() => expect(reader.events.at(-1)).toBe('event: server\ndata: lost'));
    expect(await (await request(app, '/message')).text()).toBe('apple\n');
  });

  test('costs no request to the server, nor does anything before the first', async () => {
    const app = await start();
    expect(app.server.commands).toEqual([]);
    for (let count = 0; count < 20; count++) {
      await request(app, '/message');
      await request(app, '/message/history.json');
    }
    expect(app.server.commands).toEqual(['MSGWATCH', 'MSGINFO', 'MSGLIST']);
  });

  test('can only be read', async () => {
    const app = await start();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const response = await request(app, '/message', { 'content-type': 'x/y' }, method);
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
      expect(await response.text()).toBe('Rejected: the message can only be read here.\n');
    }
  });
});

describe('the history', () => {
  const entries = [
    { message: 'one' },
    { window: '2999-01-01T00:00:00Z/', message: 'to come' },
    { message: 'two' },
  ];

  test('is JSON, oldest first, without what is to come', async () => {
    const app = await start(entries);
    const response = await request(app, '/message/history.json');
    const history = await response.json();
    expect(history.map(({ number }: { number: number }) => number)).toEqual([1, 3]);
    expect(history[0]).toEqual({
      ...{ message: 'one', number: 1, storedAt: STORED_AT, from: null, until: null },
    });
    const etag = response.headers.get('etag') ?? '';
    const again = await request(app, '/message/history.json', { 'if-none-match': etag });
    expect(again.status).toBe(304);
  });

  test('never has a plan whose time came, but which the server did not put in force', async () => {
    const app = await start(entries);
    await request(app, '/message');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2999-01-02T00:00:00Z') });
    onTestFinished(() => void vi.useRealTimers());
    expect(await (await request(app, '/message/history.json')).text()).not.toContain('to come');
    expect(await (await request(app, '/messages.atom')).text()).not.toContain('to come');
    const reader = new Reader(app, 'Last-Event-ID: 1\r\n');
    await reader.until('two');
  });

  test('is an Atom feed at the address that was requested', async () => {
    const app = await start(entries, { basePath: '/motd' });
    const response = await request(app, '/motd/messages.atom');
    expect(response.headers.get('content-type')).toBe('application/atom+xml; charset=utf-8');
    const feed = await response.text();
    expect(feed).toContain(`<id>http://127.0.0.1:${app.port}/motd/messages.atom</id>`);
    expect(feed.match(/<title>\w+<\/title>/g)).toEqual([
      '<title>two</title>',
      '<title>one</title>',
    ]);
  });

  test('is an Atom feed at the public origin of the host that was requested', async () => {
    const app = await start(entries, { publicOrigins: ['https://a.example', 'https://127.0.0.1'] });
    const feed = await (await request(app, '/messages.atom')).text();
    expect(feed).toContain('<id>https://127.0.0.1/messages.atom</id>');
  });

  test('is 503 while the server was never reached', async () => {
    const app = await start();
    app.stop();
    expect((await request(app, '/message/history.json')).status).toBe(503);
    expect((await request(app, '/messages.atom')).status).toBe(503);
  });
});

describe('GET /message/events', () => {
  test('sends the message, and each later one', async () => {
    const app = await start();
    const reader = new Reader(app);
    await reader.until('apple');
    expect(reader.received).toContain('content-type: text/event-stream; charset=utf-8\r\n');
    expect(reader.events[0]).toBe(
      `id: 1\ndata: {"message":"apple","number":1,"storedAt":"${STORED_AT}","from":null,"until":null}`,
    );
    app.store({ message: 'pear' });
    await reader.until('apple', 'pear');
    expect(app.server.watchers).toBe(1);
  });

  test('sends nothing again to a reader that reconnects', async () => {
    const app = await start([{ message: 'one' }, { message: 'two' }]);
    await request(app, '/message');
    const current = new Reader(app, 'Last-Event-ID: 2\r\n');
    const behind = new Reader(app, 'Last-Event-ID: 1\r\n');
    await behind.until('two');
    app.store({ message: 'three' });
    await current.until('three');
    await behind.until('two', 'three');
  });

  test('sends what a reader missed, oldest first', async () => {
    const app = await start(['one', 'two', 'three', 'four'].map((message) => ({ message })));
    await request(app, '/message');
    await new Reader(app, 'Last-Event-ID: 2\r\n').until('three', 'four');
  });

  test('waits for a server that was never reached', async () => {
    const app = await start();
    app.stop();
    const reader = new Reader(app);
    await vi.waitFor(() => expect(reader.events).toEqual(['event: server\ndata: lost']));
    app.start();
    await reader.until('apple');
    expect(reader.events.at(-1)).toBe('event: server\ndata: connected');
  });

  test('sends a comment from time to time', async () => {
    const reader = new Reader(await start([{ message: 'apple' }], { heartbeatMs: 20 }));
    await vi.waitFor(() => expect(reader.events.slice(-2)).toEqual([':', ':']));
  });

  test('answers HEAD with the headers alone', async () => {
    const response = await request(await start(), '/message/events', {}, 'HEAD');
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  });

  test('sends a reader that did not read the newest message only', async () => {
    const app = await start();
    const reader = new Reader(app);
    await reader.until('apple');
    reader.socket.pause();
    const { streams } = app.feed;
    const publish = (message: string) => streams.publishMessage(messageEvent({ message }));
    // Until the buffers of both sockets are full.
    for (let count = 0; [...streams].some(({ isBlocked }) => !isBlocked); count++) {
      publish(`${count}${'x'.repeat(4000)}`);
      await setImmediate();
    }
    for (const message of ['skipped', 'skipped, too', 'newest']) publish(message);
    reader.socket.resume();
    await vi.waitFor(() => expect(reader.messages.at(-1)).toBe('newest'));
    expect(reader.messages.filter((message) => message.startsWith('skipped'))).toEqual([]);
  });

  test('disconnects a reader that reads nothing for too long', async () => {
    const app = await start([{ message: 'apple' }], { heartbeatMs: 20, readTimeoutMs: 50 });
    const reader = new Reader(app);
    await reader.until('apple');
    reader.socket.pause();
    const { streams } = app.feed;
    for (let count = 0; streams.size > 0; count++) {
      streams.publishMessage(messageEvent({ message: `${count}${'x'.repeat(4000)}` }));
      await setImmediate();
    }
  });

  test('disconnects a reader after its lifetime', async () => {
    const app = await start([{ message: 'apple' }], { heartbeatMs: 20, maxLifetimeMs: 50 });
    await new Reader(app).closed();
    await vi.waitFor(() => expect(app.feed.streams.size).toBe(0));
  });

  test('disconnects a reader after its lifetime, however rare the comments are', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const settings = { heartbeatMs: 3_600_000, maxLifetimeMs: 8_000 };
    const app = await start([{ message: 'apple' }], settings);
    const reader = new Reader(app);
    await once(reader.socket, 'data');
    vi.advanceTimersByTime(10_000);
    await reader.closed();
  });

  test('ends with the app, and so does the connection to the server', async () => {
    const app = await start();
    const reader = new Reader(app);
    await reader.until('apple');
    await app.app.close();
    await reader.closed();
    await vi.waitFor(() => expect(app.server.watchers).toBe(0));
  });
});

describe('a page of another origin', () => {
  const NAMED = 'https://intranet.example';

  test('may read what it is named for', async () => {
    const app = await start([{ message: 'apple' }], { feedOrigins: [NAMED] });
    const paths = ['/message', '/message/events', '/message/history.json', '/messages.atom'];
    for (const path of paths) {
      const response = await request(app, path, { origin: NAMED }, 'HEAD');
      expect(response.headers.get('access-control-allow-origin')).toBe(NAMED);
      expect(response.headers.get('vary')).toContain('Origin');
      const other = await request(app, path, { origin: 'https://evil.example' }, 'HEAD');
      expect(other.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('gets no header without a named origin', async () => {
    const { headers } = await request(await start(), '/message', { origin: NAMED });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('vary')).toBe('Accept');
  });

  test('may read why its request was rejected, for whatever reason', async () => {
    const app = await start([{ message: 'apple' }], { feedOrigins: [NAMED] });
    app.stop();
    const unreached = await request(app, '/message', { origin: NAMED });
    const written = await request(app, '/message', { origin: NAMED }, 'POST');
    const guarded = await request(app, '/message', { origin: NAMED, rejected: 'yes' });
    const stream = await request(app, '/message/events', { origin: NAMED, full: 'yes' });
    const responses = [unreached, written, guarded, stream];
    expect(responses.map(({ status }) => status)).toEqual([503, 405, 429, 503]);
    for (const { headers } of responses) {
      expect(headers.get('access-control-allow-origin')).toBe(NAMED);
      expect(headers.get('access-control-expose-headers')).toContain('Retry-After');
      expect(headers.get('vary')).toContain('Origin');
    }
    const other = { origin: 'https://evil.example', rejected: 'yes' };
    const { headers } = await request(app, '/message', other);
    expect(headers.get('access-control-allow-origin')).toBeNull();
    const board = await request(app, '/board', { origin: NAMED });
    expect(board.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('may send a conditional request, and a password', async () => {
    const app = await start([{ message: 'apple' }], { feedOrigins: [NAMED] });
    const { status, headers } = await request(app, '/message', { origin: NAMED }, 'OPTIONS');
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-methods')).toBe('GET, HEAD');
    expect(headers.get('access-control-allow-headers')).toContain('If-None-Match');
    const other = await request(app, '/message', { origin: 'https://evil.example' }, 'OPTIONS');
    expect(other.headers.get('access-control-allow-methods')).toBeNull();
  });
});

describe('/board', () => {
  test('allows its own script and style, and no frame', async () => {
    const response = await request(await start(), '/board');
    expect(await response.text()).toBe(BOARD);
    const policy = response.headers.get('content-security-policy');
    expect(policy).toMatch(
      /default-src 'none';script-src 'sha256-[^']+';style-src 'sha256-[^']+';/,
    );
    expect(policy).toContain("frame-ancestors 'none'");
  });

  test('may be framed by the origins that are named', async () => {
    const frameOrigins = ['https://a.example', 'https://b.example:8443'];
    const app = await start([{ message: 'apple' }], { frameOrigins });
    const { headers } = await request(app, '/board');
    const policy = headers.get('content-security-policy');
    expect(policy).toContain('frame-ancestors https://a.example https://b.example:8443;');
  });

  test('knows no other method', async () => {
    const app = await start();
    for (const method of ['POST', 'OPTIONS'])
      expect((await request(app, '/board', {}, method)).status).toBe(404);
  });

  test('is redirected to the address without a slash', async () => {
    const app = await start([{ message: 'apple' }], { basePath: '/motd' });
    const { status, headers } = await request(app, '/motd/board/');
    expect([status, headers.get('location')]).toEqual([308, '../board']);
  });
});
