// Folders for the data of the programs under load.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../testing/root.ts';

const folders: string[] = [];

process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/**
 * Makes a folder that is removed when this process exits. It is in the checkout: the system's
 * folder for temporary files may be in memory, where syncing costs nothing.
 */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(fileURLToPath(new URL('dist/', ROOT)), 'bench-data-'));
  folders.push(folder);
  return folder;
}
