// This program's server and bridge, started as in README.md, but silent, and without the limits
// that a load from one source would reach.

import { spawnSync } from 'node:child_process';
import type { Contestant, Found } from '../contestant.ts';
import { type LoadTarget, targetOf } from '../loads/loadTarget.ts';
import { MOTD, type Programs, type RunningProgram } from '../programs.ts';
import type { DialectServer } from './dialectServer.ts';

export const OURS = 'MOTD Terminal';

const SILENT = ['--log', 'silent'];
const NO_CONNECTION_LIMITS = [
  '--max-connections',
  '100000',
  '--max-connections-per-source',
  '100000',
];
const NO_SESSION_LIMITS = ['--max-sessions-per-source', '5000', '--max-message-rate', '0'];

/** @param store As in `--store`. */
export function startServer(
  programs: Programs,
  store = 'memory:',
  ...flags: string[]
): Promise<RunningProgram> {
  const given = ['--port', '0', '--store', store, ...SILENT, ...NO_CONNECTION_LIMITS, ...flags];
  return programs.motd('serve', ...given);
}

/** @param target As in `--target`, without the name. */
export async function startBridge(
  programs: Programs,
  target: string,
  ...flags: string[]
): Promise<RunningProgram> {
  const given = ['--target', `motd=${target}`, '--http-port', '0', ...SILENT];
  return programs.motd('bridge', ...given, ...NO_SESSION_LIMITS, ...flags);
}

/** A server and a bridge in front of it, which sends the PROXY header: as `motd up` runs them. */
export async function startBoth(programs: Programs): Promise<LoadTarget> {
  const server = await startServer(programs, 'memory:', '--trust-proxy', '127.0.0.1');
  const bridge = await startBridge(programs, `127.0.0.1:${server.port}+proxy`);
  return { ports: [bridge.port], pids: [bridge.pid, server.pid], isBridge: true };
}

/** @param start Starts one server. */
export function ourServer(
  start: (programs: Programs) => Promise<RunningProgram> = startServer,
  name = OURS,
): Contestant<DialectServer> {
  return {
    name,
    find: ourVersion,
    start: async (programs) => ({ ...targetOf([await start(programs)]), dialect: 'motd' }),
  };
}

export function ourVersion(): Found {
  const { stdout } = spawnSync(process.execPath, [MOTD, '--version'], { encoding: 'utf8' });
  return { version: stdout.trim() };
}
