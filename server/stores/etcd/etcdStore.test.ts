// The store that several servers share, on a real etcd. What every store promises is in
// store.test.ts; what it does when etcd fails in a cluster is in e2e/reliability/etcd.spec.ts.

import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  certificateFile,
  EtcdCluster,
  type EtcdOptions,
  isWithoutEtcd,
} from '../../../testing/etcd.ts';
import type { MessageStore, StoreEvent } from '../store.ts';
import type { EtcdCredentials } from './etcdCredentials.ts';
import { openEtcdStore } from './etcdStore.ts';

interface Opened {
  store: MessageStore;
  events: StoreEvent[];
}

const AFTER_A_WHILE = { timeout: 30_000 };

let prefixes = 0;
/** One that no other test has used. */
function newPrefix(): string {
  return `/motd-${++prefixes}`;
}

interface OpenOptions {
  historyLimit?: number;
  etcd?: EtcdCredentials;
}

async function open(
  endpoints: readonly string[],
  prefix: string,
  { historyLimit = 1000, etcd }: OpenOptions = {},
): Promise<Opened> {
  const events: StoreEvent[] = [];
  const store = await openEtcdStore(`etcd://${endpoints.join(',')}${prefix}`, {
    initialMessage: 'first',
    historyLimit,
    etcd,
    log: (event) => events.push(event),
  });
  onTestFinished(() => store.close());
  return { store, events };
}

function historyOf({ history }: MessageStore): (string | undefined)[] {
  const messages: (string | undefined)[] = [];
  for (let number = history.first; number <= history.last; number++) {
    messages.push(history.at(number)?.message);
  }
  return messages;
}

async function started(options: EtcdOptions): Promise<EtcdCluster> {
  const cluster = await EtcdCluster.start(options);
  onTestFinished(() => cluster.close());
  return cluster;
}

