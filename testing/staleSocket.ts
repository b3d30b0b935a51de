// The file of a Unix socket whose process was killed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

const LISTEN = 'require("net").createServer().listen(process.argv[1], () => console.log("ready"))';

/** Resolves when the file is there, and no process listens on it. */
export async function staleSocket(path: string): Promise<void> {
  const child = spawn(process.execPath, ['-e', LISTEN, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
}
