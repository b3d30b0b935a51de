// Hosts that log in: a connection for each message.

import type { DialectServer } from '../contestants/dialectServer.ts';
import { minimalC, minimalNode } from '../contestants/minimal.ts';
import { ourServer } from '../contestants/motd.ts';
import { redis } from '../contestants/redis.ts';
import { DIALECTS } from '../loads/dialect.ts';
import { CONCURRENT_LOGINS, measureLogins } from '../loads/logins.ts';
import { comparison, type Load } from '../part.ts';

export const loginStorm: Load<DialectServer> = {
  rows: [
    {
      title: `connect, MSGGET, QUIT, ${CONCURRENT_LOGINS} at a time`,
      unit: 'logins/s',
      per: 'login',
    },
  ],
  measure: async (target, seconds) => [
    await measureLogins(target, DIALECTS[target.dialect], seconds),
  ],
};

export const logins = comparison({
  name: 'logins',
  title: 'Login storm',
  about:
    "Clients that each connect, request the message, quit, and wait until the server has closed. `minimal Node` and `minimal C` answer each line with the same bytes, and do nothing else; the C program is the kernel's floor.",
  contestants: [ourServer(), minimalNode, redis(), minimalC],
  loads: [loginStorm],
});
