// `npm run deb`: makes the Debian packages, one for each architecture, in dist/deb/ or in the folder
// given. They contain what `npm pack` packs, at the places that Debian has for it. Nothing is
// compiled, so one machine makes all of them, and the same build gives the same bytes.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { noticeOf, RULE } from '../cli/thirdPartyNotices.mjs';
import {
  DOC,
  LINK_REPLACEMENTS,
  LINKS_REPLACED_IN,
  PLACES,
  PROGRAM,
  REPLACED_IN,
  REPLACEMENTS,
} from './debPlaces.mjs';
import { latestRelease } from './latestRelease.mjs';
import { fail, filesBelow, prepare, run } from './prepare.mjs';

/** Debian's names of the architectures, and the folders of their native code. */
const ARCHITECTURES = Object.entries({ amd64: 'linux-x64', arm64: 'linux-arm64' });

/** The revision of the package, for the same version of the program. */
const REVISION = 1;

/** Settings may contain passwords. */
const PRIVATE = 'etc/motd-terminal';

prepare();
if (spawnSync('dpkg-deb', ['--version']).status !== 0)
  fail('motd: needs dpkg-deb; install the package dpkg');
const [output = 'dist/deb'] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const releasedAt = releaseTime();
const work = mkdtempSync(join(tmpdir(), 'motd-deb-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));
const packed = pack();
mkdirSync(output, { recursive: true });
for (const [architecture, native] of ARCHITECTURES) build(architecture, native);

/** @returns Seconds since 1970: the day of the release, unless SOURCE_DATE_EPOCH is set. */
function releaseTime() {
  const { SOURCE_DATE_EPOCH } = process.env;
  if (SOURCE_DATE_EPOCH !== undefined) return Number(SOURCE_DATE_EPOCH);
  const latest = latestRelease();
  if (latest.version !== version)
    fail(`motd: CHANGELOG.md has no day for version ${version}; add it, or set SOURCE_DATE_EPOCH`);
  return Date.parse(`${latest.day}T00:00:00Z`) / 1000;
}

/** Packs as `npm pack` does. @returns The folder with what it packs. */
function pack() {
  const flags = ['--silent', '--ignore-scripts', '--pack-destination', work];
  const { status } = spawnSync('npm', ['pack', ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) fail('motd: npm pack failed; run it to see why');
  run('tar', ['-xzf', join(work, `motd-terminal-${version}.tgz`), '-C', work]);
  return join(work, 'package');
}

/**
 * @param {string} architecture
 * @param {string} native
 */
function build(architecture, native) {
  const root = join(work, architecture);
  layOut(root, native);
  addDocuments(root);
  addControl(root, architecture);
  normalize(root);
  const file = join(output, `motd-terminal_${debianVersion()}_${architecture}.deb`);
  process.env['SOURCE_DATE_EPOCH'] = String(releasedAt);
  run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', root, file]);
}

function debianVersion() {
  return `${version}-${REVISION}`;
}

/**
 * @param {string} root
 * @param {string} native
 */
function layOut(root, native) {
  const program = join(root, PROGRAM);
  cpSync(packed, program, { recursive: true });
  for (const [from, to] of PLACES) move(join(program, from), join(root, to));
  for (const path of ['deploy', 'LICENSE']) rmSync(join(program, path), { recursive: true });
  for (const file of filesBelow(join(program, 'node_modules')))
    if (!isNeeded(file, native)) rmSync(file);
  for (const file of REPLACED_IN) replaceIn(join(root, file), REPLACEMENTS);
  for (const file of LINKS_REPLACED_IN) replaceIn(join(root, file), LINK_REPLACEMENTS);
  copy('deploy/debian/login-hook', join(root, 'etc/update-motd.d/60-motd'));
  mkdirSync(join(root, 'usr/bin'));
  symlinkSync('../lib/motd-terminal/dist/cli/main.js', join(root, 'usr/bin/motd'));
}

/**
 * Whether the program loads a file of a package: its code, and native code for this architecture.
 *
 * @param {string} file
 * @param {string} native
 */
function isNeeded(file, native) {
  if (file.endsWith('.node')) return file.includes(`/${native}/`);
  return /\.c?js$|\/package\.json$/.test(file);
}

/**
 * @param {string} file
 * @param {[string, string][]} replacements
 */
function replaceIn(file, replacements) {
  const text = readFileSync(file, 'utf8');
  const replaced = replacements.reduce((before, [from, to]) => before.replaceAll(from, to), text);
  writeFileSync(file, replaced);
}

/** @param {string} root */
function addDocuments(root) {
  const doc = join(root, DOC);
  writeFileSync(join(doc, 'copyright'), copyright());
  copy('deploy/debian/lintian-overrides', join(root, 'usr/share/lintian/overrides/motd-terminal'));
  writeFileSync(join(doc, 'changelog.Debian'), debianChangelog());
  writeFileSync(join(doc, 'third-party-notices'), notices(join(root, PROGRAM)));
  for (const name of ['changelog', 'changelog.Debian', 'third-party-notices'])
    compress(join(doc, name));
  for (const page of filesBelow(join(root, 'usr/share/man'))) compress(page);
}

function copyright() {
  const [, license = ''] = readFileSync('LICENSE', 'utf8').split(/^Copyright.*\n\n/m);
  const lines = license.trim().split('\n');
  const text = lines.map((line) => ` ${line || '.'}\n`).join('');
  return readFileSync('deploy/debian/copyright', 'utf8') + text;
}

function debianChangelog() {
  const [, maintainer] = readControl().match(/^Maintainer: (.*)$/m) ?? [];
  const date = new Date(releasedAt * 1000).toUTCString().replace('GMT', '+0000');
  return [
    `motd-terminal (${debianVersion()}) unstable; urgency=medium`,
    `  * Version ${version}.`,
    ` -- ${maintainer}  ${date}\n`,
  ].join('\n\n');
}

/**
 * Moves the licenses out of the program, except for those that the page shows.
 *
 * @param {string} program
 * @returns {string} The licenses of all that the package contains.
 */
function notices(program) {
  const bundle = join(program, 'dist/cli/third-party-notices.txt');
  const packages = readdirSync(join(packed, 'node_modules')).sort();
  const page = join(program, 'dist/page/third-party-notices.txt');
  const bundled = [bundle, page].map((file) => readFileSync(file, 'utf8'));
  rmSync(bundle);
  return [...bundled, ...packages.map((name) => noticeOf(join(packed, 'node_modules', name)))].join(
    RULE,
  );
}

/** @param {string} file */
function compress(file) {
  writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
  rmSync(file);
}

/**
 * @param {string} root
 * @param {string} architecture
 */
function addControl(root, architecture) {
  const files = filesBelow(root)
    .map((file) => relative(root, file))
    .sort();
  const sizes = files.map((file) => Math.ceil(statSync(join(root, file)).size / 1024));
  const control = join(root, 'DEBIAN');
  mkdirSync(control);
  const installedKiB = sizes.reduce((sum, size) => sum + size, 0);
  const fields = [
    `Version: ${debianVersion()}`,
    `Architecture: ${architecture}`,
    `Installed-Size: ${installedKiB}`,
  ];
  writeFileSync(join(control, 'control'), `${fields.join('\n')}\n${readControl()}`);
  const settings = files.filter((file) => file.startsWith('etc/'));
  writeFileSync(join(control, 'conffiles'), settings.map((file) => `/${file}\n`).join(''));
  const others = files.filter((file) => !settings.includes(file));
  const sums = others.map((file) => `${md5(join(root, file))}  ${file}\n`);
  writeFileSync(join(control, 'md5sums'), sums.join(''));
  for (const name of ['postinst', 'prerm', 'postrm'])
    copy(`deploy/debian/${name}`, join(control, name));
}

function readControl() {
  return readFileSync('deploy/debian/control', 'utf8');
}

/** @param {string} file */
function md5(file) {
  return createHash('md5').update(readFileSync(file)).digest('hex');
}

/**
 * Gives everything the mode and the time that the package says, whatever umask it was built with.
 * Removes empty folders.
 *
 * @param {string} root
 */
function normalize(root) {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
  // Each folder after what is in it.
  for (const path of [...paths.sort().reverse(), '']) {
    const full = join(root, path);
    const stats = lstatSync(full);
    if (stats.isDirectory() && readdirSync(full).length === 0) {
      rmSync(full, { recursive: true });
      continue;
    }
    if (!stats.isSymbolicLink()) {
      const mode = stats.isDirectory() || isScript(full) ? 0o755 : 0o644;
      chmodSync(full, path.startsWith(PRIVATE) ? mode & 0o700 : mode);
    }
    lutimesSync(full, releasedAt, releasedAt);
  }
}

/** @param {string} file */
function isScript(file) {
  return readFileSync(file).subarray(0, 2).toString() === '#!';
}

/**
 * @param {string} from
 * @param {string} to
 */
function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

/**
 * @param {string} from
 * @param {string} to
 */
function move(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  renameSync(from, to);
}
