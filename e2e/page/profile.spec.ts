// The profiles that ship with the program, with the real services: on the page, by keyboard and by
// thumb; and the page to choose a target.

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import {
  devices,
  expect,
  PageTerminal,
  QUICK,
  startBridgeTo,
  test,
  transcriptOf,
} from '../fixtures.ts';

const REDIS = 'deploy/profiles/redis.json';
const MEMCACHED = 'deploy/profiles/memcached.json';

// Empty if scripts/tools.mjs found none and could not install one; CI always has one.
const redisServer = process.env['MOTD_TEST_REDIS'] ?? 'redis-server';
const memcached = process.env['MOTD_TEST_MEMCACHED'] ?? 'memcached';
const isCi = process.env['CI'] !== undefined;

/** @returns The port of a bridge to a redis with the password `secret`. */
async function startRedis(): Promise<number> {
  const port = await freePort();
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', ''];
  const redis = new Program(redisServer, [...flags, '--requirepass', 'secret']);
  await redis.waitForOutput(/Ready to accept connections/);
  return startBridgeTo(`redis=127.0.0.1:${port}+profile=${REDIS}`, 'other=127.0.0.1:1');
}

async function openTarget(page: Page, bridgePort: number, path: string): Promise<PageTerminal> {
  await page.goto(`http://127.0.0.1:${bridgePort}/${path}`);
  return new PageTerminal(page);
}

test.describe('redis', () => {
  test.skip(redisServer === '' && !isCi, 'no redis-server on this machine');

  test('completes its commands, explains them, and hides a password', QUICK, async ({ page }) => {
    const bridgePort = await startRedis();
    const terminal = await openTarget(page, bridgePort, '');
    await terminal.expectText('redis>');
    await expect(page).toHaveTitle('Redis – target “redis”');
    await expect(page.locator('#title')).toHaveText('Redis – target “redis”');
    await page.keyboard.type('au');
    await page.keyboard.press('Tab');
    await page.keyboard.type('secret');
    await terminal.expectText('redis> AUTH ••••••');
    await page.keyboard.press('Enter');
    await terminal.expectText('redis> AUTH ••••••\n+OK\nredis>');
    expect(await transcriptOf(page)).not.toContain('secret');
    await terminal.type('PING');
    await terminal.expectText('+PONG\nredis>');
    await page.keyboard.press('ArrowUp');
    await terminal.expectText('redis> PING');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.type('!');
    await terminal.expectText('redis> PING!');
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('secret');
    await page.keyboard.press('F1');
    const help = page.getByRole('dialog');
    await expect(help).toContainText('Type a command as in redis-cli');
    await expect(help).toContainText('logs in; what follows AUTH is masked');
  });
});

test.describe('memcached, on a phone', () => {
  const { defaultBrowserType: _, ...phone } = devices['Pixel 7'];
  test.use(phone);
  test.skip(memcached === '' && !isCi, 'no memcached on this machine');

  test('sends a command by its button, or puts it on the line', async ({ page }) => {
    const port = await freePort();
    const flags = ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-vv'];
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const program = new Program(memcached, [...flags, ...user]);
    await expect.poll(() => program.stderr).toContain('server listening');
    const bridgePort = await startBridgeTo(`cache=127.0.0.1:${port}+profile=${MEMCACHED}`);
    const terminal = await openTarget(page, bridgePort, '?target=cache');
    await page.getByRole('button', { name: 'version' }).tap();
    await expect.poll(() => terminal.flow()).toMatch(/VERSION\d/);
    const field = page.locator('#field-text');
    await page.getByRole('button', { name: 'set …' }).tap();
    await expect(field).toHaveValue('set ');
    await expect(field).toBeFocused();
    await page.keyboard.type('greeting 0 0 5\n');
    await page.keyboard.type('hello\n');
    await expect.poll(() => terminal.flow()).toContain('STORED');
    await page.getByRole('button', { name: 'get …' }).tap();
    await page.keyboard.type('greeting\n');
    await expect.poll(() => terminal.flow()).toContain('VALUEgreeting05helloEND');
  });
});

test('stops at a target that does not exist, and offers the others', async ({ page }) => {
  const bridgePort = await startBridgeTo('one=127.0.0.1:1', 'two=127.0.0.1:1');
  await openTarget(page, bridgePort, '?target=missing');
  await expect(page.locator('#title')).toHaveText('Unknown target');
  expect(await page.locator('body').innerText()).not.toContain('missing');
  await page.getByRole('link', { name: 'Choose a target' }).click();
  await expect(page.locator('#all li')).toHaveText(['onedefault', 'two']);
});

for (const file of ['**/targets/two.json', '**/lineService-*.js']) {
  test(`says that the page is incomplete if ${file} cannot be loaded`, async ({ page }) => {
    const bridgePort = await startBridgeTo('one=127.0.0.1:1', 'two=127.0.0.1:1');
    await page.route(file, (route) => route.abort());
    await openTarget(page, bridgePort, '?target=two');
    await expect(page.locator('#message')).toContainText('could not be loaded completely');
    await page.unroute(file);
    await page.getByRole('link', { name: 'Reload' }).click();
    await new PageTerminal(page).expectText('[reconnecting; press Enter to try now]');
  });
}

test.describe('the page to choose a target', () => {
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
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBe(320);
    });
  }
});
