// Accessibility of the page: axe finds no violation in any theme, with either kind of input and any
// open panel; and everything can be done with the keyboard alone.

import type { Locator, Page } from '@playwright/test';
import {
  chooseFromPalette,
  devices,
  expect,
  keepToasts,
  PageTerminal,
  QUICK,
  startBridgeTo,
  startServer,
  test,
} from '../fixtures.ts';
import { violations } from '../violations.ts';

const { defaultBrowserType: _, ...pixel } = devices['Pixel 7'];

const tool = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** Brings the page into each of its states, one after another. */
async function* states(page: Page): AsyncGenerator<string> {
  await expect(page.locator('#status')).toHaveText('connected');
  await expect(page.locator('#message')).not.toBeEmpty();
  yield 'connected';

  for (const name of ['Settings', 'Help', 'Plan a message']) {
    await tool(page, name).click();
    await expect(page.getByRole('dialog', { name })).toBeVisible();
    yield name;
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog', { name })).toBeHidden();
  }

  await tool(page, 'Message history').click();
  await expect(page.locator('#history li')).toHaveText([/one message more$/]);
  yield 'the history';
  await page.keyboard.press('Escape');

  await tool(page, 'Search the terminal').click();
  await page.keyboard.type('Enter');
  await expect(page.locator('#find-count')).toContainText('of');
  yield 'the search';
  await page.keyboard.press('Escape');

  await keepToasts(page);
  await chooseFromPalette(page, 'Copy everything');
  await expect(page.locator('#toast')).not.toBeEmpty();
  yield 'the toast';

  await tool(page, 'More').click();
  await expect(page.getByRole('dialog', { name: 'Commands and tools' })).toBeVisible();
  yield 'the palette';
  await page.keyboard.press('Escape');
}

async function storeMessage(terminal: PageTerminal, page: Page, isField: boolean): Promise<void> {
  if (isField) await page.locator('#field-text').click();
  await page.keyboard.type('MSGSTORE\none message more\n');
  await expect(page.locator('#message')).toHaveText('one message more');
  await expectPrompt(terminal, isField);
}

/** With the field, the prompt is its label. */
async function expectPrompt(terminal: PageTerminal, isField: boolean): Promise<void> {
  const label = terminal.page.locator('#field-prompt');
  if (isField) await expect(label).toContainText('SHUTDOWN):');
  else await expect.poll(() => terminal.flow()).toMatch(/SHUTDOWN\):$/);
}

for (const colorScheme of ['dark', 'light'] as const) {
  for (const contrast of ['no-preference', 'more'] as const) {
    for (const input of ['terminal', 'field'] as const) {
      const isQuick = contrast === 'no-preference' && input === 'terminal';
      test(
        `has no axe violations: ${colorScheme}, contrast ${contrast}, typing in the ${input}`,
        isQuick ? QUICK : {},
        async ({ page, bridge, server, context }) => {
          await context.grantPermissions(['clipboard-read', 'clipboard-write']);
          await page.emulateMedia({ colorScheme, contrast });
          const terminal = await openPage(page, bridge.port, input);
          await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
          await expect(page.locator('html')).toHaveAttribute(
            'data-contrast',
            contrast === 'more' ? 'more' : 'normal',
          );
          await storeMessage(terminal, page, input === 'field');
          for await (const state of states(page)) {
            expect(await violations(page), state).toEqual([]);
          }
          await server.program.stop();
          await expect(page.locator('#status-light')).toHaveAttribute('data-state', 'waiting');
          await expect(page.locator('#try-now')).toBeVisible();
          expect(await violations(page), 'while there is no connection').toEqual([]);
        },
      );
    }
  }
}

/** Opens the page with one kind of input. */
async function openPage(
  page: Page,
  port: number,
  input: 'terminal' | 'field',
): Promise<PageTerminal> {
  await page.addInitScript(
    (chosen) => localStorage.setItem('motd.settings', JSON.stringify({ input: chosen })),
    input,
  );
  const url = `http://127.0.0.1:${port}/`;
  // With a user, the settings show who is logged in.
  await page.context().addCookies([{ url, name: 'motd-user', value: 'anna' }]);
  await page.goto(url);
  const terminal = new PageTerminal(page);
  await expectPrompt(terminal, input === 'field');
  return terminal;
}

test.describe('on a phone', () => {
  test.use({ ...pixel });

  test('has no axe violations', async ({ page, terminal, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await expectPrompt(terminal, true);
    await storeMessage(terminal, page, true);
    for await (const state of states(page)) expect(await violations(page), state).toEqual([]);
  });
});

test('has no axe violations with another target', async ({ page, server }) => {
  const port = await startBridgeTo(`other=127.0.0.1:${server.port}+proxy`);
  await page.goto(`http://127.0.0.1:${port}/?target=other`);
  await expect.poll(() => new PageTerminal(page).text()).toBe('other>');
  expect(await violations(page)).toEqual([]);
});

/** The focused element, by the name that a screen reader announces. */
async function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
}

/** Whether the focus is visible: a ring of two pixels whose color differs from the background. */
async function isFocusVisible(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const { activeElement } = document;
    if (activeElement === null || activeElement === document.body) return false;
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(activeElement);
    const background = getComputedStyle(document.body).backgroundColor;
    const isRing = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
    return isRing && outlineColor !== background;
  });
}

