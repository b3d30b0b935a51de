import { expect, test } from 'vitest';
import { COMMANDS } from '../../protocol/commands.ts';
import { commandHint } from './commandHint.ts';

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

test.each(COMMANDS)('says nothing after %s: the server is of an older version', (command) => {
  expect(commandHint(command, 'press F1')).toBeUndefined();
});

test.each(['help', 'msghist'])('names no command that an original server lacks: %s', (typed) => {
  expect(commandHint(typed, undefined)).toBe('[commands: MSGGET, MSGSTORE, QUIT, SHUTDOWN]');
});
