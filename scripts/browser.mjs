// A Chromium for the browser tests: the system's, else Playwright's own download, else Debian's
// package where this is Debian and we may install it.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fail } from './prepare.mjs';

const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const DOWNLOAD_LIMIT_MS = 10 * 60_000;

/**
 * Finds a Chromium that runs, or gets one; ends the process where none can be had.
 *
 * @returns {Promise<string>} Its path.
 */
export async function findBrowser() {
  const found = await installed();
  if (found) return found;

  console.log('Getting a Chromium for the browser tests …');
  downloadOwn();
  const own = await installed();
  if (own) return own;

  installDebianPackages('chromium');
  const debian = await installed();
  return debian ?? fail('No Chromium runs here: install one, or put its path into CHROMIUM_PATH.');
}

/**
 * Installs Debian packages where this is Debian (or its kin) and we are root.
 *
 * @param {...string} packages
 * @returns {boolean} Whether they are installed now.
 */
export function installDebianPackages(...packages) {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !works('apt-get', '--version')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (/** @type {string[]} */ ...args) =>
    spawnSync('apt-get', ['-q', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env });
  apt('update');
  return apt('install', '-y', '--no-install-recommends', ...packages).status === 0;
}

/**
 * @param {string} command
 * @param {...string} args
 */
export function works(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

// Playwright is imported here and not above: it is there only once `prepare` has installed it.
async function installed() {
  const { chromium } = await import('@playwright/test');
  const system = SYSTEM_NAMES.map(onPath);
  const candidates = [process.env['CHROMIUM_PATH'], ...system, chromium.executablePath()];
  return candidates.find((path) => path && works(path, '--version'));
}

/** @param {string} name */
function onPath(name) {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

// Fails where the machine cannot reach Playwright's server, or lacks the libraries; then the
// caller goes on to the next way.
function downloadOwn() {
  const cli = 'node_modules/@playwright/test/cli.js';
  spawnSync(process.execPath, [cli, 'install', 'chromium', '--only-shell'], {
    stdio: 'inherit',
    timeout: DOWNLOAD_LIMIT_MS,
  });
}
