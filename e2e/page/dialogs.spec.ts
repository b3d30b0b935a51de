// The settings and the help, in a real Chromium, by mouse, keyboard and touch.

import type { Locator, Page } from '@playwright/test';
import {
  chooseFromPalette,
  devices,
  expect,
  QUICK,
  startBridge,
  test,
  WHOLE_BROWSER,
} from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const DARK_BACKGROUND = 'rgb(16, 22, 29)';
const LIGHT_BACKGROUND = 'rgb(251, 250, 247)';

const settings = (page: Page) => page.getByRole('dialog', { name: 'Settings' });
const help = (page: Page) => page.getByRole('dialog', { name: 'Help' });
const opener = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const html = (page: Page) => page.locator('html');
const viewport = (page: Page) => page.locator('.xterm-viewport');

test.use({ colorScheme: 'dark' });

test.beforeEach(({ terminal }) => terminal.expectCommandPrompt());

for (const name of ['Settings', 'Help', 'Plan a message']) {
  test(`${name}: Escape, its button and a click outside close it and return the focus`, async ({
    page,
    terminal,
  }) => {
    const dialog = page.getByRole('dialog', { name });
    const ways = [
      () => page.keyboard.press('Escape'),
      () => dialog.getByRole('button', { name: 'Close' }).click(),
      () => page.mouse.click(4, 300),
    ];
    for (const close of ways) {
      await opener(page, name).focus();
      await page.keyboard.press('Enter');
      await expect(dialog).toBeVisible();
      await close();
      await expect(dialog).toBeHidden();
      await expect(opener(page, name)).toBeFocused();
      // Opened by mouse from the line, it returns there.
      await page.locator('.xterm-helper-textarea').focus();
      await opener(page, name).click();
      await expect(dialog).toBeVisible();
      await close();
      await expect(dialog).toBeHidden();
      await expect(page.locator('.xterm-helper-textarea')).toBeFocused();
    }
    await page.keyboard.type('MSGG');
    await terminal.expectText(`${PROMPT} MSGG`);
  });

  test(`${name}: a press that starts inside does not close it, wherever it ends`, async ({
    page,
  }) => {
    const dialog = page.getByRole('dialog', { name });
    await opener(page, name).click();
    await dialog.getByRole('heading', { name }).hover();
    await page.mouse.down();
    await page.mouse.move(4, 300);
    await page.mouse.up();
    // A click on its padding, too: only a click outside closes it.
    await dialog.click({ position: { x: 4, y: 100 } });
    await expect(dialog).toBeVisible();
  });
}

test(
  'F1 opens the help from the terminal, and the focus returns there',
  QUICK,
  async ({ page, terminal }) => {
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.press('F1');
    await expect(help(page)).toBeVisible();
    for (const command of ['MSGGET', 'MSGINFO', 'MSGLIST', 'MSGREPLACE']) {
      await expect(help(page).getByRole('rowheader', { name: command })).toBeVisible();
    }
    await page.keyboard.press('Escape');
    await expect(help(page)).toBeHidden();
    await page.keyboard.type('MSGG');
    await terminal.expectText(`${PROMPT} MSGG`);
  },
);

