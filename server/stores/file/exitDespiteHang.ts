// Lets the process exit although a system call of a libuv thread does not return, because the disk
// hangs.
//
// process.exit waits for such a call: Node calls uv_library_shutdown, which joins every thread of
// the pool (libuv, src/threadpool.c, uv__threadpool_cleanup). Two ways out skip that:
//
// - process.execve (Node 22.15 and later) replaces the program by one that only exits, with the
//   same status.
// - Earlier versions end by SIGTERM, which service managers count as an ordinary end (systemd.service(5),
//   "SuccessExitStatus=").
//
// If the kernel does not let the call be interrupted, as for most local disks, the process lingers
// until it returns, however it was ended; nothing can change that.

import process from 'node:process';

/** Call it before the process exits, as late as possible: it affects every exit from now on. */
export function exitDespiteHang(): void {
  process.once('exit', (status) => {
    if ('execve' in process && typeof process.execve === 'function') {
      const args = [process.execPath, '--eval', `process.exit(${status})`];
      Reflect.apply(process.execve, process, [process.execPath, args, {}]);
    }
    process.removeAllListeners('SIGTERM');
    process.kill(process.pid, 'SIGTERM');
  });
}
