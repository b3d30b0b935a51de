// Bridges that relay between WebSocket and TCP, all to the same echo server.

import { spawnSync } from 'node:child_process';
import { tlsFile } from '../../testing/tlsFile.ts';
import { type Contestant, type Found, findCommand } from '../contestant.ts';
import { type LoadTarget, targetOf } from '../loads/loadTarget.ts';
import type { Programs, RunningProgram } from '../programs.ts';
import { OURS, ourVersion, startBridge } from './motd.ts';

export interface BridgeKind {
  name: string;
  find(): Found;
  start(programs: Programs, targetPort: number): Promise<RunningProgram>;
  /** How many sessions it can have. */
  maxSessions: number;
}

export const ourBridge: BridgeKind = {
  name: OURS,
  find: ourVersion,
  start: (programs, port) => startBridge(programs, `127.0.0.1:${port}`),
  maxSessions: 1_000,
};

export const websockify: BridgeKind = {
  name: 'websockify',
  find() {
    const install = 'on Debian: apt-get install websockify';
    const found = findCommand('websockify', ['--help'], /(Usage)/, install);
    return 'missing' in found ? found : { version: packageVersion('websockify') };
  },
  start: (programs, target) =>
    programs.server('websockify', (port) => [`127.0.0.1:${port}`, `127.0.0.1:${target}`]),
  // Its main process keeps two descriptors for each, and select() accepts none above 1,023.
  maxSessions: 500,
};

/** Bridges whose target is an echo server with TLS. Only ours verifies its certificate. */
const TLS_BRIDGES: readonly BridgeKind[] = [
  {
    ...ourBridge,
    start: (programs, port) =>
      startBridge(programs, `127.0.0.1:${port}+tls`, '--target-ca', tlsFile('cert')),
  },
  {
    ...websockify,
    start: (programs, target) =>
      programs.server('websockify', (port) => [
        '--ssl-target',
        `127.0.0.1:${port}`,
        `127.0.0.1:${target}`,
      ]),
  },
];

export const tlsRelays = TLS_BRIDGES.map((kind) => running(kind, startTlsEcho));

/** The echo server that all bridges of a part have as their target. */
export function startEcho(programs: Programs): Promise<RunningProgram> {
  return programs.script('echo');
}

function startTlsEcho(programs: Programs): Promise<RunningProgram> {
  return programs.script('tlsEcho');
}

/** A bridge that runs during the whole part. */
export function running(
  { name, find, start }: BridgeKind,
  startTarget = startEcho,
): Contestant<LoadTarget> {
  return {
    name,
    find,
    async start(programs) {
      const { port } = await programs.shared(startTarget);
      return targetOf([await start(programs, port)], true);
    },
  };
}

/** What the load reaches with the same frames and no bridge in between. */
export const noBridge: Contestant<LoadTarget> = {
  name: 'no bridge',
  find: () => ({ version: '' }),
  start: async (programs) => targetOf([await programs.shared(startEcho)]),
};

/** Of Debian's package; the program does not print it. */
function packageVersion(name: string): string {
  const { stdout } = spawnSync('dpkg-query', ['--show', name], { encoding: 'utf8' });
  return stdout?.trim().split('\t')[1] ?? 'unknown version';
}
