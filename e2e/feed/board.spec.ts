// `/board` in a real Chromium: the message, large, live, and nothing else.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { freePort } from '../../testing/freePort.ts';
import { test as base, devices, expect, QUICK, startServer, store } from '../fixtures.ts';
import { violations } from '../violations.ts';
import { startFeed } from './feedProgram.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const HEBREW = 'היום בשעה שש הבחינה בחדר ארבע';
const LONG = 'Maintenance of the cluster, of the network and of all that depends on it. '
  .repeat(55)
  .trim();
const { defaultBrowserType: _, ...pixel } = devices['Pixel 7'];
const WALL = { width: 1920, height: 1080 };

interface Board {
  port: number;
  url: string;
  stop: () => Promise<unknown>;
  start: () => Promise<unknown>;
}

const test = base.extend<{ board: Board }>({
  board: async ({ server }, use) => {
    const port = await freePort();
    let feed = await startFeed(server, [], port);
    await use({
      port,
      url: `http://127.0.0.1:${port}/board`,
      stop: () => feed.program.stop(),
      start: async () => {
        feed = await startFeed(server, [], port);
      },
    });
  },
});

const message = (page: Page) => page.locator('#message');
const notice = (page: Page) => page.locator('#notice');

const fontSizeOf = (page: Page) =>
  message(page).evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));

/** Whether nothing has to be scrolled, and no word leaves the margins. */
function fitsIn(page: Page): Promise<boolean> {
  return message(page).evaluate((element) => {
    const fits = ({ scrollWidth, scrollHeight, clientWidth, clientHeight }: Element) =>
      scrollWidth <= clientWidth && scrollHeight <= clientHeight;
    return fits(element) && fits(document.documentElement);
  });
}

test('shows the message, and each later one', QUICK, async ({ page, board, server }) => {
  const problems: string[] = [];
  page.on('console', (entry) => problems.push(entry.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(board.url);
  await expect(message(page)).toHaveText(APPLE);
  await expect(page).toHaveTitle('Message of the day');
  await store('Maintenance', server.port);
  await expect(message(page)).toHaveText('Maintenance');
  await expect(notice(page)).toBeEmpty();
  expect(problems).toEqual([]);
});

for (const [screen, use] of [
  ['a wall screen', { viewport: WALL }],
  ['a phone', pixel],
] as const) {
  test.describe(`on ${screen}`, () => {
    test.use(use);

    for (const colorScheme of ['dark', 'light'] as const) {
      test(`has no axe violations in ${colorScheme}`, async ({ page, board }) => {
        await page.emulateMedia({ colorScheme });
        await page.goto(board.url);
        await expect(message(page)).toHaveText(APPLE);
        await board.stop();
        await expect(notice(page)).not.toBeEmpty();
        expect(await violations(page)).toEqual([]);
      });
    }

    test('makes every message as large as it fits', async ({ page, board, server }) => {
      await page.goto(board.url);
      const sizes: number[] = [];
      for (const text of ['Now', APPLE, LONG]) {
        await store(text, server.port);
        await expect(message(page)).toHaveText(text);
        sizes.push(await fontSizeOf(page));
        if (text !== LONG) expect(await fitsIn(page), text).toBe(true);
        const { width } = (await message(page).boundingBox()) ?? { width: 0 };
        expect(width).toBeGreaterThan(0);
      }
      expect(sizes).toEqual(sizes.toSorted((one, other) => other - one));
      expect(sizes[0]).toBeGreaterThan(60);
      expect(sizes[2]).toBeGreaterThanOrEqual(16);
    });
  });
}

test.describe('on a wall screen', () => {
  test.use({ viewport: WALL });

  test('shows the longest message whole, and fits it again in another size', async ({
    page,
    board,
    server,
  }) => {
    await page.goto(board.url);
    await store(LONG, server.port);
    await expect(message(page)).toHaveText(LONG);
    expect(await fitsIn(page)).toBe(true);
    const before = await fontSizeOf(page);
    await page.setViewportSize({ width: 1600, height: 900 });
    await expect.poll(() => fontSizeOf(page)).toBeLessThan(before);
    expect(await fitsIn(page)).toBe(true);
  });

  test('breaks a word that is too long for a line', async ({ page, board, server }) => {
    await page.goto(board.url);
    await store('x'.repeat(1000), server.port);
    await expect(message(page)).toHaveText(/x{1000}/);
    expect(await fitsIn(page)).toBe(true);
  });
});

test('shows a message from right to left in its direction', async ({ page, board, server }) => {
  await store(HEBREW, server.port);
  await page.goto(board.url);
  await expect(message(page)).toHaveText(HEBREW);
  await expect(message(page)).toHaveCSS('direction', 'rtl');
});

test('shows text, never markup', async ({ page, board, server }) => {
  const markup = '<img src=x onerror=alert(1)><b>bold</b>';
  await store(markup, server.port);
  await page.goto(board.url);
  await expect(message(page)).toHaveText(markup);
  await expect(message(page).locator('*')).toHaveCount(0);
});

test('shows that the connection is lost, keeps the message, and reconnects', async ({
  page,
  board,
  server,
}) => {
  await page.goto(board.url);
  await expect(message(page)).toHaveText(APPLE);
  await board.stop();
  await expect(notice(page)).toHaveText('The connection is lost. This message may be out of date.');
  await expect(message(page)).toHaveText(APPLE);
  await store('after the break', server.port);
  await board.start();
  await expect(message(page)).toHaveText('after the break');
  await expect(notice(page)).toBeEmpty();
});

test('shows that the message server cannot be reached', async ({ page, board, server }) => {
  await page.goto(board.url);
  await expect(message(page)).toHaveText(APPLE);
  await server.program.stop();
  await expect(notice(page)).toContainText('The message server cannot be reached.');
  await startServer(server.port);
  await expect(notice(page)).toBeEmpty();
});

test('connects again after an error', async ({ page, board }) => {
  let isDown = true;
  await page.route('**/message/events', (route) =>
    isDown ? route.fulfill({ status: 502 }) : route.continue(),
  );
  await page.goto(board.url);
  await expect(notice(page)).toContainText('The connection is lost.');
  isDown = false;
  await expect(message(page)).toHaveText(APPLE);
});

test.describe('in a frame', () => {
  /** A page of another origin that shows a URL in a frame. */
  async function startFramingPage(url: string): Promise<{ origin: string; close: () => void }> {
    const page = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><title>intranet</title><iframe src="${url}"></iframe>`);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => page.once('listening', resolve));
    const { port } = page.address() as AddressInfo;
    return { origin: `http://localhost:${port}`, close: () => page.close() };
  }

  test('is shown for an origin that is named', async ({ page, server }) => {
    const port = await freePort();
    const intranet = await startFramingPage(`http://127.0.0.1:${port}/board`);
    await startFeed(server, ['--frame-from', intranet.origin], port);
    await page.goto(intranet.origin);
    await expect(page.frameLocator('iframe').locator('#message')).toHaveText(APPLE);
    intranet.close();
  });

  test('is not shown for any other', async ({ page, board }) => {
    const intranet = await startFramingPage(board.url);
    const refused = page.waitForEvent('console', (entry) =>
      entry.text().includes('frame-ancestors'),
    );
    await page.goto(intranet.origin);
    await refused;
    intranet.close();
  });
});
