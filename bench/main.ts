// `npm run bench`: everybody in turn, again and again, so that all see the same machine. What
// counts is the ratio: the machine is shared, and noisy.

import { cpus } from 'node:os';
import { measureEtcd } from './etcd.ts';
import { compareMsgget } from './msgget.ts';
import { comparePages } from './pages.ts';
import {
  type Run,
  type Running,
  startBridge,
  startEcho,
  startServer,
  withPrograms,
} from './programs.ts';
import { ROUNDS, SECONDS } from './rounds.ts';
import { compareWithWebsockify } from './versusWebsockify.ts';
import { compareWorkers } from './workers.ts';

/** As scripts/bench.mjs has them. */
const PARTS: Record<string, (run: Run) => Promise<void>> = {
  async msgget(run) {
    const echo = await run(startEcho());
    const server = await run(startServer());
    await compareMsgget(server, await run(startBridge(targetOf(server))), echo);
  },
  async page(run) {
    const server = await run(startServer());
    const bridge = await run(startBridge(targetOf(server)));
    await comparePages(bridge, process.env['MOTD_BENCH_TTYD'] ?? '');
  },
  async websockify(run) {
    const echo = await run(startEcho());
    await compareWithWebsockify(echo, process.env['MOTD_BENCH_WEBSOCKIFY'] ?? '');
  },
  async workers(run) {
    await compareWorkers(run, await run(startEcho()));
  },
  async etcd() {
    await measureEtcd(process.env['MOTD_BENCH_ETCD'] ?? '');
  },
};

// What was started is ended when this process exits; a signal alone would not let it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

console.log(
  `Node ${process.versions.node}, ${cpus().length} cores, ${ROUNDS} rounds of ${SECONDS} s: median (least to most)`,
);
const chosen = process.argv.slice(2);
for (const [name, part] of Object.entries(PARTS)) {
  if (chosen.length === 0 || chosen.includes(name)) await withPrograms(part);
}

function targetOf({ port }: Running): string {
  return `127.0.0.1:${port}+proxy`;
}
