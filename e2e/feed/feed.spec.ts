// The message over HTTP, with real programs.

import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { freePort } from '../../testing/freePort.ts';
import { passwordHash } from '../../testing/passwordHash.ts';
import { childrenOf, connectionsTo, isLinux, NEEDS_LINUX } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { statusOf } from '../../testing/rawHttp.ts';
import { expect, QUICK, startBridge, startServer, store, test } from '../fixtures.ts';
import { writePrivately } from '../privateFiles.ts';
import { get, openEvents, readMessages, startFeed } from './feedProgram.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const PATHS = ['/message', '/message/history.json', '/messages.atom', '/board'];

async function startUp(flags: string[] = []) {
  const program = Program.motd(['up', '--port', '0', '--http-port', '0', ...flags]);
  const [, http] = await program.waitForOutput(/Bridge is listening on \S+:(\d+)\n/);
  const [, server] = await program.waitForOutput(/TCP Server is listening on \S+:(\d+)\n/);
  return { program, port: Number(http), serverPort: Number(server) };
}

test('motd up serves the message, live', QUICK, async () => {
  const up = await startUp();
  expect((await get(up, '/message')).body).toBe(`${APPLE}\n`);
  const { socket } = await openEvents(up);
  const messages = readMessages(socket);
  await expect.poll(() => messages).toEqual([APPLE]);
  await store('Maintenance', up.serverPort);
  await expect.poll(() => messages).toEqual([APPLE, 'Maintenance']);
  expect((await get(up, '/message')).body).toBe('Maintenance\n');
  const { body } = await get(up, '/message', { accept: 'application/json' });
  expect(JSON.parse(body)).toMatchObject({ message: 'Maintenance', from: null, until: null });
});

test('motd up has no line of the feed on its console before it is used', async () => {
  const up = await startUp();
  await get(up, '/');
  expect(up.program.stdout).not.toContain('MSGWATCH');
});

test('the feed is that of HOST:PORT, or of a target', async ({ server }) => {
  const direct = await startBridge(server.port, 0, ['--feed', `127.0.0.1:${server.port}`]);
  expect((await get(direct, '/message')).body).toBe(`${APPLE}\n`);
  const unknown = Program.motd(['bridge', '--http-port', '0', '--feed', 'other']);
  expect(await unknown.exitCode()).toBe(2);
  expect(unknown.stderr).toBe(
    "motd: --feed: no target has the name 'other'; use one of: motd [invalid-value]\n",
  );
});

test('the feed cannot be that of an original server', async () => {
  const target = ['--target', 'old=127.0.0.1:26310+original'];
  const original = Program.motd(['bridge', '--http-port', '0', ...target, '--feed', 'old']);
  expect(await original.exitCode()).toBe(2);
  expect(original.stderr).toBe(
    "motd: --feed: the target 'old' is marked +original, and an original server sends no changes [invalid-value]\n",
  );
});

test('a bridge without --feed has no such path', async ({ bridge }) => {
  for (const path of PATHS) expect((await get(bridge, path)).status, path).toBe(404);
});

test('serves the last message while the server is down, and the next one after it', async () => {
  const port = await freePort();
  const server = await startServer(port);
  const feed = await startFeed(server);
  const { socket } = await openEvents(feed);
  const messages = readMessages(socket);
  await expect.poll(() => messages).toEqual([APPLE]);
  await server.program.stop();
  expect((await get(feed, '/message')).body).toBe(`${APPLE}\n`);
  await startServer(port, ['--message', 'again']);
  await expect.poll(() => messages).toEqual([APPLE, 'again']);
  expect((await get(feed, '/message')).body).toBe('again\n');
});

test('answers 503 as long as the server was never reached', async () => {
  const feed = await startBridge(await freePort(), 0, ['--feed', 'motd']);
  const { status, headers, body } = await get(feed, '/message');
  expect(status).toBe(503);
  expect(headers.get('retry-after')).toBe('5');
  expect(body).toBe('The message is not known yet: the message server has not been reached.\n');
});

