// The package ships no types; this is what we use of it.

declare module 'fs-native-extensions' {
  /**
   * Takes a lock on a whole file, which the kernel drops when the process ends, however it does
   * (fcntl(2), F_OFD_SETLK; flock(2) on macOS; LockFileEx on Windows).
   *
   * @param fd A file descriptor; open for writing unless the lock is shared.
   * @param options.shared Whether others may have a shared lock at the same time.
   * @returns Whether the lock is ours now.
   */
  export function tryLock(fd: number, options?: { shared?: boolean }): boolean;
}
