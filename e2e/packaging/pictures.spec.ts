// The pictures of the documentation, taken from the real page, and the icons for systems that do
// not accept SVG. `npm run pictures` writes them to docs/ and web/public/; in a test run they only
// prove that they can be taken.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from '@playwright/test';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { smallerPng } from '../../testing/smallerPng.ts';
import {
  devices,
  expect,
  PageTerminal,
  startBridge,
  startBridgeTo,
  store,
  test,
} from '../fixtures.ts';

const folder = process.env['MOTD_PICTURES'];

const DESKTOP = { viewport: { width: 880, height: 500 }, deviceScaleFactor: 2 };
const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';

/** A local time some days from now, in the form of the inputs. */
function localTime(days: number, clock: string): string {
  const day = new Date(Date.now() + days * 86_400_000);
  return `${day.toLocaleDateString('sv-SE', { timeZone: 'Europe/Berlin' })}T${clock}`;
}

const MAINTENANCE = [
  'Maintenance tonight: mail and the wiki are down',
  localTime(6, '18:00'),
  localTime(6, '20:00'),
] as const;

function picture(name: string, outputDir: string): { path: string } {
  return { path: join(folder ?? outputDir, name) };
}

test.describe('a desktop', () => {
  test.use({ ...DESKTOP, colorScheme: 'dark' });

  test('takes page.png', async ({ terminal, page }, { outputDir }) => {
    await holdConversation(terminal);
    await terminal.type('MSGGET');
    await terminal.expectText(`200 OK\nImagination is more important than knowledge\n${PROMPT}`);
    await page.keyboard.type('MSGS');
    await terminal.expectText(`${PROMPT} MSGS`);
    await page.screenshot(picture('page.png', outputDir));
  });

  test('takes page-lost.png', async ({ terminal, page, server }, { outputDir }) => {
    await holdConversation(terminal);
    await page.keyboard.type('MSGSTO');
    await server.program.stop();
    await expect(page.locator('#status')).toContainText('is it running?');
    await expect(page.locator('#countdown')).toContainText('retrying in');
    await terminal.expectText('MSGSTO');
    await page.screenshot(picture('page-lost.png', outputDir));
  });
});

test.describe('a target with a profile', () => {
  test.use({ ...DESKTOP, colorScheme: 'dark' });
  const redisServer = process.env['MOTD_TEST_REDIS'] ?? 'redis-server';
  test.skip(redisServer === '', 'no redis-server on this machine');

  test('takes page-target.png', async ({ page }, { outputDir }) => {
    const port = await freePort();
    const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', ''];
    const redis = new Program(redisServer, [...flags, '--requirepass', 'secret']);
    await redis.waitForOutput(/Ready to accept connections/);
    const bridgePort = await startBridgeTo(
      `redis=127.0.0.1:${port}+profile=deploy/profiles/redis.json`,
      'other=127.0.0.1:1',
    );
    await page.goto(`http://127.0.0.1:${bridgePort}/?target=redis`);
    const terminal = new PageTerminal(page);
    await terminal.expectText('redis>');
    for (const line of ['AUTH secret', 'SET greeting hello']) {
      await terminal.type(line);
      await terminal.expectText('+OK\nredis>');
    }
    await terminal.type('GET greeting');
    await terminal.expectText('hello\nredis>');
    await page.keyboard.type('EX');
    await page.keyboard.press('Tab');
    await terminal.expectText('EXISTS  EXPIRE\nredis> EX');
    await page.screenshot(picture('page-target.png', outputDir));
  });
});

test.describe('a light desktop', () => {
  test.use({ ...DESKTOP, colorScheme: 'light', timezoneId: 'Europe/Berlin', locale: 'en-GB' });

  test('takes page-history.png', async ({ terminal, page }, { outputDir }) => {
    await holdConversation(terminal);
    for (const line of ['MSGSTORE', 'The exam is in room 4, see https://motd.example/exam']) {
      await terminal.type(line);
    }
    await terminal.expectText(`Server: 200 OK\n${PROMPT}`);
    await plan(page, 'The library is closed today', '', localTime(1, '08:00'));
    await plan(page, ...MAINTENANCE);
    await page.locator('#history-button').click();
    await expect(page.locator('#history li')).toHaveCount(4);
    await expect(page.locator('#toast')).toBeEmpty();
    await page.screenshot(picture('page-history.png', outputDir));
  });

  test('takes page-arabic.png', async ({ terminal, page, server }, { outputDir }) => {
    await terminal.expectText(PROMPT);
    await store('الصيانة الليلة من 18:00 إلى 20:00 (البريد وwiki)!', server.port);
    await store('المكتبة مغلقة اليوم، انظر https://motd.example/library', server.port);
    await page.locator('#history-button').click();
    await expect(page.locator('#history li')).toHaveCount(2);
    await page.screenshot(picture('page-arabic.png', outputDir));
  });

  test('takes page-plan.png', async ({ terminal, page }, { outputDir }) => {
    await holdConversation(terminal);
    await fillPlan(page, ...MAINTENANCE);
    await page.screenshot(picture('page-plan.png', outputDir));
  });
});

