// `npm run bench`: measures each program in turn, round by round, so that all see the same machine.
// Only the ratios count: the machine is shared and noisy.

import { cpus } from 'node:os';
import { measureEtcd } from './etcd.ts';
import { compareMsgget } from './msgget.ts';
import { comparePages } from './pages.ts';
import {
  type RunningProgram,
  startBridge,
  startEcho,
  startServer,
  type TrackProgram,
  withPrograms,
} from './programs.ts';
import { ROUNDS, SECONDS } from './rounds.ts';
import { compareWithWebsockify } from './versusWebsockify.ts';
import { compareWorkers } from './workers.ts';

/** The same names as in scripts/bench.mjs. */
const PARTS: Record<string, (track: TrackProgram) => Promise<void>> = {
  async msgget(track) {
    const echo = await track(startEcho());
    const server = await track(startServer());
    await compareMsgget(server, await track(startBridge(targetOf(server))), echo);
  },
  async page(track) {
    const server = await track(startServer());
    const bridge = await track(startBridge(targetOf(server)));
    await comparePages(bridge, process.env['MOTD_BENCH_TTYD'] ?? '');
  },
  async websockify(track) {
    const echo = await track(startEcho());
    await compareWithWebsockify(echo, process.env['MOTD_BENCH_WEBSOCKIFY'] ?? '');
  },
  async workers(track) {
    await compareWorkers(track, await track(startEcho()));
  },
  async etcd() {
    await measureEtcd(process.env['MOTD_BENCH_ETCD'] ?? '');
  },
};

// The programs are ended when this process exits; without a handler, a signal would skip that.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

console.log(
  `Node ${process.versions.node}, ${cpus().length} cores, ${ROUNDS} rounds of ${SECONDS} s: median (minimum to maximum)`,
);
const chosen = process.argv.slice(2);
for (const [name, part] of Object.entries(PARTS)) {
  if (chosen.length === 0 || chosen.includes(name)) await withPrograms(part);
}

function targetOf({ port }: RunningProgram): string {
  return `127.0.0.1:${port}+proxy`;
}
