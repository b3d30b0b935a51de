// Several processes in place of one: of the server, and of the bridge. If there are fewer cores than
// busy processes, more of them gain nothing; then the CPU time of a unit of work is what counts.

import { availableParallelism } from 'node:os';
import { ourBridge, running } from '../contestants/bridges.ts';
import { ourServer, startBridge, startServer } from '../contestants/motd.ts';
import { comparison } from '../part.ts';
import { manySessions, small } from './bridge.ts';
import { loginStorm } from './logins.ts';
import { requests } from './msgget.ts';

/** One for each core, and at least two. */
const WORKERS = Math.max(availableParallelism(), 2);
const FLAGS = ['--workers', String(WORKERS)];
const SEVERAL = `${WORKERS} workers`;
const ONE = 'one process';

export const serverWorkers = comparison({
  name: 'workers',
  title: 'Server with workers',
  about:
    'The server with `--workers`, beside one process. Where cores are scarce, only the CPU time counts.',
  contestants: [
    ourServer((programs) => startServer(programs, 'memory:', ...FLAGS), SEVERAL),
    ourServer(startServer, ONE),
  ],
  loads: [requests(50, 1), loginStorm],
});

export const bridgeWorkers = comparison({
  name: 'workers',
  title: 'Bridge with workers',
  about:
    'The bridge with `--workers`, beside one process. Where cores are scarce, only the CPU time counts.',
  contestants: [
    running({
      ...ourBridge,
      name: SEVERAL,
      start: (programs, port) => startBridge(programs, `127.0.0.1:${port}`, ...FLAGS),
    }),
    running({ ...ourBridge, name: ONE }),
  ],
  loads: [small('32-byte frames, 50 connections', 50), manySessions],
});
