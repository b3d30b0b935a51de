// `npm run test:soak`: the long form of the reliability tests, about two hours. `-- server`, `--
// bridge` or `-- etcd` runs one part. Results go to docs/reliability.md. MOTD_SEED=… repeats the
// random choices of an earlier run.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, platform, totalmem } from 'node:os';
import { findBrowser } from './browser.mjs';
import { fail, prepare, runNode } from './prepare.mjs';
import { findEtcd, findHaproxy, findNetcat, findStrace } from './tools.mjs';

const RESULTS_FILE = 'dist/results.jsonl';
const PAGE = 'docs/reliability.md';
const VITEST = 'node_modules/vitest/vitest.mjs';
const PLAYWRIGHT = 'node_modules/@playwright/test/cli.js';

/**
 * The tests of each part.
 *
 * @type {Record<string, () => void>}
 */
const PARTS = {
  server() {
    runNode(VITEST, 'run', 'server/session', 'server/stores/inForce', 'server/stores/history.test');
    runReliability('reliability/(?!bridge|etcd)');
  },
  bridge() {
    runReliability('reliability/bridge|feed/readers');
  },
  etcd() {
    runReliability('cluster/(linearizable|etcd|rolling)|reliability/etcd');
  },
};

const chosen = process.argv.slice(2);
const parts = chosen.length === 0 ? Object.keys(PARTS) : chosen;
for (const part of parts)
  if (!Object.hasOwn(PARTS, part))
    fail(`unknown part '${part}'; choose from ${Object.keys(PARTS).join(', ')}`);
prepare();
const seed = process.env['MOTD_SEED'] ?? String(Date.now() % 1_000_000);
process.env['MOTD_SEED'] = seed;
process.env['MOTD_SOAK'] = '1';
process.env['MOTD_RESULTS'] = RESULTS_FILE;
process.env['MOTD_TEST_NETCAT'] = findNetcat();
process.env['MOTD_TEST_STRACE'] = findStrace();
process.env['MOTD_TEST_ETCD'] = findEtcd();
process.env['MOTD_TEST_HAPROXY'] = findHaproxy();
process.env['CHROMIUM_PATH'] = await findBrowser();

console.log(`Seed ${seed}.`);
for (const part of parts) {
  const startedAt = Date.now();
  rmSync(RESULTS_FILE, { force: true });
  PARTS[part]?.();
  writeResults(part, startedAt);
}

/** @param {string} files */
function runReliability(files) {
  runNode(PLAYWRIGHT, 'test', '--config', 'e2e', '--workers', '1', files);
}

/**
 * Writes the results of a part to its place on the page.
 *
 * @param {string} part
 * @param {number} startedAt
 */
function writeResults(part, startedAt) {
  const begin = `<!-- what follows is written by npm run test:soak -- ${part} -->\n`;
  const end = `<!-- until here: ${part} -->`;
  const page = readFileSync(PAGE, 'utf8');
  if (!page.includes(begin) || !page.includes(end)) fail(`${PAGE} has no section for ${part}`);
  const rows = readFileSync(RESULTS_FILE, 'utf8').trimEnd().split('\n').map(rowOf);
  const minutes = Math.round((Date.now() - startedAt) / 60_000);
  const text = [
    `\`MOTD_SEED=${seed} npm run test:soak -- ${part}\`, ` +
      `${new Date(startedAt).toISOString().slice(0, 10)}, ${minutes} minutes. ${machine()}`,
    '',
    '| test | result |',
    '| --- | --- |',
    ...rows,
    '',
  ].join('\n');
  const [before] = page.split(begin);
  const after = page.split(end)[1];
  writeFileSync(PAGE, `${before}${begin}\n${text}\n${end}${after}`);
  console.log(text);
}

/** @param {string} line */
function rowOf(line) {
  const { test, result } = JSON.parse(line);
  return `| ${test} | ${result} |`;
}

function machine() {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `Node ${process.versions.node}, ${platform()}, ${cpus().length} shared cores, ${gigabytes} GB.`;
}
