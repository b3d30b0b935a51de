// Several servers over etcd, while members of etcd, all of them, or servers fail. What is claimed,
// and why this proves it: docs/reliability.md, "Several servers over etcd".

import { setTimeout } from 'node:timers/promises';
import type { NetworkFault } from '../../testing/forwarder.ts';
import { quantile } from '../../testing/quantile.ts';
import { pick, randomFrom, seed } from '../../testing/random.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import {
  historyFaults,
  linearizabilityFaults,
  type ReadOperation,
  type Register,
  sequentialFaults,
  stalenessMs,
} from '../linearizable.ts';
import { convergedHistory, type Deployment, restartServer, test } from './etcdDeployment.ts';
import { Traffic } from './etcdTraffic.ts';
import { StoringClient } from './storingClient.ts';

const INITIAL = 'An apple a day keeps the doctor away.';

/** How many stores there are before the fault. */
const STORES_BEFORE = 20;
/** How many messages are stored, and compacted by etcd, while a server is cut off. */
const STORES_COMPACTED = 20;
/**
 * How long a member is paused: longer than a server waits for its response, 1 s
 * (server/stores/etcd/etcdReplica.ts).
 */
const SHORT_PAUSE_MS = 1500;
/**
 * How long a member is paused in one of ten rounds: longer than a client may have to wait for its
 * store, 5 s (server/stores/etcd/etcdCommitter.ts).
 */
const LONG_PAUSE_MS = 6000;
/**
 * Longer than a server waits for a member, 1 s: when it continues, its deadlines have passed.
 */
const SERVER_PAUSE_MS = 2000;
/**
 * How long a read may be out of date before the server reports it: 3 s
 * (server/stores/etcd/etcdFreshness.ts). Two more seconds are for a busy machine, on which the
 * report is read here later.
 */
const UNREPORTED_STALENESS_MS = 5000;
/**
 * More than etcd keeps: the history, or one batch, at most 100 (server/stores/etcd/etcdWriter.ts).
 */
const STORES_FORGOTTEN = 300;
/** How long a round may take, before the test fails. */
const ROUND_TIMEOUT_MS = 60_000;

/** A round in progress. */
interface Round {
  deployment: Deployment;
  traffic: Traffic;
  /** The number of the round, from 0 on. */
  number: number;
  random: () => number;
}

/** When the fault happened, and how long each server took to store again. */
interface Disruption {
  failedAt: number;
  recoveredAfter: number[];
}

type Scenario = (round: Round) => Promise<Disruption>;

/** The totals over all rounds of a scenario. */
class ScenarioTotals {
  /** How long each acknowledged store took. */
  readonly took: number[] = [];
  rejected = 0;
  unanswered = 0;
  /** How many stores without a `200 OK` have stored their message nevertheless. */
  storedNevertheless = 0;
  reads = 0;
  readonly recovered: number[] = [];
  /** How many times the message was read from etcd itself. */
  heads = 0;
  /** The greatest staleness of a read, before the fault and since. */
  staleBefore = 0;
  staleSince = 0;
}

test('serves every client that stores without a pause', async ({ deployment }) => {
  const busy: Scenario = async ({ traffic }) => {
    const failedAt = performance.now();
    await traffic.waitForStoreCount(scaled(200, 500), failedAt);
    expect(deployment.servers.flatMap(({ rejections }) => rejections)).toEqual([]);
    expect(traffic.stores.filter(({ outcome }) => outcome === 'rejected')).toEqual([]);
    return { failedAt, recoveredAfter: await traffic.waitForStores(failedAt) };
  };
  await runRounds('nothing failed', deployment, scaled(1, 20), busy, 0);
});

test('survives the death of the leader', async ({ deployment }) => {
  await runRounds('leader killed', deployment, scaled(1, 200), async ({ traffic }) => {
    const { cluster } = deployment;
    const leader = await cluster.leader();
    await cluster.kill(leader);
    const failedAt = performance.now();
    const recoveredAfter = await traffic.waitForStores(failedAt);
    cluster.restart(leader);
    await cluster.healthy();
    return { failedAt, recoveredAfter };
  });
});

test('survives a member that hangs for longer than any timeout', async ({ deployment }) => {
  await runRounds(
    'member paused',
    deployment,
    scaled(1, 200),
    async ({ traffic, number, random }) => {
      const { cluster } = deployment;
      const member = oneOf(random, cluster.size);
      cluster.pause(member);
      const failedAt = performance.now();
      const pause = setTimeout(number % 10 === 0 ? LONG_PAUSE_MS : SHORT_PAUSE_MS);
      const [recoveredAfter] = await Promise.all([traffic.waitForStores(failedAt), pause]);
      cluster.resume(member);
      await cluster.healthy();
      await traffic.waitForStores(performance.now());
      return { failedAt, recoveredAfter };
    },
  );
});

