// Formats amounts of memory and of traffic for the results of tests.

/** Memory, which Linux reports in units of 1,024 bytes. */
export function mebibytes(kibibytes: number): string {
  return `${Math.round(kibibytes / 1024)} MiB`;
}

/** Traffic, in millions of bytes. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
