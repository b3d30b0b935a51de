// Prepares every command: installs the packages and builds the program. Plain JavaScript that needs
// only Node, because it runs in a fresh clone. Finished steps are skipped, so a second run starts
// immediately.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './installPackages.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

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
const SOURCE_FILES = ['package.json', 'package-lock.json', 'CHANGELOG.md'];

/** Installs and builds what is not installed or built yet. Ends the process if that fails. */
export function prepare() {
  prepareInstallation();
  onceFor('dist/.built-from', sourceKey(), 'Building', build);
}

/** Installs what is not installed yet. Ends the process if that fails. */
export function prepareInstallation() {
  process.chdir(ROOT);
  onceFor('node_modules/.installed-for', installationKey(), 'Installing packages', installPackages);
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

/** What other commands put into `dist`: the Debian packages and the site. */
const KEPT = ['deb', 'docs'];

/** Each step is a Node program, with its arguments. */
const BUILD_STEPS = [
  { title: 'types', args: ['node_modules/typescript/bin/tsc', '--build'] },
  { title: 'program', args: ['cli/bundle.mjs'] },
  { title: 'manual and completions', args: ['cli/shellFiles.mjs'] },
  { title: 'page', args: ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'] },
];

function build() {
  for (const name of existsSync('dist') ? readdirSync('dist') : [])
    if (!KEPT.includes(name)) rmSync(join('dist', name), { recursive: true });
  process.once('exit', adviseAfterFailure);
  for (const [index, { title, args }] of BUILD_STEPS.entries()) {
    if (process.stderr.isTTY) console.error(`  ${index + 1} of ${BUILD_STEPS.length}: ${title}`);
    const [script = '', ...rest] = args;
    runNode(script, ...rest);
  }
  process.off('exit', adviseAfterFailure);
}

function adviseAfterFailure() {
  console.error(
    'motd: cannot build; if a package is missing or damaged, delete node_modules, and run the ' +
      'command again',
  );
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
  for (const folder of [dirname(stamp), '.']) requireWritable(folder);
  // To standard error: standard output belongs to the program.
  console.error(`${title} …`);
  work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, key);
}

/** @param {string} folder */
function requireWritable(folder) {
  if (!existsSync(folder)) return;
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    fail(`motd: cannot write to ${resolve(folder)}; run it as the user that the folder belongs to`);
  }
}

/** @param {string} stamp */
function readStamp(stamp) {
  try {
    return readFileSync(stamp, 'utf8');
  } catch {
    return undefined;
  }
}