test.describe('on a Mac', () => {
  test.use({ userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/140.0.0.0' });

  test('the help names no key that types a character there', async ({ page }) => {
    await page.keyboard.press('F1');
    await expect(help(page).locator('kbd').filter({ hasText: '⌥' })).not.toHaveCount(0);
    await expect(help(page)).not.toContainText(/⌥[A-Z](?![a-z])/);
  });
});

test(
  'applies a chosen theme immediately, in the terminal too, and keeps it across a reload',
  QUICK,
  async ({ page }) => {
    await expect(page.locator('body')).toHaveCSS('background-color', DARK_BACKGROUND);
    await opener(page, 'Settings').click();
    await settings(page).getByRole('radio', { name: 'Light' }).check();
    await expect(page.locator('body')).toHaveCSS('background-color', LIGHT_BACKGROUND);
    await expect(viewport(page)).toHaveCSS('background-color', LIGHT_BACKGROUND);
    await expect(themeColors(page)).resolves.toEqual(['#f1efe9', '#f1efe9']);

    await page.reload();
    await expect(page.locator('body')).toHaveCSS('background-color', LIGHT_BACKGROUND);
    await opener(page, 'Settings').click();
    await expect(settings(page).getByRole('radio', { name: 'Light' })).toBeChecked();
  },
);

test('applies the theme before the page’s main script runs', async ({ page }) => {
  await opener(page, 'Settings').click();
  await settings(page).getByRole('radio', { name: 'Light' }).check();
  await page.route('**/assets/index-*.js', (route) => route.abort());
  await page.reload();
  await expect(page.locator('body')).toHaveCSS('background-color', LIGHT_BACKGROUND);
  await expect(page.locator('.xterm')).toHaveCount(0);
});

test('applies a setting of one tab in the others', async ({ page, context }) => {
  const other = await context.newPage();
  await other.goto(page.url());
  await opener(other, 'Settings').click();
  await opener(page, 'Settings').click();
  await settings(page).getByRole('radio', { name: 'Light' }).check();
  await settings(page).getByRole('button', { name: 'Larger' }).click();
  await expect(html(other)).toHaveAttribute('data-theme', 'light');
  await expect(settings(other).getByRole('radio', { name: 'Light' })).toBeChecked();
  await expect(settings(other).getByRole('status', { name: 'Size in pixels' })).toHaveText('16');
});

test('changes the text size from 10 to 32, and the button keeps the focus', async ({ page }) => {
  await opener(page, 'Settings').click();
  const size = settings(page).getByRole('status', { name: 'Size in pixels' });
  const larger = settings(page).getByRole('button', { name: 'Larger' });
  await expect(size).toHaveText('15');
  await larger.focus();
  for (let times = 0; times < 20; times++) await page.keyboard.press('Enter');
  await expect(size).toHaveText('32');
  await expect(page.locator('.xterm-rows')).toHaveCSS('font-size', '32px');
  await expect(larger).toBeFocused();
  await expect(larger).toHaveAttribute('aria-disabled', 'true');
  await settings(page).getByRole('button', { name: 'Smaller' }).focus();
  for (let times = 0; times < 25; times++) await page.keyboard.press('Enter');
  await expect(size).toHaveText('10');
});

test('offers the line ending only for targets in line mode', async ({ page, server }) => {
  const lineEndings = settings(page).getByRole('group', { name: 'Line ending' });
  await opener(page, 'Settings').click();
  await expect(lineEndings).toBeHidden();

  const plain = `plain=127.0.0.1:${server.port}`;
  const { port } = await startBridge(server.port, 0, ['--target', plain]);
  await page.goto(`http://127.0.0.1:${port}/?target=plain`);
  // The page of a target asks for its description first.
  await expect(page.locator('.xterm-rows')).toContainText('plain>');
  await opener(page, 'Settings').click();
  await expect(lineEndings.getByRole('radio', { name: 'LF', exact: true })).toBeChecked();
  await lineEndings.getByRole('radio', { name: 'CR LF' }).check();
  await page.keyboard.press('Escape');
  await opener(page, 'Help').click();
  await expect(help(page).getByRole('table', { name: 'Move' })).toBeVisible();
  await expect(help(page).getByRole('table', { name: 'Commands' })).toHaveCount(0);
  await page.reload();
  await expect(page.locator('.xterm-rows')).toContainText('plain>');
  await opener(page, 'Settings').click();
  await expect(lineEndings.getByRole('radio', { name: 'CR LF' })).toBeChecked();
});

test('keeps settings until the page is closed if the browser stores nothing', async ({
  page,
  terminal,
}) => {
  const failures: string[] = [];
  page.on('pageerror', (error) => failures.push(String(error)));
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      get() {
        throw new DOMException('blocked', 'SecurityError');
      },
    });
  });
  await page.reload();
  await terminal.expectText(PROMPT);
  await opener(page, 'Settings').click();
  await settings(page).getByRole('radio', { name: 'Light' }).check();
  await expect(html(page)).toHaveAttribute('data-theme', 'light');
  expect(failures).toEqual([]);
});

