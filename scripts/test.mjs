// `npm test`: what proves the program in a few minutes, from a fresh clone on. `npm run test:full`:
// everything there is. `-- beyond`: what the second has beyond the first. The compiler has checked the
// types when the build is done.

import { findBrowser, findHeadlessShell } from './browser.mjs';
import { fail, prepare, runNode } from './prepare.mjs';
import {
  findEtcd,
  findHaproxy,
  findNetcat,
  findNginx,
  findRedis,
  findShellcheck,
  findStrace,
  findTelnet,
} from './tools.mjs';

/** Unit tests that do more in the full run: they need etcd, or try thousands of cases more. */
const MORE_IN_FULL = [
  'server/etcdStore',
  'server/store.test',
  'server/storeMemory',
  'web/editing',
  'web/linePainter',
  'protocol/utf8',
];

const MODES = ['quick', 'full', 'beyond'];
const [mode = 'quick', ...more] = process.argv.slice(2);
if (!MODES.includes(mode) || more.length > 0) {
  fail(`usage: node scripts/test.mjs [${MODES.join('|')}]`);
}

prepare();
process.env['MOTD_TEST_NETCAT'] = findNetcat();
process.env['MOTD_TEST_TELNET'] = findTelnet();
process.env['MOTD_TEST_STRACE'] = findStrace();
process.env['MOTD_TEST_NGINX'] = findNginx();
process.env['MOTD_TEST_HAPROXY'] = findHaproxy();
process.env['MOTD_TEST_REDIS'] = findRedis();
process.env['MOTD_TEST_SHELLCHECK'] = findShellcheck();
process.env['MOTD_TEST_ETCD'] = findEtcd();
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
console.log(`Everything passed (${mode}): lint, types, unit tests, whole-program tests.`);

function runUnitTests() {
  const vitest = 'node_modules/vitest/vitest.mjs';
  if (mode !== 'quick') {
    runNode(vitest, 'run', ...(mode === 'beyond' ? MORE_IN_FULL : []));
    return;
  }
  const { MOTD_TEST_ETCD: etcd = '' } = process.env;
  Object.assign(process.env, { MOTD_TESTS: 'quick', MOTD_TEST_ETCD: '' });
  runNode(vitest, 'run');
  process.env['MOTD_TEST_ETCD'] = etcd;
}

function runWholeProgramTests() {
  const args = { quick: ['--grep', '@quick'], beyond: ['--grep-invert', '@quick'] }[mode] ?? [];
  runNode('node_modules/@playwright/test/cli.js', 'test', '--config', 'e2e', ...args);
}
