// Whether this process has file descriptors left. Without one it accepts no peer and reaches no
// target, though all that is open goes on as if nothing were wrong.

import { type FileHandle, open } from 'node:fs/promises';
import { devNull } from 'node:os';
import { hasErrorCode } from './systemErrors.ts';

// open(2): this process has no more, or the machine, or there is no memory for one.
const NO_DESCRIPTOR = ['EMFILE', 'ENFILE', 'ENOMEM'];

/**
 * Makes a check of whether so many descriptors can be opened. Callers at the same time share one check:
 * it must not use up the descriptors itself.
 */
export function descriptorCheck(count: number): () => Promise<boolean> {
  let underWay: Promise<boolean> | undefined;
  return () => {
    underWay ??= canOpen(count).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

async function canOpen(count: number): Promise<boolean> {
  const opened: FileHandle[] = [];
  try {
    while (opened.length < count) opened.push(await open(devNull));
    return true;
  } catch (error) {
    // Any other error says nothing of descriptors.
    return !hasErrorCode(error, NO_DESCRIPTOR);
  } finally {
    for (const file of opened) await file.close();
  }
}
