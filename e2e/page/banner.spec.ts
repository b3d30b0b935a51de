// The banner in a real Chromium: its room, its byline, and the full-screen view of the message.

import type { Page } from '@playwright/test';
import { startLineService, startTcpService } from '../../testing/tcpService.ts';
import { devices, expect, PageTerminal, QUICK, startBridgeTo, store, test } from '../fixtures.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const LONG = 'Maintenance, one server after another. '.repeat(33);

const banner = (page: Page) => page.locator('#message');
const byline = (page: Page) => page.locator('#byline');
const showAll = (page: Page) => page.getByRole('button', { name: 'Show all' });
const board = (page: Page) => page.getByRole('dialog', { name: 'Message of the day' });

/** Where the terminal begins, in CSS pixels. */
async function top(page: Page): Promise<number | undefined> {
  return (await page.locator('#terminal').boundingBox())?.y;
}

for (const [width, height] of [
  [320, 568],
  [390, 844],
  [800, 400],
  [1280, 800],
  [2560, 1440],
] as const) {
  test.describe(`at ${width} by ${height} pixels`, () => {
    test.use({ viewport: { width, height } });

    test(
      'the terminal does not move, whatever the message is',
      QUICK,
      async ({ page, server, terminal }) => {
        await expect.poll(() => terminal.flow()).toContain('SHUTDOWN):');
        await expect(banner(page)).toHaveText(APPLE);
        const before = await top(page);
        for (const message of [LONG, 'short', `${LONG} again`, 'word'.repeat(500), APPLE]) {
          await store(message, server.port);
          await expect(banner(page)).toHaveText(message.trim());
          await expect(byline(page)).toHaveText('Changed just now');
          expect(await top(page)).toBe(before);
        }
        await expect(showAll(page)).toBeHidden();
      },
    );

    test('"Show all" lays the message over the terminal, which does not move', async ({
      page,
      server,
      terminal,
    }) => {
      await expect.poll(() => terminal.flow()).toContain('SHUTDOWN):');
      await store(LONG, server.port);
      const before = await top(page);
      await showAll(page).click();
      const showLess = page.getByRole('button', { name: 'Show less' });
      await expect(showLess).toHaveAttribute('aria-expanded', 'true');
      const shown = await banner(page).boundingBox();
      expect(shown?.height).toBeGreaterThan(100);
      expect(shown?.height).toBeLessThanOrEqual(height * 0.6 + 1);
      expect(await top(page)).toBe(before);
      await store('short', server.port);
      await expect(showLess).toBeHidden();
      expect(await top(page)).toBe(before);
    });
  });
}

test('nothing moves when the message arrives late', async ({ page }) => {
  let send = () => {};
  const service = await startTcpService((socket) => {
    socket.on('data', (data) => {
      if (!String(data).includes('MSGWATCH')) return;
      send = () => socket.write(`200 OK\n0 - / - ${APPLE}\n200 OK\n${APPLE}\n`);
    });
  });
  const port = await startBridgeTo(`motd=127.0.0.1:${service.port}`);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`http://127.0.0.1:${port}/`);
  await expect.poll(() => new PageTerminal(page).flow()).toContain('SHUTDOWN):');
  await page.waitForLoadState('networkidle');
  await page.evaluate(() => {
    new PerformanceObserver((list) => {
      document.documentElement.dataset['shifts'] = String(list.getEntries().length);
    }).observe({ type: 'layout-shift' });
  });
  send();
  await expect(banner(page)).toHaveText(APPLE);
  await expect(byline(page)).toHaveText('Not changed yet');
  // An observer is called after the frame.
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  await expect(page.locator('html')).not.toHaveAttribute('data-shifts');
  service.close();
});

test.describe('a message that covers the terminal', () => {
  test('closes with Escape, also after a click, and the key does not reach the line', async ({
    page,
    server,
    terminal,
  }) => {
    await store(LONG, server.port);
    await terminal.expectText('SHUTDOWN):');
    await page.keyboard.type('MSG');
    await showAll(page).click();
    await expect(showAll(page)).toBeHidden();
    await page.keyboard.press('Escape');
    await expect(showAll(page)).toBeVisible();
    await page.keyboard.type('GET');
    await terminal.expectText('SHUTDOWN): MSGGET');
  });

  test('uncovers the line as soon as something is typed', async ({ page, server, terminal }) => {
    await store(LONG, server.port);
    await terminal.expectText('SHUTDOWN):');
    await showAll(page).click();
    await page.keyboard.type('MSG');
    await expect(showAll(page)).toBeVisible();
    await terminal.expectText('SHUTDOWN): MSG');
  });
});

