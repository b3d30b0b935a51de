import { defineConfig, devices } from '@playwright/test';

// scripts/test.mjs finds a Chromium; without one named, Playwright's own is used.
const executablePath = process.env['CHROMIUM_PATH'];

// A browser under test talks to loopback only: everything that would call home is off.
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
const isRoot = process.getuid?.() === 0;

/** By subject, a folder each: `npm run e2e -- --project page`. */
const PROJECTS = ['page', 'cli', 'bridge', 'cluster', 'packaging', 'reliability'];

export default defineConfig({
  projects: PROJECTS.map((name) => ({ name, testDir: name })),
  outputDir: '../test-results',
  fullyParallel: true,
  workers: 2,
  forbidOnly: process.env['CI'] !== undefined,
  timeout: 60_000,
  // How long a poll goes on before it has failed; a slow machine is no failure.
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1000, height: 640 },
    launchOptions: {
      ...(executablePath && { executablePath }),
      args: isRoot ? [...QUIET, '--no-sandbox'] : QUIET,
    },
    // A sixth of the time of a page's test: `MOTD_TRACE=1` keeps them for whoever looks into a failure.
    trace: process.env['MOTD_TRACE'] === undefined ? 'off' : 'retain-on-failure',
  },
});
