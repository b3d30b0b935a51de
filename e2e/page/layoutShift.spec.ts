// The layout never moves by itself: the browser reports every element that moves between two frames
// (Layout Instability API). What follows input counts, too: no key and no button moves these parts.

import type { Page } from '@playwright/test';
import { devices, expect, PageTerminal, QUICK, startServer, test } from '../fixtures.ts';

declare global {
  interface Window {
    moved: string[];
  }
}

interface LayoutShift extends PerformanceEntry {
  sources: { node: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[];
}

/** Records what moves: the parts of the page, and what is in them. */
async function recordMoves(page: Page): Promise<void> {
  await page.addInitScript(() => {
    // The first wait between two attempts takes 11 s.
    Math.random = () => 21;
    window.moved = [];
    const observer = new PerformanceObserver((list) => {
      for (const { sources } of list.getEntries() as LayoutShift[])
        for (const { node, previousRect: from, currentRect: to } of sources) {
          const place = node instanceof Element ? node : node?.parentElement;
          // A part whose text changes in its place.
          if (from.x === to.x && from.y === to.y) continue;
          // Typing moves the cursor to the right.
          if (place?.closest('.xterm-rows') && from.y === to.y) continue;
          const part = place?.closest('[id]')?.id ?? place?.localName;
          window.moved.push(`${part} from ${from.x},${from.y} to ${to.x},${to.y}`);
        }
    });
    observer.observe({ type: 'layout-shift', buffered: true });
  });
}

/** What has moved since the last call, after every frame until now is reported. */
async function moves(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return window.moved.splice(0);
  });
}

const status = (page: Page) => page.locator('#status');

const { viewport, hasTouch, isMobile, userAgent } = devices['Pixel 7'];
const PHONE = { viewport, hasTouch, isMobile, userAgent };

for (const [where, options] of [
  ['a wide window', { viewport: { width: 1280, height: 800 } }],
  ['a narrow window', { viewport: { width: 390, height: 700 } }],
  ['a phone', PHONE],
] as const) {
  test.describe(`in ${where}`, () => {
    test.use(options);

    test('no part of the page moves by itself', QUICK, async ({ page, server, bridge }) => {
      const terminal = new PageTerminal(page);
      await recordMoves(page);
      await page.goto(`http://127.0.0.1:${bridge.port}/`);
      await expect(status(page)).toHaveText('connected');
      await expect(page.locator('#message')).toHaveText(/apple/);
      expect(await moves(page), 'the message arrives').toEqual([]);

      await server.program.stop();
      await expect(page.locator('#countdown')).toHaveText(/retrying in 1\d s/);
      expect(await moves(page), 'the connection is lost').toEqual([]);
      await expect(page.locator('#countdown')).toHaveText('retrying in 9 s');
      expect(await moves(page), 'the countdown goes on').toEqual([]);

      await startServer(server.port);
      await page.locator('#try-now').click();
      await expect(status(page)).toHaveText('connected');
      await expect(page.locator('#try-now')).toBeHidden();
      expect(await moves(page), 'the connection is back').toEqual([]);

      await page.locator('#find-button').click();
      await page.locator('#find-text').fill('apple');
      expect(await moves(page), 'the search opens').toEqual([]);
      await page.keyboard.press('Escape');
      expect(await moves(page), 'the search closes').toEqual([]);

      await terminal.type('QUIT');
      await expect(status(page)).toHaveText('session ended');
      expect(await moves(page), 'the session ends').toEqual([]);
    });
  });
}

test('the browser reports a part that moves', async ({ page, terminal }) => {
  await recordMoves(page);
  await page.reload();
  await terminal.expectText('SHUTDOWN):');
  await moves(page);
  await page.locator('header').evaluate((header) => {
    header.after(Object.assign(document.createElement('p'), { textContent: 'moves the rest' }));
  });
  expect((await moves(page)).join()).toContain('columns');
});
