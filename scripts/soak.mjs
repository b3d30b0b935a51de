// `npm run test:soak`: the long form of the reliability tests, about an hour. What they find goes to
// docs/reliability.md. MOTD_SEED=… repeats the random choices of an earlier run.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, platform, totalmem } from 'node:os';
import { findBrowser } from './browser.mjs';
import { fail, prepare, runNode } from './prepare.mjs';
import { findNetcat, findStrace } from './tools.mjs';

const FIGURES = 'dist/figures.jsonl';
const PAGE = 'docs/reliability.md';
const BEGIN = '<!-- what follows is written by npm run test:soak -->\n';
const END = '<!-- until here -->';

prepare();
const page = readFileSync(PAGE, 'utf8');
if (!page.includes(BEGIN) || !page.includes(END)) fail(`${PAGE} has no place for the figures.`);
const startedAt = Date.now();
const seed = process.env['MOTD_SEED'] ?? String(startedAt % 1_000_000);
process.env['MOTD_SEED'] = seed;
process.env['MOTD_SOAK'] = '1';
process.env['MOTD_FIGURES'] = FIGURES;
process.env['MOTD_TEST_NETCAT'] = findNetcat();
process.env['MOTD_TEST_STRACE'] = findStrace();
process.env['CHROMIUM_PATH'] = await findBrowser();
rmSync(FIGURES, { force: true });

console.log(`Seed ${seed}.`);
runNode('node_modules/vitest/vitest.mjs', 'run', 'server/session', 'server/model');
const playwright = 'node_modules/@playwright/test/cli.js';
runNode(playwright, 'test', '--config', 'e2e', '--workers', '1', 'reliability');
writeFigures();

function writeFigures() {
  const rows = readFileSync(FIGURES, 'utf8').trimEnd().split('\n').map(rowOf);
  const minutes = Math.round((Date.now() - startedAt) / 60_000);
  const text = [
    `\`MOTD_SEED=${seed} npm run test:soak\`, ${new Date(startedAt).toISOString().slice(0, 10)}, ` +
      `${minutes} minutes. ${machine()}`,
    '',
    '| test | found |',
    '| --- | --- |',
    ...rows,
    '',
  ].join('\n');
  const [before] = page.split(BEGIN);
  const after = page.split(END)[1];
  writeFileSync(PAGE, `${before}${BEGIN}\n${text}\n${END}${after}`);
  console.log(text);
}

/** @param {string} line */
function rowOf(line) {
  const { test, found } = JSON.parse(line);
  return `| ${test} | ${found} |`;
}

function machine() {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `Node ${process.versions.node}, ${platform()}, ${cpus().length} shared cores, ${gigabytes} GB.`;
}
