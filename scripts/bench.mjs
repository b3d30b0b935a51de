// `npm run bench`: compares the program with others. `-- etcd` runs one part.

import { findBrowser } from './browser.mjs';
import { fail, prepare } from './prepare.mjs';
import { findEtcd, findTtyd, findWebsockify } from './tools.mjs';

/**
 * For each part, finds the programs that it compares with.
 *
 * @type {Record<string, () => void | Promise<void>>}
 */
const PARTS = {
  msgget() {},
  async page() {
    process.env['CHROMIUM_PATH'] = await findBrowser();
    process.env['MOTD_BENCH_TTYD'] = findTtyd();
  },
  websockify() {
    process.env['MOTD_BENCH_WEBSOCKIFY'] = findWebsockify();
  },
  workers() {},
  etcd() {
    process.env['MOTD_BENCH_ETCD'] = findEtcd();
  },
};

const chosen = process.argv.slice(2);
for (const part of chosen)
  if (!Object.hasOwn(PARTS, part))
    fail(`unknown part '${part}'; choose from ${Object.keys(PARTS).join(', ')}`);
prepare();
for (const [name, find] of Object.entries(PARTS))
  if (chosen.length === 0 || chosen.includes(name)) await find();
await import(new URL('../dist/bench/main.js', import.meta.url).href);
