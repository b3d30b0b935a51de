// What was printed last stays visible on a phone: above the field, and above the touch keyboard.

import type { Page } from '@playwright/test';
import { devices, expect, QUICK, test } from '../fixtures.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const NOTE =
  '[the server was shut down; ask its operator to start it again, then press Enter]'.replaceAll(
    ' ',
    '',
  );

/** Roughly the height of a touch keyboard, in CSS pixels. */
const KEYBOARD = 268;

// The browser of a device cannot be set for a group of tests.
const { defaultBrowserType: _, ...pixel } = devices['Pixel 7'];

/** The text of the rows that are wholly visible, without white space. */
function visibleText(page: Page): Promise<string> {
  return page.evaluate(() => {
    const edge = (selector: string) => document.querySelector(selector)?.getBoundingClientRect();
    const top = Math.max(0, edge('#terminal')?.top ?? 0);
    const bottom = Math.min(innerHeight, edge('#field')?.top ?? 0);
    const rows = [...document.querySelectorAll('.xterm-rows > div')].filter((row) => {
      const rect = row.getBoundingClientRect();
      return rect.top >= top - 1 && rect.bottom <= bottom + 1;
    });
    return rows
      .map((row) => row.textContent)
      .join('')
      .replaceAll(/[\s\u200e]/g, '');
  });
}

async function enter(page: Page, line: string): Promise<void> {
  await page.locator('#field-text').fill(line);
  await page.keyboard.press('Enter');
}

for (const viewport of [
  { width: 320, height: 568 },
  { width: 390, height: 844 },
]) {
  const { width, height } = viewport;
  test.describe(`at ${width} by ${height}`, () => {
    test.use({ ...pixel, viewport });
    test.beforeEach(({ terminal }) => terminal.expectCommandPrompt());

    /** Expects the end of the text to stay visible while the keyboard opens and closes. */
    async function expectVisible(page: Page, end: string): Promise<void> {
      for (const keyboard of [0, KEYBOARD, 0]) {
        await page.setViewportSize({ width, height: height - keyboard });
        await expect(page.locator('#field')).toBeInViewport({ ratio: 0.99 });
        await expect
          .poll(async () => (await visibleText(page)).endsWith(end), `keyboard: ${keyboard}`)
          .toBe(true);
      }
    }

    test('the newest reply stays visible, however much is above it', QUICK, async ({ page }) => {
      for (let times = 0; times < 15; times++) await enter(page, 'MSGGET');
      await expect(page.locator('#announcements p').filter({ hasText: APPLE })).toHaveCount(15);
      await expectVisible(page, `Server:200OK${APPLE.replaceAll(' ', '')}`);
    });

    test('the note after SHUTDOWN stays visible: how the server is started again', async ({
      page,
    }) => {
      await enter(page, 'SHUTDOWN');
      await expect(page.locator('#field-prompt')).toHaveText(/password/);
      await enter(page, '123!abc');
      await expect(page.locator('#status-light')).toHaveAttribute('data-state', 'shutDown');
      await expectVisible(page, NOTE);
    });
  });
}
