// Metrics as they pass between processes: from a worker to its primary, from there to Prometheus.

import { Registry } from 'prom-client';

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** All metrics, in Prometheus' text format. */
export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}

/** One metric and its values. */
export type MetricSample = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];

/** @returns All metrics of a process, without NaN (no value yet): sums would be NaN, too. */
export async function sampleOf(registry: Registry): Promise<MetricSample[]> {
  const samples = await registry.getMetricsAsJSON();
  return samples.map((sample) => ({
    ...sample,
    values: sample.values.filter(({ value }) => Number.isFinite(value)),
  }));
}
