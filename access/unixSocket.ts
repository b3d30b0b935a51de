// Listens on a Unix socket, which is a file: its mode decides who may connect.
//
// Operations: make the path free, bind, set the mode. libuv removes the file when the server closes.
// Goals: no peer may connect before the mode is set; a file that a killed process left behind is
// replaced; the socket of a process that runs is not.
// Design: the file is created for its owner alone, by the umask, and opened to others afterwards. The
// kernel refuses a connection to a file without a listening process (unix(7)), so such a file is
// stale.

import { chmodSync, lstatSync, statSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { UnixSocket } from './endpoint.ts';
import { errorCode } from './systemErrors.ts';

/** The maximum length of a Unix socket's path, in bytes: `sun_path` without its NUL (unix(7)). */
export const MAX_SOCKET_PATH_BYTES = 107;

/** The file is for its owner alone. */
export const PRIVATE_UMASK = 0o077;

export interface SocketFile extends UnixSocket {
  /** Who may connect: connect(2) needs write permission. */
  mode: number;
}

/** The path cannot be used for a socket. The code is the one that bind(2) has for this problem. */
export class SocketPathError extends Error {
  readonly code: 'EADDRINUSE' | 'ENOTSOCK';

  constructor(code: 'EADDRINUSE' | 'ENOTSOCK') {
    super(code);
    this.code = code;
  }
}

/**
 * Listens on a socket file. Without a mode, the file is that of another process (node:cluster), which
 * takes care of it.
 *
 * @param listen Binds the path.
 * @throws SocketPathError if the path is in use; Node's error if the file cannot be created.
 */
export async function listenOnSocketFile<Result>(
  file: UnixSocket | SocketFile,
  listen: () => Promise<Result>,
): Promise<Result> {
  if (!('mode' in file)) return listen();
  const { path, mode } = file;
  await removeStaleSocket(path);
  const umask = process.umask(PRIVATE_UMASK);
  try {
    const result = await listen();
    chmodSync(path, mode);
    return result;
  } finally {
    process.umask(umask);
  }
}

/**
 * Removes the file of a socket that no process listens on.
 *
 * @throws SocketPathError if a process listens on it, or it is not a socket; Node's error if its
 *   folder does not exist, or the file cannot be removed.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  // bind(2) reports a missing folder, too, but libuv turns that into EACCES.
  statSync(dirname(path));
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file === undefined) return;
  if (!file.isSocket()) throw new SocketPathError('ENOTSOCK');
  if (await isInUse(path)) throw new SocketPathError('EADDRINUSE');
  // Another process may have replaced it meanwhile.
  const now = lstatSync(path, { throwIfNoEntry: false });
  if (now?.ino === file.ino) unlinkSync(path);
}

/** @throws Node's error if it is not permitted to connect. */
function isInUse(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      const code = errorCode(error);
      if (code === 'EACCES' || code === 'EPERM') reject(error);
      // Any other error, such as EAGAIN for a full backlog, comes from a process that listens.
      else resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT');
    });
  });
}
