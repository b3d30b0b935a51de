// A real load balancer in front of several message servers: HAProxy with the configuration of
// deploy/container.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type HaproxyPorts,
  type HaproxyServer,
  haproxyConfiguration,
} from '../testing/haproxyConfiguration.ts';
import { Program } from '../testing/programs.ts';
import { waitForHttp } from '../testing/waitForHttp.ts';

const HAPROXY_CFG = new URL('../deploy/container/haproxy.cfg', import.meta.url);

/** Empty if scripts/tools.mjs found no HAProxy and could not install one. */
export const haproxyCommand = process.env['MOTD_TEST_HAPROXY'] ?? 'haproxy';

/** Whether tests that need HAProxy are skipped; in CI they never are. */
export const isWithoutHaproxy = haproxyCommand === '' && process.env['CI'] === undefined;

/** Starts HAProxy, and resolves once it has found every server healthy. */
export async function startBalancer(
  folder: string,
  ports: HaproxyPorts,
  servers: readonly HaproxyServer[],
): Promise<Program> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, haproxyConfiguration(readFileSync(HAPROXY_CFG, 'utf8'), ports, servers));
  const program = new Program(haproxyCommand, ['-db', '-f', file]);
  await waitForHttp(`http://127.0.0.1:${ports.metricsPort}/metrics`, {
    isReady: (metrics) => healthyServersIn(metrics) >= servers.length,
    check: () => {
      if (program.process.exitCode !== null) throw new Error(program.stderr);
    },
  });
  return program;
}

function healthyServersIn(metrics: string): number {
  const healthy = /^haproxy_server_check_status\{proxy="servers",.*state="L7OK"\} 1$/gm;
  return metrics.match(healthy)?.length ?? 0;
}
