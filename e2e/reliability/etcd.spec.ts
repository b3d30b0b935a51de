// Several instances over etcd while its members fail, one or all, and instances too. What is claimed,
// and why this shows it: docs/reliability.md, "Several instances over etcd".

import { setTimeout } from 'node:timers/promises';
import { amount, figure, randomFrom, seed } from '../figures.ts';
import { expect } from '../fixtures.ts';
import type { Cut } from '../forwarder.ts';
import {
  historyFaults,
  linearizabilityFaults,
  type Read,
  sequentialFaults,
  stalenesses,
} from '../linearizable.ts';
import { restartInstance, type Site, settledHistory, test } from './etcdSite.ts';
import { Traffic } from './etcdTraffic.ts';

const INITIAL = 'An apple a day keeps the doctor away.';

/** How many stores through each instance there are before something fails. */
const STORES_BEFORE = 20;
/** How many are stored, and forgotten by etcd, while an instance is cut off. */
const STORES_COMPACTED = 20;
/** Longer than an instance waits for etcd's answer (server/etcd*.ts). */
const PAUSE_MS = 6000;
const INSTANCE_PAUSE_MS = 2000;
/** How long a round may take; a failure, not a wait. */
const ROUND_WITHIN_MS = 60_000;

/** One round, under way. */
interface Round {
  site: Site;
  traffic: Traffic;
  /** Which round it is, from 0 on. */
  number: number;
  random: () => number;
}

/** When something failed, and how long it took each instance to store again. */
interface Outcome {
  failedAt: number;
  recoveredAfter: number[];
}

type Scenario = (round: Round) => Promise<Outcome>;

/** What all rounds of a scenario came to. */
class Tally {
  acknowledged = 0;
  refused = 0;
  unanswered = 0;
  /** Of those without a `200 OK`, how many were stored all the same. */
  storedAllTheSame = 0;
  reads = 0;
  readonly recovered: number[] = [];
  readonly staleBefore: number[] = [];
  readonly staleSince: number[] = [];
}

test('the leader is killed', async ({ site }) => {
  await inRounds('leader killed', site, amount(1, 200), async ({ traffic }) => {
    const { cluster } = site;
    const leader = await cluster.leader();
    await cluster.kill(leader);
    const failedAt = performance.now();
    const recoveredAfter = await traffic.stored(failedAt);
    cluster.restart(leader);
    await cluster.healthy();
    return { failedAt, recoveredAfter };
  });
});

test('a member is paused for longer than anybody waits for it', async ({ site }) => {
  await inRounds('member paused', site, amount(1, 200), async ({ traffic, random }) => {
    const { cluster } = site;
    const member = oneOf(random, cluster.size);
    cluster.pause(member);
    const failedAt = performance.now();
    const [recoveredAfter] = await Promise.all([traffic.stored(failedAt), setTimeout(PAUSE_MS)]);
    cluster.resume(member);
    await cluster.healthy();
    await traffic.stored(performance.now());
    return { failedAt, recoveredAfter };
  });
});

test('a member is cut off', async ({ site }) => {
  await inRounds('member cut off', site, amount(2, 200), async ({ traffic, number, random }) => {
    const { cluster } = site;
    const member = oneOf(random, cluster.size);
    // In turn: as by a firewall that rejects or drops; from all, or from the other members alone.
    cluster.cutOff(member, howOf(number), number % 4 < 2 ? 'all' : 'peers');
    const failedAt = performance.now();
    const recoveredAfter = await traffic.stored(failedAt);
    cluster.heal(member);
    await cluster.healthy();
    await traffic.stored(performance.now());
    return { failedAt, recoveredAfter };
  });
});

test('all members are killed and started again', async ({ site }) => {
  await inRounds('all members restarted', site, amount(1, 200), async ({ traffic }) => {
    const { cluster } = site;
    await cluster.killAll();
    const failedAt = performance.now();
    // Reading goes on.
    await traffic.readOn(failedAt);
    cluster.startAll();
    const startedAt = performance.now();
    return { failedAt, recoveredAfter: await traffic.stored(startedAt) };
  });
});

test('what an instance has yet to hear of is compacted', async ({ site }) => {
  await inRounds('compaction', site, amount(2, 200), async ({ traffic, number, random }) => {
    const { cluster, instances } = site;
    const { link } = oneOfThese(random, instances);
    link.cut(howOf(number));
    const failedAt = performance.now();
    await traffic.storedMany(STORES_COMPACTED, failedAt);
    await cluster.compact();
    await cluster.defragment(oneOf(random, cluster.size));
    link.heal();
    const healedAt = performance.now();
    return { failedAt, recoveredAfter: await traffic.stored(healedAt) };
  });
});

test('an instance is killed', async ({ site }) => {
  await inRounds('instance killed', site, amount(1, 200), async ({ traffic, random }) => {
    const instance = oneOfThese(random, site.instances);
    await instance.program.kill();
    const failedAt = performance.now();
    await restartInstance(instance);
    return { failedAt, recoveredAfter: await traffic.stored(failedAt) };
  });
});

