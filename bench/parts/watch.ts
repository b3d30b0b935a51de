// One message to many watchers.

import { maxDescriptors } from '../../testing/procFs.ts';
import type { Contestant } from '../contestant.ts';
import type { DialectServer } from '../contestants/dialectServer.ts';
import { ourServer } from '../contestants/motd.ts';
import { redis } from '../contestants/redis.ts';
import { measureUpdate, type Watched, watch } from '../loads/update.ts';
import { comparison, type Load } from '../part.ts';
import { hasProcFs } from '../processes.ts';

const MANY = 10_000;
/** Reserved for everything that a process has open besides watchers. */
const OTHER_DESCRIPTORS = 100;

/** Fewer if a process may not open that many connections. */
export const WATCHERS = Math.min(
  MANY,
  hasProcFs ? maxDescriptors() - OTHER_DESCRIPTORS : Number.POSITIVE_INFINITY,
);

const TITLES = ['acknowledged', 'the first has it', 'half of them have it', 'the last has it'];

export const oneUpdate: Load<Watched> = {
  rows: TITLES.map((title) => ({ title, unit: 'ms', per: 'watcher' })),
  // It is over in less than half a second.
  rounds: (rounds) => 3 * rounds,
  measure: measureUpdate,
};

/** A server and its watchers. */
export function watched(server: Contestant<DialectServer>): Contestant<Watched> {
  return {
    ...server,
    async start(programs) {
      const target = await server.start(programs);
      return watch(programs, target, target.dialect, WATCHERS);
    },
  };
}

export const watching = comparison({
  name: 'watch',
  title: `One message to ${WATCHERS.toLocaleString('en')} watchers`,
  about:
    'From sending a message until a watcher has it, in a process that reads all connections. The message is kept in memory; Redis publishes it, and keeps nothing.',
  contestants: [watched(ourServer()), watched(redis())],
  loads: [oneUpdate],
});
