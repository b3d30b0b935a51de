// Pages with a terminal.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Contestant, findCommand } from '../contestant.ts';
import { type LoadTarget, targetOf } from '../loads/loadTarget.ts';
import { OURS, ourVersion, startBoth } from './motd.ts';

export const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';

export const ourPage: Contestant<LoadTarget> = { name: OURS, find: ourVersion, start: startBoth };

/** No page that draws with xterm.js can be ready, or echo, sooner. */
export const bareTerminal: Contestant<LoadTarget> = {
  name: 'xterm.js alone',
  find: () => ({ version: xtermVersion() }),
  start: async (programs) => targetOf([await programs.script('bareTerminal', PROMPT)]),
};

/**
 * ttyd shows a program in a terminal. This program costs as little as possible: it prints the
 * prompt, and the kernel echoes what is typed. `-W` lets it type, since 1.7.4.
 */
export const ttyd: Contestant<LoadTarget> = {
  name: 'ttyd',
  find: findTtyd,
  async start(programs) {
    const program = ['sh', '-c', 'printf "%s " "$0"; exec cat', PROMPT];
    const server = await programs.server(findTtyd().command, (port) => [
      ...['-i', 'lo', '-p', String(port), '-W'],
      ...program,
    ]);
    return targetOf([server]);
  },
};

function xtermVersion(): string {
  const { resolve } = createRequire(import.meta.url);
  return JSON.parse(readFileSync(resolve('@xterm/xterm/package.json'), 'utf8')).version;
}

function findTtyd() {
  return findCommand('ttyd', ['--version'], /version (\S+)/, 'see https://github.com/tsl0922/ttyd');
}
