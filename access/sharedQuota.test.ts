// The primary and its workers, with channels that deliver messages in order, and later.

import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { seed } from '../testing/random.ts';
import { scaled } from '../testing/scale.ts';
import type { MovableLease, QuotaExceeded } from './quota.ts';
import { type QuotaWorker, SharedQuota } from './sharedQuota.ts';
import { WorkerQuota } from './workerQuota.ts';

const HERE = '192.0.2.1';
const ELSEWHERE = '192.0.2.2';

/** Delivers in order, each message in a turn of its own (ipc.ts), until it is paused. */
class Channel {
  isPaused = false;
  sent = 0;
  readonly #queue: (() => void)[] = [];
  #isDelivering = false;

  send(deliver: () => void): void {
    this.sent++;
    this.#queue.push(deliver);
    if (!this.#isDelivering) void this.#deliver();
  }

  async #deliver(): Promise<void> {
    this.#isDelivering = true;
    for (;;) {
      await setImmediate();
      if (this.isPaused) continue;
      const next = this.#queue.shift();
      if (next === undefined) break;
      next();
    }
    this.#isDelivering = false;
  }
}

/** One worker, and what the primary has of it. */
class TestWorker implements QuotaWorker {
  readonly quota: WorkerQuota;
  readonly toWorker = new Channel();
  readonly toPrimary = new Channel();

  constructor(shared: SharedQuota, limits: { total: number; perSource: number }, workers: number) {
    const countedKeys = shared.addWorker(this);
    this.quota = new WorkerQuota(
      {
        acquire: (key) =>
          new Promise((resolve) => {
            this.toPrimary.send(() => {
              void shared
                .acquire(this, key)
                .then((isGranted) => this.toWorker.send(() => resolve(isGranted)));
            });
          }),
        release: (key) => this.toPrimary.send(() => shared.release(this, key)),
      },
      { limits, workers, countedKeys },
    );
  }

  takeOver(key: string): Promise<number> {
    return new Promise((resolve) => {
      this.toWorker.send(() => {
        const used = this.quota.takeOver(key);
        this.toPrimary.send(() => resolve(used));
      });
    });
  }

  handBack(key: string): void {
    this.toWorker.send(() => this.quota.handBack(key));
  }

  get messages(): number {
    return this.toWorker.sent + this.toPrimary.sent;
  }

  /** Until `resume`, as after SIGSTOP. */
  pause(): void {
    this.toWorker.isPaused = true;
    this.toPrimary.isPaused = true;
    onTestFinished(() => this.resume());
  }

  resume(): void {
    this.toWorker.isPaused = false;
    this.toPrimary.isPaused = false;
  }
}

function start(total: number, perSource: number, workers = 2, answerTimeoutMs = 60_000) {
  const limits = { total, perSource };
  const shared = new SharedQuota(limits, workers, answerTimeoutMs);
  const add = () => new TestWorker(shared, limits, workers);
  return { shared, add, workers: Array.from({ length: workers }, add) };
}

async function acquired(worker: TestWorker | undefined, source?: string) {
  const lease = await worker?.quota.acquire(source);
  if (lease === undefined) throw new Error('no such worker');
  return lease;
}

async function leaseOf(worker: TestWorker | undefined, source?: string): Promise<MovableLease> {
  const lease = await acquired(worker, source);
  if (typeof lease === 'string') throw new Error(`quota exceeded: ${lease}`);
  return lease;
}

async function acquireMany(
  workers: readonly (TestWorker | undefined)[],
  count: number,
  source?: string,
): Promise<(MovableLease | QuotaExceeded)[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => acquired(workers[index % workers.length], source)),
  );
}

function granted(results: readonly (MovableLease | QuotaExceeded)[]): MovableLease[] {
  return results.filter((result) => typeof result !== 'string');
}

test('sends no message while each worker uses at most its share', async () => {
  const { workers } = start(10, 4);
  const [one, other] = workers;
  for (const worker of workers) {
    for (let lease = 0; lease < 2; lease++) {
      expect(worker.quota.acquire()).toBeTypeOf('object');
      await leaseOf(worker, HERE);
    }
  }
  expect([one?.messages, other?.messages]).toEqual([0, 0]);
});

test('grants exactly the limits, however the leases are spread over the workers', async () => {
  for (const spread of [[0], [1], [0, 1], [0, 0, 1]]) {
    const { workers } = start(7, 100);
    const chosen = spread.map((index) => workers[index]);
    const results = await acquireMany(chosen, 30);
    expect(granted(results)).toHaveLength(7);
    expect(results.filter((result) => result === 'total')).toHaveLength(23);
    granted(results)[3]?.release();
    await vi.waitFor(async () => expect(granted(await acquireMany(workers, 4))).toHaveLength(1));
  }
});

test('limits each source by itself', async () => {
  const { workers } = start(100, 3);
  for (const source of [HERE, ELSEWHERE]) {
    const results = await acquireMany(workers, 12, source);
    expect(granted(results)).toHaveLength(3);
    expect(results.filter((result) => result === 'source')).toHaveLength(9);
  }
  expect(granted(await acquireMany(workers, 100))).toHaveLength(94);
});

