// `npm test`: the tests that prove the program in a few minutes, from a fresh clone. `npm run
// test:full`: all tests. `-- beyond`: those of test:full that are not in `npm test`. The build
// checks the types.

import { readdirSync, readFileSync } from 'node:fs';
import { findBrowser, findHeadlessShell } from './browser.mjs';
import { fail, prepare, runNode } from './prepare.mjs';
import {
  findAsciinema,
  findEtcd,
  findFish,
  findHaproxy,
  findJq,
  findLintian,
  findMan,
  findMandoc,
  findMemcached,
  findMosquitto,
  findNetcat,
  findNginx,
  findNgircd,
  findNoVnc,
  findPython,
  findRabbitMq,
  findRedis,
  findShellcheck,
  findStrace,
  findTelnet,
  findTelnetd,
  findVncServer,
  findXterm,
  findZsh,
  missingTools,
} from './tools.mjs';

const FOLDERS = ['protocol', 'access', 'server', 'client', 'bridge', 'feed', 'web', 'cli', 'bench'];

/** Unit tests that do more in the full run: they need etcd, or try more cases. */
const DOES_MORE_IN_FULL = /\bquickOrFull\b|testing\/etcd\.ts/;

const MODES = ['quick', 'full', 'beyond'];
const [mode = 'quick', ...more] = process.argv.slice(2);
if (!MODES.includes(mode) || more.length > 0) {
  fail(`usage: node scripts/test.mjs [${MODES.join('|')}]`);
}

prepare();
process.env['MOTD_TEST_NETCAT'] = findNetcat();
process.env['MOTD_TEST_TELNET'] = findTelnet();
process.env['MOTD_TEST_TELNETD'] = findTelnetd();
process.env['MOTD_TEST_PYTHON'] = findPython();
process.env['MOTD_TEST_STRACE'] = findStrace();
process.env['MOTD_TEST_NGINX'] = findNginx();
process.env['MOTD_TEST_HAPROXY'] = findHaproxy();
process.env['MOTD_TEST_REDIS'] = findRedis();
process.env['MOTD_TEST_MEMCACHED'] = findMemcached();
process.env['MOTD_TEST_MOSQUITTO'] = findMosquitto();
process.env['MOTD_TEST_NGIRCD'] = findNgircd();
process.env['MOTD_TEST_ASCIINEMA'] = findAsciinema();
process.env['MOTD_TEST_JQ'] = findJq();
process.env['MOTD_TEST_SHELLCHECK'] = findShellcheck();
process.env['MOTD_TEST_ZSH'] = findZsh();
process.env['MOTD_TEST_MAN'] = findMan();
process.env['MOTD_TEST_MANDOC'] = findMandoc();
process.env['MOTD_TEST_FISH'] = findFish();
process.env['MOTD_TEST_ETCD'] = findEtcd();
if (mode !== 'quick') {
  // Large, and used by tests of the full run only.
  process.env['MOTD_TEST_LINTIAN'] = findLintian();
  process.env['MOTD_TEST_RABBITMQ'] = findRabbitMq();
  process.env['MOTD_TEST_VNC_SERVER'] = findVncServer();
  process.env['MOTD_TEST_XTERM'] = findXterm();
  process.env['MOTD_TEST_NOVNC'] = findNoVnc();
}
process.env['CHROMIUM_PATH'] = await findBrowser();
process.env['CHROMIUM_SHELL_PATH'] = findHeadlessShell();

if (mode !== 'beyond') {
  console.log('Lint …');
  runNode('node_modules/@biomejs/biome/bin/biome', 'ci', '.');
}
console.log('Unit tests …');
runUnitTests();
console.log('Whole-program tests …');
runWholeProgramTests();
const missing = missingTools();
if (missing.length > 0)
  console.log(`Not found, and skipped what needs it (Debian package): ${missing.join(', ')}.`);
console.log(`Everything passed (${mode}): lint, types, unit tests, whole-program tests.`);

function runUnitTests() {
  const vitest = 'node_modules/vitest/vitest.mjs';
  if (mode !== 'quick') {
    runNode(vitest, 'run', ...(mode === 'beyond' ? testsWithMoreInFull() : []));
    return;
  }
  const { MOTD_TEST_ETCD: etcd = '' } = process.env;
  Object.assign(process.env, { MOTD_TESTS: 'quick', MOTD_TEST_ETCD: '' });
  runNode(vitest, 'run');
  process.env['MOTD_TEST_ETCD'] = etcd;
}

function testsWithMoreInFull() {
  return FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`)
      .filter((file) => DOES_MORE_IN_FULL.test(readFileSync(file, 'utf8'))),
  );
}

function runWholeProgramTests() {
  const args = { quick: ['--grep', '@quick'], beyond: ['--grep-invert', '@quick'] }[mode] ?? [];
  runNode('node_modules/@playwright/test/cli.js', 'test', '--config', 'e2e', ...args);
}
