// Whether this process has file descriptors left. Without one it accepts nobody and reaches nobody,
// though all that is open goes on as if nothing were wrong.

import { type FileHandle, open } from 'node:fs/promises';
import { devNull } from 'node:os';

// open(2): this process has no more, or the machine.
const OUT_OF_DESCRIPTORS = ['EMFILE', 'ENFILE'];

/** @returns Whether so many more can be opened now. */
export async function hasDescriptors(count: number): Promise<boolean> {
  const opened: FileHandle[] = [];
  try {
    while (opened.length < count) opened.push(await open(devNull));
    return true;
  } catch (error) {
    if (isOutOfDescriptors(error)) return false;
    throw error;
  } finally {
    for (const file of opened) await file.close();
  }
}

function isOutOfDescriptors(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && OUT_OF_DESCRIPTORS.includes(String(error.code))
  );
}
