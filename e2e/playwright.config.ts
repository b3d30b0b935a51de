import { defineConfig, devices } from '@playwright/test';
import { chromiumFlags } from '../testing/chromiumFlags.ts';
import { HANG_LIMIT_MS } from '../testing/hangLimit.ts';

// scripts/test.mjs finds a Chromium; without one, Playwright's own is used.
const browser = process.env['CHROMIUM_PATH'];
const headlessShell = process.env['CHROMIUM_SHELL_PATH'];

/** A folder for each subject: `npm run e2e -- --project page`. */
const SUBJECTS = ['page', 'cli', 'bridge', 'feed', 'cluster', 'packaging', 'reliability'];

/**
 * Tests of features that the headless shell lacks: notifications, installing, the back/forward
 * cache.
 */
const WHOLE_BROWSER = /@whole-browser/;

function launchWith(executablePath: string | undefined) {
  const args = [...chromiumFlags];
  return { launchOptions: { ...(executablePath && { executablePath }), args } };
}

export default defineConfig({
  projects: [
    ...SUBJECTS.map((name) => ({
      name,
      testDir: name,
      grepInvert: WHOLE_BROWSER,
      use: launchWith(headlessShell || browser),
    })),
    { name: 'whole-browser', testDir: '.', grep: WHOLE_BROWSER, use: launchWith(browser) },
  ],
  globalSetup: '../scripts/prepareTests.mjs',
  outputDir: '../test-results',
  fullyParallel: true,
  workers: 2,
  forbidOnly: process.env['CI'] !== undefined,
  // Above what any test takes, as HANG_LIMIT_MS.
  timeout: 180_000,
  expect: { timeout: HANG_LIMIT_MS },
  reporter: [['list'], ['./skippedReporter.ts']],
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1000, height: 640 },
    // Tracing takes a sixth of the time of a page test. `MOTD_TRACE=1` keeps the traces of
    // failures.
    trace: process.env['MOTD_TRACE'] === undefined ? 'off' : 'retain-on-failure',
  },
});
