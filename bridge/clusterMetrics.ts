// The metrics of a bridge of several processes: each as prom-client says it is to be put together
// (its `aggregator`): the sum, of the event loop's delay the mean or the most.
//
// No counter goes back while the primary runs. What a worker that has ended was last seen to have
// counted is kept; what it counted after that is lost. One that does not answer is taken to be as it
// was last seen.

import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client';
import { METRICS_CONTENT_TYPE, type MetricSample, type MetricsText } from './metrics.ts';

/** These only grow, and what they have grown by stays true. */
const LASTING = new Set<string>(['counter', 'histogram', 'summary']);

/** Asks a worker; rejects where it cannot answer any more. */
export type AskWorker = () => Promise<MetricSample[]>;

/** How long a scrape waits for a worker that does not answer. */
const ANSWER_MS = 1000;

interface Worker {
  ask: AskWorker;
  lastSeen: MetricSample[];
}

export class ClusterMetrics implements MetricsText {
  readonly contentType = METRICS_CONTENT_TYPE;
  readonly #own = new Registry();
  readonly #workers = new Set<Worker>();
  readonly #answerMs: number;
  readonly #ends: Counter;
  #ended: object[] = [];
  #scrape: Promise<string> | undefined;
  #answering = 0;

  /** @param answerMs How long a worker may take. */
  constructor(answerMs = ANSWER_MS) {
    this.#answerMs = answerMs;
    const registers = [this.#own];
    new Gauge({
      name: 'process_start_time_seconds',
      help: 'Start time of the process since unix epoch in seconds.',
      registers,
    }).set(Math.round(performance.timeOrigin / 1000));
    const answering = () => this.#answering;
    new Gauge({
      name: 'motd_bridge_workers',
      help: 'Workers that answered this time.',
      registers,
      collect() {
        this.set(answering());
      },
    });
    this.#ends = new Counter({
      name: 'motd_bridge_worker_ends_total',
      help: 'Workers that ended, asked or not.',
      registers,
    });
  }

  /** @returns What to call once it has ended. */
  join(ask: AskWorker): () => void {
    const worker: Worker = { ask, lastSeen: [] };
    this.#workers.add(worker);
    return () => this.#leave(worker);
  }

  /** Those who ask at the same time get the same answer. */
  text(): Promise<string> {
    this.#scrape ??= this.#collect().finally(() => {
      this.#scrape = undefined;
    });
    return this.#scrape;
  }

  async #collect(): Promise<string> {
    const asked = await Promise.all([...this.#workers].map((worker) => this.#look(worker)));
    this.#answering = asked.filter((isThere) => isThere).length;
    const own = await this.#own.getMetricsAsJSON();
    const seen = [...this.#workers].map(({ lastSeen }) => lastSeen);
    return AggregatorRegistry.aggregate([...seen, this.#ended, own]).metrics();
  }

  /** @returns Whether it answered in time; if it does later, that counts the next time. */
  async #look(worker: Worker): Promise<boolean> {
    const answer = worker.ask().then(
      (samples) => {
        // Without what is not to be put together: each process has begun at a time of its own.
        worker.lastSeen = samples.filter(({ aggregator }) => aggregator !== 'omit');
        return true;
      },
      () => false,
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, this.#answerMs, false);
    });
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
  }

  #leave(worker: Worker): void {
    if (!this.#workers.delete(worker)) return;
    this.#ends.inc();
    const lasting = worker.lastSeen.filter(({ type }) => LASTING.has(String(type)));
    this.#ended = AggregatorRegistry.aggregate([this.#ended, lasting]).getMetricsAsArray();
  }
}
