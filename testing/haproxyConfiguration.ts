// deploy/container/haproxy.cfg, with ports of this machine instead of the names of containers.

import { replaceParts } from './docs.ts';

export interface HaproxyPorts {
  /** For clients. */
  port: number;
  /** For the bridge, which sends PROXY headers. */
  proxyPort: number;
  /** The page. */
  httpPort: number;
  bridgePort: number;
  metricsPort: number;
}

export interface HaproxyServer {
  port: number;
  healthPort: number;
}

/**
 * @param template The text of deploy/container/haproxy.cfg.
 * @throws If the template lacks an expected line.
 */
export function haproxyConfiguration(
  template: string,
  ports: HaproxyPorts,
  servers: readonly HaproxyServer[],
): string {
  const local = (port: number) => `127.0.0.1:${port}`;
  return replaceParts(template, [
    ...servers.map(({ port, healthPort }, index): [string, string] => {
      const name = `server${index + 1}`;
      return [
        `server ${name} ${name}:26310 check port 26320`,
        `server ${name} ${local(port)} check port ${healthPort}`,
      ];
    }),
    ['bind :26310', `bind ${local(ports.port)}`],
    ['bind :26311', `bind ${local(ports.proxyPort)}`],
    ['bind :8080', `bind ${local(ports.httpPort)}`],
    ['bind :8404', `bind ${local(ports.metricsPort)}`],
    ['bridge:8080', local(ports.bridgePort)],
  ]);
}
