// Servers that do nothing but answer each line with the same bytes: what our server is compared
// with, and the floor that no server can go below.

import { compile, findCompiler } from '../compile.ts';
import type { Contestant } from '../contestant.ts';
import { MESSAGE } from '../loads/dialect.ts';
import { targetOf } from '../loads/loadTarget.ts';
import type { DialectServer } from './dialectServer.ts';

const REPLY = `200 OK\n${MESSAGE}\n`;

export const minimalNode: Contestant<DialectServer> = {
  name: 'minimal Node',
  find: () => ({ version: process.versions.node }),
  start: async (programs) => ({
    ...targetOf([await programs.script('minimal', REPLY)]),
    dialect: 'motd',
  }),
};

export const minimalC: Contestant<DialectServer> = {
  name: 'minimal C',
  find: findCompiler,
  async start(programs) {
    const program = compile('servers/minimal.c');
    const server = await programs.server(program, (port) => [String(port), REPLY]);
    return { ...targetOf([server]), dialect: 'motd' };
  },
};
