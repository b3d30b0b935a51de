import { expect, test } from 'vitest';
import { ClusterMetrics } from './clusterMetrics.ts';
import { Metrics } from './metrics.ts';

/** A worker of a bridge with one target, and how many sessions it has opened and has open. */
function worker(opened: number, open: number): Metrics {
  const metrics = new Metrics(['echo']);
  Object.assign(metrics.countersOf('echo'), { opened, open });
  return metrics;
}

/** Long enough never to be over in these tests. */
const PATIENT_MS = 60_000;

const OPENED = 'motd_bridge_sessions_opened_total{target="echo"}';
const OPEN = 'motd_bridge_sessions{target="echo"}';

async function numberOf(sum: ClusterMetrics, name: string): Promise<number> {
  const line = (await sum.text()).split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

test('what is counted is added up, and so is what there is', async () => {
  const sum = new ClusterMetrics(PATIENT_MS);
  for (const metrics of [worker(3, 2), worker(4, 1)]) sum.join(() => metrics.sample());
  expect(await numberOf(sum, OPENED)).toBe(7);
  expect(await numberOf(sum, OPEN)).toBe(3);
  expect(await numberOf(sum, 'motd_bridge_workers')).toBe(2);
});

test('refusals by the same rule are one line', async () => {
  const sum = new ClusterMetrics(PATIENT_MS);
  for (const metrics of [worker(0, 0), worker(0, 0)]) {
    metrics.refused('host');
    sum.join(() => metrics.sample());
  }
  expect(await numberOf(sum, 'motd_bridge_refusals_total{rule="host"}')).toBe(2);
});

test('the bridge began when its primary did, whatever its workers say', async () => {
  const sum = new ClusterMetrics(PATIENT_MS);
  for (const metrics of [worker(0, 0), worker(0, 0)]) sum.join(() => metrics.sample());
  const started = await numberOf(sum, 'process_start_time_seconds');
  expect(Math.abs(started - performance.timeOrigin / 1000)).toBeLessThan(1);
});

test('of one that has ended stays what it had counted, and not what it had', async () => {
  const sum = new ClusterMetrics(PATIENT_MS);
  const [first, second] = [worker(3, 2), worker(4, 1)];
  const leave = sum.join(() => first.sample());
  sum.join(() => second.sample());
  await sum.text();
  leave();
  leave();
  expect(await numberOf(sum, OPENED)).toBe(7);
  expect(await numberOf(sum, OPEN)).toBe(1);
  expect(await numberOf(sum, 'motd_bridge_workers')).toBe(1);
  expect(await numberOf(sum, 'motd_bridge_worker_ends_total')).toBe(1);

  const third = worker(5, 5);
  const leaveToo = sum.join(() => third.sample());
  expect(await numberOf(sum, OPENED)).toBe(12);
  leaveToo();
  expect(await numberOf(sum, OPENED)).toBe(12);
  expect(await numberOf(sum, OPEN)).toBe(1);
});

test('one that does not answer holds nobody up, and is as it was last seen', async () => {
  const sum = new ClusterMetrics(20);
  const [hanging, well] = [worker(3, 2), worker(4, 1)];
  let answer = () => hanging.sample();
  sum.join(() => answer());
  sum.join(() => well.sample());
  await sum.text();
  answer = () => new Promise(() => {});
  well.countersOf('echo').opened++;
  expect(await numberOf(sum, OPENED)).toBe(8);
  expect(await numberOf(sum, OPEN)).toBe(3);
  expect(await numberOf(sum, 'motd_bridge_workers')).toBe(1);
});

test('one that ends while it is asked holds nobody up', async () => {
  const sum = new ClusterMetrics(PATIENT_MS);
  const metrics = worker(3, 2);
  sum.join(() => metrics.sample());
  sum.join(() => Promise.reject(new Error('the process has ended')));
  expect(await numberOf(sum, OPENED)).toBe(3);
});
