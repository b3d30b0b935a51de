// A disk that a test can fill. Only root may mount one.

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { Program } from '../../testing/programs.ts';
import { expect, test } from '../fixtures.ts';

/**
 * Mounts a small disk at a folder, which it creates, while `use` runs. Skips the test if it cannot.
 *
 * @param size `64k`
 */
export async function withSmallDisk(
  folder: string,
  size: string,
  use: () => Promise<void>,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'motd-disk', folder]);
  test.skip(mounted.status !== 0, 'only root may mount a small disk');
  try {
    await use();
  } finally {
    // A disk in use cannot be unmounted.
    await Promise.all([...Program.running].map((program) => program.kill()));
    await expect.poll(() => spawnSync('umount', [folder]).status).toBe(0);
  }
}
