import { once } from 'node:events';
import { expect, test } from 'vitest';
import { connectionTo } from './oneshot.harness.ts';
import {
  askForHistory,
  askForList,
  askForPlannedEntries,
  askToWatch,
  askToWrite,
  getDetails,
  getMessage,
} from './oneshot.ts';
import { probeServer } from './probeServer.ts';
import { DeniedError, RejectedError } from './replyErrors.ts';

test('sends the message only when the server is ready for it', async () => {
  const { socket, received } = await connectionTo('200 OK\n', '200 OK\n');
  const store = await askToWrite('MSGSTORE')(socket);
  expect(received).toEqual(['MSGSTORE']);
  await store('hello', undefined);
  expect(received).toEqual(['MSGSTORE', 'hello']);
});

test('sends the password only to a server that asks for it', async () => {
  const { socket, received } = await connectionTo(
    '300 PASSWORD REQUIRED\n',
    '200 OK\n',
    '200 OK\n',
  );
  const store = await askToWrite('MSGSTORE')(socket);
  expect(received).toEqual(['MSGSTORE']);
  await store('hello', 'secret');
  expect(received).toEqual(['MSGSTORE', 'secret', 'hello']);
});

test.each<[why: string, replies: (string | undefined)[]]>([
  ['is full', ['421 TOO MANY CONNECTIONS\n']],
  ['closes the connection', [undefined]],
  ['is another service', ['220 mail.example ESMTP\n']],
])('stores nothing on a server that %s', async (_why, replies) => {
  const { socket } = await connectionTo(...replies);
  const error = await askToWrite('MSGSTORE')(socket).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(RejectedError);
  expect(error).not.toBeInstanceOf(DeniedError);
});

test.each<[rule: string, replies: (string | undefined)[], kind: string]>([
  ['503 leaves the next server to try', ['200 OK\n', '503 STORE UNAVAILABLE\n'], 'RejectedError'],
  [
    '421 instead of an answer leaves the next server to try',
    ['200 OK\n', '421 SERVER SHUTTING DOWN\n'],
    'RejectedError',
  ],
  [
    'a connection lost at the password leaves the next server to try',
    ['300 PASSWORD REQUIRED\n', undefined],
    'ClosedError',
  ],
  [
    '421 at the password leaves the next server to try',
    ['300 PASSWORD REQUIRED\n', '421 IDLE TOO LONG\n'],
    'RejectedError',
  ],
  ['409 is final', ['200 OK\n', '409 CHANGED\n'], 'DeniedError'],
  ['422 is final', ['200 OK\n', '422 NOT PLAIN TEXT\n'], 'DeniedError'],
  ['413 is final', ['200 OK\n', '413 LINE TOO LONG\n'], 'DeniedError'],
  ['an unknown reply is final', ['200 OK\n', '299 PERHAPS\n'], 'DeniedError'],
  [
    'a message worded as a command is final',
    ['200 OK\n', 'EXPECTED MOTD, RECEIVED COMMAND\n'],
    'DeniedError',
  ],
  ['301 is final', ['300 PASSWORD REQUIRED\n', '301 WRONG PASSWORD\n'], 'DeniedError'],
  [
    'too many wrong passwords are final',
    ['300 PASSWORD REQUIRED\n', '421 TOO MANY WRONG PASSWORDS\n'],
    'DeniedError',
  ],
  [
    'a connection lost after the message leaves the outcome unknown',
    ['200 OK\n', undefined],
    'OutcomeUnknownError',
  ],
])('%s', async (_rule, replies, kind) => {
  const { socket } = await connectionTo(...replies);
  const store = await askToWrite('MSGSTORE')(socket);
  const error = await store('hello', 'secret').catch((error: unknown) => error);
  expect(error).toMatchObject({ name: kind });
});

test.each<[reply: string, number: number | undefined]>([
  ['200 OK', undefined],
  ['200 OK 17', 17],
])('returns the number in the reply %j', async (reply, number) => {
  const { socket, received } = await connectionTo('200 OK\n', `${reply}\n`);
  const plan = await askToWrite('MSGPLAN')(socket);
  expect(await plan('/2026-11-27T20:00:00Z Maintenance', undefined)).toBe(number);
  expect(received).toEqual(['MSGPLAN', '/2026-11-27T20:00:00Z Maintenance']);
});

test.each(['200 OKAY', '200 OK x', '200 OK 17 18'])('rejects the reply %j', async (reply) => {
  const { socket } = await connectionTo('200 OK\n', `${reply}\n`);
  const plan = await askToWrite('MSGPLAN')(socket);
  await expect(plan('/2026-11-27T20:00:00Z x', undefined)).rejects.toBeInstanceOf(DeniedError);
});

test('returns the message in force with its number, or what the server sent instead', async () => {
  const { socket, received } = await connectionTo('200 OK\n0 - / - An apple a day\n');
  expect(await getDetails(socket)).toEqual({ number: 0, message: 'An apple a day' });
  expect(received).toEqual(['MSGINFO']);
  const { socket: other } = await connectionTo('200 OK\nAn apple a day\n');
  await expect(getDetails(other)).rejects.toThrow('the server replied: An apple a day');
});

test('treats a request for a password as final if none was given', async () => {
  const { socket, received } = await connectionTo('300 PASSWORD REQUIRED\n');
  const store = await askToWrite('MSGSTORE')(socket);
  await expect(store('hello', undefined)).rejects.toBeInstanceOf(DeniedError);
  expect(received).toEqual(['MSGSTORE']);
});

test.each([
  ['getMessage', getMessage],
  ['getDetails', getDetails],
  ['askForList', askForList('MSGHIST')],
  ['askToWatch', askToWatch],
  ['probeServer', probeServer],
])('%s reports a server that is full', async (_name, ask) => {
  const { socket } = await connectionTo('421 TOO MANY CONNECTIONS\n');
  await expect(ask(socket)).rejects.toThrow('the server replied: 421 TOO MANY CONNECTIONS');
});