test.describe('the line below the message', () => {
  test.use({ timezoneId: 'Europe/Berlin', locale: 'en-GB' });

  test('names the author, the time and the window, and ages', async ({ page }) => {
    const now = new Date('2026-11-27T12:05:00Z');
    await page.clock.install({ time: now });
    const entry = `7 2026-11-27T12:00:00Z /2026-11-27T19:00:00Z Zo%C3%AB Maintenance`;
    const replies: Readonly<Record<string, string>> = {
      MSGINFO: `200 OK\n${entry}\n`,
      MSGWATCH: '200 OK\nMaintenance\n',
    };
    const service = await startLineService((line) => replies[line] ?? '');
    const port = await startBridgeTo(`motd=127.0.0.1:${service.port}`);
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.clock.runFor(1000);
    await expect(byline(page)).toHaveText('Changed 5 minutes ago by Zoë · until 20:00');
    await page.clock.runFor(60_000);
    await expect(byline(page)).toHaveText('Changed 6 minutes ago by Zoë · until 20:00');
    const time = byline(page).locator('time');
    await expect(time).toHaveAttribute('datetime', '2026-11-27T12:00:00.000Z');
    await expect(time).toHaveAttribute('title', /^Friday.*27 November 2026.*13:00:00/);
    await time.focus();
    await expect(time).toHaveText(/^Friday.*27 November 2026.*13:00:00/);
    await time.blur();
    await expect(time).toHaveText('6 minutes ago');
    service.close();
  });

  test('is empty for an older server, whose message is live all the same', async ({ page }) => {
    const requests: string[] = [];
    let announce = (_message: string) => {};
    const service = await startLineService((line, socket) => {
      requests.push(line);
      if (line !== 'MSGWATCH') return '400 UNKNOWN COMMAND\n';
      announce = (message) => socket.write(`${message}\n`);
      return '200 OK\none\n';
    });
    const port = await startBridgeTo(`motd=127.0.0.1:${service.port}`);
    await page.goto(`http://127.0.0.1:${port}/`);
    await expect(banner(page)).toHaveText('one');
    announce('two');
    await expect(banner(page)).toHaveText('two');
    await expect(byline(page)).toHaveText('');
    expect(requests).toEqual(['MSGINFO', 'MSGWATCH']);
    service.close();
  });

  test('shows that the message may be out of date', async ({ page, server, terminal }) => {
    await terminal.expectText('SHUTDOWN):');
    await expect(byline(page)).toHaveText('Not changed yet');
    await server.program.stop();
    await expect(byline(page)).toHaveText('May be out of date · Not changed yet');
  });
});

test.describe('the full-screen view', () => {
  test(
    'shows the message alone, live, and returns the focus',
    QUICK,
    async ({ page, server, terminal }) => {
      await terminal.expectText('SHUTDOWN):');
      const button = page.getByRole('button', { name: 'Full screen' });
      await button.focus();
      await page.keyboard.press('Enter');
      await expect(board(page)).toContainText(APPLE);
      const text = board(page).locator('.frame p');
      const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
      await expect
        .poll(() =>
          text.evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize)),
        )
        .toBeGreaterThan(Math.min(width, height) / 10);
      await store('short', server.port);
      await expect(text).toHaveText('short');
      await server.program.stop();
      await expect(board(page)).toContainText('This message may be out of date.');
      await page.keyboard.press('Escape');
      await expect(board(page)).toBeHidden();
      await expect(button).toBeFocused();
      await expect.poll(() => page.evaluate(() => document.fullscreenElement === null)).toBe(true);
    },
  );

  test('ends with its button, and with the end of the full screen', async ({ page, terminal }) => {
    await terminal.expectText('SHUTDOWN):');
    const button = page.getByRole('button', { name: 'Full screen' });
    await button.click();
    await board(page).getByRole('button', { name: 'Close' }).click();
    await expect(board(page)).toBeHidden();
    await expect.poll(() => page.evaluate(() => document.fullscreenElement === null)).toBe(true);
    await button.click();
    await expect(board(page)).toBeVisible();
    await page.evaluate(() => document.exitFullscreen());
    await expect(board(page)).toBeHidden();
  });

  test('covers the page of a browser without the Fullscreen API', async ({ page, bridge }) => {
    await page.addInitScript(() => {
      Object.defineProperty(Element.prototype, 'requestFullscreen', { value: undefined });
    });
    await page.goto(`http://127.0.0.1:${bridge.port}/`);
    await page.getByRole('button', { name: 'Full screen' }).click();
    await expect(board(page)).toContainText(APPLE);
    expect(await board(page).boundingBox()).toEqual({ x: 0, y: 0, ...page.viewportSize() });
    await page.keyboard.press('Escape');
    await expect(board(page)).toBeHidden();
  });
});

test.describe('on a phone', () => {
  const { defaultBrowserType: _, ...pixel } = devices['Pixel 7'];
  test.use({ ...pixel, viewport: { width: 320, height: 568 } });

  test('the full-screen view breaks no word of a short message', async ({
    page,
    server,
    terminal,
  }) => {
    await terminal.expectCommandPrompt();
    await store('Exam moved to auditorium 4', server.port);
    await page.getByRole('button', { name: 'Full screen' }).tap();
    const text = board(page).locator('.frame p');
    await expect(text).toHaveText('Exam moved to auditorium 4');
    const rowsOfWord = () =>
      text.evaluate(({ firstChild }) => {
        const range = document.createRange();
        range.setStart(firstChild as Node, 'Exam moved to '.length);
        range.setEnd(firstChild as Node, 'Exam moved to auditorium'.length);
        return range.getClientRects().length;
      });
    await expect.poll(rowsOfWord).toBe(1);
  });

  test('its buttons are large enough for a thumb, and fit', async ({ page, server, terminal }) => {
    await terminal.expectCommandPrompt();
    await store(LONG, server.port);
    await expect(showAll(page)).toBeVisible();
    for (const button of await page.locator('#message-bar button').all()) {
      await expect(button).toBeInViewport({ ratio: 1 });
      const { width, height } = (await button.boundingBox()) ?? { width: 0, height: 0 };
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
    }
  });
});
