// Finds a Chromium for the browser tests: the system's, else Playwright's download, else Debian's
// package, if this is Debian and this process runs as root.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installDebianPackages } from './debian.mjs';
import { fail } from './prepare.mjs';

const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const DOWNLOAD_LIMIT_MS = 10 * 60_000;

/**
 * Finds a Chromium that runs, or installs one. Ends the process if neither works.
 *
 * @returns {Promise<string>} Its path.
 */
export async function findBrowser() {
  const found = await installed();
  if (found) return found;

  console.log('Installing Chromium for the browser tests …');
  downloadOwn();
  const own = await installed();
  if (own) return own;

  installDebianPackages('chromium');
  const debian = await installed();
  return debian ?? fail('no Chromium found; install one, or set CHROMIUM_PATH to its path');
}

/**
 * Finds Chromium's headless shell, which draws no windows and halves the time of tests.
 *
 * @returns {string} Its path; empty if there is none, and the whole browser is used.
 */
export function findHeadlessShell() {
  const find = () =>
    [process.env['CHROMIUM_SHELL_PATH'], onPath('chromium-headless-shell')].find(
      (path) => path && runs(path),
    );
  const found = find();
  if (found) return found;
  installDebianPackages('chromium-headless-shell');
  return find() ?? '';
}

// Not imported at the top: Playwright exists only after `prepare` has installed it.
async function installed() {
  const { chromium } = await import('@playwright/test');
  const system = SYSTEM_NAMES.map(onPath);
  const candidates = [process.env['CHROMIUM_PATH'], ...system, chromium.executablePath()];
  return candidates.find((path) => path && runs(path));
}

/** @param {string} path */
function runs(path) {
  // Chrome for Windows would open a window.
  if (process.platform === 'win32') return existsSync(path);
  return spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** @param {string} name */
function onPath(name) {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

// Fails if the machine cannot reach Playwright's server; the caller then tries the next way.
function downloadOwn() {
  const cli = 'node_modules/@playwright/test/cli.js';
  const { status } = spawnSync(process.execPath, [cli, 'install', 'chromium', '--no-shell'], {
    stdio: ['ignore', 'inherit', 'ignore'],
    timeout: DOWNLOAD_LIMIT_MS,
  });
  if (status !== 0) console.log('Playwright could not download Chromium.');
}