test('survives a member that is cut off', async ({ deployment }) => {
  await runRounds(
    'member cut off',
    deployment,
    scaled(2, 200),
    async ({ traffic, number, random }) => {
      const { cluster } = deployment;
      const member = oneOf(random, cluster.size);
      // In turn: as by a firewall that rejects or drops; from everything, or from the other members
      // only.
      cluster.cutOff(member, cutOf(number), number % 4 < 2 ? 'all' : 'peers');
      const failedAt = performance.now();
      const recoveredAfter = await traffic.waitForStores(failedAt);
      cluster.heal(member);
      await cluster.healthy();
      await traffic.waitForStores(performance.now());
      return { failedAt, recoveredAfter };
    },
  );
});

test('survives a restart of all members', QUICK, async ({ deployment }) => {
  await runRounds('all members restarted', deployment, scaled(1, 200), allRestarted(deployment));
});

function allRestarted({ cluster }: Deployment): Scenario {
  return async ({ traffic }) => {
    await cluster.killAll();
    const failedAt = performance.now();
    // Reads continue.
    await traffic.waitForReads(failedAt);
    cluster.startAll();
    const startedAt = performance.now();
    return { failedAt, recoveredAfter: await traffic.waitForStores(startedAt) };
  };
}

test('reports stores that succeed after a 503, when all members hang and then continue', async ({
  deployment,
}) => {
  await runRounds('all members paused', deployment, scaled(1, 20), async ({ traffic }) => {
    const { cluster, servers } = deployment;
    const members = [...Array(cluster.size).keys()];
    for (const member of members) cluster.pause(member);
    const failedAt = performance.now();
    await Promise.all(servers.map(({ index }) => traffic.waitForRejection(index, failedAt)));
    // Reads continue.
    await traffic.waitForReads(performance.now());
    // The log lines of a server may arrive after its replies.
    const areUnavailable = () =>
      servers.every(({ outages }) => outages.at(-1)?.to === Number.POSITIVE_INFINITY);
    await expect.poll(areUnavailable).toBe(true);
    for (const member of members) cluster.resume(member);
    const resumedAt = performance.now();
    const recoveredAfter = await traffic.waitForStores(resumedAt);
    const areRecovered = () =>
      servers.every(({ outages }) => outages.at(-1)?.to !== Number.POSITIVE_INFINITY);
    await expect.poll(areRecovered).toBe(true);
    return { failedAt, recoveredAfter };
  });
});

test('survives the compaction of updates that a server has not received', async ({
  deployment,
}) => {
  await runRounds('compaction', deployment, scaled(2, 200), async ({ traffic, number, random }) => {
    const { cluster, servers } = deployment;
    const { link } = pick(servers, random);
    link.cut(cutOf(number));
    const failedAt = performance.now();
    await traffic.waitForStoreCount(STORES_COMPACTED, failedAt);
    await cluster.gateway.compact();
    await cluster.gateway.defragment(oneOf(random, cluster.size));
    link.heal();
    const healedAt = performance.now();
    return { failedAt, recoveredAfter: await traffic.waitForStores(healedAt) };
  });
});

test('survives the death of a server', async ({ deployment }) => {
  await runRounds('server killed', deployment, scaled(1, 50), async ({ traffic, random }) => {
    const server = pick(deployment.servers, random);
    const { program } = server;
    await traffic.kill(program);
    const failedAt = performance.now();
    await restartServer(server);
    const recoveredAfter = await traffic.waitForStores(failedAt);
    await expect.poll(() => traffic.lostWith(program)).toBeGreaterThan(0);
    return { failedAt, recoveredAfter };
  });
});

test('survives a server that hangs', async ({ deployment }) => {
  await runRounds('server paused', deployment, scaled(1, 20), async ({ traffic, random }) => {
    const { program } = pick(deployment.servers, random);
    program.process.kill('SIGSTOP');
    const failedAt = performance.now();
    await setTimeout(SERVER_PAUSE_MS);
    program.process.kill('SIGCONT');
    return { failedAt, recoveredAfter: await traffic.waitForStores(performance.now()) };
  });
});