test.describe('with the keyboard alone', () => {
  test.beforeEach(({ terminal }) => expect.poll(() => terminal.flow()).toMatch(/SHUTDOWN\):$/));

  test('reaches every tool from the terminal, with a visible focus', async ({ page }) => {
    const names = [
      ...['Full screen', 'Plan a message', 'Message history'],
      ...['More', 'Help', 'Settings', 'Search the terminal'],
    ];
    expect(await focused(page)).toBe('Terminal input');
    await expect(page.locator('.xterm-cursor-outline')).toHaveCount(0);
    for (const name of names) {
      await page.keyboard.press('Shift+Tab');
      expect(await focused(page)).toBe(name);
      expect(await isFocusVisible(page), name).toBe(true);
    }
    // Without the focus, the terminal's cursor is hollow.
    await expect(page.locator('.xterm-cursor-outline')).toHaveCount(1);
    for (const name of names.toReversed().slice(1)) {
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe(name);
    }
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Terminal input');
  });

  test('the terminal is not a keyboard trap, even with text on the line', async ({
    page,
    terminal,
  }) => {
    await page.keyboard.type('MSGG');
    await page.keyboard.press('Shift+Tab');
    expect(await focused(page)).toBe('Full screen');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await terminal.expectText('SHUTDOWN): MSGGET');
    expect(await focused(page)).toBe('Terminal input');
  });

  test('changes settings, and Escape returns the focus', async ({ page }) => {
    await tool(page, 'Settings').focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Settings' });
    await expect(dialog).toBeVisible();
    await tabTo(page, dialog.getByRole('radio', { name: 'Auto', exact: true }));
    await page.keyboard.press('ArrowDown');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    await page.keyboard.press('ArrowDown');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await tabTo(page, dialog.getByLabel('More contrast'));
    expect(await isFocusVisible(page)).toBe(true);
    await page.keyboard.press('Space');
    await expect(page.locator('html')).toHaveAttribute('data-contrast', 'more');
    await tabTo(page, dialog.getByRole('button', { name: 'Larger' }));
    await page.keyboard.press('Enter');
    await expect(page.locator('#font-size')).toHaveText('16');
    await tabTo(page, dialog.getByLabel('Hide passwords'));
    await page.keyboard.press('Space');
    await expect(dialog.getByLabel('Hide passwords')).toBeChecked();
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    expect(await focused(page)).toBe('Settings');
    expect(await isFocusVisible(page)).toBe(true);
  });

  test('opens, uses and leaves the search', async ({ page, terminal }) => {
    await terminal.type('MSGGET');
    await terminal.expectText('SHUTDOWN):');
    await page.keyboard.press('Control+f');
    await expect(page.locator('#find-text')).toBeFocused();
    await page.keyboard.type('MSGGET');
    await expect(page.locator('#find-count')).toHaveText(/ of 4$/);
    for (const name of ['Previous match', 'Next match', 'Close the search']) {
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe(name);
      expect(await isFocusVisible(page), name).toBe(true);
    }
    await page.keyboard.press('Enter');
    await expect(page.locator('#find')).toBeHidden();
    expect(await focused(page)).toBe('Terminal input');
    await page.keyboard.press('Control+f');
    await page.keyboard.press('Escape');
    await expect(page.locator('#find')).toBeHidden();
    expect(await focused(page)).toBe('Terminal input');
  });

  test('types in the field and presses its buttons', async ({ page, terminal }) => {
    await tool(page, 'Settings').click();
    await page.getByLabel('Field').click();
    await page.keyboard.press('Escape');
    await page.locator('#field-text').focus();
    expect(await isFocusVisible(page)).toBe(true);
    await tabTo(page, page.locator('#commands button').first(), 'Shift+Tab');
    expect(await isFocusVisible(page)).toBe(true);
    await page.keyboard.press('Enter');
    await expect.poll(() => terminal.text()).toContain('doctor away.');
    await expect(page.locator('#commands button').first()).toBeFocused();
    await tabTo(page, page.locator('#field-text'));
    await page.keyboard.type('QUIT');
    await page.keyboard.press('Enter');
    await terminal.expectText('[session ended; press Enter to start another]');
    await expect(page.locator('#field-text')).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.locator('#field-prompt')).toContainText('SHUTDOWN):');
  });

  test('retries a lost connection immediately', async ({ page, server }) => {
    // The delay before the next attempt is random, and here longer than the test: Enter has to
    // connect.
    await page.evaluate(() => {
      Math.random = () => 100;
    });
    await server.program.stop();
    await expect(page.locator('#try-now')).toBeVisible();
    await expect(page.locator('#status-light')).toHaveAttribute('data-state', 'waiting');
    await tabTo(page, page.locator('#try-now'), 'Shift+Tab');
    expect(await isFocusVisible(page)).toBe(true);
    await startServer(server.port);
    await page.keyboard.press('Enter');
    await expect(page.locator('#status')).toHaveText('connected');
    expect(
      await page.evaluate(() => document.activeElement?.tagName),
      'the focus is not lost with the button',
    ).not.toBe('BODY');
  });

  test('returns the focus to the line when the connection is restored', async ({
    page,
    server,
  }) => {
    await server.program.stop();
    await expect(page.locator('#status-light')).toHaveAttribute('data-state', 'waiting');
    await tabTo(page, page.locator('#try-now'), 'Shift+Tab');
    await startServer(server.port);
    await expect(page.locator('#status')).toHaveText('connected');
    expect(await focused(page)).toBe('Terminal input');
  });
});

/** Presses Tab until an element has the focus. */
async function tabTo(page: Page, target: Locator, key = 'Tab'): Promise<void> {
  for (let times = 0; times < 40; times++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  await expect(target, `${key} reaches it`).toBeFocused();
}