test('an instance is paused', async ({ site }) => {
  await inRounds('instance paused', site, amount(1, 50), async ({ traffic, random }) => {
    const { program } = oneOfThese(random, site.instances);
    program.process.kill('SIGSTOP');
    const failedAt = performance.now();
    await setTimeout(INSTANCE_PAUSE_MS);
    program.process.kill('SIGCONT');
    return { failedAt, recoveredAfter: await traffic.stored(performance.now()) };
  });
});

/** Lets something fail again and again while clients store, and looks each time at what they saw. */
async function inRounds(
  name: string,
  site: Site,
  rounds: number,
  scenario: Scenario,
): Promise<void> {
  test.setTimeout(30_000 + rounds * ROUND_WITHIN_MS);
  const random = randomFrom(seed);
  const tally = new Tally();
  let known: string[] = [];
  for (let number = 0; number < rounds; number++) {
    const traffic = Traffic.start(site.instances, `round ${number}`, random);
    try {
      await traffic.storedMany(STORES_BEFORE, 0);
      const outcome = await scenario({ site, traffic, number, random });
      await traffic.stopStoring();
      const history = await settledHistory(site);
      await traffic.seen(history.at(-1) ?? INITIAL);
      known = look(known, history, traffic, outcome, tally, `${name}, round ${number}`);
    } finally {
      await traffic.stop();
    }
  }
  for (const { program } of site.instances) expect(program.stderr).toBe('');
  tell(name, rounds, tally);
}

/**
 * Looks at what clients saw in a round, and counts it.
 *
 * @param known The history before the round.
 * @returns The history after it, with what has been dropped by now.
 */
function look(
  known: readonly string[],
  history: readonly string[],
  traffic: Traffic,
  { failedAt, recoveredAfter }: Outcome,
  tally: Tally,
  where: string,
): string[] {
  const initial = known.at(-1) ?? INITIAL;
  const cut = history.indexOf(initial) + 1;
  expect(known.slice(known.length - cut), where).toEqual(history.slice(0, cut));
  const register = { initial, history: history.slice(cut) };
  const { sessions, stores, reads, told, oddities } = traffic;
  const faults = [
    ...oddities,
    // A message of an earlier round would be one that nobody stored in this one.
    ...historyFaults(register, stores),
    ...linearizabilityFaults(register, stores),
    ...sequentialFaults(register, sessions),
    ...sequentialFaults(register, reads),
    ...sequentialFaults(register, told),
  ];
  expect(faults, where).toEqual([]);

  const stored = new Set(register.history);
  for (const { outcome, message } of stores) {
    if (outcome === 'acknowledged') tally.acknowledged++;
    if (outcome === 'refused') tally.refused++;
    if (outcome === 'unknown') tally.unanswered++;
    if (outcome !== 'acknowledged' && stored.has(message)) tally.storedAllTheSame++;
  }
  const plain: Read[] = [...sessions.filter((operation) => operation.kind === 'read'), ...reads];
  tally.reads += plain.length;
  const isBefore = ({ startedAt }: Read) => startedAt < failedAt;
  tally.staleBefore.push(...stalenesses(register, stores, plain.filter(isBefore)));
  tally.staleSince.push(
    ...stalenesses(
      register,
      stores,
      plain.filter((read) => !isBefore(read)),
    ),
  );
  tally.recovered.push(...recoveredAfter);
  return [...known, ...register.history];
}

function tell(name: string, rounds: number, tally: Tally): void {
  const { acknowledged, refused, unanswered, storedAllTheSame, reads } = tally;
  figure(
    `etcd: ${name}`,
    `${rounds} times: ${acknowledged} acknowledged messages, 0 lost, 0 twice, 0 out of order, the ` +
      `same history on each instance; ${refused} told 503 and ${unanswered} unanswered, ` +
      `${storedAllTheSame} of them stored; ${reads} MSGGETs, none backwards, out of date by at most ` +
      `${quantile(tally.staleBefore, 1)} ms before, ${quantile(tally.staleSince, 1)} ms since; ` +
      `stored again through each instance after p50 ${quantile(tally.recovered, 0.5)} ms, ` +
      `p99 ${quantile(tally.recovered, 0.99)} ms, worst ${quantile(tally.recovered, 1)} ms`,
  );
}

/** A quantile in whole milliseconds: the smallest value that so large a part does not exceed. */
function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round(sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN);
}

function howOf(round: number): Cut {
  return round % 2 === 0 ? 'resets' : 'swallows';
}

function oneOf(random: () => number, count: number): number {
  return Math.floor(random() * count);
}

function oneOfThese<One>(random: () => number, these: readonly One[]): One {
  const one = these[oneOf(random, these.length)];
  if (one === undefined) throw new Error('there is none');
  return one;
}