test('publishes a planned message when its window begins, and not before', async ({ server }) => {
  const feed = await startFeed(server);
  const { socket } = await openEvents(feed);
  const messages = readMessages(socket);
  await expect.poll(() => messages).toEqual([APPLE]);
  const from = new Date(Date.now() + 2000);
  const until = new Date(Date.now() + 4000);
  const plan = `MSGPLAN\n${from.toISOString()}/${until.toISOString()} planned\nQUIT\n`;
  const planner = connect(server.port, '127.0.0.1').end(plan);
  expect(await text(planner)).toMatch(/^200 OK 1$/m);
  expect(JSON.parse((await get(feed, '/message/history.json')).body)).toEqual([]);
  await expect.poll(() => messages).toEqual([APPLE, 'planned', APPLE]);
  // In force again since the end of the plan; sent when that second is over.
  const since = new Date(Math.floor(until.getTime() / 1000) * 1000).toUTCString();
  await expect
    .poll(async () => (await get(feed, '/message')).headers.get('last-modified'))
    .toBe(since);
});

test.describe('has the rules of the page', () => {
  test('needs the password of the page', async ({ server }) => {
    const file = test.info().outputPath('users');
    writePrivately(file, `anna:${passwordHash('secret')}\n`);
    const feed = await startFeed(server, ['--users-file', file]);
    for (const path of [...PATHS, '/message/events'])
      expect((await get(feed, path)).status, path).toBe(401);
    const authorization = `Basic ${btoa('anna:secret')}`;
    expect((await get(feed, '/message', { authorization })).body).toBe(`${APPLE}\n`);
  });

  test('is below the base path', async ({ server }) => {
    const feed = await startFeed(server, ['--base-path', '/motd']);
    expect((await get(feed, '/motd/message')).body).toBe(`${APPLE}\n`);
    expect((await get(feed, '/motd/board')).status).toBe(200);
    expect((await get(feed, '/message')).status).toBe(404);
  });

  test('rejects the name of another host', async ({ server }) => {
    const { port } = await startFeed(server);
    for (const path of [...PATHS, '/message/events']) {
      const request = `GET ${path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`;
      expect(await statusOf(port, request), path).toBe(403);
    }
  });

  test('lets a named page of another origin read why it rejects', async ({ server }) => {
    const file = test.info().outputPath('users');
    writePrivately(file, `anna:${passwordHash('secret')}\n`);
    const origin = 'https://intranet.example';
    const flags = ['--users-file', file, '--feed-origin', origin];
    const feed = await startFeed(server, [...flags, '--max-sessions-per-source', '1']);
    const allowedIn = async (path: string, headers: Record<string, string>) => {
      const { status, headers: sent } = await get(feed, path, { origin, ...headers });
      return [status, sent.get('access-control-allow-origin')];
    };
    const authorization = `Basic ${btoa('anna:secret')}`;
    await openEvents(feed, '/message/events', { authorization });
    expect(await allowedIn('/message', {})).toEqual([401, origin]);
    expect(await allowedIn('/message/events', { authorization })).toEqual([503, origin]);
    const wrong = { authorization: `Basic ${btoa('anna:guess')}` };
    for (const status of [401, 401, 401, 429])
      expect(await allowedIn('/message', wrong)).toEqual([status, origin]);
  });

  test('counts readers as sessions', async ({ server }) => {
    const feed = await startFeed(server, ['--max-sessions-per-source', '2']);
    const readers = [await openEvents(feed), await openEvents(feed)];
    const rejected = await openEvents(feed);
    expect(rejected.head).toMatch(/^HTTP\/1.1 503 /);
    expect(rejected.head).toMatch(/^retry-after: 30$/im);
    expect((await get(feed, '/message')).status).toBe(200);
    readers[0]?.socket.destroy();
    await expect.poll(async () => (await openEvents(feed)).head).toMatch(/^HTTP\/1.1 200 /);
  });
});

test('needs one connection to the server for each worker', async ({ server }) => {
  test.skip(!isLinux, NEEDS_LINUX);
  const feed = await startFeed(server, ['--workers', '2']);
  const readers = await Promise.all(Array.from({ length: 20 }, () => openEvents(feed)));
  const lists = readers.map(({ socket }) => readMessages(socket));
  await expect.poll(() => lists).toEqual(lists.map(() => [APPLE]));
  expect((await get(feed, '/metrics')).body).toContain('\nmotd_bridge_event_streams 20\n');
  const workers = childrenOf(feed.program.process.pid ?? 0);
  const watches = () => workers.map((pid) => connectionsTo(server.port, pid));
  await expect.poll(watches).toEqual([1, 1]);
  await store('one', server.port);
  await expect.poll(() => lists).toEqual(lists.map(() => [APPLE, 'one']));
});
