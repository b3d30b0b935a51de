// The page to choose a target.

import { passwordHash } from '../../testing/passwordHash.ts';
import { expect, QUICK, startBridge, startBridgeTo, test } from '../fixtures.ts';
import { writePrivately } from '../privateFiles.ts';
import { violations } from '../violations.ts';

const REDIS = 'deploy/profiles/redis.json';
const MEMCACHED = 'deploy/profiles/memcached.json';

const TARGETS = [
  'motd=127.0.0.1:1',
  `redis=127.0.0.1:2+profile=${REDIS}`,
  `cache=127.0.0.1:3+profile=${MEMCACHED}`,
  'mail=127.0.0.1:4',
];

test('finds targets by title and name, with the keyboard', QUICK, async ({ page }) => {
  const port = await startBridgeTo(...TARGETS);
  await page.goto(`http://127.0.0.1:${port}/targets/`);
  await expect(page).toHaveURL(`http://127.0.0.1:${port}/targets`);
  await expect(page.locator('li:visible')).toHaveText([
    'motddefault',
    'Redisredis',
    'memcachedcache',
    'mail',
  ]);
  await page.keyboard.type('mem');
  await expect(page.locator('li:visible')).toHaveText(['memcachedcache']);
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('link', { name: 'Redis' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveTitle('Redis – target “redis”');
  await page.getByRole('link', { name: 'All targets' }).click();
  await expect(page.locator('#recent li')).toHaveText(['Redisredis']);
  await page.keyboard.type('cache');
  await page.keyboard.press('Enter');
  await expect(page).toHaveTitle('memcached – target “cache”');
  await page.goto(`http://127.0.0.1:${port}/targets`);
  await expect(page.locator('#recent li')).toHaveText(['memcachedcache', 'Redisredis']);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`is accessible, also at 320 pixels (${colorScheme})`, async ({ page }) => {
    const port = await startBridgeTo(...TARGETS);
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto(`http://127.0.0.1:${port}/targets`);
    await expect(page.locator('li:visible')).toHaveCount(4);
    expect(await violations(page)).toEqual([]);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(320);
  });
}

test('leads to the targets and back below --base-path', async ({ page }) => {
  const flags = ['--base-path', '/motd', '--target', `redis=127.0.0.1:2+profile=${REDIS}`];
  const { port } = await startBridge(1, 0, flags);
  const origin = `http://127.0.0.1:${port}`;
  expect((await fetch(`${origin}/targets`)).status).toBe(404);
  await page.goto(`${origin}/motd/targets/`);
  await expect(page).toHaveURL(`${origin}/motd/targets`);
  await page.getByRole('link', { name: 'Redis' }).click();
  await expect(page).toHaveURL(`${origin}/motd/?target=redis`);
  await expect(page).toHaveTitle('Redis – target “redis”');
  await page.getByRole('link', { name: 'All targets' }).click();
  await expect(page).toHaveURL(`${origin}/motd/targets`);
  await expect(page.locator('#recent li')).toHaveText(['Redisredis']);
  await page.getByRole('link', { name: 'motd' }).click();
  await expect(page).toHaveURL(`${origin}/motd/`);
});

test('discloses nothing without the login, and works with it', async ({ browser }) => {
  const users = test.info().outputPath('users');
  writePrivately(users, `anna:${passwordHash('sesame')}\n`);
  const flags = ['--users-file', users, '--target', `redis=127.0.0.1:2+profile=${REDIS}`];
  const { port } = await startBridge(1, 0, flags);
  const origin = `http://127.0.0.1:${port}`;
  for (const path of ['targets', 'targets/', 'targets.json', 'targets/redis.json']) {
    const response = await fetch(`${origin}/${path}`, { redirect: 'manual' });
    expect(response.status, path).toBe(401);
    expect(await response.text(), path).not.toMatch(/redis|Choose a target/i);
  }
  const httpCredentials = { username: 'anna', password: 'sesame' };
  const context = await browser.newContext({ httpCredentials });
  const page = await context.newPage();
  await page.goto(`${origin}/targets`);
  await page.getByRole('link', { name: 'Redis' }).click();
  await expect(page).toHaveTitle('Redis – target “redis”');
  await page.getByRole('link', { name: 'All targets' }).click();
  await expect(page.locator('#recent li')).toHaveText(['Redisredis']);
  await context.close();
});

test('lists and searches if the browser blocks the storage', async ({ page }) => {
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  await page.addInitScript(() => {
    const get = () => {
      throw new DOMException('blocked', 'SecurityError');
    };
    Object.defineProperty(window, 'localStorage', { get });
  });
  const port = await startBridgeTo(...TARGETS);
  await page.goto(`http://127.0.0.1:${port}/targets`);
  await expect(page.locator('li:visible')).toHaveCount(TARGETS.length);
  await page.keyboard.type('red');
  await expect(page.locator('li:visible')).toHaveText(['Redisredis']);
  await page.keyboard.press('Enter');
  await expect(page).toHaveTitle('Redis – target “redis”');
  await page.getByRole('link', { name: 'All targets' }).click();
  await expect(page.locator('#all li:visible')).toHaveCount(TARGETS.length);
  expect(errors).toEqual([]);
});

test('follows the theme of the system and of other tabs', async ({ page, context }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  const port = await startBridgeTo(...TARGETS);
  await page.goto(`http://127.0.0.1:${port}/targets`);
  const html = page.locator('html');
  await expect(html).toHaveAttribute('data-theme', 'light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect(html).toHaveAttribute('data-theme', 'dark');
  const other = await context.newPage();
  await other.goto(`http://127.0.0.1:${port}/?target=redis`);
  // The page of a target asks for its description first.
  await expect(other).toHaveTitle(/redis/);
  await other.getByRole('button', { name: 'Settings' }).click();
  await other.getByLabel('Light').check();
  await other.getByLabel('More contrast').check();
  await expect(html).toHaveAttribute('data-theme', 'light');
  await expect(html).toHaveAttribute('data-contrast', 'more');
  await page.reload();
  await expect(html).toHaveAttribute('data-theme', 'light');
});