test.describe('notifications', () => {
  const box = (page: Page) => settings(page).getByRole('switch', { name: /Notify/ });

  test('are on once the browser allows them', WHOLE_BROWSER, async ({ page, context }) => {
    await context.grantPermissions(['notifications']);
    await opener(page, 'Settings').click();
    await box(page).check();
    await page.reload();
    await opener(page, 'Settings').click();
    await expect(box(page)).toBeChecked();
    await expect(settings(page)).not.toContainText('blocked');
  });

  test('are explained, and cannot be turned on, if the browser blocks them', async ({ page }) => {
    await page.addInitScript(() => {
      Object.defineProperty(Notification, 'permission', { value: 'denied' });
    });
    await page.reload();
    await opener(page, 'Settings').click();
    await expect(settings(page)).toContainText('Notifications are blocked');
    await box(page).focus();
    await page.keyboard.press('Space');
    await expect(box(page)).not.toBeChecked();
    await expect(box(page)).toBeFocused();
  });

  test('are explained if the browser does not support them', async ({ page }) => {
    await page.addInitScript(() => {
      Reflect.deleteProperty(window, 'Notification');
    });
    await page.reload();
    await opener(page, 'Settings').click();
    await expect(settings(page)).toContainText('This browser does not support notifications.');
  });
});

test('shows the cursor and the selection in the system’s colors if colors are forced', async ({
  page,
  terminal,
}) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await page.locator('.xterm-helper-textarea').focus();
  await terminal.type('MSGGET');
  await terminal.expectText(`away.\n${PROMPT}`);
  const highlight = await page.evaluate(() => {
    const probe = document.createElement('p');
    document.body.append(probe);
    probe.style.backgroundColor = 'Highlight';
    return getComputedStyle(probe).backgroundColor;
  });
  await expect(page.locator('.xterm-cursor')).toHaveCSS('background-color', highlight);
  await page
    .locator('.xterm-rows > div', { hasText: /^Client/ })
    .click({ clickCount: 2, position: { x: 20, y: 8 }, force: true });
  const selected = page.locator('.xterm-decoration-top').first();
  await expect(selected).toHaveText('Client:');
  await expect(selected).toHaveCSS('background-color', highlight);
});

test.describe('on a phone', () => {
  const { defaultBrowserType: _, ...phone } = devices['Pixel 7'];
  test.use({ ...phone, viewport: { width: 360, height: 640 } });

  test('every control is large enough for a thumb, and nothing is wider than the screen', async ({
    page,
  }) => {
    await opener(page, 'Settings').tap();
    await expect(settings(page)).toBeVisible();
    const targets = settings(page).locator('button, label');
    expect(await targets.count()).toBeGreaterThan(8);
    for (const target of await targets.all()) {
      if (!(await target.isVisible())) continue;
      expect((await target.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    }
    await expectToFit(settings(page));
    await page.keyboard.press('Escape');
    // In the palette only: the header is for the name.
    await chooseFromPalette(page, 'Help');
    await expectToFit(help(page));
  });
});

// WCAG 2.2, 1.4.10: a window of 1280 by 1024 at 400%.
test.describe('at 400%', () => {
  test.use({ viewport: { width: 320, height: 256 } });

  test('everything can be reached by scrolling down', async ({ page }) => {
    for (const name of ['Settings', 'Help']) {
      const dialog = page.getByRole('dialog', { name });
      await chooseFromPalette(page, name);
      await expectToFit(dialog);
      const last = dialog.locator('label, summary, :not(details) > table tr').last();
      await last.scrollIntoViewIfNeeded();
      await expect(last).toBeInViewport({ ratio: 1 });
      await page.keyboard.press('Escape');
    }
  });
});

async function expectToFit(dialog: Locator): Promise<void> {
  const width = await dialog.evaluate(({ scrollWidth, clientWidth }) => ({
    scrollWidth,
    clientWidth,
  }));
  expect(width.scrollWidth).toBe(width.clientWidth);
  const box = await dialog.boundingBox();
  expect(box?.x).toBeGreaterThanOrEqual(0);
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(
    await dialog.evaluate(() => document.documentElement.clientWidth),
  );
}

function themeColors(page: Page): Promise<string[]> {
  return page
    .locator('meta[name="theme-color"]')
    .evaluateAll((metas) => metas.map((meta) => meta.getAttribute('content') ?? ''));
}