test('moves a lease to another source, unless that source is at its limit', async () => {
  const { workers } = start(100, 1);
  const [one, other] = workers;
  const lease = await leaseOf(one);
  expect(await lease.assignTo(HERE)).toBe(true);
  expect(await acquired(other, HERE)).toBe('source');
  const second = await leaseOf(other, ELSEWHERE);
  expect(await lease.assignTo(ELSEWHERE)).toBe(false);
  expect(await acquired(other, HERE)).toBe('source');
  second.release();
  await vi.waitFor(async () => expect(await lease.assignTo(ELSEWHERE)).toBe(true));
  await vi.waitFor(async () => expect(await acquired(other, HERE)).toBeTypeOf('object'));
  lease.release();
  expect(await lease.assignTo(HERE)).toBe(false);
});

test('counts a lease once if it is released, or moved again, before the answer', async () => {
  const { workers } = start(100, 1);
  const [one, other] = workers;
  const released = await leaseOf(one);
  const assigned = released.assignTo(HERE);
  released.release();
  expect(await assigned).toBe(false);
  await vi.waitFor(async () => expect(await acquired(other, HERE)).toBeTypeOf('object'));

  const moved = await leaseOf(one);
  const both = await Promise.all([moved.assignTo('192.0.2.3'), moved.assignTo(ELSEWHERE)]);
  expect(both).toEqual([true, true]);
  expect(await acquired(other, ELSEWHERE)).toBe('source');
  await vi.waitFor(async () => expect(await acquired(other, '192.0.2.3')).toBeTypeOf('object'));
});

test('needs one unit for two assignments to one source, before the answer and after', async () => {
  const { workers } = start(100, 1);
  const lease = await leaseOf(workers[0]);
  expect(await Promise.all([lease.assignTo(HERE), lease.assignTo(HERE)])).toEqual([true, true]);
  expect(await lease.assignTo(HERE)).toBe(true);
});

test('needs no message again when the workers together use half a share', async () => {
  const { workers } = start(1000, 8);
  const leases = granted(await acquireMany(workers.slice(0, 1), 8, HERE));
  expect(leases).toHaveLength(8);
  for (const lease of leases.slice(2)) lease.release();
  await vi.waitFor(async () => {
    const before = workers.map(({ messages }) => messages);
    (await leaseOf(workers[1], HERE)).release();
    expect(workers.map(({ messages }) => messages)).toEqual(before);
  });
});

test('releases every lease of a worker that ended, and no others', async () => {
  const { shared, add, workers } = start(6, 100);
  const [one, other] = workers;
  expect(granted(await acquireMany([one, one, other], 6))).toHaveLength(6);
  expect(await acquired(other)).toBe('total');
  if (one !== undefined) shared.removeWorker(one);
  expect(granted(await acquireMany([add(), other], 10))).toHaveLength(4);
});

test('a worker that hangs counts with its share, and delays others only once', async () => {
  const { workers } = start(10, 100, 2, 50);
  const [hanging, other] = workers;
  await leaseOf(hanging);
  hanging?.pause();
  expect(granted(await acquireMany([other], 8))).toHaveLength(5);
  hanging?.resume();
  await vi.waitFor(async () => expect(granted(await acquireMany([other], 8))).toHaveLength(4));
  expect(await acquired(hanging)).toBe('total');
});

test('counts exactly, in every order of acquiring, releasing and ending', async () => {
  const step = fc.record({
    worker: fc.nat(2),
    source: fc.constantFrom(HERE, ELSEWHERE),
    what: fc.constantFrom('acquire', 'acquire', 'acquire', 'release', 'release', 'end', 'wait'),
    pick: fc.nat(20),
  });
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 60 }),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 5 }),
    async (steps, total, perSource) => {
      const { shared, add, workers } = start(total, perSource, 3);
      const held: { worker: TestWorker; source: string; lease: MovableLease }[] = [];
      const pending: Promise<unknown>[] = [];
      const check = () => {
        expect(held.length).toBeLessThanOrEqual(total);
        for (const source of [HERE, ELSEWHERE])
          expect(held.filter((one) => one.source === source).length).toBeLessThanOrEqual(perSource);
      };
      for (const { worker: index, source, what, pick } of steps) {
        const worker = workers[index];
        if (worker === undefined) throw new Error('no such worker');
        if (what === 'wait') await setImmediate();
        else if (what === 'release') held.splice(pick % (held.length + 1), 1)[0]?.lease.release();
        else if (what === 'acquire') {
          const use = (lease: MovableLease | QuotaExceeded) => {
            if (typeof lease === 'string') return;
            if (workers.includes(worker)) held.push({ worker, source, lease });
            check();
          };
          pending.push(Promise.resolve(worker.quota.acquire(source)).then(use));
        } else {
          shared.removeWorker(worker);
          workers[index] = add();
          const kept = held.filter((one) => one.worker !== worker);
          held.splice(0, held.length, ...kept);
        }
      }
      await Promise.all(pending);
      for (const { lease } of held) lease.release();
      // Nothing is lost: in the end the whole quota is free again.
      await vi.waitFor(async () => {
        const leases = granted(await acquireMany(workers, total));
        for (const lease of leases) lease.release();
        expect(leases).toHaveLength(total);
      });
    },
  );
  await fc.assert(property, { numRuns: scaled(100, 2000), seed });
});
