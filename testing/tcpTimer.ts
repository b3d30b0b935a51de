// Which timer the kernel runs for a TCP connection over IPv4 on this machine (Linux).

import { existsSync, readFileSync } from 'node:fs';

const TCP_SOCKETS = '/proc/net/tcp';

export const hasTcpTimers = existsSync(TCP_SOCKETS);

/** Of the column `tr` (proc_pid_net(5) names it; Linux, net/ipv4/tcp_ipv4.c, get_tcp4_sock). */
export const KEEPALIVE_TIMER = '02';

/** @returns `undefined` if there is no connection from one port to the other. */
export function tcpTimer(localPort = 0, remotePort = 0): string | undefined {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
  const addresses = new RegExp(`:${hex(localPort)} \\S+:${hex(remotePort)} .. \\S+ (..):`);
  return addresses.exec(readFileSync(TCP_SOCKETS, 'latin1'))?.[1];
}
