// The command palette: everything that the page can do, filtered as one types.

import type { Page } from '@playwright/test';
import {
  chooseFromPalette,
  devices,
  expect,
  hold,
  PageTerminal,
  QUICK,
  startBridgeTo,
  test,
} from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const LINE = '.xterm-helper-textarea';

const palette = (page: Page) => page.getByRole('dialog', { name: 'Commands and tools' });
const options = (page: Page) => page.getByRole('option');
const chosen = (page: Page) => page.getByRole('option', { selected: true }).locator('.label');

/** The code of the palette and the dialogs. */
const PANELS = '**/panels-*.js';

test.beforeEach(({ terminal }) => terminal.expectCommandPrompt());

test(
  'Ctrl-K opens it, words in any order filter it, and Enter runs the entry',
  QUICK,
  async ({ page, terminal }) => {
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('combobox')).toBeFocused();
    await page.keyboard.type('DARK th');
    await expect(options(page)).toHaveText(['Theme: Dark']);
    await page.keyboard.press('Enter');
    await expect(palette(page)).toBeHidden();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await page.keyboard.type('MSGG');
    await terminal.expectText(`${PROMPT} MSGG`);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('theme');
    const dark = page.getByRole('option', { name: 'Theme: Dark' });
    await expect(dark).toHaveAttribute('aria-checked', 'true');
  },
);

test('Ctrl-K deletes to the end of the line if the cursor is inside, as a shell does', async ({
  page,
  terminal,
}) => {
  await page.keyboard.type('MSGGET');
  await page.keyboard.press('Home');
  await page.keyboard.press('Control+k');
  await terminal.expectText(PROMPT);
  await expect(palette(page)).toHaveCount(0);
  await page.keyboard.press('Control+k');
  await expect(palette(page)).toBeVisible();
});

test('Ctrl-K leaves the field below the terminal alone if the cursor is inside its text', async ({
  page,
}) => {
  await page.evaluate(() => localStorage.setItem('motd.settings', '{"input":"field"}'));
  await page.reload();
  const field = page.locator('#field-text');
  await expect(page.locator('#field-prompt')).toHaveText(PROMPT);
  await field.focus();
  await page.keyboard.type('MSGGET');
  await page.keyboard.press('Home');
  await page.keyboard.press('Control+k');
  await expect(field).toBeFocused();
  await expect(page.locator('dialog[open]')).toHaveCount(0);
  await page.keyboard.press('End');
  await page.keyboard.press('Control+k');
  await expect(palette(page)).toBeVisible();
});