test.describe('with TLS and a password', () => {
  test.use({ hasAuth: true });

  test('survives a restart of all members that invalidates its token', async ({ deployment }) => {
    await runRounds(
      'all members restarted, with a password',
      deployment,
      scaled(1, 20),
      allRestarted(deployment),
    );
  });
});

test.describe('with a small quota', () => {
  test.use({ quotaBytes: 4_000_000 });

  test('recovers when a full etcd has space again', async ({ deployment }) => {
    const full: Scenario = async ({ traffic }) => {
      const failedAt = performance.now();
      await deployment.cluster.gateway.fillQuota();
      await Promise.all(
        deployment.servers.map(({ index }) => traffic.waitForRejection(index, failedAt)),
      );
      await deployment.cluster.gateway.freeSpace();
      return { failedAt, recoveredAfter: await traffic.waitForStores(performance.now()) };
    };
    await runRounds('storage quota used up', deployment, scaled(3, 20), full);
  });
});

test.describe('with a short history', () => {
  test.use({ historyLimit: 10 });

  test('stores again after an unknown outcome, however much was stored meanwhile', async ({
    deployment,
  }) => {
    const [cutOff = never(), other = never()] = deployment.servers;
    const client = await StoringClient.connect(cutOff.port);
    expect(await client.store('before')).toBe('200 OK');
    cutOff.link.cut('drops');
    const storing = client.store('is it stored?');
    await storeMany(other.port, STORES_FORGOTTEN);
    expect(await storing).toBe('503 STORE UNAVAILABLE');
    cutOff.link.heal();
    await expect.poll(() => client.store('again')).toBe('200 OK');
    client.close();
    expect((await convergedHistory(deployment)).at(-1)).toBe('again');
  });
});

/** Repeats a fault while clients store, and checks each time what they saw. */
async function runRounds(
  name: string,
  deployment: Deployment,
  rounds: number,
  scenario: Scenario,
  pauseMs?: number,
): Promise<void> {
  test.setTimeout(30_000 + rounds * ROUND_TIMEOUT_MS);
  const random = randomFrom(seed);
  const totals = new ScenarioTotals();
  let known: string[] = [];
  for (let number = 0; number < rounds; number++) {
    const initial = known.at(-1) ?? INITIAL;
    const options = { initial, name: `round ${number}`, random };
    const traffic = Traffic.start(deployment, {
      ...options,
      ...(pauseMs !== undefined && { pauseMs }),
    });
    try {
      await traffic.waitForStoreCount(STORES_BEFORE, 0);
      const outcome = await scenario({ deployment, traffic, number, random });
      await traffic.stopStoring();
      const history = await convergedHistory(deployment);
      await traffic.waitUntilSeen(history.at(-1) ?? INITIAL);
      await traffic.stop();
      await waitForLateReports(deployment, traffic, history);
      known = checkRound({
        deployment,
        known,
        history,
        traffic,
        outcome,
        totals,
        where: `round ${number}`,
      });
    } finally {
      await traffic.stop();
    }
  }
  for (const { program } of deployment.servers) expect(program.stderr).toBe('');
  recordTotals(name, rounds, totals);
}

/** Resolves once each message that was stored despite a 503 has been reported by its server. */
async function waitForLateReports(
  { servers }: Deployment,
  { stores }: Traffic,
  history: readonly string[],
): Promise<void> {
  const stored = new Set(history);
  const unreported = () =>
    stores
      .filter(({ outcome, message }) => outcome === 'rejected' && stored.has(message))
      .filter(({ serverIndex, message }) => !servers[serverIndex]?.storeConfirmedLate.has(message))
      .map(({ message }) => message);
  await expect
    .poll(unreported, { message: 'stored despite a 503, and never reported' })
    .toEqual([]);
}

interface RoundRecord {
  deployment: Deployment;
  /** The history before the round. */
  known: readonly string[];
  history: readonly string[];
  traffic: Traffic;
  outcome: Disruption;
  totals: ScenarioTotals;
  /** For failure messages. */
  where: string;
}

/**
 * Checks what clients saw in a round, and adds it to the totals.
 *
 * @returns The history after the round, with what has been dropped by now.
 */
