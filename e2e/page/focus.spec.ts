// One rule for the keyboard: a key that enters text reaches the line from everywhere, except from a
// form field and from an open dialog.

import { expect, paste, QUICK, test } from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const LINE = '.xterm-helper-textarea';

/** What can have the focus, other than a field to type in. */
const FOCUSABLE =
  ':is(a[href], button, [tabindex="0"], [aria-expanded]):not(textarea, dialog *):visible';

test.beforeEach(({ terminal }) => terminal.expectText(PROMPT));

test(
  'a letter reaches the line from everything that can have the focus',
  QUICK,
  async ({ page, terminal }) => {
    await page.locator('#history-button').click();
    await expect(page.locator('#history li, #history p').first()).not.toBeEmpty();
    await page.keyboard.press('Control+f');
    await expect(page.locator('#find')).toBeVisible();
    const places = await page.locator(FOCUSABLE).all();
    expect(places.length).toBeGreaterThan(8);
    let typed = '';
    for (const place of places) {
      await place.focus();
      await page.keyboard.press('x');
      typed += 'x';
      await terminal.expectText(`${PROMPT} ${typed}`);
      await expect(page.locator(LINE)).toBeFocused();
    }
  },
);

test('so do a capital letter and a paste', async ({ page, terminal }) => {
  const button = page.locator('#help-button');
  await button.focus();
  await page.keyboard.press('Shift+M');
  await terminal.expectText(`${PROMPT} M`);
  await button.focus();
  await paste(page, 'SGGET');
  await terminal.expectText(`${PROMPT} MSGGET`);
});

test('Tab on an empty line leads to a button of the page, and a letter back', async ({
  page,
  terminal,
}) => {
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Back to the line' })).toBeFocused();
  await page.keyboard.press('M');
  await terminal.expectText(`${PROMPT} M`);
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.locator(LINE)).toBeFocused();
});

test('a click on the message leaves the focus at the line, for Enter, too', async ({
  page,
  terminal,
}) => {
  await page.keyboard.type('MSGGET');
  await page.locator('#message').click();
  await expect(page.locator(LINE)).toBeFocused();
  await page.keyboard.press('Enter');
  await terminal.expectText(`doctor away.\n${PROMPT}`);
});

test('the name in the header can be selected; a button beside it leaves the focus at the line', async ({
  page,
}) => {
  await page.locator('#help-button').click();
  await page.keyboard.press('Escape');
  await expect(page.locator(LINE)).toBeFocused();
  await page.locator('#name').dblclick();
  expect(await page.evaluate(() => String(document.getSelection()))).toMatch(/\w/);
});

test('selected text stays selected, and the next letter reaches the line', async ({
  page,
  terminal,
}) => {
  await page.locator('#message').dblclick();
  const selected = () => page.evaluate(() => String(document.getSelection()));
  expect(await selected()).not.toBe('');
  await page.keyboard.type('M');
  await terminal.expectText(`${PROMPT} M`);
});

test('a field and an open dialog keep what is typed', async ({ page, terminal }) => {
  await page.keyboard.press('Control+f');
  await page.keyboard.type('x?');
  await expect(page.locator('#find-text')).toHaveValue('x?');
  await page.keyboard.press('Escape');
  await page.locator('#settings-button').click();
  await expect(page.locator('#settings')).toBeVisible();
  await page.keyboard.type('x');
  await page.keyboard.press('Escape');
  await page.keyboard.type('M');
  await terminal.expectText(`${PROMPT} M`);
});

test('Space and Enter press the button that has the focus', async ({ page }) => {
  for (const key of ['Space', 'Enter']) {
    await page.locator('#help-button').focus();
    await page.keyboard.press(key);
    await expect(page.locator('#help')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.locator('#help-button')).toBeFocused();
  }
});

test('a letter reaches the field, where that is the line', async ({ page }) => {
  await page.evaluate(() => localStorage.setItem('motd.settings', '{"input":"field"}'));
  await page.reload();
  await expect(page.locator('#field-prompt')).toHaveText(PROMPT);
  for (const place of ['#help-button', '#commands button']) {
    await page.locator(place).first().focus();
    await page.keyboard.press('x');
  }
  await expect(page.locator('#field-text')).toHaveValue('xx');
});
