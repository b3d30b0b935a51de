// `npm run bench`

import { findBrowser } from './browser.mjs';
import { prepare } from './prepare.mjs';
import { findTtyd, findWebsockify } from './tools.mjs';

prepare();
process.env['MOTD_BENCH_WEBSOCKIFY'] = findWebsockify();
process.env['MOTD_BENCH_TTYD'] = findTtyd();
process.env['CHROMIUM_PATH'] = await findBrowser();
await import(new URL('../dist/bench/main.js', import.meta.url).href);
