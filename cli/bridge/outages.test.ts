import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SETTLE_MS } from './outage.pure.ts';
import { type OutageSubject, Outages, WorkerOutages } from './outages.ts';

const REDIS: OutageSubject = { kind: 'target', target: 'redis' };
const FEED: OutageSubject = { kind: 'feed', target: 'redis' };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function outagesWithLog() {
  const logged: string[] = [];
  const outages = new Outages(({ kind }, reason) =>
    logged.push(`${kind} ${reason ?? 'recovered'}`),
  );
  return { logged, outages };
}

/** A primary, and workers that report to it. */
class Cluster {
  readonly logged: string[] = [];
  readonly passed: string[] = [];
  readonly #workers: WorkerOutages[] = [];
  readonly #outages = new Outages(
    (_subject, reason) => this.logged.push(reason ?? 'recovered'),
    () => {
      for (const worker of this.#workers) worker.setKeys(this.#outages.keys);
    },
  );

  addWorker(): WorkerOutages {
    const worker = new WorkerOutages((subject, reason) => {
      this.passed.push(reason ?? 'success');
      this.#outages.report(subject, reason);
    }, this.#outages.keys);
    this.#workers.push(worker);
    return worker;
  }

  remove(worker: WorkerOutages): void {
    this.#workers.splice(this.#workers.indexOf(worker), 1);
  }
}

test('logs an outage once, and its end once', () => {
  const { outages, logged } = outagesWithLog();
  outages.report(REDIS, null);
  for (let times = 0; times < 5; times++) outages.report(REDIS, `refused ${times}`);
  vi.advanceTimersByTime(SETTLE_MS);
  for (let times = 0; times < 5; times++) outages.report(REDIS, null);
  expect(logged).toEqual(['target refused 0', 'target recovered']);
  outages.report(REDIS, 'again');
  expect(logged).toEqual(['target refused 0', 'target recovered', 'target again']);
});

test('logs an outage again if its cause changes', () => {
  const { outages, logged } = outagesWithLog();
  outages.report(REDIS, 'unknown host name');
  vi.advanceTimersByTime(SETTLE_MS);
  for (let times = 0; times < 5; times++) outages.report(REDIS, 'refused');
  outages.report(REDIS, null);
  vi.advanceTimersByTime(SETTLE_MS);
  expect(logged).toEqual(['target unknown host name', 'target refused', 'target recovered']);
});

test('logs the end without a further success, once the outage has settled', () => {
  const { outages, logged } = outagesWithLog();
  outages.report(REDIS, 'refused');
  vi.advanceTimersByTime(1);
  outages.report(REDIS, null);
  vi.advanceTimersByTime(SETTLE_MS - 2);
  expect(logged).toEqual(['target refused']);
  vi.advanceTimersByTime(1);
  expect(logged).toEqual(['target refused', 'target recovered']);
});

test('a target that fails now and then is one outage, however many sessions there are', () => {
  const { outages, logged } = outagesWithLog();
  for (let times = 0; times < 1000; times++) {
    outages.report(REDIS, times % 2 === 0 ? 'reset' : null);
    vi.advanceTimersByTime(SETTLE_MS / 4);
  }
  expect(logged).toEqual(['target reset']);
});

test('keeps apart what fails: a target, and the feed from it', () => {
  const { outages, logged } = outagesWithLog();
  outages.report(REDIS, 'refused');
  outages.report(FEED, 'refused');
  vi.advanceTimersByTime(SETTLE_MS);
  outages.report(FEED, null);
  expect(logged).toEqual(['target refused', 'feed refused', 'feed recovered']);
});

test('forgets the outage of a target that is gone', () => {
  const { outages, logged } = outagesWithLog();
  for (const subject of [REDIS, FEED]) outages.report(subject, 'refused');
  outages.report(REDIS, null);
  outages.keepTargets([{ name: 'redis' }]);
  expect(outages.keys).toHaveLength(2);
  outages.keepTargets([{ name: 'other' }]);
  vi.advanceTimersByTime(SETTLE_MS);
  expect(logged).toEqual(['target refused', 'feed refused']);
  expect(outages.keys).toEqual(['feed redis']);
});

test('an outage of several workers is logged once', () => {
  const cluster = new Cluster();
  const workers = [cluster.addWorker(), cluster.addWorker()];
  for (const worker of workers) worker.report(REDIS, 'refused');
  vi.advanceTimersByTime(SETTLE_MS);
  for (const worker of workers) worker.report(REDIS, null);
  expect(cluster.logged).toEqual(['refused', 'recovered']);
});

test('any worker ends an outage, also if the one that had it has exited', () => {
  const cluster = new Cluster();
  const [first, second] = [cluster.addWorker(), cluster.addWorker()];
  first.report(REDIS, 'refused');
  cluster.remove(first);
  vi.advanceTimersByTime(SETTLE_MS);
  second.report(REDIS, null);
  expect(cluster.logged).toEqual(['refused', 'recovered']);
});

test('a worker that starts in an outage ends it', () => {
  const cluster = new Cluster();
  const first = cluster.addWorker();
  first.report(REDIS, 'refused');
  cluster.remove(first);
  vi.advanceTimersByTime(SETTLE_MS);
  cluster.addWorker().report(REDIS, null);
  expect(cluster.logged).toEqual(['refused', 'recovered']);
});

test('a worker passes on no success while nothing has an outage', () => {
  const cluster = new Cluster();
  const worker = cluster.addWorker();
  worker.report(REDIS, null);
  worker.report(REDIS, 'refused');
  worker.report(FEED, null);
  vi.advanceTimersByTime(SETTLE_MS);
  worker.report(REDIS, null);
  worker.report(REDIS, null);
  expect(cluster.passed).toEqual(['refused', 'success']);
});
