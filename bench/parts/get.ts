// One message, printed by a process of its own: what happens at every login.

import { fileURLToPath } from 'node:url';
import { ROOT } from '../../testing/root.ts';
import { type Contestant, findCommand } from '../contestant.ts';
import { OURS, ourVersion, startServer } from '../contestants/motd.ts';
import { findRedis, startRedis } from '../contestants/redis.ts';
import { type Command, measureCommand } from '../loads/command.ts';
import { REDIS_KEY } from '../loads/dialect.ts';
import { comparison, type Load } from '../part.ts';
import { MOTD } from '../programs.ts';

const SHELL_CLIENT = fileURLToPath(new URL('deploy/motd-get', ROOT));

/** On a busy machine, the default of 2 s may be too short. */
const PATIENT = ['--timeout', '30'];

const motdGet: Contestant<Command> = {
  name: OURS,
  find: ourVersion,
  async start(programs) {
    const { port } = await startServer(programs);
    return {
      command: process.execPath,
      args: [MOTD, 'get', ...PATIENT, '127.0.0.1', String(port)],
    };
  },
};

/** The least that a program in this language takes. */
const bareNode: Contestant<Command> = {
  name: 'node -e 0',
  find: () => ({ version: '' }),
  start: async () => ({ command: process.execPath, args: ['-e', '0'] }),
};

const redisCli: Contestant<Command> = {
  name: 'redis-cli get',
  find() {
    const server = findRedis();
    return 'missing' in server ? server : findRedisCli();
  },
  async start(programs) {
    const { port } = await startRedis(programs);
    return { command: findRedisCli().command, args: ['-p', String(port), 'get', REDIS_KEY] };
  },
};

const shellClient: Contestant<Command> = {
  name: `${OURS}, shell client`,
  find: ourVersion,
  async start(programs) {
    const { port } = await startServer(programs);
    return { command: SHELL_CLIENT, args: ['127.0.0.1', String(port)] };
  },
};

const wholeProcess = (title: string): Load<Command> => ({
  rows: [{ title, unit: 'ms', per: 'process' }],
  measure: async (command) => [await measureCommand(command)],
});

export const get = comparison({
  name: 'get',
  title: 'motd get',
  about: 'The command that runs at every login, from the start of its process to the end.',
  contestants: [motdGet, bareNode, redisCli],
  loads: [wholeProcess('print the message, whole process')],
});

export const shellGet = comparison({
  name: 'get',
  title: 'The shell client',
  about: 'The same with `motd-get`, a client for the shell that needs no Node.',
  contestants: [shellClient, redisCli, motdGet],
  loads: [wholeProcess('print the message, whole process')],
});

function findRedisCli() {
  const install = 'on Debian: apt-get install redis-tools';
  return findCommand('redis-cli', ['--version'], /redis-cli (\S+)/, install);
}
