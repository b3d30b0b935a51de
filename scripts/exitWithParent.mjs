// For what npm starts: it ends when npm has ended.

const PARENT_CHECK_MS = 250;

/**
 * npm passes SIGTERM to the shell it has put between us, and to nobody else; that shell dies of it
 * without a word to us (`exec` would help, but not in Windows' shell).
 */
export function endWithParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS);
  timer.unref();
}
