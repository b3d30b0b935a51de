// The flags that a command with many flags lists first.

import type { Option } from 'commander';
import { GROUP, inGroup } from '../options/options.ts';

const MOST_USED: Readonly<Record<string, readonly string[]>> = {
  up: ['--open', '--http-port', '--port', '--host', '--store'],
  serve: ['--host', '--port', '--store', '--password-file', '--store-password-file'],
  bridge: ['--target', '--http-host', '--http-port', '--public-origin', '--users-file'],
};

/** @returns The same options, the most used ones first, under a heading of their own. */
export function mostUsedFirst(command: string, options: readonly Option[]): Option[] {
  const flags = MOST_USED[command] ?? [];
  const first = flags.flatMap((flag) => options.filter(({ long }) => long === flag));
  return [...inGroup(GROUP.mostUsed, first), ...options.filter((one) => !first.includes(one))];
}
