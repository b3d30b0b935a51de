// The frame of the page: its header in one row at every width, the labels of the tools, the text
// size on a large screen, and the page without JavaScript.

import type { Locator, Page } from '@playwright/test';
import { devices, expect, QUICK, test } from '../fixtures.ts';

const WIDTHS = [320, 360, 390, 393, 412, 480, 600, 768, 1280];

/** Opens the page in a window of this width. */
async function open(page: Page, port: number, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 800 });
  await page.goto(`http://127.0.0.1:${port}/`);
  await expect(page.locator('#status')).toHaveText('connected');
}

/** The header has one row, in which nothing is cut off but text. */
async function expectOneRow(page: Page): Promise<void> {
  const { height, overflow, middles } = await page.locator('header').evaluate((header) => {
    const shown = [...header.querySelectorAll('#status-light, button, #name, #host, #status')]
      .map((element) => element.getBoundingClientRect())
      .filter((box) => box.height > 0);
    return {
      height: header.getBoundingClientRect().height,
      overflow: header.scrollWidth - header.clientWidth,
      middles: shown.map(({ top, bottom }) => (top + bottom) / 2),
    };
  });
  expect(height).toBeLessThan(60);
  expect(overflow).toBeLessThanOrEqual(0);
  expect(Math.max(...middles) - Math.min(...middles), 'all on one line').toBeLessThan(4);
  const status = await page.locator('#connection :visible').last().boundingBox();
  const firstTool = await page.locator('#tools button:visible').first().boundingBox();
  const right = (status?.x ?? 0) + (status?.width ?? 0);
  expect(right, 'the tools cover nothing').toBeLessThanOrEqual(firstTool?.x ?? 0);
  await expect(page.locator('#status-light')).toBeInViewport({ ratio: 1 });
  for (const button of await page.locator('header button:visible').all()) {
    await expect(button).toBeInViewport({ ratio: 1 });
  }
}

/** How much of a text has no room, in CSS pixels. */
function cutBy(text: Locator): Promise<number> {
  return text.evaluate((element) => element.scrollWidth - element.clientWidth);
}

for (const width of WIDTHS) {
  test(`the header has one row in ${width} px, connected or not`, async ({
    page,
    bridge,
    server,
  }) => {
    await open(page, bridge.port, width);
    await expectOneRow(page);
    await expect(page.locator('#name')).toBeVisible();
    expect(await cutBy(page.locator('#name')), 'the name is whole').toBe(0);
    await server.program.stop();
    await expect(page.locator('#countdown')).toHaveText(/^retrying in \d+ s$/);
    await expectOneRow(page);
    // In a wide window, the reason follows the state, and may be cut.
    if (width < 896) {
      expect(await cutBy(page.locator('#status')), 'the state is whole').toBe(0);
    }
  });
}

test.describe('on a phone', () => {
  const { defaultBrowserType: _, ...phone } = devices['Pixel 7'];
  test.use(phone);

  test('the header has one row, and its buttons are for a thumb', async ({
    page,
    bridge,
    server,
  }) => {
    await open(page, bridge.port, 320);
    await server.program.stop();
    await expect(page.locator('#try-now')).toBeVisible();
    await expectOneRow(page);
    for (const button of await page.locator('header button:visible').all()) {
      const box = await button.boundingBox();
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
    }
  });
});

for (const width of [320, 1280]) {
  test(`shows the whole label of each tool with the focus, in ${width} px`, async ({
    page,
    bridge,
  }) => {
    await open(page, bridge.port, width);
    const tools = page.locator('#tools button:visible');
    await tools.first().focus();
    for (const button of await tools.all()) {
      await expect(button).toBeFocused();
      const label = await button.evaluate((element) => {
        const { content, width } = getComputedStyle(element, '::after');
        const { right } = element.getBoundingClientRect();
        return { content, left: right - Number.parseFloat(width), right };
      });
      expect(label.content).toContain((await button.getAttribute('aria-label')) ?? '?');
      expect(label.left).toBeGreaterThanOrEqual(0);
      expect(label.right).toBeLessThanOrEqual(width);
      await page.keyboard.press('Tab');
    }
  });
}

test('names the page and its host', QUICK, async ({ page, bridge }) => {
  await open(page, bridge.port, 1280);
  await expect(page.locator('#name')).toHaveText('Message of the day');
  await expect(page.locator('#host')).toHaveText(`127.0.0.1:${bridge.port}`);
});

test('the terminal’s text grows with the window, unless its size is chosen', async ({
  page,
  bridge,
}) => {
  await open(page, bridge.port, 1280);
  const rows = page.locator('.xterm-rows');
  await expect(rows).toHaveCSS('font-size', '15px');
  await page.setViewportSize({ width: 2560, height: 1440 });
  await expect(rows).toHaveCSS('font-size', '20px');
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('button', { name: 'Larger' }).click();
  await expect(rows).toHaveCSS('font-size', '21px');
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.reload();
  await expect(rows).toHaveCSS('font-size', '21px');
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const size = page.getByRole('group', { name: 'Terminal text' });
  await size.getByRole('button', { name: 'Automatic' }).click();
  await expect(rows).toHaveCSS('font-size', '15px');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('explains what the page is, and how to read the message, and nothing else', async ({
    page,
    bridge,
  }) => {
    await page.goto(`http://127.0.0.1:${bridge.port}/`);
    await expect(page.locator('noscript')).toBeVisible();
    await expect(page.locator('noscript p').first()).toContainText('needs JavaScript');
    await expect(page.getByRole('link', { name: 'message as plain text' })).toBeVisible();
    for (const part of await page.locator('body > :not(noscript)').all()) {
      await expect(part).toBeHidden();
    }
  });
});
