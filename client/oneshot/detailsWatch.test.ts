import { expect, test } from 'vitest';
import { REPLY } from '../../protocol/replies.ts';
import { connectionTo } from './oneshot.harness.ts';
import { askToWatchDetails } from './oneshot.ts';

const STORED_AT = '2026-11-22T12:00:00Z';

/** The answer to a request for the details of the message in force. */
const answer = (number: number, message: string, inForce = message) =>
  `200 OK\n${number} ${STORED_AT} / anna ${message}\n200 OK\n${inForce}\n`;

const details = (number: number, message: string) => ({
  number,
  storedAtMs: Date.parse(STORED_AT),
  author: 'anna',
  message,
});

const REQUEST = ['MSGINFO', 'MSGWATCH'];

/** @returns The first messages, and how often their details were requested. */
async function watch(count: number, ...replies: string[]) {
  const { socket, received } = await connectionTo(...replies);
  const entries = await askToWatchDetails(socket);
  const seen = [];
  while (seen.length < count) seen.push((await entries.next()).value);
  return { seen, received };
}

test('returns the message in force, and each later one, with its details', async () => {
  const { seen, received } = await watch(2, `${answer(1, 'one')}two\n`, answer(2, 'two'));
  expect(seen).toEqual([details(1, 'one'), details(2, 'two')]);
  expect(received).toEqual([...REQUEST, ...REQUEST]);
});

test.each([
  ['before the server reads the request', `three\n${answer(3, 'three')}`],
  ['between the update and the details', answer(3, 'three')],
])('returns a message without details if another replaces it %s', async (_when, reply) => {
  const { seen } = await watch(3, `${answer(1, 'one')}two\n`, reply);
  expect(seen).toEqual([details(1, 'one'), { message: 'two' }, details(3, 'three')]);
});

test('asks again if the message changed between its details and the watch', async () => {
  const { seen } = await watch(1, answer(1, 'one', 'two'), answer(2, 'two'));
  expect(seen).toEqual([details(2, 'two')]);
});

test('asks only once more for details that the server does not send', async () => {
  const without = '200 OK\n200 OK\none\n';
  const { seen, received } = await watch(1, without, without);
  expect(seen).toEqual([{ message: 'one' }]);
  expect(received).toEqual([...REQUEST, ...REQUEST]);
});

test('returns the messages alone if the server does not know MSGINFO', async () => {
  const { seen, received } = await watch(2, `${REPLY.unknownCommand}\n200 OK\none\ntwo\n`);
  expect(seen).toEqual([{ message: 'one' }, { message: 'two' }]);
  expect(received).toEqual(REQUEST);
});

test('rejects a server that knows neither command', async () => {
  const { socket } = await connectionTo(`${REPLY.unknownCommand}\n${REPLY.unknownCommand}\n`);
  await expect(askToWatchDetails(socket)).rejects.toMatchObject({ reply: REPLY.unknownCommand });
});
