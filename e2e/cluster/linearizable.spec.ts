// The checker of the etcd tests (e2e/linearizable.ts) accepts exactly the histories that can be
// explained.

import fc from 'fast-check';
import { seed } from '../../testing/random.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK, test } from '../fixtures.ts';
import {
  historyFaults,
  linearizabilityFaults,
  type Operation,
  type ReadOperation,
  type Register,
  type StoreOperation,
  sequentialFaults,
  stalenessMs,
} from '../linearizable.ts';

const RUNS = { numRuns: scaled(1000, 20_000), seed };

function store(
  message: string,
  startedAt: number,
  endedAt: number,
  client = message,
): StoreOperation {
  return { kind: 'store', client, message, startedAt, endedAt, outcome: 'acknowledged' };
}

function rejected(
  message: string,
  startedAt: number,
  endedAt: number,
  client = message,
): StoreOperation {
  return { ...store(message, startedAt, endedAt, client), outcome: 'rejected' };
}

function read(
  message: string,
  startedAt: number,
  endedAt: number,
  client = 'reader',
): ReadOperation {
  return { kind: 'read', client, message, startedAt, endedAt };
}

const ab: Register = { initial: '0', history: ['a', 'b'] };

test(
  'accepts a history of every acknowledged message, once each, and of no message that was not sent',
  QUICK,
  () => {
    const stores = [store('a', 0, 1), store('b', 2, 3)];
    expect(historyFaults(ab, stores)).toEqual([]);
    expect(historyFaults(ab, [store('a', 0, 1), rejected('b', 2, 3)])).toEqual([]);
    expect(historyFaults(ab, [...stores, rejected('c', 4, 5)])).toEqual([]);
    expect(historyFaults(ab, [...stores, store('c', 4, 5)])).toEqual(['lost: c']);
    expect(historyFaults(ab, [store('a', 0, 1)])).toEqual(['in the history, and not stored: b']);
    const twice = { initial: '0', history: ['a', 'b', 'a'] };
    expect(historyFaults(twice, stores)).toEqual(['twice in the history: a']);
  },
);

test('orders a store before another that began after its end', () => {
  expect(linearizabilityFaults(ab, [store('a', 0, 5), store('b', 1, 2)])).toEqual([]);
  expect(linearizabilityFaults(ab, [store('a', 3, 4), store('b', 1, 2)])).toEqual([
    "b's store of b ended before a's store of a began",
  ]);
  // A store that got a 503 may take effect after the reply.
  expect(linearizabilityFaults(ab, [store('a', 3, 4), rejected('b', 1, 2)])).toEqual([]);
  expect(linearizabilityFaults(ab, [rejected('a', 3, 4), store('b', 1, 2)])).toHaveLength(1);
});

test('a read finds the newest store, neither an older nor a later one', () => {
  const stores = [store('a', 0, 1), store('b', 4, 8)];
  for (const fine of [read('a', 2, 3), read('a', 6, 7), read('b', 6, 7), read('0', 0.5, 9)])
    expect(linearizabilityFaults(ab, [...stores, fine])).toEqual([]);
  for (const wrong of [read('0', 2, 3), read('a', 9, 10), read('b', 2, 3), read('c', 2, 3)])
    expect(linearizabilityFaults(ab, [...stores, wrong])).toHaveLength(1);
  // The second read is older than the first, though both overlap the store.
  expect(linearizabilityFaults(ab, [...stores, read('b', 5, 6), read('a', 7, 7.5)])).toHaveLength(
    1,
  );
});

test('accepts late reads as sequentially consistent if each client reads in order', () => {
  const stores = [store('a', 0, 1), store('b', 4, 5)];
  const late = [...stores, read('0', 6, 7), read('a', 8, 9), read('a', 10, 11), read('b', 12, 13)];
  expect(linearizabilityFaults(ab, late)).not.toEqual([]);
  expect(sequentialFaults(ab, late)).toEqual([]);
  const back = [...stores, read('b', 6, 7), read('a', 8, 9)];
  expect(sequentialFaults(ab, back)).toEqual(["reader's read of a, behind reader's read of b"]);
  expect(sequentialFaults(ab, [...stores, read('a', 6, 7, 'b')])).toHaveLength(1);
  expect(sequentialFaults(ab, [read('b', 0, 1, 'a'), store('a', 2, 3)])).toHaveLength(1);
  expect(sequentialFaults(ab, [read('lost', 0, 1)])).toHaveLength(1);
  expect(sequentialFaults(ab, [store('lost', 0, 1)])).toHaveLength(1);
});

test('counts the staleness of a read from the first newer message that was acknowledged', () => {
  const stores = [store('a', 0, 10), store('b', 2, 6)];
  const reads = [read('0', 5, 9), read('0', 8, 9), read('a', 16, 17), read('b', 99, 100)];
  expect(stalenessMs(ab, stores, reads)).toEqual([0, 2, 10, 0]);
});

const MAX_STORES = 4;
const MAX_READS = 4;
/** Few, so that many operations begin and end together. */
const MOMENTS = 12;

