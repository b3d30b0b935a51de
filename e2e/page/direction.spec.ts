// Messages in scripts from right to left: their direction, and their order beside other text.

import type { Locator } from '@playwright/test';
import { expect, type PageTerminal, test } from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const HEBREW = 'שלום כיתה, המבחן ביום שישי (חדר 3)!';
// Short enough for one line of the history.
const ARABIC = 'من 18:00 إلى 20:00: https://a.example/b';

/** The left edges of parts of a text, from left to right. */
async function inVisualOrder(element: Locator, parts: string[]): Promise<string[]> {
  const lefts = await element.evaluate((root, wanted) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found: [string, number][] = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      for (const part of wanted) {
        const at = node.textContent?.indexOf(part) ?? -1;
        if (at === -1) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + part.length);
        found.push([part, range.getBoundingClientRect().left]);
      }
    }
    return found;
  }, parts);
  return lefts.sort(([, one], [, other]) => one - other).map(([part]) => part);
}

async function store(terminal: PageTerminal, message: string): Promise<void> {
  await terminal.expectText(PROMPT);
  await terminal.type('MSGSTORE');
  await terminal.expectText('Enter new message of the day:');
  await terminal.type(message);
}

for (const [language, message, parts] of [
  ['Hebrew', HEBREW, ['!', '3', 'המבחן', 'שלום']],
  ['Arabic', ARABIC, ['https', '/b', '20:00', '18:00', 'من']],
] as const) {
  test(`shows ${language} from right to left, in the banner and in the history`, async ({
    page,
    terminal,
  }) => {
    await store(terminal, message);
    const banner = page.locator('#message');
    await expect(banner).toHaveText(message);
    await page.getByRole('button', { name: 'Message history' }).click();
    const entry = page.locator('#history li p');
    await expect(entry).toHaveText(message);
    for (const text of [banner, entry]) {
      await expect(text).toHaveCSS('direction', 'rtl');
      expect(await inVisualOrder(text, [...parts])).toEqual(parts);
    }
    await expect(page).toHaveTitle(/^\u2068.*\u2069 – Message of the day$/);
  });
}

test('shows the next message in its own direction', async ({ page, terminal }) => {
  await store(terminal, HEBREW);
  await expect(page.locator('#message')).toHaveCSS('direction', 'rtl');
  await store(terminal, 'room 3 (not 4)!');
  await expect(page.locator('#message')).toHaveText('room 3 (not 4)!');
  await expect(page.locator('#message')).toHaveCSS('direction', 'ltr');
  await expect(page).toHaveTitle('room 3 (not 4)! – Message of the day');
});

test('the field below the terminal has the direction of what is typed', async ({
  page,
  terminal,
}) => {
  await terminal.expectText(PROMPT);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByLabel('Field').click();
  await page.keyboard.press('Escape');
  const field = page.locator('#field-text');
  await field.fill(HEBREW);
  await expect(field).toHaveCSS('direction', 'rtl');
  await field.fill('MSGGET');
  await expect(field).toHaveCSS('direction', 'ltr');
});
