import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { upCommand } from './startCommand.ts';

test.each([
  ['start', 'npm start'],
  ['motd', 'npm run motd -- up'],
])('names what the npm script %s ran: %s', (script, command) => {
  expect(upCommand(script, resolve('dist/cli/main.js'))).toBe(command);
});

test.each([
  ['/usr/local/bin/motd', 'motd up'],
  [resolve('dist/cli/main.js'), 'node dist/cli/main.js up'],
])('names the program %s, if no script of motd ran it', (program, command) => {
  expect(upCommand('', program)).toBe(command);
  expect(upCommand('postinstall', program)).toBe(command);
});
