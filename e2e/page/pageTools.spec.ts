// The tools around the terminal, in a real Chromium: settings that are remembered, masked
// passwords, search, copy, download, clear, safe links, and zoom.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Locator, Page } from '@playwright/test';
import {
  chooseFromPalette,
  expect,
  keepToasts,
  type PageTerminal,
  QUICK,
  store,
  test,
  transcriptOf,
  WHOLE_BROWSER,
} from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const APPLE = 'An apple a day keeps the doctor away.';
const TEXT_ON_DARK = 'rgb(232, 237, 242)';
const TEXT_ON_LIGHT = 'rgb(29, 37, 44)';

const rows = (page: Page) => page.locator('.xterm-rows');
const tool = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Settings' });

test.beforeEach(({ terminal }) => expect.poll(() => terminal.flow()).toMatch(/SHUTDOWN\):$/));

async function choose(page: Page, label: string): Promise<void> {
  await tool(page, 'Settings').click();
  await dialog(page).getByLabel(label, { exact: true }).click();
  await page.keyboard.press('Escape');
}

/** The terminal row that contains a text. */
function row(page: Page, text: string): Locator {
  return page.locator('.xterm-rows > div').filter({ hasText: text }).last();
}

/** The position of the middle of a text on the screen. */
async function middleOf(page: Page, text: string): Promise<{ x: number; y: number }> {
  return row(page, text).evaluate((element, wanted) => {
    const range = document.createRange();
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const start = node.textContent?.replaceAll('\u00a0', ' ').indexOf(wanted) ?? -1;
      if (start === -1) continue;
      range.setStart(node, start);
      range.setEnd(node, start + wanted.length);
    }
    const { left, top, width, height } = range.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  }, text);
}

test('remembers each setting', WHOLE_BROWSER, async ({ page, context }) => {
  await context.grantPermissions(['notifications']);
  await tool(page, 'Settings').click();
  for (const label of ['Light', 'More contrast', 'Field', 'Hide passwords']) {
    await dialog(page).getByLabel(label, { exact: true }).click();
  }
  await dialog(page).getByLabel('Notify me of new messages').click();
  for (let times = 0; times < 4; times++) await tool(page, 'Larger').click();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await expect(page.locator('html')).toHaveAttribute('data-contrast', 'more');
  await expect(page.locator('#field')).toBeVisible();
  await expect(rows(page)).toHaveCSS('font-size', '19px');
  await tool(page, 'Settings').click();
  for (const label of [
    ...['Light', 'More contrast', 'Field'],
    ...['Hide passwords', 'Notify me of new messages'],
  ]) {
    await expect(dialog(page).getByLabel(label, { exact: true })).toBeChecked();
  }
  await expect(page.locator('#font-size')).toHaveText('19');
});

