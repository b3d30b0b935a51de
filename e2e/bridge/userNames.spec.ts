// The bridge passes the names of its users on to the server, which logs them, and keeps them as authors.

import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type ClientOptions, WebSocket } from 'ws';
import { passwordHash } from '../../testing/passwordHash.ts';
import { Program } from '../../testing/programs.ts';
import { expect, type ListeningProgram, QUICK, startBridgeWith, test } from '../fixtures.ts';
import { writePrivately } from '../privateFiles.ts';

const USER = 'jürgen';
const PASSWORD = 'correct horse';
const AUTHORIZATION = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;

interface LoggedEvent {
  event: string;
  message?: string;
  peer?: { host: string; port: number; user?: string };
}

function usersFile(): string {
  const file = test.info().outputPath('users');
  writePrivately(file, `${USER}:${passwordHash(PASSWORD)}\n`);
  return file;
}

async function startServer(flags: readonly string[] = []): Promise<ListeningProgram> {
  const args = ['serve', '--port', '0', '--trust-proxy', '127.0.0.1', '--log', 'json'];
  const program = Program.motd([...args, ...flags]);
  const [, port] = await program.waitForOutput(/"event":"listening".*"port":(\d+)/);
  return { program, port: Number(port) };
}

/** @returns The port of the bridge. */
async function startBridge(target: string, flags: readonly string[] = []): Promise<number> {
  const users = ['--users-file', usersFile()];
  return (await startBridgeWith('--target', target, ...users, ...flags)).port;
}

/** Stores a message. @returns The port of the client. */
async function storeThrough(port: number, message: string, options: ClientOptions) {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/ws`, options);
  const upgraded = once(webSocket, 'upgrade');
  await once(webSocket, 'open');
  const [{ socket }] = await upgraded;
  const { localPort } = socket;
  webSocket.send(`MSGSTORE\n${message}\nQUIT\n`);
  await once(webSocket, 'close');
  return localPort;
}

/** The events of one peer, once its connection is closed. */
async function eventsOf({ program }: ListeningProgram, port: number): Promise<LoggedEvent[]> {
  const events = () => {
    const lines = program.stdout.split('\n').filter((line) => line.endsWith('}'));
    const all = lines.map((line): LoggedEvent => JSON.parse(line));
    return all.filter(({ peer }) => peer?.port === port);
  };
  await expect.poll(() => events().map(({ event }) => event)).toContain('closed');
  return events();
}

/** What MSGINFO replies, to a client without a name. */
async function messageInfo({ port }: ListeningProgram): Promise<string> {
  return text(connect(port, '127.0.0.1').end('MSGINFO\nQUIT\n'));
}

for (const [how, flags, tag] of [
  ['one process each', [], QUICK],
  ['several workers each', ['--workers', '2'], {}],
] as const) {
  test(`each event of a connection, and what is stored, names the user: ${how}`, tag, async () => {
    const server = await startServer(flags);
    const port = await startBridge(`motd=127.0.0.1:${server.port}+proxy-v2`, flags);
    const headers = { authorization: AUTHORIZATION };
    const from = await storeThrough(port, 'by basic authentication', { headers });
    const peer = { host: '127.0.0.1', port: from, user: USER };
    expect(await eventsOf(server, from)).toMatchObject([
      { event: 'connected', peer },
      { event: 'received', peer },
      { event: 'received', peer },
      { event: 'updated', peer, message: 'by basic authentication' },
      { event: 'received', peer },
      { event: 'closed', peer },
    ]);
    expect(await messageInfo(server)).toContain(' j%C3%BCrgen by basic authentication\n');
  });
}

test('a user who is logged in by cookie is named, too', async () => {
  const server = await startServer();
  const port = await startBridge(`motd=127.0.0.1:${server.port}+proxy-v2`);
  const page = await fetch(`http://127.0.0.1:${port}/`, {
    headers: { authorization: AUTHORIZATION },
  });
  const cookie = page.headers
    .getSetCookie()
    .map((set) => set.split(';', 1)[0])
    .join('; ');
  const from = await storeThrough(port, 'by cookie', { headers: { cookie } });
  expect(await eventsOf(server, from)).toContainEqual(
    expect.objectContaining({
      event: 'updated',
      message: 'by cookie',
      peer: { host: '127.0.0.1', port: from, user: USER },
    }),
  );
});

test('a target marked +proxy gets the address only', async () => {
  const server = await startServer();
  const port = await startBridge(`motd=127.0.0.1:${server.port}+proxy`);
  const headers = { authorization: AUTHORIZATION };
  const from = await storeThrough(port, 'by nobody', { headers });
  for (const { peer } of await eventsOf(server, from)) {
    expect(peer).toEqual({ host: '127.0.0.1', port: from });
  }
});

test('motd up names the users of its page in the log', async () => {
  const ports = ['--port', '0', '--http-port', '0'];
  const program = Program.motd(['up', ...ports, '--users-file', usersFile()]);
  const [, port] = await program.waitForOutput(
    /^Open http:\/\/127\.0\.0\.1:(\d+)\/? in a browser/m,
  );
  const headers = { authorization: AUTHORIZATION };
  const from = await storeThrough(Number(port), 'from the page', { headers });
  await program.waitForOutput(
    new RegExp(`^Connected by \\('127\\.0\\.0\\.1', ${from}\\) as ${USER}$`, 'm'),
  );
  await program.waitForOutput(
    new RegExp(`^Received:from \\('127\\.0\\.0\\.1', ${from}\\): from the page$`, 'm'),
  );
});
