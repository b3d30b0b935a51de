// `npm run bench`

import { prepare } from './prepare.mjs';
import { findWebsockify } from './tools.mjs';

prepare();
process.env['MOTD_BENCH_WEBSOCKIFY'] = findWebsockify();
await import(new URL('../dist/bench/main.js', import.meta.url).href);
