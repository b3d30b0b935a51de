import { describe, expect, test } from 'vitest';
import { type Write, WriteExchange, type WriteResult } from './writeExchange.ts';

const PLAN: Write = { command: 'MSGPLAN', request: '/2026-11-27T20:00:00Z Lunch' };
const WITH_PASSWORD: Write = { ...PLAN, password: 'sesame' };
const CHECK: Write = { command: 'MSGPLAN' };
const REQUEST = `${PLAN.request}\n`;

describe.each([
  ['line by line', (text: string) => text.split(/(?<=\n)/)],
  ['character by character', (text: string) => [...text]],
])('received %s', (_how, split) => {
  test.each<
    [rule: string, write: Write, received: string, sent: string, result: WriteResult['is']]
  >([
    ['sends the request once it may', PLAN, '200 OK\n', REQUEST, 'incomplete'],
    ['is done with a number', PLAN, '200 OK\n200 OK 17\n', REQUEST, 'done'],
    ['is done without a number', PLAN, '200 OK\r\n200 OK\r\n', REQUEST, 'done'],
    ['asks for a password', PLAN, '300 PASSWORD REQUIRED\n', '', 'passwordRequired'],
    [
      'sends the password, then the request',
      WITH_PASSWORD,
      '300 PASSWORD REQUIRED\n200 OK\n200 OK 17\n',
      `sesame\n${REQUEST}`,
      'done',
    ],
    [
      'sends no password that is not required',
      WITH_PASSWORD,
      '200 OK\n200 OK 17\n',
      REQUEST,
      'done',
    ],
    [
      'sends no request after a wrong password',
      WITH_PASSWORD,
      '300 PASSWORD REQUIRED\n301 WRONG PASSWORD\n',
      'sesame\n',
      'rejected',
    ],
    [
      'sends a password only once',
      WITH_PASSWORD,
      '300 PASSWORD REQUIRED\n300 PASSWORD REQUIRED\n',
      'sesame\n',
      'rejected',
    ],
    ['is rejected by an older server', PLAN, '400 UNKNOWN COMMAND\n', '', 'rejected'],
    ['is rejected after the request', PLAN, '200 OK\n424 BAD TIME\n', REQUEST, 'rejected'],
    ['checks without sending a request', CHECK, '200 OK\n', '', 'accepted'],
    [
      'checks without sending a password',
      { ...CHECK, password: 'sesame' },
      '300 PASSWORD REQUIRED\n',
      '',
      'passwordRequired',
    ],
  ])('%s', (_rule, write, received, sent, result) => {
    const exchange = new WriteExchange(write);
    let last: WriteResult = { is: 'incomplete', send: '' };
    let allSent = '';
    for (const piece of split(received)) {
      last = exchange.receive(piece);
      if (last.is === 'incomplete') allSent += last.send;
    }
    expect(allSent).toBe(sent);
    expect(last.is).toBe(result);
  });
});

test('starts with the command', () => {
  expect(new WriteExchange(PLAN).start).toBe('MSGPLAN\n');
});

test('shows a reply with control characters escaped', () => {
  expect(new WriteExchange(PLAN).receive('\x1bc\n')).toEqual({ is: 'rejected', reply: '^[c' });
});

test('knows whether the server may have changed something', () => {
  const exchange = new WriteExchange(WITH_PASSWORD);
  exchange.receive('300 PASSWORD REQUIRED\n');
  expect(exchange.isRequestSent).toBe(false);
  exchange.receive('200 OK\n');
  expect(exchange.isRequestSent).toBe(true);
});
