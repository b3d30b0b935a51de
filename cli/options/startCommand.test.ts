import { expect, test } from 'vitest';
import { upCommand } from './startCommand.ts';

test.each([
  ['start', 'npm start'],
  ['motd', 'npm run motd up'],
  ['postinstall', 'motd up'],
  ['', 'motd up'],
])('names what the npm script %s ran: %s', (script, command) => {
  expect(upCommand(script)).toBe(command);
});
