// The etcd of the tests themselves (testing/etcd.ts): every fault has the effect that other tests
// rely on.

import { once } from 'node:events';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  type FaultScope,
  isWithoutEtcd,
  LocalEtcd,
  type LocalEtcdOptions,
} from '../../testing/etcd.ts';
import type { NetworkFault } from '../../testing/forwarder.ts';
import { HANG_LIMIT_MS } from '../../testing/hangLimit.ts';
import { scaled } from '../../testing/scale.ts';
import { test as base, expect, QUICK } from '../fixtures.ts';

base.skip(isWithoutEtcd, 'no etcd on this machine');

const CUTS: [NetworkFault, FaultScope][] = [
  ['rejects', 'all'],
  ['drops', 'peers'],
  ['rejects', 'peers'],
  ['drops', 'all'],
];

/**
 * How long to wait for an answer that must not come: any duration shows that nothing gets through.
 */
const SILENT_MS = 2000;

interface Clusters {
  start(options?: LocalEtcdOptions): Promise<LocalEtcd>;
}

const test = base.extend<Clusters>({
  // `cleanup` is torn down later, and could not stop programs that are paused.
  start: async ({ cleanup: _ }, use) => {
    const clusters: LocalEtcd[] = [];
    await use(async (options) => {
      const cluster = await LocalEtcd.start(options);
      clusters.push(cluster);
      return cluster;
    });
    await Promise.all(clusters.map((cluster) => cluster.close()));
  },
});

test('keeps what a majority stored, for every member and every way to fail', async ({ start }) => {
  const cluster = await start();
  await cluster.gateway.put('key', 'first');

  const killed = await cluster.leader();
  await cluster.kill(killed);
  await cluster.leader(killed);
  await cluster.gateway.put('key', 'without the first leader');
  cluster.restart(killed);
  await cluster.healthy();
  expect(await cluster.gateway.get('key', killed)).toBe('without the first leader');

  const paused = await cluster.leader();
  cluster.pause(paused);
  await cluster.leader(paused);
  cluster.resume(paused);
  await cluster.healthy();

  await cluster.killAll();
  await expect(cluster.gateway.get('key')).rejects.toThrow();
  cluster.startAll();
  await cluster.healthy();
  expect(await cluster.gateway.get('key')).toBe('without the first leader');
});

test('replaces a leader that is cut off, which catches up when it is healed', async ({ start }) => {
  const cluster = await start();
  const { endpoints } = await cluster.link();
  for (const [how, from] of CUTS.slice(0, scaled(2, 4))) {
    const cut = await cluster.leader();
    cluster.cutOff(cut, how, from);
    await cluster.leader(cut);
    await cluster.gateway.put('key', `${how}, ${from}`);
    await expect(cluster.gateway.get('key', cut)).rejects.toThrow();
    if (from === 'all') await expect(healthThrough(endpoints[cut], SILENT_MS)).rejects.toThrow();
    else expect(await healthThrough(endpoints[cut])).toBe('false');

    cluster.heal(cut);
    await cluster.healthy();
    expect(await cluster.gateway.get('key', cut)).toBe(`${how}, ${from}`);
    expect(await healthThrough(endpoints[cut])).toBe('true');
  }
});

test('a cut link reaches no member, and another link still does', async ({ start }) => {
  const cluster = await start({ members: 1 });
  const [one, other] = [await cluster.link(), await cluster.link()];
  for (const how of ['rejects', 'drops'] as const) {
    one.cut(how);
    await expect(healthThrough(one.endpoints[0], SILENT_MS)).rejects.toThrow();
    expect(await healthThrough(other.endpoints[0])).toBe('true');
    one.heal();
    expect(await healthThrough(one.endpoints[0])).toBe('true');
  }
});

test('removes compacted revisions', QUICK, async ({ start }) => {
  const cluster = await start({ members: 1 });
  await cluster.gateway.put('key', 'old');
  const old = await cluster.gateway.revision();
  await cluster.gateway.put('key', 'new');
  await cluster.gateway.compact();
  await cluster.gateway.defragment(0);
  const reading = cluster.gateway.call('/v3/kv/range', { key: 'a2V5', revision: String(old) });
  await expect(reading).rejects.toThrow(/compacted/);
  expect(await cluster.gateway.range('k')).toMatchObject([{ key: 'key', value: 'new' }]);
});

test('serves nothing without TLS and the password', async ({ start }) => {
  const cluster = await start({ members: 1, tls: true, rootPassword: 'a password' });
  await cluster.gateway.put('key', 'guarded');
  expect(await cluster.gateway.get('key')).toBe('guarded');
  const [endpoint] = cluster.endpoints;
  await expect(fetch(`http://${endpoint}/health`)).rejects.toThrow();
  await expect(fetch(`https://${endpoint}/health`)).rejects.toThrow();
});

/** The health that a member reports, on a connection of its own. */
async function healthThrough(
  endpoint: string | undefined,
  withinMs = HANG_LIMIT_MS,
): Promise<unknown> {
  const request = get(`http://${endpoint}/health`, { agent: false });
  request.setTimeout(withinMs, () => request.destroy(new Error('no answer in time')));
  const [response] = await once(request, 'response');
  const { health } = JSON.parse(await text(response));
  return health;
}
