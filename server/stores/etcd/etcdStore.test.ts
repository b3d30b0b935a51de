// The shared store, on a real etcd. store.test.ts holds the tests that every store must pass;
// e2e/reliability/etcd.spec.ts tests failures of a cluster of several members.

import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { formatEndpoint, listeningEndpoint } from '../../../access/endpoint.ts';
import {
  certificateFile,
  isWithoutEtcd,
  LocalEtcd,
  type LocalEtcdOptions,
} from '../../../testing/etcd.ts';
import { MessageInForce } from '../../messageInForce.ts';
import { messageIn, messagesIn, storeIn } from '../store.harness.ts';
import type { MessageStore, StoreEvent } from '../store.ts';
import type { EtcdCredentials } from './etcdCredentials.ts';
import { openEtcdStore } from './etcdStore.ts';

interface OpenedEtcdStore {
  store: MessageStore;
  events: StoreEvent[];
}

const SLOW_POLL = { timeout: 30_000 };

let prefixes = 0;
/** Each test has a prefix of its own. */
function newPrefix(): string {
  return `/motd-${++prefixes}`;
}

interface TestStoreOptions {
  historyLimit?: number;
  etcd?: EtcdCredentials;
}

async function open(
  endpoints: readonly string[],
  prefix: string,
  { historyLimit = 1000, etcd }: TestStoreOptions = {},
): Promise<OpenedEtcdStore> {
  const events: StoreEvent[] = [];
  const store = await openEtcdStore(`etcd://${endpoints.join(',')}${prefix}`, {
    historyLimit,
    etcd,
    log: (event) => events.push(event),
  });
  onTestFinished(() => store.close());
  return { store, events };
}

async function startCluster(options: LocalEtcdOptions): Promise<LocalEtcd> {
  const cluster = await LocalEtcd.start(options);
  onTestFinished(() => cluster.close());
  return cluster;
}

