// The targets of a bridge, as its flags and its file have them now.

import type { Targets } from '../../bridge/relay/targetList.ts';
import { DEFAULT_TARGET } from '../options/bridgeOptions.ts';
import { readTargetsFile } from '../options/targetsFile.ts';
import type { BridgeOptions } from './bridgeApp.ts';
import { feedTarget } from './bridgeFeed.ts';

/** @throws CliError if the file is invalid, or has no target that `--feed` can name. */
export function readTargets(options: BridgeOptions): Targets {
  const { target: fromFlags = [], targetsFile, feed, proxyKey } = options;
  const all = targetsFile === undefined ? fromFlags : readTargetsFile(targetsFile, fromFlags);
  const [first = DEFAULT_TARGET, ...others] = all;
  // Only `motd up` passes a key, and it passes one target.
  const targets: Targets = [{ ...first, proxyKey }, ...others];
  if (feed !== undefined) feedTarget(feed, targets);
  return targets;
}
