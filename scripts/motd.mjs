// `npm start` and `npm run motd`: the `motd` command, installed and built first if needed. Flags
// are passed on: npm start -- --port 2000

import { fileURLToPath } from 'node:url';
import { exitWithParent } from './exitWithParent.mjs';
import { prepare } from './prepare.mjs';

// First: npm may end while this process prepares.
exitWithParent();
prepare();
// Beside what runs, rather than among the user's data.
process.env['MOTD_STORE'] ??= 'file:./motd-data';
const main = new URL('../dist/cli/main.js', import.meta.url);
process.argv[1] = fileURLToPath(main);
await import(main.href);
