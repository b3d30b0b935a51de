// The documentation as a site (`npm run docs:site`), in a browser. Its links are checked when it is
// built.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { Program } from '../../testing/programs.ts';
import { test as base, devices, expect } from '../fixtures.ts';
import { violations } from '../violations.ts';

interface Site {
  readonly address: string;
  /** The address of every page, relative to the site's. */
  readonly pages: readonly string[];
}

const { defaultBrowserType: _, ...phone } = devices['Pixel 7'];

const test = base.extend<{ site: Site }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads there which fixtures one needs.
  site: async ({}, use, { outputDir }) => {
    const folder = `${outputDir}/site`;
    const program = new Program(process.execPath, ['scripts/docsSite.mjs', folder, '--serve']);
    const [, address = ''] = await program.waitForOutput(/Local: +(http:\S+\/)/);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    await use({ address, pages: files.filter((file) => file.endsWith('.html')) });
  },
});

test('the contents lead to every guide, with its sections', async ({ page, site }) => {
  await page.goto(site.address);
  const contents = page.getByRole('navigation', { name: 'Contents' });
  await contents.getByRole('link', { name: 'Use it from scripts' }).click();
  await expect(page).toHaveTitle('Use it from scripts, login shells and cron · MOTD Terminal');
  await expect(contents.locator('[aria-current]')).toHaveText('Use it from scripts');
  await contents.getByRole('link', { name: 'Exit statuses' }).click();
  await expect(page.getByRole('heading', { name: 'Exit statuses' })).toBeInViewport();
});

test('replaces no folder with other files', async () => {
  const folder = test.info().outputPath('mine');
  mkdirSync(folder);
  writeFileSync(`${folder}/notes.txt`, 'mine');
  const result = await new Program(process.execPath, ['scripts/docsSite.mjs', folder]).result();
  expect(result).toMatchObject({ status: 1, stderr: expect.stringContaining('has other files') });
  expect(readdirSync(folder)).toEqual(['notes.txt']);
});

test('a link to a file or a folder of the repository shows it', async ({ page, site }) => {
  await page.goto(`${site.address}deploy/`);
  await page.getByRole('link', { name: 'systemd/' }).click();
  await page.getByRole('link', { name: 'motd-server.service' }).click();
  await expect(page.locator('pre')).toContainText('[Service]');
});

test('the search finds MSGSTORE, and leads to its section', async ({ page, site }) => {
  await page.goto(site.address);
  await page.keyboard.press('/');
  await page.keyboard.type('MSGSTORE');
  const results = page.locator('#search li');
  await expect(results.first()).toContainText('Protocol: MSGSTORE');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'MSGSTORE', exact: true })).toBeInViewport();
  await expect(results).toHaveCount(0);
  await page.getByRole('searchbox').fill('qqqq');
  await expect(page.getByRole('status')).toHaveText('nothing found');
});

test.describe('on a phone', () => {
  test.use(phone);

  test('no page loads from elsewhere, fails to load a part, or scrolls sideways', async ({
    page,
    site,
  }) => {
    const problems: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(site.address)) problems.push(`elsewhere: ${request.url()}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
    });
    page.on('console', (message) => problems.push(message.text()));
    expect(site.pages.length).toBeGreaterThan(25);
    for (const path of site.pages) {
      await page.goto(`${site.address}${path}`);
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (excess > 0) problems.push(`${path}: ${excess} pixels too wide`);
    }
    expect(problems).toEqual([]);
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('has no axe violations', async ({ page, site }) => {
      for (const path of ['', 'docs/benchmarks.html', 'deploy/motd-get.html']) {
        await page.goto(`${site.address}${path}`);
        expect(await violations(page), path).toEqual([]);
      }
      await page.getByRole('searchbox').fill('MSGSTORE');
      await expect(page.locator('#search li').first()).toBeVisible();
      expect(await violations(page), 'the search').toEqual([]);
    });
  });
}
