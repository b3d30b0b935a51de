// Requests from a worker of the bridge to the primary, the process that started it. The primary
// relays nothing. It counts for all workers, so that quotas and metrics apply to the whole bridge.

import type { MetricSample, MetricsText } from '../access/metricSamples.ts';
import type { Quota } from '../access/quota.ts';

export interface Primary {
  /** The quota for sessions (`sessionLimits` in limits.ts). */
  sessions: Quota;
  /** The quota for TCP connections (`connectionLimits` in limits.ts). */
  connections: Quota;
  /** The metrics of all workers together. */
  metrics: MetricsText;
  /** Sets the function that returns this worker's own metrics. */
  onSample(sample: () => Promise<MetricSample[]>): void;
}
