// Creates a folder and its missing parents.

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './systemErrors.ts';

/**
 * Without the `recursive` option: with it, Node never returns for a path below `/proc`, where no
 * folder can be created.
 *
 * @param mode That of the folder itself; one that exists keeps its own.
 * @throws What `node:fs` throws. It does not if there is a file at that path.
 */
export function createFolder(path: string, mode?: number): void {
  if (tryToCreateFolder(path, mode)) return;
  createFolder(dirname(path));
  // The parent exists now. If this fails again, throw the error instead of trying forever.
  if (!tryToCreateFolder(path, mode)) mkdirSync(path);
}

/** @returns Whether the folder exists now; `false` if its parent is missing. */
function tryToCreateFolder(path: string, mode?: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return true;
    if (errorCode(error) === 'ENOENT' && dirname(path) !== path) return false;
    throw error;
  }
}
