// The original Python client and server, as classrooms have them: our reconstructions from their
// description. They are programs to test against, not a part of this one.

import { fileURLToPath } from 'node:url';
import { freePort } from './freePort.ts';
import { Program } from './programs.ts';
import { ROOT } from './root.ts';

/** Empty if scripts/tools.mjs found none and could not install one; CI always has one. */
export const python = process.env['MOTD_TEST_PYTHON'] ?? 'python3';

export interface OriginalServerOptions {
  /** Whether the server ends its replies with LF. */
  lineEnd: 'lf' | 'none';
  /** The time between the status and the message, in seconds. */
  gapS: number;
}

/** Starts the original server. It serves one client at a time. */
export async function startOriginalServer({ lineEnd, gapS }: OriginalServerOptions) {
  const port = await freePort();
  const args = [scriptOf('server'), String(port), lineEnd, String(gapS)];
  const program = new Program(python, args);
  await program.waitForOutput(/TCP Server is listening on/);
  return { program, port };
}

/** Runs the original client with these commands, one per line. */
export function runOriginalClient(port: number, commands: readonly string[]) {
  const args = [scriptOf('client'), '127.0.0.1', String(port)];
  return new Program(python, args).input(commands.join('\n')).result();
}

function scriptOf(name: 'client' | 'server'): string {
  return fileURLToPath(new URL(`testing/originals/${name}.py`, ROOT));
}
