// What the processes of one bridge (workers) ask the one that started them (the primary). It relays
// nothing: it counts for all of them, so that what is stated of the bridge holds for the whole.

import type { Quota } from '../access/quota.ts';
import type { MetricSample, MetricsText } from './metrics.ts';

export interface Primary {
  /** The quota for sessions (`sessionQuota` in bridge.ts). */
  sessions: Quota;
  /** The quota for TCP connections (`connectionQuota` in bridge.ts). */
  connections: Quota;
  /** Those of all workers. */
  metrics: MetricsText;
  /** Takes how this worker tells its own. */
  onSample(sample: () => Promise<MetricSample[]>): void;
}
