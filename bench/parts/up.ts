// `npm start`, once everything is installed and built: how soon it listens, and what it costs while
// nobody uses it.

import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../testing/freePort.ts';
import { OURS, ourVersion } from '../contestants/motd.ts';
import type { Command } from '../loads/command.ts';
import { comparison } from '../part.ts';
import { processTree, treePssBytes } from '../processes.ts';
import { MOTD, Programs } from '../programs.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

/** How long it may still work after it listens. */
const SETTLE_MS = 1_500;

const NPM_START: Command = { command: 'npm', args: ['start'] };
const MOTD_UP: Command = { command: process.execPath, args: [MOTD, 'up'] };

const ours = { name: OURS, find: ourVersion };

export const starting = comparison<Command>({
  name: 'up',
  title: 'Second start',
  about: '`npm start` when everything is installed and built.',
  contestants: [{ ...ours, start: async () => NPM_START }],
  loads: [
    {
      rows: [{ title: 'npm start, until both ports listen', unit: 'ms' }],
      warmsUp: false,
      measure: (command) =>
        Programs.during(async (programs) => {
          const startedAt = performance.now();
          await startUp(programs, command);
          return [{ value: performance.now() - startedAt }];
        }),
    },
  ],
});

export const idle = comparison<Command>({
  name: 'up',
  title: 'motd up, idle',
  about: 'All processes of `motd up`, 1.5 s after its start, with no client.',
  contestants: [{ ...ours, start: async () => MOTD_UP }],
  loads: [
    {
      rows: [
        { title: 'processes', unit: 'processes' },
        { title: 'memory (Pss)', unit: 'MB' },
      ],
      rounds: (rounds) => Math.min(rounds, 3),
      warmsUp: false,
      measure: (command) =>
        Programs.during(async (programs) => {
          const pid = await startUp(programs, command);
          await pause(SETTLE_MS);
          return [{ value: processTree(pid).length }, { value: treePssBytes([pid]) / 1e6 }];
        }),
    },
  ],
});

/** Resolves with its process once both ports accept connections. */
async function startUp(programs: Programs, { command, args }: Command): Promise<number> {
  const [port, httpPort] = [await freePort(), await freePort()];
  const pid = await programs.background(command, args, {
    MOTD_PORT: String(port),
    MOTD_HTTP_PORT: String(httpPort),
    MOTD_STORE: `file:${temporaryFolder()}`,
  });
  await Promise.all([port, httpPort].map((one) => programs.untilListening(pid, one)));
  return pid;
}
