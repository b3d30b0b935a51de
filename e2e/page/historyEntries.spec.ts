// What the history shows of an entry, and what can be done with it, in a real Chromium.

import { writeFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { passwordHash } from '../../testing/passwordHash.ts';
import { startLineService } from '../../testing/tcpService.ts';
import {
  devices,
  expect,
  keepToasts,
  PageTerminal,
  QUICK,
  sendLines,
  startBridge,
  startBridgeTo,
  startServer,
  store,
  test,
} from '../fixtures.ts';

const LONG = 'Maintenance, one server after another. '.repeat(100).trim();

const history = (page: Page) => page.getByRole('complementary', { name: 'Message history' });
const entries = (page: Page) => history(page).getByRole('listitem');
const entry = (page: Page, hasText: string) => entries(page).filter({ hasText });
const banner = (page: Page) => page.locator('#message');
const question = (page: Page) => page.getByRole('dialog', { name: 'Store this message again?' });
const submit = (page: Page) => question(page).getByRole('button', { name: 'Store it again' });

async function openHistory(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Message history' }).click();
}

async function storeAgain(page: Page, message: string): Promise<void> {
  await entry(page, message).hover();
  await entry(page, message).getByRole('button', { name: 'Store again…' }).click();
}

test.describe('on 27 November 2026 in Berlin', () => {
  test.use({ timezoneId: 'Europe/Berlin', locale: 'en-GB' });

  test('groups the entries by day, with the time of each', async ({ page }) => {
    await page.clock.install({ time: new Date('2026-11-27T12:00:00Z') });
    const lines = [
      '1 2025-11-27T12:00:00Z / - a year ago',
      '2 2026-11-20T12:00:00Z / - a week ago',
      '3 2026-11-26T22:59:00Z / - late yesterday',
      '4 2026-11-26T23:01:00Z / - early today',
      '5 2026-11-27T11:55:00Z / - just today',
    ];
    const replies: Readonly<Record<string, string>> = {
      MSGWATCH: '200 OK\njust today\n',
      MSGINFO: `200 OK\n${lines[4]}\n`,
      MSGPLANS: '200 OK\n.\n',
      MSGLIST: `200 OK\n${lines.join('\n')}\n.\n`,
    };
    const service = await startLineService((line) => replies[line] ?? '');
    await page.goto(`http://127.0.0.1:${await startBridgeTo(`motd=127.0.0.1:${service.port}`)}/`);
    await openHistory(page);
    await page.clock.runFor(1000);
    await expect(history(page).getByRole('heading', { level: 3 })).toHaveText([
      'Today',
      'Yesterday',
      /^Friday,? 20 November$/,
      /^Thursday,? 27 November 2025$/,
    ]);
    await expect(entries(page)).toHaveText([
      'In force · 5 minutes agojust today',
      '12 hours agoearly today',
      '23:59late yesterday',
      '13:00a week ago',
      '13:00a year ago',
    ]);
    await entries(page).first().getByRole('button', { name: '5 minutes ago' }).focus();
    await page.clock.runFor(60_000);
    const time = entries(page).first().getByRole('button', { name: '6 minutes ago' });
    await expect(time).toBeFocused();
    await time.press('Enter');
    await expect(entries(page).first()).toContainText(/Friday.*27 November 2026.*12:55:00/);
    service.close();
  });
});

test(
  'cuts a long message after three lines, and shows the rest',
  QUICK,
  async ({ page, server, terminal }) => {
    await terminal.expectText('SHUTDOWN):');
    await store('short', server.port);
    await store(LONG, server.port);
    await openHistory(page);
    await expect(entries(page)).toHaveCount(2);
    await expect(entry(page, 'short').getByRole('button', { name: 'more' })).toBeHidden();
    const text = entry(page, 'Maintenance').locator('p');
    const height = async () => (await text.boundingBox())?.height ?? 0;
    expect(await height()).toBeLessThan(100);
    const more = entry(page, 'Maintenance').getByRole('button', { name: 'more' });
    await more.click();
    expect(await height()).toBeGreaterThan(1000);
    const less = entry(page, 'Maintenance').getByRole('button', { name: 'less' });
    await expect(less).toHaveAttribute('aria-expanded', 'true');
    await less.click();
    expect(await height()).toBeLessThan(100);
  },
);

test('copies an entry in full', async ({ page, server, terminal, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await terminal.expectText('SHUTDOWN):');
  await store(LONG, server.port);
  await openHistory(page);
  await entries(page).hover();
  await entries(page).getByRole('button', { name: 'Copy' }).click();
  await expect(page.locator('#toast')).toHaveText('Copied.');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(LONG);
});

test.describe('storing an entry again', () => {
  test('asks once, and shows what it replaces', QUICK, async ({ page, server, terminal }) => {
    await terminal.expectText('SHUTDOWN):');
    await keepToasts(page);
    await store('the first', server.port);
    await store('the second', server.port);
    await openHistory(page);
    await storeAgain(page, 'the first');
    await expect(question(page).locator('.quoted')).toHaveText(['the first', 'the second']);
    await expect(submit(page)).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.locator('#toast')).toHaveText('The message is stored again.');
    await expect(banner(page)).toHaveText('the first');
    await expect(entries(page)).toHaveText([/the first$/, /the second$/, /the first$/]);
  });

  test('is not offered for the message in force', async ({ page, server, terminal }) => {
    await terminal.expectText('SHUTDOWN):');
    await store('the first', server.port);
    await store('the second', server.port);
    await openHistory(page);
    const offered = (message: string) =>
      entry(page, message).getByRole('button', { name: 'Store again…' });
    await expect(offered('the first')).toHaveCount(1);
    await expect(offered('the second')).toHaveCount(0);
  });

  test('scrolls to the new entry', async ({ page, server, terminal }) => {
    await terminal.expectText('SHUTDOWN):');
    const numbers = Array.from({ length: 30 }, (_, i) => i + 1);
    await sendLines(server.port, ...numbers.flatMap((i) => ['MSGSTORE', `number ${i} of all`]));
    await openHistory(page);
    await expect(entries(page)).toHaveCount(30);
    await storeAgain(page, 'number 1 of all');
    await submit(page).click();
    await expect(entries(page)).toHaveCount(31);
    await expect(entries(page).first()).toContainText('number 1 of all');
    await expect(entries(page).first()).toBeInViewport();
  });

  test('asks again if another message came into force meanwhile', async ({
    page,
    server,
    terminal,
  }) => {
    await terminal.expectText('SHUTDOWN):');
    await store('the first', server.port);
    await store('the second', server.port);
    await openHistory(page);
    await storeAgain(page, 'the first');
    await store('theirs', server.port);
    await expect(banner(page)).toHaveText('theirs');
    await expect(page.locator('#byline')).not.toBeEmpty();
    await submit(page).click();
    await expect(question(page)).toContainText('The message in force has changed: look at it');
    await expect(question(page).locator('.quoted')).toHaveText(['the first', 'theirs']);
    await expect(banner(page)).toHaveText('theirs');
    await submit(page).click();
    await expect(banner(page)).toHaveText('the first');
  });

  test('stores nothing if the message changed on its way to the page', async ({ page }) => {
    const sent: string[] = [];
    const lines = ['1 2026-11-22T12:00:00Z / - one', '2 2026-11-22T12:00:00Z / - two'];
    const replies: Readonly<Record<string, string>> = {
      MSGWATCH: '200 OK\ntwo\n',
      MSGINFO: `200 OK\n${lines[1]}\n`,
      MSGPLANS: '200 OK\n.\n',
      MSGLIST: `200 OK\n${lines.join('\n')}\n.\n`,
      MSGREPLACE: '200 OK\n',
      '2 one': '409 CHANGED\n',
    };
    const service = await startLineService((line) => {
      sent.push(line);
      return replies[line] ?? '';
    });
    await page.goto(`http://127.0.0.1:${await startBridgeTo(`motd=127.0.0.1:${service.port}`)}/`);
    await openHistory(page);
    await storeAgain(page, 'one');
    await submit(page).click();
    await expect(question(page)).toContainText('The message in force has changed');
    expect(sent.filter((line) => line === '2 one')).toHaveLength(1);
    expect(sent).not.toContain('MSGSTORE');
    service.close();
  });

  test('asks for the store password', async ({ page }) => {
    const file = test.info().outputPath('password');
    await writeFile(file, passwordHash('sesame'));
    const server = await startServer(0, ['--store-password-file', file]);
    const bridge = await startBridge(server.port);
    await page.goto(`http://127.0.0.1:${bridge.port}/`);
    const terminal = new PageTerminal(page);
    await terminal.expectText('SHUTDOWN):');
    for (const message of ['the first', 'the second']) {
      await terminal.type('MSGSTORE');
      await terminal.expectText('password:');
      await terminal.type('sesame');
      await terminal.expectText('day:');
      await terminal.type(message);
      await expect(banner(page)).toHaveText(message);
    }
    await openHistory(page);
    await storeAgain(page, 'the first');
    await question(page).getByLabel('Store password').fill('open');
    await submit(page).click();
    await expect(question(page)).toContainText('This is not the store password.');
    await question(page).getByLabel('Store password').fill('sesame');
    await submit(page).click();
    await expect(banner(page)).toHaveText('the first');
  });

  test('is not offered by an older server, which cannot compare', async ({ page }) => {
    const service = await startLineService((line) => {
      if (line === 'MSGHIST') return '200 OK\n2026-11-22T12:00:00Z older\n.\n';
      return line === 'MSGWATCH' ? '200 OK\nolder\n' : '400 UNKNOWN COMMAND\n';
    });
    await page.goto(`http://127.0.0.1:${await startBridgeTo(`motd=127.0.0.1:${service.port}`)}/`);
    await openHistory(page);
    await expect(entries(page)).toHaveText([/older$/]);
    await expect(entries(page).getByRole('button', { name: 'Copy' })).toBeVisible();
    await expect(entries(page).getByRole('button', { name: 'Store again…' })).toHaveCount(0);
    service.close();
  });
});

test.describe('on a phone', () => {
  const { defaultBrowserType: _, ...pixel } = devices['Pixel 7'];
  test.use({ ...pixel, viewport: { width: 390, height: 844 } });

  test('the exact time of an entry has room', async ({ page, server, bridge }) => {
    await page.setViewportSize({ width: 320, height: 568 });
    await page.goto(`http://127.0.0.1:${bridge.port}/`);
    await expect(banner(page)).toHaveText(/apple/);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    await sendLines(server.port, 'MSGPLAN', `/${tomorrow} planned`);
    await page.getByRole('button', { name: 'Message history' }).tap();
    const time = entries(page).locator('time');
    await time.tap();
    await expect(time).toHaveText(/^\w+day, /);
    const { x = 0, width = 0 } = (await time.boundingBox()) ?? {};
    expect(x + width).toBeLessThanOrEqual(320);
  });

  test('the actions have words, below the message', async ({ page, server, bridge }) => {
    await page.goto(`http://127.0.0.1:${bridge.port}/`);
    await expect(banner(page)).toHaveText(/apple/);
    await store('the first', server.port);
    await store('the second', server.port);
    await page.getByRole('button', { name: 'Message history' }).tap();
    const buttons = entry(page, 'the first').locator('.entry-actions button');
    await expect(buttons).toHaveCount(2);
    const words = buttons.evaluateAll((all) =>
      all.map((one) => getComputedStyle(one, '::after').content),
    );
    expect(await words).toEqual(['"Copy"', '"Store again…"']);
    const text = await entry(page, 'the first').locator('p').boundingBox();
    const time = await entry(page, 'the first').locator('time').boundingBox();
    if (!text || !time) throw new Error('the entry is not shown');
    for (const one of await buttons.all()) {
      const box = await one.boundingBox();
      expect(box?.y).toBeGreaterThanOrEqual(text.y + text.height);
      expect(box?.height).toBeGreaterThanOrEqual(44);
    }
    expect(text.y - (time.y + time.height)).toBeLessThan(10);
  });
});
