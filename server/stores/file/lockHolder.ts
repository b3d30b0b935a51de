// Finds the server that holds the lock of a folder, for an error that names it. Its address is in the
// lock file.

import { closeSync, ftruncateSync, readFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ListenAddress } from '../../../access/endpoint.ts';
import { SERVER_LOCK_FILE } from './fileNames.ts';
import { openForReading, openPrivateFile } from './privateFiles.ts';

/** A server on the same machine answers within a few milliseconds. */
const ANSWER_TIMEOUT_MS = 500;

/**
 * Writes where the server that holds the lock listens. With `undefined`, the error names no address,
 * and comes after a while only: the server may end soon.
 */
export function writeAddress(folder: string, address: ListenAddress | undefined): void {
  try {
    const descriptor = openPrivateFile(join(folder, SERVER_LOCK_FILE));
    try {
      ftruncateSync(descriptor);
      if (address !== undefined) writeSync(descriptor, `${JSON.stringify(address)}\n`);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Windows: a locked file cannot be changed through another descriptor.
  }
}

/**
 * @returns Where the server that holds the lock answers; `undefined` if it does not. One that was
 *   killed may hold the lock for a moment.
 */
export async function answeringHolder(folder: string): Promise<ListenAddress | undefined> {
  try {
    const address = readAddress(folder);
    await untilAnswered(address);
    return address;
  } catch {
    return undefined;
  }
}

function readAddress(folder: string): ListenAddress {
  const descriptor = openForReading(join(folder, SERVER_LOCK_FILE));
  try {
    return JSON.parse(readFileSync(descriptor, 'utf8'));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Resolves when a server has closed a connection that sends nothing. A connection alone proves
 * nothing: the system also accepts it for a process that ends.
 */
function untilAnswered(address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, timeout: ANSWER_TIMEOUT_MS });
    socket.on('end', resolve);
    socket.on('error', reject);
    socket.on('timeout', () => socket.destroy(new Error('timed out')));
    socket.resume();
    socket.end();
  });
}
