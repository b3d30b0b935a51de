// Messages that are stored for good: on the disk before each reply.

import type { DialectServer } from '../contestants/dialectServer.ts';
import { ourServer, startServer } from '../contestants/motd.ts';
import { redis } from '../contestants/redis.ts';
import { DIALECTS } from '../loads/dialect.ts';
import { measureRoundTrips } from '../loads/roundTrips.ts';
import { comparison } from '../part.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

const SYNCED = ['--appendonly', 'yes', '--appendfsync', 'always'];

export const store = comparison<DialectServer>({
  name: 'store',
  title: 'MSGSTORE, synced',
  about:
    'Each message is on the disk before its reply. Redis runs `SET` with `appendfsync always`. Both store in the same folder of the checkout.',
  contestants: [
    ourServer((programs) => startServer(programs, `file:${temporaryFolder()}`)),
    redis(() => [...SYNCED, '--dir', temporaryFolder()]),
  ],
  loads: [50, 1].map((connections) => ({
    rows: [{ title: `clients: ${connections}`, unit: 'stores/s', per: 'store' }],
    measure: async (target, seconds) => [
      await measureRoundTrips(
        target,
        { ...DIALECTS[target.dialect].store, connections, inFlight: 1 },
        seconds,
      ),
    ],
  })),
});
