// `npm run bench`: everybody in turn, again and again, so that all see the same machine. What
// counts is the ratio: the machine is shared, and noisy.

import { cpus } from 'node:os';
import { compareWithWebsockify } from './besideWebsockify.ts';
import { compareMsgget } from './msgget.ts';
import { comparePages } from './pages.ts';
import { startBridge, startEcho, startServer, stop } from './programs.ts';
import { ROUNDS, SECONDS } from './rounds.ts';

console.log(
  `Node ${process.versions.node}, ${cpus().length} cores, ${ROUNDS} rounds of ${SECONDS} s: median (least to most)`,
);
const echo = await startEcho();
try {
  const server = await startServer();
  const bridge = await startBridge(`127.0.0.1:${server.port}+proxy`);
  try {
    await compareMsgget(server, bridge, echo);
    await comparePages(bridge, process.env['MOTD_BENCH_TTYD'] ?? '');
  } finally {
    await Promise.all([stop(bridge), stop(server)]);
  }
  await compareWithWebsockify(echo, process.env['MOTD_BENCH_WEBSOCKIFY'] ?? '');
} finally {
  await stop(echo);
}
