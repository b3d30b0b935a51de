// The server with the etcd store: what reading, telling and storing cost where several machines
// share the message.

import { EtcdCluster } from '../testing/etcd.ts';
import { compareWithMemory } from './versusMemory.ts';
import { compareWithPuts } from './versusPuts.ts';
import { compareWatching } from './watchers.ts';

/** @param command What etcd is called here; empty where there is none. */
export async function measureEtcd(command: string): Promise<void> {
  if (command === '') return console.log('\nThere is no etcd here: what needs it is left out.');

  const etcd = await EtcdCluster.start({ command, usesDefaults: true });
  try {
    await compareWithMemory(etcd);
    await compareWatching(etcd);
    await compareWithPuts(etcd, command.replace(/etcd$/, 'etcdctl'));
  } finally {
    await etcd.close();
  }
}
