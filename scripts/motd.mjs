// `npm start` and `npm run motd`: the `motd` command, installed and built first where that is still
// to be done. Flags go through: npm start -- --port 2000

import { fileURLToPath } from 'node:url';
import { prepare } from './prepare.mjs';

const PARENT_CHECK_MS = 250;

prepare();
endWithParent();
const main = new URL('../dist/cli/main.js', import.meta.url);
process.argv[1] = fileURLToPath(main);
await import(main.href);

// npm passes SIGTERM to the shell it has put between us, and to nobody else; that shell dies of it
// without a word to us (`exec` would help, but not in Windows' shell).
function endWithParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS);
  timer.unref();
}