function checkRound({
  deployment,
  known,
  history,
  traffic,
  outcome,
  totals,
  where,
}: RoundRecord): string[] {
  const initial = known.at(-1) ?? INITIAL;
  const firstNew = history.indexOf(initial) + 1;
  expect(known.slice(known.length - firstNew), where).toEqual(history.slice(0, firstNew));
  const register = { initial, history: history.slice(firstNew) };
  const { sessions, stores, reads, watched, heads, unexpectedReplies } = traffic;
  const faults = [
    ...unexpectedReplies,
    // A message of an earlier round would count as one that no client stored in this one.
    ...historyFaults(register, stores),
    ...linearizabilityFaults(register, [...stores, ...heads]),
    ...deployment.servers.flatMap(({ index }) => {
      const through = [...sessions, ...reads].filter(({ serverIndex }) => serverIndex === index);
      return linearizabilityFaults(register, through);
    }),
    ...sequentialFaults(register, watched),
    ...unreportedStaleness(register, traffic, deployment),
  ];
  expect(faults, where).toEqual([]);
  expect(traffic.lostConnections, where).toBe(0);
  count(totals, register, traffic, outcome);
  return [...known, ...register.history];
}

/** Reads that were out of date for longer than allowed, without a report of their server. */
function unreportedStaleness(
  register: Register,
  traffic: Traffic,
  { servers }: Deployment,
): string[] {
  const { stores } = traffic;
  return servers.flatMap(({ index, outages }) => {
    const reads = readsOf(traffic).filter(({ serverIndex }) => serverIndex === index);
    return stalenessMs(register, stores, reads).flatMap((staleMs, at) => {
      const { startedAt, client, message } = reads[at] ?? never();
      const isReported = outages.some(({ from, to }) => from <= startedAt && startedAt <= to);
      if (staleMs <= UNREPORTED_STALENESS_MS || isReported) return [];
      return [`${client} read ${message}, out of date for ${Math.round(staleMs)} ms`];
    });
  });
}

function readsOf({ sessions, reads }: Pick<Traffic, 'sessions' | 'reads'>): Traffic['reads'] {
  return [...sessions.filter((operation) => operation.kind === 'read'), ...reads];
}

function count(
  totals: ScenarioTotals,
  register: Register,
  traffic: Traffic,
  outcome: Disruption,
): void {
  const { stores } = traffic;
  const stored = new Set(register.history);
  for (const { outcome: how, message, startedAt, endedAt } of stores) {
    if (how === 'acknowledged') totals.took.push(endedAt - startedAt);
    if (how === 'rejected') totals.rejected++;
    if (how === 'unknown') totals.unanswered++;
    if (how !== 'acknowledged' && stored.has(message)) totals.storedNevertheless++;
  }
  const reads = readsOf(traffic);
  const isBefore = ({ startedAt }: ReadOperation) => startedAt < outcome.failedAt;
  const before = stalenessMs(register, stores, reads.filter(isBefore));
  const since = stalenessMs(
    register,
    stores,
    reads.filter((read) => !isBefore(read)),
  );
  totals.reads += reads.length;
  totals.heads += traffic.heads.length;
  totals.staleBefore = Math.max(totals.staleBefore, ...before);
  totals.staleSince = Math.max(totals.staleSince, ...since);
  totals.recovered.push(...outcome.recoveredAfter);
}

async function storeMany(port: number, count: number): Promise<void> {
  const each = async (_: unknown, number: number) => {
    const client = await StoringClient.connect(port);
    expect(await client.store(`meanwhile ${number}`)).toBe('200 OK');
    client.close();
  };
  await Promise.all(Array.from({ length: count }, each));
}

function recordTotals(name: string, rounds: number, totals: ScenarioTotals): void {
  const { took, rejected, unanswered, storedNevertheless, reads, heads } = totals;
  record(
    `etcd: ${name}`,
    `${rounds} times: ${took.length} acknowledged messages, 0 lost, 0 twice, 0 out of order, the ` +
      `same history on each server and in etcd; ${rejected} answered with 503 and ${unanswered} unanswered, ` +
      `${storedNevertheless} of them stored; linearizable with ${heads} reads of etcd itself; ` +
      `${reads} MSGGETs, none backward, out of date by at most ${Math.round(totals.staleBefore)} ms ` +
      `before, ${Math.round(totals.staleSince)} ms since; ` +
      `stored again through each server after ` +
      `${spread(totals.recovered)}; a write took ${spread(took)}`,
  );
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((one, other) => one - other);
  const [p50, p99, worst] = [0.5, 0.99, 1].map((share) => Math.round(quantile(sorted, share)));
  return `p50 ${p50} ms, p99 ${p99} ms, worst ${worst} ms`;
}

function cutOf(round: number): NetworkFault {
  return round % 2 === 0 ? 'rejects' : 'drops';
}

function oneOf(random: () => number, count: number): number {
  return Math.floor(random() * count);
}

function never(): never {
  throw new Error('there is no such element');
}
