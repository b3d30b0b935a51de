// Ends a command when the reader of its standard output has gone (`motd watch | head -1`), without
// waiting for the next thing to write: only a write fails with EPIPE, and there may be none for days.
//
// - A pipe tells by POLLERR (poll(2)) on the end that is written to. libuv watches only what it reads,
//   and opens a descriptor that is open for writing alone as one that it never reads. One that another
//   process passes it (SCM_RIGHTS, unix(7)) it does read: so a short-lived child passes ours back. The
//   read never gets data, and fails with EBADF at POLLERR. Linux only.
// - A socket has to be left unread: it may be standard input, too (sshd). A write of no bytes fails
//   once the other end is closed, not merely shut down for writing.

import { fork } from 'node:child_process';
import { fstatSync, readFileSync, type Stats, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { errorCode, hasErrorCode } from '../access/systemErrors.ts';

const STDOUT = 1;
const PASS_STDOUT = fileURLToPath(new URL('./passStdout.js', import.meta.url));

/** How often a socket is tried. */
const TRY_EVERY_MS = 500;

const LATER_MS = 1000;

/** How often a pipe is passed back in vain. */
const MAX_TRIES = 5;

/** Of the flags of an open file (open(2)). */
const ACCESS_MODE = 0o3;
const WRITE_ONLY = 0o1;

/** The same for a command that is mostly done sooner: to look costs a process. */
export function exitWhenReaderLeavesLater(): void {
  setTimeout(exitWhenReaderLeaves, LATER_MS).unref();
}

/** If there is no way to notice it, the command ends at its next write. */
export function exitWhenReaderLeaves(): void {
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
      // Any other error says that it cannot be watched.
      if (errorCode(error) === 'EBADF') leave();
    });
    pipe.resume().unref();
    child.disconnect();
  });
  // The machine may be short of processes, or of memory.
  const tryAgain = () => {
    if (isSettled || triesLeft === 1) return;
    isSettled = true;
    setTimeout(() => watchPipe(triesLeft - 1), LATER_MS).unref();
  };
  child.once('error', tryAgain);
  child.once('exit', tryAgain);
  child.unref();
  child.channel?.unref();
}

function watchSocket(): void {
  const timer = setInterval(() => {
    try {
      writeSync(STDOUT, '');
    } catch (error) {
      if (hasErrorCode(error, ['EPIPE', 'ECONNRESET'])) leave();
      // It cannot be tried.
      else if (errorCode(error) !== 'EAGAIN') clearInterval(timer);
    }
  }, TRY_EVERY_MS);
  timer.unref();
}

/** As at EPIPE: nobody is left to talk to. */
function leave(): never {
  process.exit(0);
}

function statsOf(descriptor: number): Stats | undefined {
  try {
    return fstatSync(descriptor);
  } catch {
    return undefined;
  }
}

/** To read what is open for both would take away what is meant for its reader. */
function isWriteOnly(descriptor: number): boolean {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1');
    const [, flags = ''] = /^flags:\s*([0-7]+)$/m.exec(info) ?? [];
    return (Number.parseInt(flags, 8) & ACCESS_MODE) === WRITE_ONLY;
  } catch {
    return false;
  }
}
