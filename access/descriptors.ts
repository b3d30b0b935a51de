// Whether this process has file descriptors left. Without one, it can neither accept a peer nor
// connect to a target, although open connections work as before.

import { type FileHandle, open } from 'node:fs/promises';
import { devNull } from 'node:os';
import { sharedCall } from './sharedCall.ts';
import { hasErrorCode, NO_DESCRIPTOR } from './systemErrors.ts';

/** The kernel may have no memory for a descriptor. */
const CANNOT_OPEN = [...NO_DESCRIPTOR, 'ENOMEM'];

/** What health checks report then. */
export const OUT_OF_DESCRIPTORS = 'out of file descriptors (ulimit -n)';

/**
 * Makes a function that checks whether a number of descriptors can be opened. Simultaneous calls
 * share one check, so that the checks themselves do not use up the descriptors.
 */
export function descriptorCheck(count: number): () => Promise<boolean> {
  return sharedCall(() => canOpen(count));
}

async function canOpen(count: number): Promise<boolean> {
  const opened: FileHandle[] = [];
  try {
    while (opened.length < count) opened.push(await open(devNull));
    return true;
  } catch (error) {
    // Other errors are not about descriptors.
    return !hasErrorCode(error, CANNOT_OPEN);
  } finally {
    for (const file of opened) await file.close();
  }
}
