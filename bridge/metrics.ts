// What the bridge counts, for Prometheus (https://prometheus.io/docs/practices/naming/). Labels are
// bounded: they hold names of targets, codes and rules, never what somebody sent.

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ConnectFailure } from '../access/systemErrors.ts';

/** Why somebody was not let in. */
export type RefusalRule =
  | 'host'
  | 'origin'
  | 'headers'
  | 'password'
  | 'target'
  | 'sessions'
  | 'sessions_per_source'
  | 'connections'
  | 'descriptors'
  | 'unanswered'
  | 'requests_per_source'
  | 'malformed'
  | 'too_slow';

/** What one target's sessions have come to. Relays count here: nothing is cheaper. */
export interface TargetCounters {
  opened: number;
  open: number;
  bytesFromBrowsers: number;
  bytesToBrowsers: number;
}

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Everything that is counted, in Prometheus' text format. */
export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}

/** One metric and its values, as the workers of a bridge tell them the primary (clusterMetrics.ts). */
export type MetricSample = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];

/**
 * The codes a session ends with (closeCodes.ts; RFC 6455, section 7.4.1);
 * a peer may send any other.
 */
const KNOWN_CODES = new Set([
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
]);

export class Metrics implements MetricsText {
  readonly contentType = METRICS_CONTENT_TYPE;
  readonly #registry = new Registry();
  readonly #tallies = new Map<string, TargetCounters>();
  readonly #targetFailures: Counter<'target' | 'reason'>;
  readonly #closes: Counter<'code'>;
  readonly #refusals: Counter<'rule'>;

  /** @param targets Their names. */
  constructor(targets: readonly string[]) {
    const registers = [this.#registry];
    // Among them: the delay of the event loop, memory, CPU time, open files.
    collectDefaultMetrics({ register: this.#registry });
    for (const name of targets) {
      this.#tallies.set(name, { opened: 0, open: 0, bytesFromBrowsers: 0, bytesToBrowsers: 0 });
    }
    this.#exportTallies();
    this.#targetFailures = new Counter({
      name: 'motd_bridge_target_failures_total',
      help: 'Connections to targets that could not be opened, or broke.',
      labelNames: ['target', 'reason'],
      registers,
    });
    this.#closes = new Counter({
      name: 'motd_bridge_closes_total',
      help: 'WebSockets closed, by close code.',
      labelNames: ['code'],
      registers,
    });
    this.#refusals = new Counter({
      name: 'motd_bridge_refusals_total',
      help: 'Who was not let in, by the rule that says so.',
      labelNames: ['rule'],
      registers,
    });
  }

  /** @throws Where there is no target of that name: our bug. */
  countersOf(target: string): TargetCounters {
    const tally = this.#tallies.get(target);
    if (tally === undefined) throw new Error(`no target ${target}`);
    return tally;
  }

  targetFailed(target: string, reason: ConnectFailure): void {
    this.#targetFailures.inc({ target, reason });
  }

  closed(code: number): void {
    this.#closes.inc({ code: KNOWN_CODES.has(code) ? code : 'other' });
  }

  refused(rule: RefusalRule): void {
    this.#refusals.inc({ rule });
  }

  /** @returns Everything, in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** @returns The same for the primary. What has no value yet (NaN) would spoil a sum. */
  async sample(): Promise<MetricSample[]> {
    const samples = await this.#registry.getMetricsAsJSON();
    return samples.map((sample) => ({
      ...sample,
      values: sample.values.filter(({ value }) => Number.isFinite(value)),
    }));
  }

  #exportTallies(): void {
    const registers = [this.#registry];
    const tallies = this.#tallies;
    new Gauge({
      name: 'motd_bridge_sessions',
      help: 'Sessions that are open.',
      labelNames: ['target'],
      registers,
      collect() {
        for (const [target, { open }] of tallies) this.set({ target }, open);
      },
    });
    new Counter({
      name: 'motd_bridge_sessions_opened_total',
      help: 'Sessions that were opened.',
      labelNames: ['target'],
      registers,
      collect() {
        this.reset();
        for (const [target, { opened }] of tallies) this.inc({ target }, opened);
      },
    });
    new Counter({
      name: 'motd_bridge_relayed_bytes_total',
      help: 'Bytes relayed, by where they went.',
      labelNames: ['target', 'to'],
      registers,
      collect() {
        this.reset();
        for (const [target, { bytesFromBrowsers, bytesToBrowsers }] of tallies) {
          this.inc({ target, to: 'target' }, bytesFromBrowsers);
          this.inc({ target, to: 'browser' }, bytesToBrowsers);
        }
      },
    });
  }
}
