// The package ships no types; this is what we use of it.

declare module 'fs-native-extensions' {
  /**
   * Takes an exclusive lock on a whole file, which the kernel drops when the process ends, however
   * it does (fcntl(2), F_OFD_SETLK; flock(2) on macOS; LockFileEx on Windows).
   *
   * @param fd A file descriptor open for writing.
   * @returns Whether the lock is ours now.
   */
  export function tryLock(fd: number): boolean;
}
