// Exits when the reader of standard output closes it (`motd watch | head -1`), without waiting for
// the next write: only a write fails with EPIPE, and there may be none for days.
//
// - A pipe reports POLLERR (poll(2)) on its write end. libuv polls only descriptors that it reads,
//   and never reads one that is open for writing only. It does read one that another process passes
//   to it (SCM_RIGHTS, unix(7)), so a short-lived child process passes it back. That read gets no
//   data, and fails with EBADF at POLLERR. Linux only.
// - A socket must not be read: it may also be standard input (sshd). Writing zero bytes fails when
//   the other end is closed, but not when it is only shut down for writing.

import { fork } from 'node:child_process';
import { fstatSync, readFileSync, type Stats, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { errorCode, hasErrorCode } from '../access/systemErrors.ts';

const STDOUT = 1;
const PASS_STDOUT = fileURLToPath(new URL('./passStdout.js', import.meta.url));

/** The interval between two checks of a socket. */
const CHECK_INTERVAL_MS = 500;

/** The delay before a pipe is watched, and before another try. */
const DELAY_MS = 1000;

/** How many times to start a child process that passes the pipe back. */
const MAX_TRIES = 5;

/** The access mode in the flags of an open file (open(2)). */
const ACCESS_MODE = 0o3;
const WRITE_ONLY = 0o1;

/**
 * Calls `exitWhenReaderCloses` after a delay. It costs a child process, and most commands end
 * sooner.
 */
export function exitWhenReaderClosesDelayed(): void {
  setTimeout(exitWhenReaderCloses, DELAY_MS).unref();
}

/**
 * Exits when the reader of standard output closes it. If this cannot be detected on a system, the
 * command exits at its next write.
 */
export function exitWhenReaderCloses(): void {
  const stats = statsOf(STDOUT);
  if (stats?.isFIFO() && platform() === 'linux' && isWriteOnly(STDOUT)) watchPipe();
  if (stats?.isSocket() && process.stdout instanceof Socket) watchSocket();
}

function watchPipe(triesLeft = MAX_TRIES): void {
  let isSettled = false;
  const child = fork(PASS_STDOUT, {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
  });
  child.once('message', (_message, pipe) => {
    if (!(pipe instanceof Socket)) return;
    isSettled = true;
    pipe.on('error', (error) => {
      // After any other error, the pipe cannot be watched.
      if (errorCode(error) === 'EBADF') exit();
    });
    pipe.resume().unref();
    child.disconnect();
  });
  // The system may be out of processes or memory temporarily.
  const retry = () => {
    if (isSettled || triesLeft === 1) return;
    isSettled = true;
    setTimeout(() => watchPipe(triesLeft - 1), DELAY_MS).unref();
  };
  child.once('error', retry);
  child.once('exit', retry);
  child.unref();
  child.channel?.unref();
}

function watchSocket(): void {
  const timer = setInterval(() => {
    try {
      writeSync(STDOUT, '');
    } catch (error) {
      if (hasErrorCode(error, ['EPIPE', 'ECONNRESET'])) exit();
      // The socket cannot be checked.
      else if (errorCode(error) !== 'EAGAIN') clearInterval(timer);
    }
  }, CHECK_INTERVAL_MS);
  timer.unref();
}

/** Exits with 0, as main.ts does at EPIPE. */
function exit(): never {
  process.exit(0);
}

function statsOf(descriptor: number): Stats | undefined {
  try {
    return fstatSync(descriptor);
  } catch {
    return undefined;
  }
}

/** Reading a pipe that is open for both would take data from its reader. */
function isWriteOnly(descriptor: number): boolean {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1');
    const [, flags = ''] = /^flags:\s*([0-7]+)$/m.exec(info) ?? [];
    return (Number.parseInt(flags, 8) & ACCESS_MODE) === WRITE_ONLY;
  } catch {
    return false;
  }
}