/** Anything clients may have seen, possible or not: up to 4 stores and 4 reads. */
const anything = fc
  .record({
    stores: fc.array(
      fc.record({ times: timesBelow(MOMENTS), isRejected: fc.boolean(), client: fc.nat(1) }),
      { minLength: 1, maxLength: MAX_STORES },
    ),
    reads: fc.array(
      fc.record({ times: timesBelow(MOMENTS), of: fc.nat(MAX_STORES), client: fc.nat(1) }),
      { maxLength: MAX_READS },
    ),
  })
  .map(({ stores, reads }) => {
    const history = stores.map((_, index) => `m${index}`);
    const register: Register = { initial: 'initial', history };
    const operations: Operation[] = stores.map(({ times: [from, to], isRejected, client }, index) =>
      (isRejected ? rejected : store)(`m${index}`, from, to, `client ${client}`),
    );
    const messages = ['initial', ...history];
    for (const { times, of, client } of reads) {
      const message = messages[of % messages.length] ?? 'initial';
      operations.push(read(message, times[0], times[1], `client ${client}`));
    }
    return { register, operations };
  });

function timesBelow(end: number): fc.Arbitrary<[number, number]> {
  return fc.tuple(fc.nat(end), fc.nat(end)).map(([one, other]) => {
    return one < other ? [one, other] : [other, one];
  });
}

test(
  'finds any operations linearizable exactly if some order of moments explains them',
  QUICK,
  () => {
    let explained = 0;
    let all = 0;
    const property = fc.property(anything, ({ register, operations }) => {
      const isLinearizable = hasOrder(register, operations, precedesInTime);
      expect(linearizabilityFaults(register, operations).length === 0).toBe(isLinearizable);
      all++;
      if (isLinearizable) explained++;
    });
    fc.assert(property, RUNS);
    // Both results must occur often enough.
    expect(explained).toBeGreaterThan(all / 50);
    expect(explained).toBeLessThan((all * 49) / 50);
  },
);

test('finds any operations sequentially consistent exactly if some order of each client explains them', () => {
  let explained = 0;
  let all = 0;
  const property = fc.property(anything, ({ register, operations }) => {
    const distinct = new Set(operations.map(({ client, startedAt }) => `${client} ${startedAt}`));
    // A client does one operation at a time.
    fc.pre(distinct.size === operations.length);
    const isSequential = hasOrder(register, operations, precedesInClient);
    expect(sequentialFaults(register, operations).length === 0).toBe(isSequential);
    all++;
    if (isSequential) explained++;
  });
  fc.assert(property, RUNS);
  expect(explained).toBeGreaterThan(all / 50);
  expect(explained).toBeLessThan((all * 49) / 50);
});

test('accepts everything a register did at one moment within each operation', () => {
  const one = fc.record({
    moment: fc.integer({ min: 10, max: 500 }),
    before: fc.nat(9),
    after: fc.nat(9),
    isStore: fc.boolean(),
    isRejected: fc.boolean(),
  });
  const property = fc.property(fc.array(one, { maxLength: 60 }), (drawn) => {
    const done = [...drawn].sort((left, right) => left.moment - right.moment);
    const history: string[] = [];
    const operations = done.map(({ moment, before, after, isStore, isRejected }, index) => {
      const [from, to] = [moment - before, moment + after];
      if (!isStore) return read(history.at(-1) ?? 'initial', from, to, `${index}`);
      history.push(`m${index}`);
      return (isRejected ? rejected : store)(`m${index}`, from, to);
    });
    const register = { initial: 'initial', history };
    expect(linearizabilityFaults(register, operations)).toEqual([]);
    expect(sequentialFaults(register, operations)).toEqual([]);
  });
  fc.assert(property, RUNS);
});

/** Whether one operation must come before another. */
type Precedes = (one: Operation, other: Operation) => boolean;

function isAnswered(operation: Operation): boolean {
  return operation.kind === 'read' || operation.outcome === 'acknowledged';
}

const precedesInTime: Precedes = (one, other) => isAnswered(one) && one.endedAt < other.startedAt;
const precedesInClient: Precedes = (one, other) =>
  isAnswered(one) &&
  isAnswered(other) &&
  one.client === other.client &&
  one.startedAt < other.startedAt;

/** Tries every order, by the definition: an operation that may come first, then the rest. */
function hasOrder(register: Register, left: readonly Operation[], precedes: Precedes): boolean {
  const search = (rest: readonly Operation[], stored: number): boolean => {
    if (rest.length === 0) return stored === register.history.length;
    return rest.some((operation) => {
      if (rest.some((other) => other !== operation && precedes(other, operation))) return false;
      const others = rest.filter((other) => other !== operation);
      if (operation.kind === 'store')
        return operation.message === register.history[stored] && search(others, stored + 1);
      const current = stored === 0 ? register.initial : register.history[stored - 1];
      return operation.message === current && search(others, stored);
    });
  };
  return search(left, 0);
}
