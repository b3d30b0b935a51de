// `npm run bench`: measures the program beside others. `-- NAME…` runs some parts, `-- --quick` takes
// seconds, for trying a part.

import { findBrowser } from './browser.mjs';
import { prepare } from './prepare.mjs';

prepare();
process.env['CHROMIUM_PATH'] = await findBrowser();
await import(new URL('../dist/bench/main.js', import.meta.url).href);
