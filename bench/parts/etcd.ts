// The server with the etcd store: the cost of reading, watching and storing if several machines
// share the message.

import { LocalEtcd } from '../../testing/etcd.ts';
import { type Contestant, findCommand } from '../contestant.ts';
import type { DialectServer } from '../contestants/dialectServer.ts';
import { ourServer, ourVersion, startServer } from '../contestants/motd.ts';
import { DIALECTS } from '../loads/dialect.ts';
import { type LoadTarget, targetOf } from '../loads/loadTarget.ts';
import { PlainPuts } from '../loads/plainPuts.ts';
import { measureRoundTrips } from '../loads/roundTrips.ts';
import { comparison } from '../part.ts';
import type { Programs } from '../programs.ts';
import type { Sample } from '../result.ts';
import { loginStorm } from './logins.ts';
import { requests } from './msgget.ts';
import { oneUpdate, WATCHERS, watched } from './watch.ts';

const memoryStore = ourServer(startServer, 'memory');

export const etcdReading = comparison({
  name: 'etcd',
  title: 'Reading with etcd',
  about:
    'The same requests to a server that shares its message in etcd, and to one that keeps it in memory. Three etcd members run on the same machine.',
  contestants: [etcdServers('etcd', 1), memoryStore],
  loads: [requests(50, 1), loginStorm],
});

export const etcdWatching = comparison({
  name: 'etcd',
  title: `One message to ${WATCHERS.toLocaleString('en')} watchers with etcd`,
  about:
    'As above, with one server and with three that share an etcd. The message is stored through the first.',
  contestants: [
    watched(etcdServers('one server', 1)),
    watched(etcdServers('three servers', 3)),
    watched(memoryStore),
  ],
  loads: [oneUpdate],
});

/** What stores messages, or puts values. */
interface Storing {
  measure(clients: number, seconds: number): Promise<Sample>;
}

export const etcdStoring = comparison<Storing>({
  name: 'etcd',
  title: 'MSGSTORE with etcd',
  about:
    'Clients that each wait for `200 OK`. `plain puts` are as many connections that each put a value of the same size into etcd, compare nothing, and notify no one.',
  contestants: [
    storing(etcdServers('one server', 1)),
    storing(etcdServers('three servers', 3)),
    plainPuts(),
  ],
  loads: [50, 1].map((clients) => ({
    rows: [{ title: `clients: ${clients}`, unit: 'stores/s', per: 'store' }],
    measure: async (target, seconds) => [await target.measure(clients, seconds)],
  })),
});

/** Servers that share one store. Each uses a member that it chose at random. */
function etcdServers(name: string, count: number): Contestant<DialectServer> {
  return {
    name,
    find: () => ('missing' in findEtcd() ? findEtcd() : ourVersion()),
    async start(programs) {
      const etcd = await programs.shared(startEtcd);
      const servers = [];
      // A store of their own, which is empty.
      const url = etcd.storeUrl(`${count}-${Math.random()}`);
      while (servers.length < count) servers.push(await startServer(programs, url));
      return { ...targetOf(servers), dialect: 'motd' };
    },
  };
}

function storing(servers: Contestant<LoadTarget>): Contestant<Storing> {
  return {
    ...servers,
    async start(programs) {
      const target = await servers.start(programs);
      return {
        measure: (connections, seconds) =>
          measureRoundTrips(target, { ...DIALECTS.motd.store, connections, inFlight: 1 }, seconds),
      };
    },
  };
}

/** Values of the size of a message, put into etcd with the library that the server uses. */
function plainPuts(): Contestant<Storing> {
  return {
    name: 'plain puts',
    find: findEtcd,
    async start(programs) {
      const etcd = await programs.shared(startEtcd);
      return {
        async measure(clients, seconds) {
          const puts = new PlainPuts(etcd.endpoints, clients);
          try {
            return await puts.measure(seconds);
          } finally {
            puts.close();
          }
        },
      };
    },
  };
}

/** Three members, as on three machines, but with one disk. */
async function startEtcd(programs: Programs): Promise<LocalEtcd> {
  const etcd = await LocalEtcd.start({ command: findEtcd().command, usesDefaults: true });
  programs.defer(() => etcd.close());
  return etcd;
}

function findEtcd() {
  const install = 'on Debian: apt-get install etcd-server';
  return findCommand('etcd', ['--version'], /etcd Version: (3\.(?:[4-9]|\d\d)\.\S+)/, install);
}
