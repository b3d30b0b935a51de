// Flags of Chromium for tests and measurements.

/** Turn off every connection that Chromium itself would open: tests use loopback only. */
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

const isRoot = process.getuid?.() === 0;

/** Chromium does not start as root with its sandbox. */
export const chromiumFlags: readonly string[] = isRoot ? [...QUIET, '--no-sandbox'] : QUIET;
