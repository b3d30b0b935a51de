import { expect, test } from 'vitest';
import { Metrics } from '../../bridge/metrics.ts';
import { ClusterMetrics } from './clusterMetrics.ts';

/** The metrics of a worker with one target. */
function worker(opened: number, open: number): Metrics {
  const metrics = new Metrics();
  Object.assign(metrics.countersOf('echo'), { opened, open });
  return metrics;
}

/** Never reached in these tests. */
const LONG_TIMEOUT_MS = 60_000;

function clusterMetrics(workerTimeoutMs = LONG_TIMEOUT_MS): ClusterMetrics {
  const names = {
    workers: 'motd_bridge_workers',
    workerExits: 'motd_bridge_worker_exits_total',
  };
  return new ClusterMetrics({ names, workerTimeoutMs });
}

const OPENED = 'motd_bridge_sessions_opened_total{target="echo"}';
const OPEN = 'motd_bridge_sessions{target="echo"}';

async function metricOf(cluster: ClusterMetrics, name: string): Promise<number> {
  const line = (await cluster.text()).split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

test('adds up the counters and the gauges of all workers', async () => {
  const cluster = clusterMetrics();
  for (const metrics of [worker(3, 2), worker(4, 1)]) cluster.addWorker(() => metrics.sample());
  expect(await metricOf(cluster, OPENED)).toBe(7);
  expect(await metricOf(cluster, OPEN)).toBe(3);
  expect(await metricOf(cluster, 'motd_bridge_workers')).toBe(2);
});

test('merges rejections for the same reason into one line', async () => {
  const cluster = clusterMetrics();
  for (const metrics of [worker(0, 0), worker(0, 0)]) {
    metrics.recordRejection('host');
    cluster.addWorker(() => metrics.sample());
  }
  expect(await metricOf(cluster, 'motd_bridge_rejections_total{reason="host"}')).toBe(2);
});

test('reports the start time of the primary, not of the workers', async () => {
  const cluster = clusterMetrics();
  for (const metrics of [worker(0, 0), worker(0, 0)]) cluster.addWorker(() => metrics.sample());
  const started = await metricOf(cluster, 'process_start_time_seconds');
  expect(Math.abs(started - performance.timeOrigin / 1000)).toBeLessThan(1);
});

test('keeps the counters of a worker that has exited, but not its gauges', async () => {
  const cluster = clusterMetrics();
  const [first, second] = [worker(3, 2), worker(4, 1)];
  const remove = cluster.addWorker(() => first.sample());
  cluster.addWorker(() => second.sample());
  await cluster.text();
  remove();
  // A second call does nothing.
  remove();
  expect(await metricOf(cluster, OPENED)).toBe(7);
  expect(await metricOf(cluster, OPEN)).toBe(1);
  expect(await metricOf(cluster, 'motd_bridge_workers')).toBe(1);

  const third = worker(5, 5);
  const removeThird = cluster.addWorker(() => third.sample());
  expect(await metricOf(cluster, OPENED)).toBe(12);
  removeThird();
  expect(await metricOf(cluster, OPENED)).toBe(12);
  expect(await metricOf(cluster, OPEN)).toBe(1);
});

test('counts exits', async () => {
  const cluster = clusterMetrics();
  cluster.countExit();
  expect(await metricOf(cluster, 'motd_bridge_worker_exits_total')).toBe(1);
});

test('counts a worker that does not answer in time with its last sample', async () => {
  // Only the worker that hangs lets this time pass.
  const cluster = clusterMetrics(1000);
  const [hanging, responding] = [worker(3, 2), worker(4, 1)];
  let asked = 0;
  let sampleHanging = () => hanging.sample();
  cluster.addWorker(() => sampleHanging());
  cluster.addWorker(() => responding.sample());
  await cluster.text();
  sampleHanging = () => {
    asked++;
    return new Promise(() => {});
  };
  responding.countersOf('echo').opened++;
  expect(await metricOf(cluster, OPENED)).toBe(8);
  expect(await metricOf(cluster, OPEN)).toBe(3);
  expect(await metricOf(cluster, 'motd_bridge_workers')).toBe(1);
  expect(asked, 'not again before it has answered').toBe(1);
});

test('ignores a worker that exits during the scrape', async () => {
  const cluster = clusterMetrics();
  const metrics = worker(3, 2);
  cluster.addWorker(() => metrics.sample());
  cluster.addWorker(() => Promise.reject(new Error('the process has exited')));
  expect(await metricOf(cluster, OPENED)).toBe(3);
});
