// The server's metrics, for Prometheus. Each part of them is of one process: of those that accept
// connections, and of the one that owns the store. With one process, both are the same.

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import {
  METRICS_CONTENT_TYPE,
  type MetricSample,
  type MetricsText,
  sampleOf,
} from '../access/metricSamples.ts';
import type { MessageInForce } from './messageInForce.ts';
import type { MotdServer } from './server.ts';
import type { MessageStore } from './stores/store.ts';

export interface MetricSources {
  /** Whether the process itself is measured. Its event loop delay takes a timer every 10 ms. */
  process: boolean;
  /** The server that accepts connections in this process. */
  server?: Pick<MotdServer, 'connections' | 'storeCounts'>;
  /** The store that this process owns, and the message in force. */
  store?: MessageStore;
  inForce?: MessageInForce;
}

export class ServerMetrics implements MetricsText {
  readonly contentType = METRICS_CONTENT_TYPE;
  readonly #registry = new Registry();

  constructor({ process, server, store, inForce }: MetricSources) {
    if (process) collectDefaultMetrics({ register: this.#registry });
    if (server !== undefined) registerConnections(server, [this.#registry]);
    if (inForce !== undefined) registerMessage(inForce, [this.#registry]);
    if (store !== undefined) registerStore(store, [this.#registry]);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** @returns All metrics of this process, for the primary. */
  sample(): Promise<MetricSample[]> {
    return sampleOf(this.#registry);
  }
}

function registerConnections(
  server: NonNullable<MetricSources['server']>,
  registers: Registry[],
): void {
  new Gauge({
    name: 'motd_server_connections',
    help: 'Number of open connections.',
    registers,
    collect() {
      this.set(server.connections);
    },
  });
  new Counter({
    name: 'motd_server_stores_total',
    help: 'Changes to store, by outcome: stored, or failed (answered 503; may have been stored).',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(server.storeCounts)) {
        this.inc({ outcome }, count);
      }
    },
  });
}

function registerMessage(inForce: MessageInForce, registers: Registry[]): void {
  new Gauge({
    name: 'motd_server_message_number',
    help: 'Number of the message in force; the same on all servers that share a store.',
    registers,
    collect() {
      this.set(inForce.entry?.number ?? 0);
    },
  });
}

function registerStore(store: MessageStore, registers: Registry[]): void {
  new Gauge({
    name: 'motd_server_store_age_seconds',
    help: 'Time since the store last confirmed the message, in seconds.',
    registers,
    collect() {
      this.set(store.freshness.ageMs / 1000);
    },
  });
  new Gauge({
    name: 'motd_server_store_unavailable',
    help: '1 while the store is unavailable, 0 otherwise.',
    registers,
    collect() {
      this.set(store.freshness.outage === undefined ? 0 : 1);
    },
  });
}
