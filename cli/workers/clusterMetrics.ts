// The metrics of several workers, merged by their primary. Each metric is merged as
// prom-client declares it (its `aggregator`): usually the sum; for the event loop delay, the mean
// or the maximum.
//
// No counter decreases while the primary runs. When a worker exits, the last sample it sent is
// kept; what it counted after that is lost. A worker that does not answer in time counts with its
// last sample.

import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client';
import {
  METRICS_CONTENT_TYPE,
  type MetricSample,
  type MetricsText,
} from '../../access/metricSamples.ts';
import { sharedCall } from '../../access/sharedCall.ts';
import { withinTime } from '../../access/withinTime.ts';

/** The metric types that only grow, and so remain part of the sum after a worker has exited. */
const CUMULATIVE_TYPES = new Set<string>(['counter', 'histogram', 'summary']);

/** Requests a worker's metrics; rejects if the worker can no longer answer. */
export type SampleWorker = () => Promise<MetricSample[]>;

/** How long a scrape waits for a worker. */
const WORKER_TIMEOUT_MS = 1000;

export interface ClusterMetricsOptions {
  /** The names of the metrics about the workers. */
  names: { workers: string; workerExits: string };
  /** Requests the metrics of the primary itself, if it does a part of the work. */
  samplePrimary?: SampleWorker;
  /** How long a worker may take to answer. */
  workerTimeoutMs?: number;
}

interface Worker {
  sample: SampleWorker;
  lastSample: MetricSample[];
}

export class ClusterMetrics implements MetricsText {
  readonly contentType = METRICS_CONTENT_TYPE;
  readonly #ownRegistry = new Registry();
  readonly #workers = new Set<Worker>();
  readonly #samplePrimary: SampleWorker;
  readonly #workerTimeoutMs: number;
  readonly #workerExits: Counter;
  /** Simultaneous calls share one scrape. */
  readonly text = sharedCall(() => this.#collect());
  /** The summed metrics of exited workers. */
  #exited: object[] = [];
  #respondingWorkers = 0;

  constructor({
    names,
    samplePrimary = async () => [],
    workerTimeoutMs = WORKER_TIMEOUT_MS,
  }: ClusterMetricsOptions) {
    this.#workerTimeoutMs = workerTimeoutMs;
    this.#samplePrimary = samplePrimary;
    const registers = [this.#ownRegistry];
    new Gauge({
      name: 'process_start_time_seconds',
      help: 'Start time of the process since unix epoch in seconds.',
      registers,
    }).set(Math.round(performance.timeOrigin / 1000));
    const responding = () => this.#respondingWorkers;
    new Gauge({
      name: names.workers,
      help: 'Workers that answered this scrape.',
      registers,
      collect() {
        this.set(responding());
      },
    });
    this.#workerExits = new Counter({
      name: names.workerExits,
      help: 'Workers that exited, for any cause.',
      registers,
    });
  }

  /**
   * Adds a worker that serves.
   *
   * @returns A function to call when the worker has exited.
   */
  addWorker(sample: SampleWorker): () => void {
    // A worker that hangs is not asked again before it has answered.
    const worker: Worker = { sample: sharedCall(sample), lastSample: [] };
    this.#workers.add(worker);
    return () => this.#removeWorker(worker);
  }

  /** Counts a worker that has exited, whether it ever served or not. */
  countExit(): void {
    this.#workerExits.inc();
  }

  async #collect(): Promise<string> {
    const updates = await Promise.all([...this.#workers].map((worker) => this.#update(worker)));
    this.#respondingWorkers = updates.filter((hasAnswered) => hasAnswered).length;
    const own = await this.#ownRegistry.getMetricsAsJSON();
    const samples = [...this.#workers].map(({ lastSample }) => lastSample);
    const primary = withoutUnmergeable(await this.#samplePrimary());
    return AggregatorRegistry.aggregate([...samples, this.#exited, primary, own]).metrics();
  }

  /** @returns Whether the worker answered in time. A late answer counts in the next scrape. */
  async #update(worker: Worker): Promise<boolean> {
    const updated = worker.sample().then(
      (samples) => {
        worker.lastSample = withoutUnmergeable(samples);
        return true;
      },
      () => false,
    );
    return withinTime(updated, this.#workerTimeoutMs, false);
  }

  #removeWorker(worker: Worker): void {
    if (!this.#workers.delete(worker)) return;
    const kept = worker.lastSample.filter(({ type }) => CUMULATIVE_TYPES.has(String(type)));
    this.#exited = AggregatorRegistry.aggregate([this.#exited, kept]).getMetricsAsArray();
  }
}

/** Drops what cannot be merged, such as the start time of each process. */
function withoutUnmergeable(samples: MetricSample[]): MetricSample[] {
  return samples.filter(({ aggregator }) => aggregator !== 'omit');
}
