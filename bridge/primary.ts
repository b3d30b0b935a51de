// What the processes of one bridge (workers) ask the one that started them (the primary). It relays
// nothing: it counts for all of them, so that what is stated of the bridge holds for the whole.

import type { Room } from '../access/room.ts';
import type { MetricSample, MetricsText } from './metrics.ts';

export interface Primary {
  /** Counts sessions, as `sessionLimits` of bridge.ts does. */
  sessions: Room;
  /** Counts TCP connections, as `connectionLimits` does. */
  connections: Room;
  /** Those of all workers. */
  metrics: MetricsText;
  /** Takes how this worker tells its own. */
  onSample(sample: () => Promise<MetricSample[]>): void;
}
