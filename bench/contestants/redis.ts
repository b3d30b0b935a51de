// Redis, which holds the message under one key.

import { type Contestant, findCommand } from '../contestant.ts';
import { MESSAGE, REDIS_KEY, resp } from '../loads/dialect.ts';
import { send } from '../loads/exchange.ts';
import { LoadConnection } from '../loads/loadConnection.ts';
import { targetOf } from '../loads/loadTarget.ts';
import type { Programs, RunningProgram } from '../programs.ts';
import type { DialectServer } from './dialectServer.ts';

const NO_LIMITS = ['--maxclients', '15000', '--save', ''];

/** @param flags Further ones, such as those for a store on disk. */
export function redis(
  flagsFor: () => string[] = () => ['--appendonly', 'no'],
): Contestant<DialectServer> {
  return {
    name: 'Redis',
    find: findRedis,
    start: async (programs) => ({
      ...targetOf([await startRedis(programs, flagsFor())]),
      dialect: 'redis',
    }),
  };
}

export function findRedis() {
  const install = 'on Debian: apt-get install redis-server';
  return findCommand('redis-server', ['--version'], /v=(\S+)/, install);
}

/** Starts it with the message of a new server. */
export async function startRedis(
  programs: Programs,
  flags: readonly string[] = [],
): Promise<RunningProgram> {
  const server = await programs.server(findRedis().command, (port) => [
    ...['--port', String(port), '--bind', '127.0.0.1', '--loglevel', 'warning'],
    ...NO_LIMITS,
    ...flags,
  ]);
  const connection = await LoadConnection.open(server.port);
  await send(connection, {
    request: Buffer.from(resp('SET', REDIS_KEY, MESSAGE)),
    replyBytes: '+OK\r\n'.length,
  });
  connection.destroy();
  return server;
}
