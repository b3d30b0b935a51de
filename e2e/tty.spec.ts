// `motd connect` at a terminal: script(1) makes one.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect, test } from './fixtures.ts';
import { Program } from './programs.ts';

test.skip(process.platform !== 'linux', 'script(1) takes other arguments elsewhere');

const CTRL_C = '\x03';
const CTRL_D = '\x04';
const BACKSPACE = '\x7f';
const UP = '\x1b[A';

function atTerminal(port: number): Program {
  const connect = `${process.execPath} dist/cli/main.js connect 127.0.0.1 ${port}`;
  return new Program('script', ['--quiet', '--return', '--command', connect, '/dev/null']);
}

test('a conversation, each line echoed once as typed', async ({ server }) => {
  const client = atTerminal(server.port);
  await client.says(/^Enter command .*: $/);
  client.process.stdin?.write('MSGGET\r');
  await client.says(/: MSGGET\nClient: MSGGET\nServer: 200 OK\nAn apple .*\nEnter command .*: $/);
  client.process.stdin?.write('QUIT\r');
  expect(await client.exits()).toBe(0);
  expect(client.shown).toMatch(/: QUIT\nClient: QUIT\nServer: 200 OK\n$/);
});

test('the up-arrow brings back a command, and never a password', async ({ server }) => {
  const client = atTerminal(server.port);
  await client.says(/^Enter command .*: $/);
  client.process.stdin?.write('SHUTDOWN\r');
  await client.says(/Enter shutdown password: $/);
  client.process.stdin?.write('a secret\r');
  await client.says(/Server: 301 WRONG PASSWORD\nEnter command .*: $/);
  client.process.stdin?.write(`${UP}\r`);
  await client.says(/301(.|\n)*Client: SHUTDOWN\nServer: 300 PASSWORD REQUIRED\n.*: $/);
  client.process.stdin?.write(CTRL_C);
  await client.exits();
  // Once as it was typed, once as `Client: a secret`.
  expect(client.shown.match(/a secret/g)).toHaveLength(2);
});

test('what is half typed while a reply is awaited goes on behind the prompt', async () => {
  const slow = createServer((socket) => {
    socket.once('data', async () => {
      await client.says(/Client: MSGGET\nMSX$/);
      socket.write('200 OK\nat last\n');
      socket.on('data', (line) => socket.end(line));
    });
  });
  slow.listen(0, '127.0.0.1');
  await once(slow, 'listening');
  const client = atTerminal((slow.address() as AddressInfo).port);
  await client.says(/^Enter command .*: $/);
  client.process.stdin?.write('MSGGET\rMSX');
  await client.says(/at last\nEnter command .*: MSX$/);
  client.process.stdin?.write(`${BACKSPACE}GGET\r`);
  await client.says(/Client: MSGGET\nServer: MSGGET\n/);
  expect(await client.exits()).toBe(1);
  slow.close();
});

test('lines typed ahead stand behind their prompts, what is half typed behind the last', async () => {
  const { server, port, accepted } = await listening();
  const client = atTerminal(port);
  const socket = await accepted;
  await client.says(/Enter command .*: $/);
  client.process.stdin?.write('FOO\rBAR\rMSG');
  await once(socket, 'data');
  await client.says(/BAR\nMSG$/);
  socket.write('400 UNKNOWN COMMAND\n');
  await client.says(/Server: 400 UNKNOWN COMMAND\nEnter command .*: BAR\nClient: BAR\n$/);
  socket.write('400 UNKNOWN COMMAND\n');
  await client.says(/BAR\nServer: 400 UNKNOWN COMMAND\nEnter command .*: MSG$/);
  socket.end();
  expect(await client.exits()).toBe(1);
  server.close();
});

test('Ctrl-D typed ahead leaves once its turn has come', async ({ server }) => {
  const client = atTerminal(server.port);
  await client.says(/^Enter command .*: $/);
  client.process.stdin?.write(`MSGGET\r${CTRL_D}`);
  expect(await client.exits()).toBe(0);
  expect(client.shown).toMatch(/Server: 200 OK\nAn apple .*\nEnter command .*: \n$/);
});

test('Ctrl-D leaves with status 0, Ctrl-C with the shell’s 130', async ({ server }) => {
  for (const [key, status] of [
    [CTRL_D, 0],
    [CTRL_C, 130],
  ] as const) {
    const client = atTerminal(server.port);
    await client.says(/SHUTDOWN\): /);
    client.process.stdin?.write(key);
    expect(await client.exits()).toBe(status);
  }
});

/** A server that says what a test has it say, to the one client that comes. */
async function listening(): Promise<{ server: Server; port: number; accepted: Promise<Socket> }> {
  const server = createServer();
  const accepted = once(server, 'connection').then(([socket]) => socket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, accepted };
}