test(
  'follows the system’s theme immediately, in the terminal too',
  QUICK,
  async ({ page, terminal }) => {
    await terminal.type('MSGGET');
    await terminal.expectText(`${APPLE}\n${PROMPT}`);
    for (const [colorScheme, textColor] of [
      ['dark', TEXT_ON_DARK],
      ['light', TEXT_ON_LIGHT],
      ['dark', TEXT_ON_DARK],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await expect(rows(page)).toHaveCSS('color', textColor);
      await expect(page.locator('body')).toHaveCSS('color', textColor);
    }
    await page.emulateMedia({ colorScheme: 'dark', contrast: 'more' });
    await expect(rows(page)).toHaveCSS('color', 'rgb(255, 255, 255)');
    // A chosen theme stays, whatever the system does.
    await choose(page, 'Light');
    await expect(rows(page)).toHaveCSS('color', 'rgb(0, 0, 0)');
    await page.emulateMedia({ colorScheme: 'light', contrast: 'no-preference' });
    await expect(rows(page)).toHaveCSS('color', TEXT_ON_LIGHT);
  },
);

test('a larger text size leaves fewer columns, and keeps the half-typed line', async ({
  page,
  terminal,
}) => {
  const line = 'y'.repeat(40);
  const before = (await terminal.rows()).length;
  await page.keyboard.type(line);
  await terminal.expectText(`${PROMPT} ${line}`);
  await tool(page, 'Settings').click();
  const larger = tool(page, 'Larger');
  while ((await larger.getAttribute('aria-disabled')) !== 'true') await larger.click();
  await page.keyboard.press('Escape');
  await expect(rows(page)).toHaveCSS('font-size', '32px');
  await expect.poll(() => terminal.flow()).toBe(`${PROMPT.replaceAll(' ', '')}${line}`);
  await expect.poll(async () => (await terminal.rows()).length).toBeLessThan(before);
  await page.locator('.xterm-helper-textarea').focus();
  for (let times = 0; times < 40; times++) await page.keyboard.press('Backspace');
  await expect.poll(() => terminal.flow()).toBe(PROMPT.replaceAll(' ', ''));
});

test.describe('a password', () => {
  test('is shown as typed, unless masking is on', async ({ page, terminal }) => {
    await terminal.type('SHUTDOWN');
    await terminal.expectText('Enter shutdown password:');
    await page.keyboard.type('öffne 👍🏽');
    await terminal.expectText('Enter shutdown password: öffne 👍🏽');
    await choose(page, 'Hide passwords');
    await terminal.expectText(`Enter shutdown password: ${'•'.repeat(7)}`);
    await choose(page, 'Hide passwords');
    await terminal.expectText('Enter shutdown password: öffne 👍🏽');
    await choose(page, 'Hide passwords');
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.press('Enter');
    await terminal.expectText(
      `${PROMPT} SHUTDOWN\nClient: SHUTDOWN\nServer: 300 PASSWORD REQUIRED\nEnter shutdown password: ${'•'.repeat(7)}\n` +
        `Client: ${'•'.repeat(7)}\nServer: 301 WRONG PASSWORD\n${PROMPT}`,
    );
    // Neither in the field, nor in the line history, nor in anything copied or stored.
    await page.keyboard.press('ArrowUp');
    await terminal.expectText(`${PROMPT} SHUTDOWN`);
    expect(await transcriptOf(page)).not.toContain('öffne');
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('öffne');
    expect(await page.content()).not.toContain('öffne');
  });

  test('is masked in the field, too, and nothing else is', async ({ page, terminal }) => {
    await choose(page, 'Hide passwords');
    await choose(page, 'Field');
    const field = page.locator('#field-text');
    await field.focus();
    await page.keyboard.type('SHUTDOWN');
    await expect(field).toHaveAttribute('type', 'text');
    await page.keyboard.press('Enter');
    const prompt = page.locator('#field-prompt');
    await expect(prompt).toHaveText('Enter shutdown password:');
    await expect(field).toHaveAttribute('type', 'password');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await terminal.expectText(
      'Enter shutdown password: •••••\nClient: •••••\nServer: 301 WRONG PASSWORD',
    );
    await expect(prompt).toHaveText(PROMPT);
    await expect(field).toHaveAttribute('type', 'text');
    await page.keyboard.type('MSGSTORE\n');
    await expect(prompt).toContainText('day:');
    await page.keyboard.type('no secret');
    await expect(field).toHaveValue('no secret');
    await expect(field).toHaveAttribute('type', 'text');
  });
});

/** Prints 25 messages, and searches for them. @returns The element with the count of matches. */
async function searchForApples(page: Page, terminal: PageTerminal): Promise<Locator> {
  for (let times = 0; times < 25; times++) await terminal.type('MSGGET');
  await expect
    .poll(() => page.locator('#announcements p').filter({ hasText: APPLE }).count())
    .toBe(25);
  await page.keyboard.press('Control+f');
  await page.keyboard.type('apple');
  const count = page.locator('#find-count');
  // The search is loaded when it is first used.
  await expect(count).toHaveText(/^\d+ of 25$/);
  return count;
}

test.describe('the search', () => {
  test(
    'finds, counts, moves forward and back, and shows if there is no match',
    QUICK,
    async ({ page, terminal }) => {
      const count = await searchForApples(page, terminal);
      const first = Number.parseInt(await count.innerText(), 10);
      await page.keyboard.press('Enter');
      await expect(count).toHaveText(`${(first % 25) + 1} of 25`);
      await page.keyboard.press('Shift+Enter');
      await expect(count).toHaveText(`${first} of 25`);
      await tool(page, 'Previous match').click();
      await expect(count).toHaveText(`${first === 1 ? 25 : first - 1} of 25`);
      await tool(page, 'Next match').click();
      await expect(count).toHaveText(`${first} of 25`);
      // The match is visible, wherever it is, with the border of a focused element.
      const now = page.locator('.xterm-find-result-decoration[style*="rgb(28, 122, 82)"]');
      for (let times = 0; times < 25; times++) {
        await page.keyboard.press('Enter');
        await expect(count).toHaveText(`${((first + times) % 25) + 1} of 25`);
        await expect(now).toBeInViewport();
      }
      await page.locator('#find-text').fill('nowhere at all');
      await expect(count).toHaveText('not found');
      await page.locator('#find-text').fill('');
      await expect(count).toHaveText('');
    },
  );

  test('keeps its position when the window becomes lower or higher', async ({ page, terminal }) => {
    const count = await searchForApples(page, terminal);
    await page.keyboard.press('Enter');
    await expect(count).toHaveText('2 of 25');
    const { width, height } = page.viewportSize() ?? { width: 1280, height: 720 };
    const rowsNow = () => page.locator('.xterm-rows > div').count();
    for (const change of [-200, -50]) {
      const rows = await rowsNow();
      await page.setViewportSize({ width, height: height + change });
      await expect.poll(rowsNow).not.toBe(rows);
      await page.keyboard.press('Enter');
      await page.keyboard.press('Shift+Enter');
      await expect(count).toHaveText('2 of 25');
    }
  });

  test('closes with Escape: nothing stays marked or selected, and the line has the focus', async ({
    page,
    terminal,
    server,
  }) => {
    const marks = page.locator('.xterm-find-result-decoration, .xterm-selection div');
    await terminal.type('MSGWATCH');
    await terminal.expectText(`${APPLE}\n${PROMPT}`);
    // The keys before the search has been loaded, and after; a line arrives meanwhile.
    for (const message of ['a first apple', 'a second apple']) {
      await page.keyboard.press('Control+f');
      await page.keyboard.type('apple');
      await page.keyboard.press('Escape');
      await expect(marks).toHaveCount(0);
      await page.keyboard.press('Control+f');
      await page.keyboard.type('apple');
      await expect(page.locator('#find-count')).toHaveText(/^\d of \d$/);
      await expect(marks).not.toHaveCount(0);
      await store(message, server.port);
      await terminal.expectText(`${message}\n${PROMPT}`);
      await page.keyboard.press('Escape');
      await expect(marks).toHaveCount(0);
    }
    await terminal.type('MSGGET');
    await terminal.expectText(`a second apple\n${PROMPT}`);
    await expect(marks).toHaveCount(0);
  });

  test('starts with the selection', async ({ page }) => {
    const { x, y } = await middleOf(page, 'MSGSTORE');
    await page.mouse.dblclick(x, y);
    await tool(page, 'Search the terminal').click();
    await expect(page.locator('#find-text')).toHaveValue(/^MSGSTORE/);
    await expect(page.locator('#find-count')).toHaveText('1 of 1');
  });
});

test.describe('the copy tool', () => {
  test.beforeEach(async ({ context, page }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await keepToasts(page);
  });
  const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

  test('copies the selection by button or Ctrl-C, and keeps the line being typed', async ({
    page,
    terminal,
  }) => {
    await terminal.type('MSGGET');
    await terminal.expectText(`${APPLE}\n${PROMPT}`);
    await page.keyboard.type('half a line');
    await terminal.expectText('half a line');
    const doctor = await middleOf(page, 'doctor');
    await page.mouse.dblclick(doctor.x, doctor.y);
    await chooseFromPalette(page, 'Copy the selection');
    await expect(page.locator('#toast')).toHaveText('Copied.');
    expect(await clipboard(page)).toBe('doctor');
    const apple = await middleOf(page, 'apple');
    await page.mouse.dblclick(apple.x, apple.y);
    await page.keyboard.press('Control+c');
    await expect.poll(() => clipboard(page)).toBe('apple');
    await page.keyboard.type('!');
    await terminal.expectText(`${PROMPT} half a line!`);
  });

  test('copies everything, with a long line in one piece', QUICK, async ({ page, terminal }) => {
    const long = 'a rather long line '.repeat(20).trim();
    await terminal.type(`MSGSTORE\n${long}`);
    await terminal.expectText(`Server: 200 OK\n${PROMPT}`);
    await chooseFromPalette(page, 'Copy everything');
    await expect(page.locator('#toast')).toHaveText('Copied everything.');
    expect((await clipboard(page)).trimEnd().split('\n')).toEqual([
      `${PROMPT} MSGSTORE`,
      'Client: MSGSTORE',
      'Server: 200 OK',
      `Enter new message of the day: ${long}`,
      `Client: ${long}`,
      'Server: 200 OK',
      PROMPT,
    ]);
  });
});

test.describe('a link in the terminal', () => {
  test('opens in a new tab without access to this page', async ({
    page,
    terminal,
    server,
    context,
  }) => {
    const referers: (string | undefined)[] = [];
    const elsewhere = createServer(({ headers }, response) => {
      referers.push(headers.referer);
      response.setHeader('Content-Type', 'text/html').end('<title>elsewhere</title>');
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const address: AddressInfo | string | null = elsewhere.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP port');
    const url = `http://127.0.0.1:${address.port}/a_(b)`;
    await store(`(see ${url}), not javascript:alert(1) or ftp://127.0.0.1/x`, server.port);
    await terminal.type('MSGGET');
    await terminal.expectText(`ftp://127.0.0.1/x\n${PROMPT}`);

    for (const wrong of ['javascript:alert(1)', 'ftp://127.0.0.1/x']) {
      const at = await middleOf(page, wrong);
      await page.mouse.move(at.x, at.y, { steps: 3 });
      await expect(page.locator('.xterm-screen')).not.toHaveClass(/xterm-cursor-pointer/);
      await page.mouse.click(at.x, at.y);
    }
    const opening = context.waitForEvent('page');
    const { x, y } = await middleOf(page, url);
    await page.mouse.move(x, y, { steps: 3 });
    await expect(page.locator('.xterm-screen')).toHaveClass(/xterm-cursor-pointer/);
    await page.mouse.click(x, y);
    const opened = await opening;
    await expect(opened).toHaveTitle('elsewhere');
    expect(opened.url()).toBe(url);
    expect(await opened.evaluate(() => window.opener)).toBeNull();
    expect(referers[0]).toBeUndefined();
    expect(context.pages()).toEqual([page, opened]);
    elsewhere.closeAllConnections();
    elsewhere.close();
  });
});

test('Clear leaves only the line being typed', async ({ page, terminal }) => {
  for (let times = 0; times < 12; times++) await terminal.type('MSGGET');
  await page.keyboard.type('half a line');
  await expect
    .poll(() => page.locator('#announcements p').filter({ hasText: APPLE }).count())
    .toBe(12);
  await chooseFromPalette(page, 'Clear the screen');
  await expect.poll(() => terminal.text()).toBe(`${PROMPT} half a line`);
  expect(await transcriptOf(page)).toBe(`${PROMPT} half a line\n`);
  await page.locator('.xterm-helper-textarea').focus();
  await page.keyboard.press('Control+u');
  await terminal.type('MSGGET');
  await terminal.expectText(
    `${PROMPT} MSGGET\nClient: MSGGET\nServer: 200 OK\n${APPLE}\n${PROMPT}`,
  );
});

test('downloads the transcript as text', async ({ page, terminal }) => {
  await terminal.type('MSGSTORE\n漢字 und Umlaute: äöü');
  await terminal.expectText(`Server: 200 OK\n${PROMPT}`);
  const downloading = page.waitForEvent('download');
  await chooseFromPalette(page, 'Download the transcript');
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('Message of the day.txt');
  expect((await readFile(await download.path(), 'utf8')).trimEnd().split('\n')).toEqual([
    `${PROMPT} MSGSTORE`,
    'Client: MSGSTORE',
    'Server: 200 OK',
    'Enter new message of the day: 漢字 und Umlaute: äöü',
    'Client: 漢字 und Umlaute: äöü',
    'Server: 200 OK',
    PROMPT,
  ]);
});

// A browser's zoom leaves the page fewer CSS pixels; WCAG 1.4.10 is about 1280 by 1024 at 400%.
for (const [zoom, width, height] of [
  ['200%', 640, 512],
  ['400%', 320, 256],
] as const) {
  for (const input of ['Terminal', 'Field']) {
    test(`stays usable at ${zoom}, with nothing cut off: ${input}`, async ({ page, terminal }) => {
      await choose(page, input);
      await page.setViewportSize({ width, height });
      const selector = input === 'Terminal' ? '.xterm-helper-textarea' : '#field-text';
      await page.locator(selector).focus();
      await terminal.type('MSGGET');
      await expect.poll(() => terminal.flow()).toMatch(/away\.(Enter.*SHUTDOWN\):)?$/);
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth))
        .toBe(width);
      for (const button of await page.locator('#tools button:visible').all()) {
        await button.scrollIntoViewIfNeeded();
        await expect(button).toBeInViewport({ ratio: 1 });
      }
      await page.locator('#terminal').scrollIntoViewIfNeeded();
      const { height: room } = (await page.locator('#terminal').boundingBox()) ?? { height: 0 };
      expect(room).toBeGreaterThan(60);
      for (const name of ['Settings', 'Help']) {
        await chooseFromPalette(page, name);
        const opened = page.getByRole('dialog', { name });
        const { scrollWidth, clientWidth } = await opened.evaluate((element) => element);
        expect(scrollWidth).toBe(clientWidth);
        await expect(opened.getByRole('button', { name: 'Close' })).toBeInViewport({ ratio: 1 });
        await page.keyboard.press('Escape');
      }
    });
  }
}

test(
  'shows a desktop notification of a change while the page is hidden',
  WHOLE_BROWSER,
  async ({ page, server, context }) => {
    await context.grantPermissions(['notifications']);
    // The real constructor, with a record of each notification.
    await page.addInitScript(() => {
      const made: string[] = [];
      class Recorded extends Notification {
        constructor(title: string, options?: NotificationOptions) {
          super(title, options);
          this.addEventListener('show', () => made.push(`${title}: ${options?.body}`));
        }
      }
      Object.assign(window, { Notification: Recorded, made });
    });
    await page.reload();
    await expect(page.locator('#message')).toHaveText(APPLE);
    const made = () => page.evaluate(() => Reflect.get(window, 'made'));

    await store('not asked for', server.port);
    await expect(page.locator('#message')).toHaveText('not asked for');
    await choose(page, 'Notify me of new messages');
    // A visible page needs no notification.
    await page.bringToFront();
    await store('seen on the page', server.port);
    await expect(page.locator('#message')).toHaveText('seen on the page');
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await store('announced', server.port);
    await expect.poll(made).toEqual(['Message of the day: announced']);
  },
);