test('Escape returns the focus to where it was', async ({ page }) => {
  for (const place of [LINE, '#more-button', '#help-button']) {
    await page.locator(place).focus();
    await page.keyboard.press('Control+k');
    await expect(palette(page)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(palette(page)).toBeHidden();
    await expect(page.locator(place)).toBeFocused();
  }
});

test('arrow keys, Home and End move through the entries', async ({ page }) => {
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox')).toBeFocused();
  const labels = await options(page).locator('.label').allTextContents();
  const [first = '', second = ''] = labels;
  const last = labels.at(-1) ?? '';
  for (const [key, label] of [
    ['ArrowDown', second],
    ['ArrowUp', first],
    ['ArrowUp', last],
    ['ArrowDown', first],
    ['End', last],
    ['Home', first],
  ] as const) {
    await page.keyboard.press(key);
    await expect(chosen(page)).toHaveText(label);
    const id = await page.getByRole('option', { selected: true }).getAttribute('id');
    await expect(page.getByRole('combobox')).toHaveAttribute('aria-activedescendant', id ?? '?');
    await expect(chosen(page)).toBeInViewport({ ratio: 1 });
  }
  await page.keyboard.type('no such thing');
  await expect(palette(page).getByRole('status')).toHaveText('Nothing matches.');
  await page.keyboard.press('Enter');
  await expect(palette(page)).toBeVisible();
});

test('runs a command at its prompt, keeps the line, and offers none at another prompt', async ({
  page,
  terminal,
}) => {
  await page.keyboard.type('half');
  await chooseFromPalette(page, 'MSGGET');
  await terminal.expectText(`doctor away.\n${PROMPT} half`);
  await page.keyboard.press('Control+u');
  await chooseFromPalette(page, 'MSGSTORE');
  await terminal.expectText('Enter new message of the day:');
  await page.keyboard.press('Control+k');
  await expect(palette(page).getByRole('group', { name: 'Tools' })).toBeVisible();
  await expect(palette(page).getByRole('group', { name: 'Commands' })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await page.keyboard.type('new');
  await terminal.expectText('Enter new message of the day: new');
});

test('opens the dialogs and the panels of the page', async ({ page }) => {
  for (const [name, part] of [
    ['Settings', '#settings'],
    ['Help', '#help'],
    ['Plan a message', '#plan'],
    ['Message history', '#history'],
    ['Search the terminal', '#find'],
  ] as const) {
    await chooseFromPalette(page, name);
    await expect(page.locator(part)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.locator(part)).toBeHidden();
  }
});

test('offers the other targets, and to log out, if there are any', async ({ page, server }) => {
  await page.keyboard.press('Control+k');
  await expect(options(page).filter({ hasText: 'MSGGET' })).toBeVisible();
  for (const name of ['Targets', 'Session']) {
    await expect(palette(page).getByRole('group', { name })).toHaveCount(0);
  }
  const target = `127.0.0.1:${server.port}`;
  const port = await startBridgeTo(`motd=${target}`, `other=${target}`);
  const url = `http://127.0.0.1:${port}/`;
  await page.context().addCookies([{ url, name: 'motd-user', value: 'anna' }]);
  await page.goto(url);
  await expect.poll(() => new PageTerminal(page).flow()).toMatch(/SHUTDOWN\):$/);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('log out');
  await expect(options(page)).toHaveText(['Log out']);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('other');
  await expect(chosen(page)).toHaveText('other');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${url}?target=other`);
});

for (const { keys, part, field } of [
  { keys: 'Control+k', part: '#palette', field: '#palette input' },
  { keys: 'Control+f', part: '#find', field: '#find-text' },
]) {
  test(`what is typed while ${part} is loaded is for it, and not for the line`, async ({
    page,
    terminal,
  }) => {
    await page.keyboard.type('MSGSTORE\n');
    await terminal.expectText('Enter new message of the day:');
    const release = await hold(page, PANELS);
    await page.keyboard.press(keys);
    await page.keyboard.type('full');
    // A click opens nothing else.
    await page.locator('#help-button').click({ force: true });
    await release();
    await expect(page.locator(part)).toBeVisible();
    await expect(page.locator(field)).toHaveValue('full');
    await page.keyboard.type(' s');
    await expect(page.locator(field)).toHaveValue('full s');
    await expect(page.locator('#help')).toBeHidden();
    await page.keyboard.press('Escape');
    await page.keyboard.type('x');
    await terminal.expectText('Enter new message of the day: x');
  });
}

test('Escape while it is loaded opens nothing, and gives the keys back to the line', async ({
  page,
  terminal,
}) => {
  const requested = page.waitForRequest(PANELS);
  const release = await hold(page, PANELS);
  await page.keyboard.press('Control+k');
  await requested;
  await page.keyboard.press('Escape');
  await page.keyboard.type('MSG');
  await terminal.expectText(`${PROMPT} MSG`);
  const loaded = page.waitForResponse(PANELS);
  await release();
  await loaded;
  await page.locator('#help-button').click();
  await expect(page.locator('#help')).toBeVisible();
  await expect(palette(page)).toBeHidden();
});

test('of several that are opened while they are loaded, only the newest opens', async ({
  page,
}) => {
  const release = await hold(page, PANELS);
  await page.locator('#help-button').click();
  await page.keyboard.press('Escape');
  await page.locator('#settings-button').click();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('full');
  await release();
  await expect(page.getByRole('combobox')).toHaveValue('full');
  await expect(page.locator('dialog[open]')).toHaveCount(1);
});

test.describe('on a phone', () => {
  const { defaultBrowserType: _, ...phone } = devices['Pixel 7'];
  test.use({ ...phone, viewport: { width: 360, height: 640 } });

  test('is a sheet at the bottom, with rows for a thumb, and opens no keyboard', async ({
    page,
  }) => {
    await page.locator('#more-button').tap();
    await expect(palette(page)).toBeFocused();
    const sheet = await palette(page).boundingBox();
    expect((sheet?.y ?? 0) + (sheet?.height ?? 0)).toBeCloseTo(640, 0);
    expect(sheet?.width).toBe(360);
    for (const option of await options(page).all()) {
      expect((await option.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    }
    await palette(page).getByText('Clear the screen', { exact: true }).tap();
    await expect(palette(page)).toBeHidden();
  });
});