describe.skipIf(isWithoutEtcd)('on an etcd of one member', () => {
  let etcd: LocalEtcd;
  beforeAll(async () => {
    etcd = await LocalEtcd.start({ members: 1 });
  });
  afterAll(() => etcd?.close());

  test('shows each server what another one stored, and logs it', async () => {
    const prefix = newPrefix();
    const one = await open(etcd.endpoints, prefix);
    const other = await open(etcd.endpoints, prefix);
    await storeIn(one.store, 'from one');
    await expect.poll(() => messageIn(other.store)).toBe('from one');
    await storeIn(other.store, 'from the other');
    await expect.poll(() => messageIn(one.store)).toBe('from the other');
    expect(messagesIn(one.store)).toEqual(['from one', 'from the other']);
    expect(other.events).toEqual([{ event: 'updatedRemotely', message: 'from one' }]);
    expect(one.events).toEqual([{ event: 'updatedRemotely', message: 'from the other' }]);
  });

  test('reads the whole history at the start, page by page', async () => {
    const prefix = newPrefix();
    const messages = Array.from({ length: 700 }, (_, index) => `message ${index}`);
    const one = await open(etcd.endpoints, prefix);
    await Promise.all(messages.map((message) => storeIn(one.store, message)));
    expect(messagesIn((await open(etcd.endpoints, prefix)).store)).toEqual(messages);
    const short = await open(etcd.endpoints, prefix, { historyLimit: 2 });
    // The one before them is in force again if they are canceled.
    expect(messagesIn(short.store)).toEqual(messages.slice(-3));
    expect(short.store.history.last).toBe(700);
  });

  test('keeps concurrent writes of several servers in one order, each once', async () => {
    const prefix = newPrefix();
    const all = [
      await open(etcd.endpoints, prefix),
      await open(etcd.endpoints, prefix),
      await open(etcd.endpoints, prefix),
    ];
    const messages = (name: number) =>
      Array.from({ length: 50 }, (_, index) => `${name}: ${index}`);
    await Promise.all(
      all.flatMap(({ store }, name) => messages(name).map((message) => storeIn(store, message))),
    );
    const [first, ...others] = all;
    await expect.poll(() => first?.store.history.last).toBe(150);
    const history = first ? messagesIn(first.store) : [];
    for (const { store } of others) await expect.poll(() => messagesIn(store)).toEqual(history);
    for (const name of all.keys()) {
      expect(history.filter((message) => message?.startsWith(`${name}:`))).toEqual(messages(name));
    }
  });

  test('deletes entries over the history limit from etcd', async () => {
    const prefix = newPrefix();
    const { store } = await open(etcd.endpoints, prefix, { historyLimit: 10 });
    const messages = Array.from({ length: 400 }, (_, index) => `message ${index}`);
    await Promise.all(messages.slice(0, 399).map((message) => storeIn(store, message)));
    await storeIn(store, 'message 399');
    expect(messagesIn(store)).toEqual(messages.slice(-10));
    const kept = await etcd.gateway.range(`${prefix}/entries/`);
    expect(kept.length).toBe(10);
    expect(kept.at(-1)?.key).toBe(`${prefix}/entries/000000000400`);
  });

  test('keeps in etcd what is planned, until it is over or canceled', async () => {
    const prefix = newPrefix();
    const { store } = await open(etcd.endpoints, prefix, { historyLimit: 2 });
    const now = Date.now();
    const plan = (message: string) =>
      store.append({ message, storedAtMs: now, fromMs: now + 60_000, untilMs: now + 90_000 });
    const keptNumbers = async () => {
      const entries = await etcd.gateway.range(`${prefix}/entries/`);
      return entries.map(({ key }) => Number(key.split('/').at(-1)));
    };
    for (let count = 0; count < 30; count++) {
      await plan(`plan ${count}`);
      await storeIn(store, `message ${count}`);
    }
    const plans = Array.from({ length: 30 }, (_, count) => 2 * count + 1);
    expect(await keptNumbers()).toEqual([...plans, 60]);
    for (const number of plans) await store.append({ cancels: number, storedAtMs: now });
    for (const message of ['one', 'last but one', 'last']) await storeIn(store, message);
    expect(await keptNumbers()).toEqual([92, 93]);
    const again = await open(etcd.endpoints, prefix, { historyLimit: 2 });
    expect(messagesIn(again.store)).toEqual(['last but one', 'last']);
  });

  test('does not bring back what was canceled while a server was cut off', async () => {
    const prefix = newPrefix();
    const cut = await etcd.link();
    const here = await open(etcd.endpoints, prefix, { historyLimit: 5 });
    const away = await open(cut.endpoints, prefix, { historyLimit: 5 });
    const now = Date.now();
    await here.store.append({ message: 'plan', storedAtMs: now, fromMs: now + 60_000 });
    await expect.poll(() => away.store.history.last).toBe(1);
    cut.cut('rejects');
    await expect.poll(() => away.store.freshness.outage).toBeDefined();
    await here.store.append({ cancels: 1, storedAtMs: now });
    for (let count = 0; count < 20; count++) await storeIn(here.store, `message ${count}`);
    cut.heal();
    await expect.poll(() => away.store.history.last).toBe(22);
    expect(away.store.history.inForce(now + 90_000).entry?.message).toBe('message 19');
  });

  test('three servers with clocks 2 s apart have the same entries, each in force by its own clock', async () => {
    const prefix = newPrefix();
    const start = Date.now() + 3_600_000;
    let now = start - 3000;
    const servers = await Promise.all(
      [-2000, 0, 2000].map(async (offsetMs) => {
        const { store } = await open(etcd.endpoints, prefix);
        const clock = () => now + offsetMs;
        const inForce = new MessageInForce({ store, initialMessage: 'first', now: clock });
        onTestFinished(() => inForce.stop());
        return { store, inForce, clock };
      }),
    );
    const [late, exact, early] = servers;
    const messages = () => servers.map(({ inForce }) => inForce.message);
    await late?.store.append({
      message: 'plan',
      storedAtMs: late.clock(),
      fromMs: start,
      untilMs: start + 6000,
    });
    for (const { store } of servers) await expect.poll(() => store.history.last).toBe(1);
    const seen: string[][] = [];
    for (; now < start + 9000; now += 1000) seen.push(messages());
    expect(
      seen.map((each) => each.map((message) => (message === 'plan' ? 1 : 0)).join('')),
    ).toEqual(['000', '001', '001', '011', '011', '111', '111', '110', '110', '100', '100', '000']);
    // The server whose clock is behind stores last: its message is in force on all.
    now = start;
    await early?.store.append({ message: 'by the fast clock', storedAtMs: early.clock() });
    await expect.poll(() => late?.store.history.last).toBe(2);
    await late?.store.append({ message: 'by the slow clock', storedAtMs: late.clock() });
    await expect
      .poll(() => [exact, early].map((server) => server?.store.history.last))
      .toEqual([3, 3]);
    now = start + 9000;
    expect(messages()).toEqual(Array.from({ length: 3 }, () => 'by the slow clock'));
  });

  test('stores a message once, although the answer of etcd is lost', async () => {
    const prefix = newPrefix();
    const proxy = await answerDropper(etcd);
    const { store, events } = await open([proxy.endpoint], prefix);
    await storeIn(store, 'before');
    proxy.dropAnswers(true);
    const stored = storeIn(store, 'unanswered');
    await expect.poll(() => etcd.gateway.get(`${prefix}/head`)).toMatch(/^2 /);
    proxy.dropAnswers(false);
    await stored;
    expect(messagesIn(store)).toEqual(['before', 'unanswered']);
    expect(await etcd.gateway.get(`${prefix}/head`)).toMatch(/^2 /);
    expect(events.filter(({ event }) => event === 'storeConfirmedLate')).toEqual([]);
  });

  test('finds a committed write after 64 other servers have stored', async () => {
    const prefix = newPrefix();
    const proxy = await answerDropper(etcd);
    const { store } = await open([proxy.endpoint], prefix);
    proxy.dropAnswers(true);
    const stored = storeIn(store, 'unanswered');
    await expect.poll(() => etcd.gateway.get(`${prefix}/head`)).toMatch(/^1 /);
    const others = Array.from({ length: 64 }, (_, index) => `server${index}-1`);
    const entry = '2026-11-23T09:00:00.000Z server0-1 the last of many';
    await etcd.gateway.put(`${prefix}/entries/000000000002`, entry);
    await etcd.gateway.put(`${prefix}/head`, `2 ${others.join(' ')}`);
    proxy.dropAnswers(false);
    await stored;
    expect(messagesIn(store)).toEqual(['unanswered', 'the last of many']);
    expect(await etcd.gateway.get(`${prefix}/head`)).toMatch(/^2 /);
  });

  test('resolves a write of unknown outcome before it stores anything else', async () => {
    const prefix = newPrefix();
    const proxy = await answerDropper(etcd);
    const { store, events } = await open([proxy.endpoint], prefix);
    await storeIn(store, 'before');
    proxy.dropAnswers(true);
    await expect(storeIn(store, 'answered with 503')).rejects.toThrow(/whether it was stored/);
    await expect.poll(() => store.freshness.outage).toMatch(/no answer/);
    await expect(storeIn(store, 'never sent')).rejects.toThrow(/no answer/);
    expect(messageIn(store)).toBe('before');
    proxy.dropAnswers(false);
    await expect.poll(() => messageIn(store)).toBe('answered with 503');
    await expect
      .poll(() => events.map(({ event }) => event))
      .toEqual(
        expect.arrayContaining(['storeUnavailable', 'storeRecovered', 'storeConfirmedLate']),
      );
    await storeIn(store, 'after');
    expect(messagesIn(store)).toEqual(['before', 'answered with 503', 'after']);
    expect(events).toContainEqual({ event: 'storeConfirmedLate', message: 'answered with 503' });
  });

  test('never commits a fenced write later', async () => {
    const prefix = newPrefix();
    const cut = await etcd.link();
    const { store, events } = await open(cut.endpoints, prefix);
    await storeIn(store, 'before');
    cut.cut('drops');
    await expect(storeIn(store, 'answered with 503')).rejects.toThrow();
    cut.heal();
    await expect.poll(() => store.freshness.outage).toBeUndefined();
    await storeIn(store, 'after');
    expect(messagesIn(store)).toEqual(['before', 'after']);
    expect(events.map(({ event }) => event)).not.toContain('storeConfirmedLate');
  });

  test('catches up after an outage in which etcd compacted and deleted entries', async () => {
    const prefix = newPrefix();
    const cut = await etcd.link();
    const away = await open(cut.endpoints, prefix, { historyLimit: 5 });
    const here = await open(etcd.endpoints, prefix, { historyLimit: 5 });
    await storeIn(here.store, 'before');
    await expect.poll(() => messageIn(away.store)).toBe('before');
    cut.cut('rejects');
    const messages = Array.from({ length: 300 }, (_, index) => `message ${index}`);
    await Promise.all(messages.map((message) => storeIn(here.store, message)));
    await etcd.gateway.compact();
    expect(messageIn(away.store)).toBe('before');
    cut.heal();
    await expect.poll(() => messagesIn(away.store).slice(-5)).toEqual(messages.slice(-5));
    expect(away.store.history.last).toBe(301);
  });

  test('keeps the watch through a compaction', async () => {
    const prefix = newPrefix();
    const one = await open(etcd.endpoints, prefix);
    const other = await open(etcd.endpoints, prefix);
    await storeIn(one.store, 'before');
    await etcd.gateway.compact();
    await storeIn(one.store, 'after');
    await expect.poll(() => messagesIn(other.store)).toEqual(['before', 'after']);
    expect(other.store.freshness.outage).toBeUndefined();
  });

  test('rejects an etcd that lost acknowledged messages, whatever it holds later', async () => {
    const prefix = newPrefix();
    const { store } = await open(etcd.endpoints, prefix);
    await storeIn(store, 'acknowledged');
    await removeAll(prefix);
    await expect.poll(() => store.freshness.outage).toMatch(/restored or emptied/);
    const other = await open(etcd.endpoints, prefix);
    await storeIn(other.store, 'again');
    await storeIn(other.store, 'and more');
    expect(messageIn(store)).toBe('acknowledged');
    await expect(storeIn(store, 'more')).rejects.toThrow(/restored or emptied/);
    expect(messagesIn(other.store)).toEqual(['again', 'and more']);
  });

  test('rejects an etcd that lost messages and got new ones during an outage', async () => {
    const prefix = newPrefix();
    const cut = await etcd.link();
    const { store } = await open(cut.endpoints, prefix);
    await storeIn(store, 'acknowledged');
    cut.cut('rejects');
    await removeAll(prefix);
    const other = await open(etcd.endpoints, prefix);
    for (const message of ['again', 'and', 'more']) await storeIn(other.store, message);
    cut.heal();
    await expect.poll(() => store.freshness.outage).toMatch(/restored or emptied/);
    expect(messageIn(store)).toBe('acknowledged');
  });

  test('recognizes a committed write whose entry was deleted since', async () => {
    const prefix = newPrefix();
    const proxy = await answerDropper(etcd);
    const one = await open([proxy.endpoint], prefix, { historyLimit: 1 });
    const other = await open(etcd.endpoints, prefix, { historyLimit: 1 });
    await storeIn(one.store, 'before');
    proxy.dropAnswers(true);
    const stored = storeIn(one.store, 'unanswered');
    await expect.poll(() => messageIn(other.store)).toBe('unanswered');
    const messages = Array.from({ length: 300 }, (_, index) => `message ${index}`);
    await Promise.all(messages.map((message) => storeIn(other.store, message)));
    proxy.dropAnswers(false);
    await stored;
    await expect.poll(() => messageIn(one.store)).toBe('message 299');
    expect(one.events.filter(({ event }) => event !== 'updatedRemotely')).toEqual([]);
  });

  test('ignores unknown keys below the prefix', async () => {
    const prefix = newPrefix();
    const { store } = await open(etcd.endpoints, prefix);
    await storeIn(store, 'before');
    await etcd.gateway.put(`${prefix}/entries/note`, 'not ours');
    await etcd.gateway.put(`${prefix}/note`, 'not ours');
    await storeIn(store, 'after');
    expect(messagesIn((await open(etcd.endpoints, prefix)).store)).toEqual(['before', 'after']);
  });

  test('rejects members of two clusters', async () => {
    const other = await startCluster({ members: 1 });
    const both = [...etcd.endpoints, ...other.endpoints];
    await expect(open(both, newPrefix())).rejects.toThrow(/different etcd cluster than .*--store/);
  });

  test('abandons a connection that hangs, and opens another', async () => {
    const proxy = await blackhole(etcd);
    const { store } = await open([proxy.endpoint], newPrefix());
    proxy.dropAll(true);
    await expect.poll(() => store.freshness.outage, SLOW_POLL).toMatch(/no answer/);
    await expect.poll(() => proxy.dropped(), SLOW_POLL).toBeGreaterThan(1);
    proxy.dropAll(false);
    await expect.poll(() => store.freshness.outage, SLOW_POLL).toBeUndefined();
    await storeIn(store, 'by another connection');
  }, 60_000);

  test('sends no write to a member of a different cluster', async () => {
    const prefix = newPrefix();
    const [other, link] = [await startCluster({ members: 1 }), await etcd.link()];
    const away = await other.link();
    away.cut('rejects');
    const { store } = await open([...link.endpoints, ...away.endpoints], prefix);
    away.heal();
    link.cut('rejects');
    await expect(storeIn(store, 'not there')).rejects.toThrow();
    expect(await other.gateway.get(`${prefix}/head`)).toBeUndefined();
    expect(messageIn(store)).toBe('first');
  });

  test('logs a write whose outcome is unknown when the store closes', async () => {
    const proxy = await answerDropper(etcd);
    const { store, events } = await open([proxy.endpoint], newPrefix());
    await storeIn(store, 'before');
    proxy.dropAnswers(true);
    await expect(storeIn(store, 'answered with 503')).rejects.toThrow();
    await store.close();
    expect(events).toContainEqual({ event: 'storeOutcomeUnknown', message: 'answered with 503' });
  });

  test('rejects a head that another program wrote', async () => {
    const prefix = newPrefix();
    await etcd.gateway.put(`${prefix}/head`, 'not ours');
    await expect(open(etcd.endpoints, prefix)).rejects.toThrow(
      /not written by this program.*--store/,
    );
  });

  function removeAll(prefix: string) {
    return etcd.gateway.remove(`${prefix}/`);
  }

  /**
   * A proxy to etcd that can drop all bytes of its connections, as a firewall does that has lost
   * their state. A connection that was open then stays dead.
   */
  async function blackhole(cluster: LocalEtcd) {
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
    return {
      endpoint: formatEndpoint(listeningEndpoint(server)),
      dropped: () => dropped,
      dropAll(drop: boolean) {
        isDropping = drop;
        alive.clear();
      },
    };
  }

  /** A proxy to etcd that can drop the answers of etcd, and nothing else. */
  async function answerDropper(cluster: LocalEtcd) {
    const [, port] = cluster.endpoints[0]?.split(':') ?? [];
    let isDropping = false;
    const damaged = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = connect(Number(port), '127.0.0.1');
      client.on('error', () => {}).on('close', () => upstream.destroy());
      upstream.on('error', () => {}).on('close', () => client.destroy());
      client.pipe(upstream);
      upstream.on('data', (bytes) => {
        if (isDropping) damaged.add(client);
        else client.write(bytes);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return {
      endpoint: formatEndpoint(listeningEndpoint(server)),
      dropAnswers(drop: boolean) {
        isDropping = drop;
        // A stream that has lost bytes is unusable.
        for (const client of damaged) client.destroy();
        damaged.clear();
      },
    };
  }
});

describe.skipIf(isWithoutEtcd)('on an etcd with TLS and a password', () => {
  const user = { user: 'root', password: 'correct horse' };

  test('connects over TLS with a user and a password, and verifies the host', async () => {
    const cluster = await startCluster({ members: 1, tls: true, rootPassword: user.password });
    const ca = readFileSync(certificateFile);
    const { store } = await open(cluster.endpoints, newPrefix(), {
      etcd: { tls: { ca }, auth: user },
    });
    await storeIn(store, 'in private');
    expect(messageIn(store)).toBe('in private');

    const misnamed = await misnamedProxy(cluster);
    await expect(
      open([misnamed], newPrefix(), { etcd: { tls: { ca }, auth: user } }),
    ).rejects.toThrow(/cannot use etcd: 127\.0\.0\.2:\d+: .*not in the cert's list/);

    const wrong = { ...user, password: 'wrong' };
    const denied = open(cluster.endpoints, newPrefix(), { etcd: { tls: { ca }, auth: wrong } });
    await expect(denied).rejects.toThrow(/authentication failed/);
    await expect(open(cluster.endpoints, newPrefix(), { etcd: { tls: { ca } } })).rejects.toThrow(
      /cannot use etcd.*user name is empty/,
    );
  });
});

describe.skipIf(isWithoutEtcd)('on an etcd that issues JWTs', () => {
  test('logs in again after the users of etcd changed', async () => {
    const cluster = await startCluster({ members: 1, rootPassword: 'correct horse', jwt: true });
    const prefix = newPrefix();
    await cluster.gateway.addUser('motd', 'battery staple', `${prefix}/`);
    const auth = { user: 'motd', password: 'battery staple' };
    const { store } = await open(cluster.endpoints, prefix, { etcd: { auth } });
    await storeIn(store, 'before');
    await cluster.gateway.addUser('other', 'paper clip', '/other/');
    await storeIn(store, 'after');
    expect(messagesIn(store)).toEqual(['before', 'after']);

    const forbidden = open(cluster.endpoints, '/other', { etcd: { auth } });
    await expect(forbidden).rejects.toThrow(/permission denied; .*readwrite on the prefix/);
  });
});

/** A proxy to etcd at an address that is not in its certificate. */
async function misnamedProxy(cluster: LocalEtcd): Promise<string> {
  const [, port] = cluster.endpoints[0]?.split(':') ?? [];
  const server = createServer((client) => {
    const upstream = connect(Number(port), '127.0.0.1');
    client.on('error', () => {}).pipe(upstream);
    upstream.on('error', () => {}).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  onTestFinished(() => void server.close());
  return formatEndpoint(listeningEndpoint(server));
}

test('reports an unreachable etcd in one line, with its address', async () => {
  await expect(open(['127.0.0.1:1'], newPrefix())).rejects.toThrow(
    'cannot use etcd: 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1; check --store',
  );
});
