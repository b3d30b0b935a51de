import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openConnection } from '../connect.ts';
import {
  askForHistory,
  askToStore,
  askToWatch,
  DeniedError,
  getMessage,
  RefusedError,
} from './oneshot.ts';
import { probeServer } from './probeServer.ts';

/** Says its next words for each line it hears, and hangs up instead of `undefined`. */
async function connectionTo(...words: (string | undefined)[]) {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      heard.push(...chunk.toString().trimEnd().split('\n'));
      const said = words.shift();
      if (said === undefined) socket.destroy();
      else socket.write(said);
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = await openConnection({ host: '127.0.0.1', port });
  onTestFinished(() => {
    socket.destroy();
  });
  return { socket, heard };
}

test('a message goes to a server only once it is there to take it', async () => {
  const { socket, heard } = await connectionTo('200 OK\n', '200 OK\n');
  const store = await askToStore(socket);
  expect(heard).toEqual(['MSGSTORE']);
  await store('hello', undefined);
  expect(heard).toEqual(['MSGSTORE', 'hello']);
});

test('a password is said to the one server that asks for it', async () => {
  const { socket, heard } = await connectionTo('300 PASSWORD REQUIRED\n', '200 OK\n', '200 OK\n');
  const store = await askToStore(socket);
  expect(heard).toEqual(['MSGSTORE']);
  await store('hello', 'secret');
  expect(heard).toEqual(['MSGSTORE', 'secret', 'hello']);
});

test.each<[why: string, words: (string | undefined)[]]>([
  ['is full', ['421 TOO MANY CONNECTIONS\n']],
  ['hangs up', [undefined]],
  ['is another', ['220 mail.example ESMTP\n']],
])('a server that %s takes no message', async (_why, words) => {
  const { socket } = await connectionTo(...words);
  const error = await askToStore(socket).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(RefusedError);
  expect(error).not.toBeInstanceOf(DeniedError);
});

test.each<[rule: string, words: (string | undefined)[], kind: string]>([
  ['503 is for the next server', ['200 OK\n', '503 STORE UNAVAILABLE\n'], 'RefusedError'],
  ['a 421 instead of an answer, too', ['200 OK\n', '421 SERVER SHUTTING DOWN\n'], 'RefusedError'],
  ['a loss at the password, too', ['300 PASSWORD REQUIRED\n', undefined], 'ClosedError'],
  [
    'a 421 at the password, too',
    ['300 PASSWORD REQUIRED\n', '421 IDLE TOO LONG\n'],
    'RefusedError',
  ],
  ['422 is the last word', ['200 OK\n', '422 NOT PLAIN TEXT\n'], 'DeniedError'],
  ['413 is', ['200 OK\n', '413 LINE TOO LONG\n'], 'DeniedError'],
  ['what nobody knows is', ['200 OK\n', '299 PERHAPS\n'], 'DeniedError'],
  ['a command for a message is', ['200 OK\n', 'EXPECTED MOTD, RECEIVED COMMAND\n'], 'DeniedError'],
  ['301 is', ['300 PASSWORD REQUIRED\n', '301 WRONG PASSWORD\n'], 'DeniedError'],
  [
    'too many wrong passwords are',
    ['300 PASSWORD REQUIRED\n', '421 TOO MANY WRONG PASSWORDS\n'],
    'DeniedError',
  ],
  ['a loss after the message is unknown', ['200 OK\n', undefined], 'OutcomeUnknownError'],
])('%s', async (_rule, words, kind) => {
  const { socket } = await connectionTo(...words);
  const store = await askToStore(socket);
  const error = await store('hello', 'secret').catch((error: unknown) => error);
  expect(error).toMatchObject({ name: kind });
});

test('without a password, a server that asks for one has said the last word', async () => {
  const { socket, heard } = await connectionTo('300 PASSWORD REQUIRED\n');
  const store = await askToStore(socket);
  await expect(store('hello', undefined)).rejects.toBeInstanceOf(DeniedError);
  expect(heard).toEqual(['MSGSTORE']);
});

test.each([
  ['the message', getMessage],
  ['the history', askForHistory],
  ['to watch', askToWatch],
  ['whether it answers', probeServer],
])('asked for %s, a server that is full refuses', async (_what, ask) => {
  const { socket } = await connectionTo('421 TOO MANY CONNECTIONS\n');
  await expect(ask(socket)).rejects.toThrow('the server said: 421 TOO MANY CONNECTIONS');
});

test.each<[why: string, words: (string | undefined)[], hadSpoken: boolean, message: string]>([
  ['at once', [undefined], false, 'the server closed the connection and sent nothing'],
  // A TLS server's alert to who speaks plain text (RFC 8446, section 6): no line.
  [
    'after half a line',
    ['\x15\x03\x03\x00\x02\x02F', undefined],
    false,
    'the server closed the connection after 7 bytes, without a complete reply',
  ],
  ['in the middle', ['200 OK\n', undefined], true, 'the server closed the connection'],
])('who hangs up %s is known to have spoken or not', async (_when, words, hadSpoken, message) => {
  const questions = [getMessage, probeServer];
  for (const ask of questions) {
    const { socket } = await connectionTo(...words);
    if (words.length > 1) socket.once('data', () => socket.write('more\n'));
    await expect(ask(socket)).rejects.toMatchObject({ name: 'ClosedError', hadSpoken, message });
  }
});

test('a connection that answered can be talked over as if it was new', async () => {
  const { socket, heard } = await connectionTo('200 OK\nap', 'ple\n', 'hello\n');
  socket.once('data', () => socket.write('\n'));
  await probeServer(socket);
  const said = once(socket, 'data');
  socket.resume();
  socket.write('MSGGET\n');
  expect(String(await said)).toBe('hello\n');
  expect(heard).toEqual(['MSGGET', '', 'MSGGET']);
});

test('one that hangs up before it has answered does not answer', async () => {
  const { socket } = await connectionTo('200 OK\nap', undefined);
  socket.once('data', () => socket.write('\n'));
  await expect(probeServer(socket)).rejects.toThrow();
});

test.each([getMessage, askToStore, askForHistory, askToWatch, probeServer])(
  '%o quotes no more than 200 characters of a reply in its error',
  async (ask) => {
    const { socket } = await connectionTo(`${'\x1b'.repeat(60_000)}\n`);
    const said = `the server said: ${'^['.repeat(100)} …`;
    await expect(ask(socket)).rejects.toThrow(expect.objectContaining({ message: said }));
  },
);
