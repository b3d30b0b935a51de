// A load: one message to many watchers.

import { quantile } from '../../testing/quantile.ts';
import { treeCpuSeconds } from '../processes.ts';
import type { Programs } from '../programs.ts';
import type { Sample } from '../result.ts';
import { monotonicMs } from './clock.ts';
import { DIALECTS, type DialectName } from './dialect.ts';
import { send } from './exchange.ts';
import { type LoadTarget, openSession } from './loadTarget.ts';
import { WatcherProcess } from './watcherProcess.ts';

/** A server and its watchers. */
export interface Watched {
  /** The message is sent through the first. */
  target: LoadTarget;
  dialect: DialectName;
  watchers: number;
  process: WatcherProcess;
}

export async function watch(
  programs: Programs,
  target: LoadTarget,
  dialect: DialectName,
  watchers: number,
): Promise<Watched> {
  const process = await WatcherProcess.start(programs, dialect, watchers, target.ports);
  return { target, dialect, watchers, process };
}

/**
 * @returns Milliseconds from sending the message until it is acknowledged, and until the first, the
 *   median and the last watcher have it.
 */
export async function measureUpdate(watched: Watched): Promise<Sample[]> {
  const { target, dialect, watchers, process } = watched;
  const connection = await openSession({ ...target, ports: target.ports.slice(0, 1) });
  const cpuBefore = treeCpuSeconds(target.pids);
  const updates = process.nextUpdate();
  const sentAtMs = monotonicMs();
  await send(connection, DIALECTS[dialect].publish(watchers));
  const okMs = monotonicMs() - sentAtMs;
  const delaysMs = (await updates).map((atMs) => atMs - sentAtMs);
  const cpuUs = ((treeCpuSeconds(target.pids) - cpuBefore) / watchers) * 1e6;
  connection.destroy();
  const delays = [okMs, ...[0, 0.5, 1].map((share) => quantile(delaysMs, share))];
  return delays.map((value) => ({ value, cpuUs }));
}
