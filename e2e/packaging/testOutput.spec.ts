// What a run of tests prints: the cause of a test that hangs, and what was skipped.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../../testing/programs.ts';
import { expect, test } from '../fixtures.ts';

const PLAYWRIGHT = createRequire(import.meta.url).resolve('@playwright/test/cli');
const FIXTURES = new URL('../fixtures.ts', import.meta.url).pathname;

// The timeout passes right after the server has started, however long that took.
const HANGING = `
  import { startServer, test } from ${JSON.stringify(FIXTURES)};
  test('hangs', async () => {
    await startServer();
    test.setTimeout(1);
    await new Promise(() => {});
  });
`;

const REPORTER = new URL('../skippedReporter.ts', import.meta.url).pathname;
const SKIPPED = `
  import { test } from ${JSON.stringify(FIXTURES)};
  test('one', () => test.skip(true, 'no zsh here'));
  test('two', () => test.skip(true, 'no zsh here'));
  test('three', () => test.skip(true, 'not root'));
`;

let folder = '';
test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'motd-hanging-'));
});
test.afterEach(() => rm(folder, { recursive: true }));

async function runTests(source: string, reporter: string): Promise<Program> {
  const config = join(folder, 'playwright.config.ts');
  const settings = { outputDir: 'results', reporter: [[reporter]] };
  await writeFile(config, `export default ${JSON.stringify(settings)};`);
  await writeFile(join(folder, 'one.spec.mts'), source);
  return new Program(process.execPath, [PLAYWRIGHT, 'test', '--config', config]);
}

test('a hanging test reports the last output of its programs', async () => {
  const run = await runTests(HANGING, 'line');
  expect(await run.exitCode(), run.stderr).toBe(1);
  expect(run.stdout).toContain('Test timeout of 1ms exceeded');
  expect(run.stderr).toMatch(/^still running: \S+ \S+main\.js serve --port 0$/m);
  expect(run.stderr).toMatch(/^ {2}TCP Server is listening on 127\.0\.0\.1:\d+$/m);
});

test('lists at the end what was skipped, by reason', async () => {
  const run = await runTests(SKIPPED, REPORTER);
  expect(await run.exitCode(), run.stderr).toBe(0);
  expect(run.stdout).toContain('\nSkipped:\n  no zsh here: 2 tests\n  not root: three\n');
});

test('names the Debian package of each program that was not found', async () => {
  const script = `
    const { findFish, findNginx, missingTools } = await import('./scripts/tools.mjs');
    findFish();
    findNginx();
    console.log(missingTools().join(', '));
  `;
  // Nothing is found there, and nothing can be installed.
  const env = { PATH: folder };
  const find = new Program(process.execPath, ['--input-type=module', '--eval', script], env);
  const { stdout } = await find.result();
  expect(stdout).toMatch(/^fish \(fish\)(, nginx \(nginx-light\))?$/m);
});