test.describe('a phone', () => {
  const { defaultBrowserType: _, ...phone } = devices['Pixel 7'];
  test.use({ ...phone, colorScheme: 'light', timezoneId: 'Europe/Berlin', locale: 'en-GB' });

  test('takes page-phone.png', async ({ terminal, page }, { outputDir }) => {
    await expect(page.locator('#field-prompt')).toContainText('SHUTDOWN):');
    await page.getByRole('button', { name: 'MSGSTORE' }).tap();
    await expect(page.getByLabel('Enter new message of the day:')).toBeVisible();
    await page.locator('#field-text').fill('Imagination is more important than knowledge');
    await page.locator('#field-send').tap();
    await expect(page.locator('#message')).toHaveText(/^Imagination/);
    await page.getByRole('button', { name: 'MSGGET' }).tap();
    await expect.poll(() => terminal.flow()).toMatch(/MSGGET.*knowledge$/);
    await page.locator('#field-text').blur();
    await page.screenshot(picture('page-phone.png', outputDir));
  });

  test('takes page-phone-plan.png', async ({ terminal: { page } }, { outputDir }) => {
    await expect(page.locator('#field-prompt')).toContainText('SHUTDOWN):');
    await fillPlan(page, ...MAINTENANCE);
    await page.screenshot(picture('page-phone-plan.png', outputDir));
  });
});

test.describe('a wall screen', () => {
  test.use({ viewport: { width: 1920, height: 1080 }, colorScheme: 'dark' });

  test('takes board.png', async ({ page, server }, { outputDir }) => {
    const { port } = await startBridge(server.port, 0, ['--feed', 'motd']);
    const message = 'Maintenance tonight, 18:00 to 20:00';
    await store(message, server.port);
    await page.goto(`http://127.0.0.1:${port}/board`);
    await expect(page.locator('#message')).toHaveText(message);
    await page.screenshot(picture('board.png', outputDir));
  });
});

test.describe('the icon', () => {
  const ICON = new URL('../../web/public/icon.svg', import.meta.url);

  for (const { name, size, isFull } of [
    { name: 'icon-192.png', size: 192, isFull: false },
    { name: 'icon-512.png', size: 512, isFull: false },
    // The system crops it to a shape, so the background has to reach the edges, and everything
    // important has to be within the middle that stays: a circle with a radius of 40% (Web
    // Application Manifest, "safe zone").
    { name: 'icon-maskable-512.png', size: 512, isFull: true },
    // iOS rounds the corners, and paints transparent areas black.
    { name: 'apple-touch-icon.png', size: 180, isFull: true },
  ]) {
    test(`takes ${name}`, async ({ page }, { outputDir }) => {
      const svg = await readFile(ICON, 'utf8');
      const ground = /<rect [^>]*fill="(#\w+)"/.exec(svg)?.[1];
      expect(ground).toBeDefined();
      await page.setViewportSize({ width: size, height: size });
      await page.setContent(`<body style="margin: 0">${svg}`);
      if (isFull) await page.addStyleTag({ content: `body { background: ${ground} }` });
      const png = await page.screenshot({ omitBackground: true });
      const path = join(folder === undefined ? outputDir : 'web/public', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await smallerPng(png));
    });
  }
});

/** Fills in the dialog that plans a message. */
async function fillPlan(page: Page, message: string, from: string, until: string): Promise<void> {
  await page.locator('#plan-button').click();
  const dialog = page.getByRole('dialog', { name: 'Plan a message' });
  await dialog.getByLabel('Message').fill(message);
  await dialog.getByLabel('From').fill(from);
  await dialog.getByLabel('Until').fill(until);
  await dialog.getByLabel('Until').blur();
  await expect(dialog.locator('.understood')).not.toBeEmpty();
}

async function plan(page: Page, message: string, from: string, until: string): Promise<void> {
  await fillPlan(page, message, from, until);
  await page.getByRole('button', { name: 'Plan', exact: true }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
}

/** Stores a message, and waits for the next prompt. */
async function holdConversation(terminal: PageTerminal): Promise<void> {
  await terminal.expectText(PROMPT);
  for (const line of ['MSGGET', 'MSGSTORE', 'Imagination is more important than knowledge']) {
    await terminal.type(line);
  }
  await terminal.expectText(`Server: 200 OK\n${PROMPT}`);
}
