// The part of the package's API that is used here; the package has no types of its own.

declare module 'fs-native-extensions' {
  /**
   * Locks a whole file. The kernel releases the lock when the process ends, for whatever reason
   * (fcntl(2), F_OFD_SETLK; flock(2) on macOS; LockFileEx on Windows).
   *
   * @param fd A file descriptor; open for writing unless the lock is shared.
   * @param options.shared Allow other shared locks at the same time.
   * @returns Whether the lock was acquired.
   */
  export function tryLock(fd: number, options?: { shared?: boolean }): boolean;
}
