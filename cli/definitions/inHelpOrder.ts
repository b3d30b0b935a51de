// The order of a command's flags: in `--help`, in its manual page, and where a shell keeps it.

import type { Option } from 'commander';
import { GROUP, inGroup } from '../options/options.ts';

const MOST_USED: Readonly<Record<string, readonly string[]>> = {
  up: ['--open', '--http-port', '--port', '--host', '--store'],
  serve: ['--host', '--port', '--store', '--password-file', '--store-password-file'],
  bridge: ['--target', '--http-host', '--http-port', '--public-origin', '--users-file'],
};

/** @returns The most used options first, under a heading of their own, then the others by group. */
export function inHelpOrder(command: string, options: readonly Option[]): Option[] {
  const flags = MOST_USED[command] ?? [];
  const first = flags.flatMap((flag) => options.filter(({ long }) => long === flag));
  const others = options.filter((option) => !first.includes(option));
  const groups = [...new Set(others.map(({ helpGroupHeading }) => helpGroupHeading))];
  return [
    ...inGroup(GROUP.mostUsed, first),
    ...groups.flatMap((group) => others.filter((option) => option.helpGroupHeading === group)),
  ];
}
