// For programs that npm starts: they end when npm has ended.

const POLL_INTERVAL_MS = 250;

/**
 * npm passes SIGTERM only to the shell that it runs between itself and this process. That shell
 * dies without passing it on. (`exec` would replace the shell, but not on Windows.)
 */
export function exitWithParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, POLL_INTERVAL_MS);
  timer.unref();
}
