// The targets of a bridge and their CAs, as its flags and the files that they name have them now.

import type { Targets } from '../../bridge/relay/targetList.ts';
import type { Target } from '../../bridge/relay/targets.ts';
import { DEFAULT_TARGET } from '../options/bridgeOptions.ts';
import { readProfile } from '../options/profileFile.ts';
import { readTargetsFile } from '../options/targetsFile.ts';
import { readCa } from '../options/tlsFiles.ts';
import type { BridgeOptions } from './bridgeApp.ts';
import { feedTarget } from './bridgeFeed.ts';

/** @throws CliError if a file is invalid, or there is no target that `--feed` can name. */
export function readTargets(options: BridgeOptions): Targets {
  const { target: fromFlags = [], targetsFile, feed, proxyKey, startCommand } = options;
  const all = targetsFile === undefined ? fromFlags : readTargetsFile(targetsFile, fromFlags);
  const [first = DEFAULT_TARGET, ...others] = all;
  // Only `motd up` passes these two, and it passes one target.
  const ours = { proxyKey, startCommand };
  const targets: Targets = [withProfile({ ...first, ...ours }), ...others.map(withProfile)];
  if (feed !== undefined) feedTarget(feed, targets);
  return targets;
}

/** Whether SIGHUP may change the targets: a file describes them. */
export function areTargetsFromFiles({ target = [], targetsFile }: BridgeOptions): boolean {
  return targetsFile !== undefined || target.some(({ profileFile }) => profileFile !== undefined);
}

/**
 * @returns `undefined` without `--target-ca`: the well-known CAs.
 * @throws CliError if the file is invalid.
 */
export function readTargetCa({ targetCa }: BridgeOptions): Buffer | undefined {
  return targetCa === undefined ? undefined : readCa(targetCa, '--target-ca');
}

function withProfile(target: Target): Target {
  const { profileFile } = target;
  return profileFile === undefined ? target : { ...target, profile: readProfile(profileFile) };
}
