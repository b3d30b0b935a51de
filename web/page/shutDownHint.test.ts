import { expect, test } from 'vitest';
import { describe } from './shutDownHint.ts';

test.each([
  ['npm start', 'stop `npm start` with Ctrl-C and run it again'],
  [undefined, 'ask its operator to start it again'],
])('tells how to start again a server that was started with %s', (command, how) => {
  expect(describe(command)).toBe(`the server was shut down; ${how}, then press Enter`);
});
