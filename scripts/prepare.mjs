// Prepares every command: installs the packages and builds the program. Plain JavaScript that needs
// only Node, because it runs in a fresh clone. Finished steps are skipped, so a second run starts
// immediately.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OLDEST_NODE = [20, 19];

/** The folders that the build reads. */
const SOURCES = [
  'protocol',
  'access',
  'server',
  'client',
  'bridge',
  'feed',
  'web',
  'cli',
  'bench',
  'testing',
  'e2e',
  'scripts',
];
const SOURCE_FILES = ['package.json', 'package-lock.json'];

/** Installs and builds what is not installed or built yet. Ends the process if that fails. */
export function prepare() {
  prepareInstallation();
  onceFor('dist/.built-from', sourceKey(), 'Building', build);
}

/** Installs what is not installed yet. Ends the process if that fails. */
export function prepareInstallation() {
  process.chdir(ROOT);
  requireNode();
  onceFor('node_modules/.installed-for', installationKey(), 'Installing packages', install);
}

/**
 * Runs a Node program to its end, with its output. Ends the process if it fails.
 *
 * @param {string} script
 * @param {...string} args
 */
export function runNode(script, ...args) {
  run(process.execPath, [script, ...args]);
}

/**
 * @param {string} command
 * @param {string[]} args
 */
export function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) fail(`cannot run ${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * @param {string} message
 * @returns {never}
 */
export function fail(message) {
  console.error(message);
  process.exit(1);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  fail(`Node ${process.versions.node} is too old; install ${OLDEST_NODE.join('.')} or newer`);
}

function install() {
  // `npm start` provides the path of npm, which also avoids its other name on Windows.
  const npm = process.env['npm_execpath'];
  const args = ['ci', '--include=dev', '--loglevel=error'];
  if (npm?.endsWith('.js')) runNode(npm, ...args);
  else run('npm', args);
}

/** Each step is a Node program, with its arguments. */
const BUILD_STEPS = [
  { title: 'types', args: ['node_modules/typescript/bin/tsc', '--build'] },
  { title: 'program', args: ['cli/bundle.mjs'] },
  { title: 'manual and completions', args: ['cli/shellFiles.mjs'] },
  { title: 'page', args: ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'] },
];

function build() {
  rmSync('dist', { recursive: true, force: true });
  for (const [index, { title, args }] of BUILD_STEPS.entries()) {
    if (process.stderr.isTTY) console.error(`  ${index + 1} of ${BUILD_STEPS.length}: ${title}`);
    const [script = '', ...rest] = args;
    runNode(script, ...rest);
  }
}

function installationKey() {
  return hash([process.version, process.platform, process.arch, readFileSync('package-lock.json')]);
}

function sourceKey() {
  const configurations = readdirSync('.').filter((name) => /^tsconfig\.|\.config\.ts$/.test(name));
  const files = SOURCES.flatMap(filesBelow);
  const all = [...SOURCE_FILES, ...configurations, ...files].sort();
  return hash(all.flatMap((file) => [file, readFileSync(file)]));
}

/**
 * @param {string} folder
 * @returns {string[]} The paths of all files in a folder, at any depth.
 */
export function filesBelow(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** @param {(string | Buffer)[]} parts */
function hash(parts) {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part).update('\0');
  return digest.digest('hex');
}

/**
 * Does some work unless a stamp shows that it was done for this key.
 *
 * @param {string} stamp
 * @param {string} key
 * @param {string} title
 * @param {() => void} work
 */
function onceFor(stamp, key, title, work) {
  if (readStamp(stamp) === key) return;
  // To standard error: standard output belongs to the program.
  console.error(`${title} …`);
  work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, key);
}

/** @param {string} stamp */
function readStamp(stamp) {
  try {
    return readFileSync(stamp, 'utf8');
  } catch {
    return undefined;
  }
}
