// The output of a test that hangs shows its cause.

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

let folder = '';
test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'motd-hanging-'));
});
test.afterEach(() => rm(folder, { recursive: true }));

test('a hanging test reports the last output of its programs', async () => {
  const config = join(folder, 'playwright.config.ts');
  await writeFile(config, `export default { outputDir: 'results', reporter: 'line' };`);
  await writeFile(join(folder, 'hanging.spec.mts'), HANGING);
  const run = new Program(process.execPath, [PLAYWRIGHT, 'test', '--config', config]);
  expect(await run.exitCode(), run.stderr).toBe(1);
  expect(run.stdout).toContain('Test timeout of 1ms exceeded');
  expect(run.stderr).toMatch(/^still running: \S+ \S+main\.js serve --port 0$/m);
  expect(run.stderr).toMatch(/^ {2}TCP Server is listening on 127\.0\.0\.1:\d+$/m);
});