describe.skipIf(isWithoutEtcd)('on one etcd', () => {
  let etcd: EtcdCluster;
  beforeAll(async () => {
    etcd = await EtcdCluster.start({ members: 1 });
  });
  afterAll(() => etcd?.close());

  test('what one stores, the other reads, and hears of', async () => {
    const prefix = newPrefix();
    const one = await open(etcd.endpoints, prefix);
    const other = await open(etcd.endpoints, prefix);
    await one.store.store('from one');
    await expect.poll(() => other.store.message).toBe('from one');
    await other.store.store('from the other');
    await expect.poll(() => one.store.message).toBe('from the other');
    expect(historyOf(one.store)).toEqual(['from one', 'from the other']);
    expect(other.events).toEqual([{ event: 'updatedRemotely', message: 'from one' }]);
    expect(one.events).toEqual([{ event: 'updatedRemotely', message: 'from the other' }]);
  });

  test('who comes later finds it all, page after page', async () => {
    const prefix = newPrefix();
    const messages = Array.from({ length: 700 }, (_, index) => `message ${index}`);
    const one = await open(etcd.endpoints, prefix);
    await Promise.all(messages.map((message) => one.store.store(message)));
    expect(historyOf((await open(etcd.endpoints, prefix)).store)).toEqual(messages);
    const short = await open(etcd.endpoints, prefix, { historyLimit: 2 });
    expect(historyOf(short.store)).toEqual(['message 698', 'message 699']);
    expect(short.store.history.last).toBe(700);
  });

  test('several that store at once stand in one order, the same for all, each of them once', async () => {
    const prefix = newPrefix();
    const all = [
      await open(etcd.endpoints, prefix),
      await open(etcd.endpoints, prefix),
      await open(etcd.endpoints, prefix),
    ];
    const messages = (name: number) =>
      Array.from({ length: 50 }, (_, index) => `${name}: ${index}`);
    await Promise.all(
      all.flatMap(({ store }, name) => messages(name).map((message) => store.store(message))),
    );
    const [first, ...others] = all;
    await expect.poll(() => first?.store.history.last).toBe(150);
    const history = first ? historyOf(first.store) : [];
    for (const { store } of others) await expect.poll(() => historyOf(store)).toEqual(history);
    for (const name of all.keys()) {
      expect(history.filter((message) => message?.startsWith(`${name}:`))).toEqual(messages(name));
    }
  });

  test('etcd keeps no more than it has to', async () => {
    const prefix = newPrefix();
    const { store } = await open(etcd.endpoints, prefix, { historyLimit: 10 });
    const messages = Array.from({ length: 400 }, (_, index) => `message ${index}`);
    await Promise.all(messages.slice(0, 399).map((message) => store.store(message)));
    await store.store('message 399');
    expect(historyOf(store)).toEqual(messages.slice(-10));
    const kept = await etcd.gateway.range(`${prefix}/entries/`);
    expect(kept.length).toBe(10);
    expect(kept.at(-1)?.key).toBe(`${prefix}/entries/000000000400`);
  });

  test('an answer that is lost is found out, and the message stands there once', async () => {
    const prefix = newPrefix();
    const line = await oneWay(etcd);
    const { store, events } = await open([line.endpoint], prefix);
    await store.store('before');
    line.hideAnswers(true);
    const stored = store.store('told nobody');
    await expect.poll(() => etcd.gateway.get(`${prefix}/head`)).toMatch(/^2 /);
    line.hideAnswers(false);
    await stored;
    expect(historyOf(store)).toEqual(['before', 'told nobody']);
    expect(await etcd.gateway.get(`${prefix}/head`)).toMatch(/^2 /);
    expect(events.filter(({ event }) => event === 'storeConfirmedLate')).toEqual([]);
  });

  test('it is found out as well where so many have stored since that the head names others', async () => {
    const prefix = newPrefix();
    const line = await oneWay(etcd);
    const { store } = await open([line.endpoint], prefix);
    line.hideAnswers(true);
    const stored = store.store('told nobody');
    await expect.poll(() => etcd.gateway.get(`${prefix}/head`)).toMatch(/^1 /);
    const others = Array.from({ length: 64 }, (_, index) => `server${index}-1`);
    const entry = '2026-11-23T09:00:00.000Z server0-1 the last of many';
    await etcd.gateway.put(`${prefix}/entries/000000000002`, entry);
    await etcd.gateway.put(`${prefix}/head`, `2 ${others.join(' ')}`);
    line.hideAnswers(false);
    await stored;
    expect(historyOf(store)).toEqual(['told nobody', 'the last of many']);
    expect(await etcd.gateway.get(`${prefix}/head`)).toMatch(/^2 /);
  });

  test('one that nobody could settle in time is settled before anything else is stored', async () => {
    const prefix = newPrefix();
    const line = await oneWay(etcd);
    const { store, events } = await open([line.endpoint], prefix);
    await store.store('before');
    line.hideAnswers(true);
    await expect(store.store('told 503')).rejects.toThrow(/whether it was stored/);
    await expect.poll(() => store.freshness.outage).toMatch(/no answer/);
    await expect(store.store('never sent')).rejects.toThrow(/no answer/);
    expect(store.message).toBe('before');
    line.hideAnswers(false);
    await expect.poll(() => store.message).toBe('told 503');
    await expect
      .poll(() => events.map(({ event }) => event))
      .toEqual(
        expect.arrayContaining(['storeUnavailable', 'storeRecovered', 'storeConfirmedLate']),
      );
    await store.store('after');
    expect(historyOf(store)).toEqual(['before', 'told 503', 'after']);
    expect(events).toContainEqual({ event: 'storeConfirmedLate', message: 'told 503' });
  });

  test('one that was never made never will be, once something else is stored', async () => {
    const prefix = newPrefix();
    const cut = await etcd.link();
    const { store, events } = await open(cut.endpoints, prefix);
    await store.store('before');
    cut.cut('swallows');
    await expect(store.store('told 503')).rejects.toThrow();
    cut.heal();
    await expect.poll(() => store.freshness.outage).toBeUndefined();
    await store.store('after');
    expect(historyOf(store)).toEqual(['before', 'after']);
    expect(events.map(({ event }) => event)).not.toContain('storeConfirmedLate');
  });

  test('what was stored while one was away, and dropped by etcd, is read when it is back', async () => {
    const prefix = newPrefix();
    const cut = await etcd.link();
    const away = await open(cut.endpoints, prefix, { historyLimit: 5 });
    const here = await open(etcd.endpoints, prefix, { historyLimit: 5 });
    await here.store.store('before');
    await expect.poll(() => away.store.message).toBe('before');
    cut.cut('resets');
    const messages = Array.from({ length: 300 }, (_, index) => `message ${index}`);
    await Promise.all(messages.map((message) => here.store.store(message)));
    await etcd.gateway.compact();
    expect(away.store.message).toBe('before');
    cut.heal();
    await expect.poll(() => historyOf(away.store)).toEqual(messages.slice(-5));
    expect(away.store.history.last).toBe(301);
  });

  test('a compaction does not disturb a watch that is up to date', async () => {
    const prefix = newPrefix();
    const one = await open(etcd.endpoints, prefix);
    const other = await open(etcd.endpoints, prefix);
    await one.store.store('before');
    await etcd.gateway.compact();
    await one.store.store('after');
    await expect.poll(() => historyOf(other.store)).toEqual(['before', 'after']);
    expect(other.store.freshness.outage).toBeUndefined();
  });

  test('an etcd that has forgotten is not believed, whatever it holds then', async () => {
    const prefix = newPrefix();
    const { store } = await open(etcd.endpoints, prefix);
    await store.store('acknowledged');
    await removeAll(prefix);
    await expect.poll(() => store.freshness.outage).toMatch(/restored, or emptied/);
    const other = await open(etcd.endpoints, prefix);
    await other.store.store('anew');
    await other.store.store('and more');
    expect(store.message).toBe('acknowledged');
    await expect(store.store('more')).rejects.toThrow(/restored, or emptied/);
    expect(historyOf(other.store)).toEqual(['anew', 'and more']);
  });

  test('nor is one that forgot, and learnt anew, while nobody looked', async () => {
    const prefix = newPrefix();
    const cut = await etcd.link();
    const { store } = await open(cut.endpoints, prefix);
    await store.store('acknowledged');
    cut.cut('resets');
    await removeAll(prefix);
    const other = await open(etcd.endpoints, prefix);
    for (const message of ['anew', 'and', 'more']) await other.store.store(message);
    cut.heal();
    await expect.poll(() => store.freshness.outage).toMatch(/restored, or emptied/);
    expect(store.message).toBe('acknowledged');
  });

  test('what was dropped long since is known to have been made all the same', async () => {
    const prefix = newPrefix();
    const line = await oneWay(etcd);
    const one = await open([line.endpoint], prefix, { historyLimit: 1 });
    const other = await open(etcd.endpoints, prefix, { historyLimit: 1 });
    await one.store.store('before');
    line.hideAnswers(true);
    const stored = one.store.store('told nobody');
    await expect.poll(() => other.store.message).toBe('told nobody');
    const messages = Array.from({ length: 300 }, (_, index) => `message ${index}`);
    await Promise.all(messages.map((message) => other.store.store(message)));
    line.hideAnswers(false);
    await stored;
    await expect.poll(() => one.store.message).toBe('message 299');
    expect(one.events.filter(({ event }) => event !== 'updatedRemotely')).toEqual([]);
  });

  test('keys of others below the prefix disturb nobody', async () => {
    const prefix = newPrefix();
    const { store } = await open(etcd.endpoints, prefix);
    await store.store('before');
    await etcd.gateway.put(`${prefix}/entries/note`, 'somebody else’s');
    await etcd.gateway.put(`${prefix}/note`, 'somebody else’s');
    await store.store('after');
    expect(historyOf((await open(etcd.endpoints, prefix)).store)).toEqual(['before', 'after']);
  });

  test('members of two clusters are not one', async () => {
    const other = await started({ members: 1 });
    const both = [...etcd.endpoints, ...other.endpoints];
    await expect(open(both, newPrefix())).rejects.toThrow(/of another cluster than .*--store/);
  });

  test('a connection that was begun in vain is left for another, though nobody ends it', async () => {
    const line = await forgetful(etcd);
    const { store } = await open([line.endpoint], newPrefix());
    line.dropAll(true);
    await expect.poll(() => store.freshness.outage, AFTER_A_WHILE).toMatch(/no answer/);
    await expect.poll(() => line.dropped(), AFTER_A_WHILE).toBeGreaterThan(1);
    line.dropAll(false);
    await expect.poll(() => store.freshness.outage, AFTER_A_WHILE).toBeUndefined();
    await store.store('by another connection');
  }, 60_000);

  test('one of another cluster that comes in the place of ours is given nothing', async () => {
    const prefix = newPrefix();
    const [other, link] = [await started({ members: 1 }), await etcd.link()];
    const away = await other.link();
    away.cut('resets');
    const { store } = await open([...link.endpoints, ...away.endpoints], prefix);
    away.heal();
    link.cut('resets');
    await expect(store.store('not there')).rejects.toThrow();
    expect(await other.gateway.get(`${prefix}/head`)).toBeUndefined();
    expect(store.message).toBe('first');
  });

  test('a store that is closed before it knows what became of a message says so', async () => {
    const line = await oneWay(etcd);
    const { store, events } = await open([line.endpoint], newPrefix());
    await store.store('before');
    line.hideAnswers(true);
    await expect(store.store('told 503')).rejects.toThrow();
    await store.close();
    expect(events).toContainEqual({ event: 'storeOutcomeUnknown', message: 'told 503' });
  });

  test('what is not ours is refused at the start', async () => {
    const prefix = newPrefix();
    await etcd.gateway.put(`${prefix}/head`, 'somebody else’s');
    await expect(open(etcd.endpoints, prefix)).rejects.toThrow(/not ours.*--store/);
  });

  function removeAll(prefix: string) {
    return etcd.gateway.remove(`${prefix}/`);
  }

  /**
   * A line to etcd that may drop all there is, as a firewall does that has forgotten a connection:
   * those of that time never come to life again.
   */
  async function forgetful(cluster: EtcdCluster) {
    const [, port] = cluster.endpoints[0]?.split(':') ?? [];
    let isDropping = false;
    let dropped = 0;
    const alive = new Set<Socket>();
    const clients = new Set<Socket>();
    const server = createServer((client) => {
      clients.add(client.on('error', () => {}));
      if (isDropping) {
        dropped++;
        return;
      }
      const upstream = connect(Number(port), '127.0.0.1').on('error', () => {});
      alive.add(client);
      client.on('data', (bytes) => alive.has(client) && upstream.write(bytes));
      upstream.on('data', (bytes) => alive.has(client) && client.write(bytes));
      client.on('close', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
      for (const client of clients) client.destroy();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return {
      endpoint: `127.0.0.1:${address.port}`,
      dropped: () => dropped,
      dropAll(isToDrop: boolean) {
        isDropping = isToDrop;
        alive.clear();
      },
    };
  }

  /** A line to etcd that may lose what etcd answers, and nothing else. */
  async function oneWay(cluster: EtcdCluster) {
    const [, port] = cluster.endpoints[0]?.split(':') ?? [];
    let isHidden = false;
    const holed = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = connect(Number(port), '127.0.0.1');
      client.on('error', () => {}).on('close', () => upstream.destroy());
      upstream.on('error', () => {}).on('close', () => client.destroy());
      client.pipe(upstream);
      upstream.on('data', (bytes) => {
        if (isHidden) holed.add(client);
        else client.write(bytes);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return {
      endpoint: `127.0.0.1:${address.port}`,
      hideAnswers(hidden: boolean) {
        isHidden = hidden;
        // A stream that has lost bytes is of no use any more.
        for (const client of holed) client.destroy();
        holed.clear();
      },
    };
  }
});

describe.skipIf(isWithoutEtcd)('an etcd that lets in not everybody', () => {
  const user = { user: 'root', password: 'correct horse' };

  test('over TLS, with a user and a password', async () => {
    const cluster = await started({ members: 1, tls: true, rootPassword: user.password });
    const ca = readFileSync(certificateFile);
    const { store } = await open(cluster.endpoints, newPrefix(), {
      etcd: { tls: { ca }, auth: user },
    });
    await store.store('in private');
    expect(store.message).toBe('in private');

    const foreign = await elsewhere(cluster);
    await expect(
      open([foreign], newPrefix(), { etcd: { tls: { ca }, auth: user } }),
    ).rejects.toThrow(/cannot use etcd: 127\.0\.0\.2:\d+: .*not in the cert's list/);

    const wrong = { ...user, password: 'wrong' };
    const denied = open(cluster.endpoints, newPrefix(), { etcd: { tls: { ca }, auth: wrong } });
    await expect(denied).rejects.toThrow(/authentication failed/);
    await expect(open(cluster.endpoints, newPrefix(), { etcd: { tls: { ca } } })).rejects.toThrow(
      /cannot use etcd.*user name is empty/,
    );
  });
});

describe.skipIf(isWithoutEtcd)('an etcd that signs who is let in', () => {
  test('and whose users are changed, lets in who was let in before', async () => {
    const cluster = await started({ members: 1, rootPassword: 'correct horse', jwt: true });
    const prefix = newPrefix();
    await cluster.gateway.addUser('motd', 'battery staple', `${prefix}/`);
    const auth = { user: 'motd', password: 'battery staple' };
    const { store } = await open(cluster.endpoints, prefix, { etcd: { auth } });
    await store.store('before');
    await cluster.gateway.addUser('other', 'paper clip', '/other/');
    await store.store('after');
    expect(historyOf(store)).toEqual(['before', 'after']);

    const elsewhere = open(cluster.endpoints, '/other', { etcd: { auth } });
    await expect(elsewhere).rejects.toThrow(/permission denied; .*readwrite on the prefix/);
  });
});

/** The same etcd at an address that its certificate does not name. */
async function elsewhere(cluster: EtcdCluster): Promise<string> {
  const [, port] = cluster.endpoints[0]?.split(':') ?? [];
  const server = createServer((client) => {
    const upstream = connect(Number(port), '127.0.0.1');
    client.on('error', () => {}).pipe(upstream);
    upstream.on('error', () => {}).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `127.0.0.2:${address.port}`;
}

test('an etcd that is not there is told in one line, and by its address', async () => {
  await expect(open(['127.0.0.1:1'], newPrefix())).rejects.toThrow(
    'cannot use etcd: 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1; check --store',
  );
});
