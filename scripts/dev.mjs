// `npm run dev`: runs `motd up`. After each change of a source it builds the program and the page
// again and restarts `motd up`; the page then reloads (web/page/reloadOnChange.ts). Flags are passed
// on: npm run dev -- --http-port 8081

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitWithParent } from './exitWithParent.mjs';
import { filesBelow, prepareInstallation } from './prepare.mjs';

/**
 * Not dist/: tests use that meanwhile. In node_modules/, the program finds its packages. While it
 * runs in one folder, it is built in the other.
 */
const BUILDS = ['node_modules/.dev/a', 'node_modules/.dev/b'];

/** The folders that the program and the page are built from. */
const SOURCES = ['protocol', 'access', 'server', 'client', 'bridge', 'feed', 'web', 'cli'];
const SOURCE_FILES = ['package.json', 'vite.config.ts'];
const UNUSED = /\.(?:test|harness)\.ts$/;

/** Polling notices every way to save a file, on every file system. It takes less than 1 % of a core. */
const POLL_INTERVAL_MS = 500;

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** @type {Set<ChildProcess>} */
const running = new Set();
let isEnding = false;

exitWithParent();
prepareInstallation();
// As `npm start` does, and not the messages of an installed `motd`.
process.env['MOTD_STORE'] ??= 'file:./motd-data';
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end());
await work();

async function work() {
  /** @type {ChildProcess | undefined} */
  let program;
  let [next = '', current = ''] = BUILDS;
  for (;;) {
    const version = sourceVersion();
    if (await build(next)) {
      await stop(program);
      program = start(`${next}/cli/main.js`, 'up', ...process.argv.slice(2));
      [next, current] = [current, next];
    }
    while (sourceVersion() === version) await sleep(POLL_INTERVAL_MS);
  }
}

/**
 * @param {string} folder
 * @returns Whether it succeeded. If not, the reason was printed.
 */
async function build(folder) {
  console.error('Building …');
  const pageFlags = ['--mode', 'development', '--outDir', `../${folder}/page`, '--emptyOutDir'];
  const statuses = await Promise.all([
    statusOf(start('cli/bundle.mjs', '.', `${folder}/cli`)),
    statusOf(start('node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn', ...pageFlags)),
  ]);
  return statuses.every((status) => status === 0);
}

/**
 * Starts a Node program. With a channel to this process, `motd up` ends when this process has ended.
 *
 * @param {string} script
 * @param {...string} args
 */
function start(script, ...args) {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  // It was started while the others were being ended.
  if (isEnding) child.kill();
  return child;
}

/** @param {ChildProcess} child */
async function statusOf(child) {
  const [status] = await once(child, 'close');
  return status;
}

/** @param {ChildProcess | undefined} child */
async function stop(child) {
  if (child === undefined || !running.has(child)) return;
  child.kill();
  await once(child, 'close');
}

async function end() {
  if (isEnding) return;
  isEnding = true;
  while (running.size > 0) await Promise.all([...running].map(stop));
  process.exit(0);
}

/** Changes whenever a source is saved, added, removed or renamed. */
function sourceVersion() {
  return [...SOURCES.flatMap(sourcesIn), ...SOURCE_FILES]
    .filter((file) => !UNUSED.test(file))
    .map((file) => `${file} ${statSync(file, { throwIfNoEntry: false })?.mtimeMs}`)
    .join('\n');
}

/** @param {string} folder */
function sourcesIn(folder) {
  try {
    return filesBelow(folder);
  } catch (error) {
    // Git removes a folder while it is read. A later reading finds what is there then.
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return [];
    throw error;
  }
}
