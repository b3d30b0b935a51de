import { expect, test } from 'vitest';
import { COMMANDS } from '../../protocol/commands.ts';
import { commandHint, planHint } from './commandHint.ts';

test.each([
  ['msgget', 'MSGGET'],
  ['MsgPlan', 'MSGPLAN'],
  ['quit', 'QUIT'],
])('shows how %s is spelled', (typed, command) => {
  expect(commandHint(typed, 'press F1')).toBe(`[commands are upper case: ${command}]`);
});

test.each(['help', 'HELP', '?', 'MSGGET now'])('names the commands after %s', (typed) => {
  expect(commandHint(typed, 'press F1')).toBe(
    '[commands: MSGGET, MSGSTORE, MSGHIST, MSGWATCH, QUIT, SHUTDOWN; for all of them: press F1]',
  );
});

test.each([
  ['MSGSTORE hello', '[type MSGSTORE alone; the rest goes on the next line]'],
  ['msgstore\thello world', '[type MSGSTORE alone; the rest goes on the next line]'],
  ['MSGPLAN tomorrow', '[type MSGPLAN alone; the rest goes on the next line]'],
])('shows where the rest of %j belongs', (typed, hint) => {
  expect(commandHint(typed, 'press F1')).toBe(hint);
});

test.each([
  ['123!abc', '[to try again, type SHUTDOWN first]'],
  ['shutdown', '[commands are upper case: SHUTDOWN]'],
  ['SHUTDOWN 123!abc', '[type SHUTDOWN alone; the rest goes on the next line]'],
])('after a wrong password, tells how to send another one: %j', (typed, hint) => {
  expect(commandHint(typed, 'press F1', 'SHUTDOWN')).toBe(hint);
  expect(commandHint(typed, undefined, 'SHUTDOWN')).toBe(hint);
});

test.each(COMMANDS)('says nothing after %s: the server is of an older version', (command) => {
  expect(commandHint(command, 'press F1')).toBeUndefined();
});

test.each(['help', 'msghist', 'msgplan x'])(
  'names no command that an original server lacks: %s',
  (typed) => {
    expect(commandHint(typed, undefined)).toBe('[commands: MSGGET, MSGSTORE, QUIT, SHUTDOWN]');
  },
);

test('the example of a plan is valid at that time', () => {
  const nowMs = Date.parse('2027-12-31T23:00Z');
  expect(planHint(nowMs)).toBe('[for example: 2028-01-01T18:00Z/2028-01-01T20:00Z Maintenance]');
});
