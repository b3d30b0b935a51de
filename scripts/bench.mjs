// `npm run bench`

import { prepare } from './prepare.mjs';

prepare();
await import(new URL('../dist/bench/main.js', import.meta.url).href);