test.each<[why: string, replies: (string | undefined)[], hasSentLine: boolean, message: string]>([
  ['immediately', [undefined], false, 'the server closed the connection and sent nothing'],
  // The alert of a TLS server to a plain-text client (RFC 8446, section 6), which is not a line.
  [
    'after half a line',
    ['\x15\x03\x03\x00\x02\x02F', undefined],
    false,
    'the server closed the connection after 7 bytes, without a complete reply',
  ],
  ['in the middle', ['200 OK\n', undefined], true, 'the server closed the connection'],
])(
  'reports what a server sent that closes the connection %s',
  async (_when, replies, hasSentLine, message) => {
    for (const ask of [getMessage, probeServer]) {
      const { socket } = await connectionTo(...replies);
      if (replies.length > 1) socket.once('data', () => socket.write('more\n'));
      await expect(ask(socket)).rejects.toMatchObject({
        name: 'ClosedError',
        hasSentLine,
        message,
      });
    }
  },
);

test.each(['MSGHIST', 'MSGLIST', 'MSGPLANS'] as const)(
  'returns the lines of %s without their end',
  async (command) => {
    const { socket, received } = await connectionTo('200 OK\n1 a\n2 b\n.\n');
    const lines: string[] = [];
    for await (const line of await askForList(command)(socket)) lines.push(line);
    expect(lines).toEqual(['1 a', '2 b']);
    expect(received).toEqual([command]);
  },
);

test('leaves a probed connection usable like a new one', async () => {
  const { socket, received } = await connectionTo('200 OK\nap', 'ple\n', 'hello\n');
  socket.once('data', () => socket.write('\n'));
  await probeServer(socket);
  const data = once(socket, 'data');
  socket.resume();
  socket.write('MSGGET\n');
  expect(String(await data)).toBe('hello\n');
  expect(received).toEqual(['MSGGET', '', 'MSGGET']);
});

test('reports a server that closes the connection in the middle of the probe', async () => {
  const { socket } = await connectionTo('200 OK\nap', undefined);
  socket.once('data', () => socket.write('\n'));
  await expect(probeServer(socket)).rejects.toThrow();
});

test.each([
  getMessage,
  getDetails,
  askToWrite('MSGSTORE'),
  askForList('MSGHIST'),
  askToWatch,
  probeServer,
])('%o quotes at most 200 characters of a reply in its error', async (ask) => {
  const { socket } = await connectionTo(`${'\x1b'.repeat(60_000)}\n`);
  const message = `the server replied: ${'^['.repeat(100)} …`;
  await expect(ask(socket)).rejects.toThrow(expect.objectContaining({ message }));
});

test('returns the planned messages with their details, and no others', async () => {
  const { socket } = await connectionTo(
    '200 OK\n2 2026-11-27T18:00:00Z/ Maintenance\n.\n',
    '200 OK\n' +
      '1 2026-11-26T12:00:00Z / - Hello\n' +
      '2 2026-11-26T13:00:00Z 2026-11-27T18:00:00Z/ anna Maintenance\n.\n',
  );
  const entries = [];
  for await (const entry of await askForPlannedEntries(socket)) entries.push(entry);
  expect(entries).toEqual([
    {
      number: 2,
      storedAtMs: Date.UTC(2026, 10, 26, 13),
      fromMs: Date.UTC(2026, 10, 27, 18),
      author: 'anna',
      message: 'Maintenance',
    },
  ]);
});

async function historyNumbers(...replies: string[]): Promise<(number | undefined)[]> {
  const { socket } = await connectionTo(...replies);
  const numbers = [];
  for await (const { number } of await askForHistory(socket)) numbers.push(number);
  return numbers;
}

test('returns the details of what has begun by the clock of the server, whatever time it is here', async () => {
  const begun = '200 OK\n2026-11-26T12:00:00Z Hello\n2026-11-26T12:00:09Z Early\n.\n';
  const list =
    '200 OK\n' +
    '1 2026-11-26T11:00:00Z / - Dropped meanwhile\n' +
    '2 2026-11-26T12:00:00.123Z / - Hello\n' +
    '3 2026-11-26T12:00:00.456Z 2000-01-01T00:00:00Z/ - Hello\n' +
    '4 2026-11-26T12:00:09Z 9999-01-01T00:00:00Z/ - Early\n' +
    '5 2026-11-26T12:00:09Z 2000-01-01T00:00:00Z/ - Late\n.\n';
  expect(await historyNumbers(begun, list)).toEqual([2, 4]);
});

test('returns, of equal messages of one second, those that have begun', async () => {
  const begun = '200 OK\n2026-11-26T12:00:00Z Exam\n2026-11-26T12:00:00Z Exam\n.\n';
  const list =
    '200 OK\n' +
    '1 2026-11-26T12:00:00Z 2026-11-28T08:00:00Z/ - Exam\n' +
    '2 2026-11-26T12:00:00.1Z 2026-11-27T08:00:00Z/ - Exam\n' +
    '3 2026-11-26T12:00:00.2Z 2026-11-26T18:00:00Z/2026-11-26T12:00:00.3Z - Exam\n' +
    '4 2026-11-26T12:00:00.4Z / - Exam\n.\n';
  expect(await historyNumbers(begun, list)).toEqual([2, 4]);
});

test('returns the history of an older server without details', async () => {
  const begun = '200 OK\n2026-11-26T12:00:00Z Hello\n.\n';
  expect(await historyNumbers(begun, '400 UNKNOWN COMMAND\n')).toEqual([undefined]);
});
