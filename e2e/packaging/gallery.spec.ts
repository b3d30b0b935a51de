// The gallery: each state of the page at six widths and in both themes. `npm run pictures --
// gallery` writes the pictures and a contact sheet to gallery/; in a test run they prove that the
// page fits into the window in each of them.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, type ListeningProgram, PageTerminal, startBridge, test } from '../fixtures.ts';

const folder = process.env['MOTD_PICTURES'];

const THEMES = ['dark', 'light'] as const;

const DEVICES = [
  {
    name: 'a touch screen',
    options: { hasTouch: true, isMobile: true },
    sizes: [
      { width: 320, height: 640 },
      { width: 390, height: 844 },
      { width: 768, height: 1024 },
    ],
  },
  {
    name: 'a desktop',
    options: {},
    sizes: [
      { width: 1280, height: 800 },
      { width: 1920, height: 1080 },
      { width: 2560, height: 1440 },
    ],
  },
];

const SENTENCE =
  'The file server, the mail server and the lab machines restart one after another. ';

interface Scene {
  page: Page;
  server: ListeningProgram;
  /** Types these lines, and presses Enter after each. */
  enter(...lines: string[]): Promise<void>;
  /** Resolves once the terminal shows this text. */
  see(text: string): Promise<void>;
}

/** How the page comes into each state. It is connected before. */
const STATES: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  empty: async ({ page }) => expect(page.locator('#start-hint')).toBeVisible(),
  'in-use': async ({ page, enter, see }) => {
    await enter('MSGGET', 'MSGSTORE', 'The exam is in room 4', 'MSGGET');
    await see('The exam is in room 4');
    await enter('MSGHIST');
    await see('Client: MSGHIST Server: 200 OK');
    await page.keyboard.type('MSGST');
  },
  error: async ({ enter, see }) => {
    await enter('MSGGET', 'msgget', 'SHUTDOWN', 'wrong', 'MSGSTORE', 'QUIT');
    await see('EXPECTED MOTD, RECEIVED COMMAND');
  },
  lost: async ({ page, server, enter, see }) => {
    await enter('MSGGET');
    await see('200 OK');
    await server.program.stop();
    await expect(page.locator('#countdown')).toContainText('retrying in');
  },
  ended: async ({ page, enter }) => {
    await enter('MSGGET', 'QUIT');
    await expect(page.locator('#status')).toContainText('ended');
  },
  'shut-down': async ({ page, enter }) => {
    await enter('SHUTDOWN', '123!abc');
    await expect(page.locator('#status')).toContainText('shut down');
  },
  long: async ({ page, enter }) => {
    await enter('MSGSTORE', SENTENCE.repeat(14));
    await expect(page.locator('#message-expand')).toBeVisible();
  },
  history: async ({ page, enter, see }) => {
    for (const line of ['The exam is in room 4', 'The library is closed today', SENTENCE.repeat(5)])
      await enter('MSGSTORE', line);
    await enter('MSGPLAN', `${nextYear()} The wiki is down`, 'MSGGET');
    await see('one after another');
    await page.locator('#history-button').click();
    await expect(page.locator('#history li')).toHaveCount(4);
  },
  palette: async ({ page }) => {
    await page.locator('#more-button').click();
    await expect(page.locator('#palette [role="option"]').first()).toBeVisible();
  },
  board: async ({ page }) => {
    // A window that fills the screen cannot be resized.
    await page.evaluate(() => Object.assign(document.documentElement, { requestFullscreen: null }));
    await page.locator('#board-button').click();
    await expect(page.locator('#board')).toBeVisible();
  },
};

for (const { name, options, sizes } of DEVICES) {
  test.describe(name, () => {
    test.use({ ...options, deviceScaleFactor: 1, contextOptions: { reducedMotion: 'reduce' } });

    for (const [state, reach] of Object.entries(STATES)) {
      test(`fits into its window: ${state}`, async ({ page, server }, { outputDir }) => {
        const { port } = await startBridge(server.port);
        await page.setViewportSize(sizes[0] ?? { width: 0, height: 0 });
        await page.goto(`http://127.0.0.1:${port}/`);
        const terminal = new PageTerminal(page);
        await terminal.expectCommandPrompt();
        await expect(page.locator('#message')).toHaveText(/apple/);
        await reach(sceneOf(terminal, server));
        for (const size of sizes) {
          await page.setViewportSize(size);
          for (const colorScheme of THEMES) {
            await page.emulateMedia({ colorScheme });
            const picture = `${state}-${size.width}-${colorScheme}.png`;
            await page.screenshot({ path: join(folder ?? outputDir, picture) });
            expect(await outsideOfWindow(page), picture).toEqual([]);
          }
        }
      });
    }
  });
}

test('makes a contact sheet', async ({ page: _ }, { outputDir }) => {
  await mkdir(folder ?? outputDir, { recursive: true });
  await writeFile(join(folder ?? outputDir, 'index.html'), contactSheet());
});

/** A window of two hours. */
function nextYear(): string {
  const year = new Date().getFullYear() + 1;
  return `${year}-01-05T18:00Z/${year}-01-05T20:00Z`;
}

function sceneOf(terminal: PageTerminal, server: ListeningProgram): Scene {
  const { page } = terminal;
  return {
    page,
    server,
    async enter(...lines) {
      const field = page.locator('#field-text');
      if (await field.isVisible()) await field.tap();
      for (const line of lines) {
        await page.keyboard.insertText(line);
        await page.keyboard.press('Enter');
      }
    },
    async see(text) {
      await expect.poll(() => terminal.flow()).toContain(text.replaceAll(' ', ''));
    },
  };
}

/** Every element of which a part is outside of the window, where nothing scrolls it into view. */
function outsideOfWindow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { body, documentElement: root } = document;
    const isClipped = (element: Element): boolean => {
      const { parentElement } = element;
      if (parentElement === null || parentElement === body) return false;
      return getComputedStyle(parentElement).overflow !== 'visible' || isClipped(parentElement);
    };
    const isOutside = (element: Element): boolean => {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      return left < 0 || top < 0 || right > root.clientWidth || bottom > root.clientHeight;
    };
    return [root, ...body.querySelectorAll('*')]
      .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
      .filter((one) => isOutside(one) && !isClipped(one))
      .map((one) => one.cloneNode(false) as Element)
      .map((one) => one.outerHTML);
  });
}

/** A row for each state and theme, a column for each width. */
function contactSheet(): string {
  const widths = DEVICES.flatMap(({ sizes }) => sizes.map(({ width }) => width));
  const cell = (name: string) => `<td><a href="${name}"><img src="${name}" alt="${name}"></a>`;
  const rows = Object.keys(STATES).flatMap((state) =>
    THEMES.map((theme) => {
      const cells = widths.map((width) => cell(`${state}-${width}-${theme}.png`));
      return `<tr><th>${state}<br>${theme}${cells.join('')}`;
    }),
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>The states of the page</title>
<style>
  body { font: 16px system-ui; background: #888 }
  img { height: 16rem }
  th { position: sticky; left: 0; background: #888 }
</style>
<table>
<tr><th>${widths.map((width) => `<th>${width} px`).join('')}
${rows.join('\n')}
</table>
`;
}
