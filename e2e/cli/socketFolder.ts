// A folder for Unix sockets: those of Playwright's own folders would have paths that are too long.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from '../fixtures.ts';

export const test = base.extend<{ folder: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads there which fixtures one needs.
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'motd-'));
    await use(folder);
    rmSync(folder, { recursive: true });
  },
});
