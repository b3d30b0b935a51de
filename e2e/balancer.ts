// A real load balancer in front of several message servers: HAProxy with the configuration of
// deploy/container.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Program } from '../testing/programs.ts';
import { edited } from './readme.ts';

const HAPROXY_CFG = new URL('../deploy/container/haproxy.cfg', import.meta.url);

const POLL_INTERVAL_MS = 50;

export interface Backend {
  port: number;
  healthPort: number;
}

export interface BalancerPorts {
  /** For clients. */
  port: number;
  /** For the bridge, which says whom it speaks for. */
  proxyPort: number;
  /** The page. */
  httpPort: number;
  bridgePort: number;
  metricsPort: number;
}

/** Empty where scripts/tools.mjs found none and could install none. */
export const haproxyCommand = process.env['MOTD_TEST_HAPROXY'] ?? 'haproxy';

/** Starts it, and settles once it has found each server well. */
export async function startBalancer(
  folder: string,
  ports: BalancerPorts,
  servers: readonly Backend[],
): Promise<Program> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, haproxyConfiguration(ports, servers));
  const program = new Program(haproxyCommand, ['-db', '-f', file]);
  while ((await serversUp(ports.metricsPort)) < servers.length) {
    if (program.process.exitCode !== null) throw new Error(program.stderr);
    await setTimeout(POLL_INTERVAL_MS);
  }
  return program;
}

async function serversUp(metricsPort: number): Promise<number> {
  const metrics = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).catch(() => undefined);
  const text = (await metrics?.text()) ?? '';
  const up = /^haproxy_server_check_status\{proxy="servers",.*state="L7OK"\} 1$/gm;
  return text.match(up)?.length ?? 0;
}

function haproxyConfiguration(ports: BalancerPorts, servers: readonly Backend[]): string {
  return edited(readFileSync(HAPROXY_CFG, 'utf8'), [
    ...servers.map(({ port, healthPort }, index): [string, string] => {
      const name = `server${index + 1}`;
      return [
        `server ${name} ${name}:26310 check port 26320`,
        `server ${name} 127.0.0.1:${port} check port ${healthPort}`,
      ];
    }),
    ['bind :26310', `bind 127.0.0.1:${ports.port}`],
    ['bind :26311', `bind 127.0.0.1:${ports.proxyPort}`],
    ['bind :8080', `bind 127.0.0.1:${ports.httpPort}`],
    ['bind :8404', `bind 127.0.0.1:${ports.metricsPort}`],
    ['bridge:8080', `127.0.0.1:${ports.bridgePort}`],
  ]);
}
