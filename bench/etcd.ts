// The server with the etcd store: the cost of reading, watching and storing if several machines
// share the message.

import { LocalEtcd } from '../testing/etcd.ts';
import { compareWithMemory } from './versusMemory.ts';
import { compareWithPuts } from './versusPuts.ts';
import { compareWatching } from './watchers.ts';

/** @param command The name of etcd; empty if it is not installed. */
export async function measureEtcd(command: string): Promise<void> {
  if (command === '') return console.log('\netcd is not installed: skipping what needs it.');

  const etcd = await LocalEtcd.start({ command, usesDefaults: true });
  try {
    await compareWithMemory(etcd);
    await compareWatching(etcd);
    await compareWithPuts(etcd, command.replace(/etcd$/, 'etcdctl'));
  } finally {
    await etcd.close();
  }
}
