// `npm test`: everything that proves the program, from a fresh clone on. The compiler has checked
// the types when the build is done.

import { findBrowser } from './browser.mjs';
import { prepare, runNode } from './prepare.mjs';
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

console.log('Lint …');
runNode('node_modules/@biomejs/biome/bin/biome', 'ci', '.');
console.log('Unit tests …');
runNode('node_modules/vitest/vitest.mjs', 'run');
console.log('Whole-program tests …');
runNode('node_modules/@playwright/test/cli.js', 'test', '--config', 'e2e');
console.log('Everything passed: lint, types, unit tests, whole-program tests.');
