// Servers that do nothing but answer each line with the same bytes: what our server is compared
// with, and the floor that no server can go below.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../../testing/root.ts';
import { type Contestant, findCommand } from '../contestant.ts';
import { MESSAGE } from '../loads/dialect.ts';
import { targetOf } from '../loads/loadTarget.ts';
import { temporaryFolder } from '../temporaryFolder.ts';
import type { DialectServer } from './dialectServer.ts';

const REPLY = `200 OK\n${MESSAGE}\n`;
const SOURCE = fileURLToPath(new URL('bench/servers/minimal.c', ROOT));

export const minimalNode: Contestant<DialectServer> = {
  name: 'minimal Node',
  find: () => ({ version: process.versions.node }),
  start: async (programs) => ({
    ...targetOf([await programs.script('minimal', REPLY)]),
    dialect: 'motd',
  }),
};

/** Compiled when it is started. */
export const minimalC: Contestant<DialectServer> = {
  name: 'minimal C',
  find: findCompiler,
  async start(programs) {
    const program = join(temporaryFolder(), 'minimal');
    const { command } = findCompiler();
    const { status, stderr } = spawnSync(command, ['-O2', '-o', program, SOURCE], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`cannot compile ${SOURCE}: ${stderr}`);
    const server = await programs.server(program, (port) => [String(port), REPLY]);
    return { ...targetOf([server]), dialect: 'motd' };
  },
};

function findCompiler() {
  return findCommand('cc', ['--version'], /(.+)/, 'on Debian: apt-get install gcc libc6-dev');
}
