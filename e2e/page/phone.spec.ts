// The page on a phone, in a real Chromium: a field to type in, buttons for a thumb, and the
// terminal above to read. The field also serves input methods and screen readers.

import type { CDPSession, Page } from '@playwright/test';
import { Program } from '../../testing/programs.ts';
import {
  chooseFromPalette,
  devices,
  expect,
  type PageTerminal,
  QUICK,
  startServer,
  test,
  transcriptOf,
} from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const APPLE = 'An apple a day keeps the doctor away.';

// The browser of a device cannot be set for a group of tests.
const { defaultBrowserType: _, ...pixel } = devices['Pixel 7'];

const field = (page: Page) => page.locator('#field-text');
const prompt = (page: Page) => page.locator('#field-prompt');
/** The replies; the prompts are announced as well. */
const announcements = (page: Page) =>
  page
    .getByRole('log', { name: 'Replies' })
    .locator('p')
    .filter({ hasNotText: /^Enter / });
const commandButton = (page: Page, name: string) =>
  page.getByRole('group', { name: 'Commands' }).getByRole('button', { name });

/** Sends a line through the field. */
async function enter(page: Page, line: string): Promise<void> {
  await field(page).tap();
  await page.keyboard.insertText(line);
  await page.getByRole('button', { name: 'Send' }).tap();
}

async function choose(page: Page, label: string): Promise<void> {
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('dialog').getByLabel(label).click();
  await page.keyboard.press('Escape');
}

/**
 * The duration of a drag. The events contain this time, however long the machine takes.
 */
const SLOW_MS = 800;
const FLICK_MS = 80;

/** Drags a finger down the screen; up if the distance is negative. */
async function drag(
  cdp: CDPSession,
  page: Page,
  pixels: number,
  durationMs: number,
): Promise<void> {
  const { x, y, width, height } = (await page.locator('#terminal').boundingBox()) ?? NOWHERE;
  const at = (done: number) => [{ x: x + width / 2, y: y + height / 2 + (done - 0.5) * pixels }];
  const startedAtMs = Date.now();
  const touch = (
    type: 'touchStart' | 'touchMove' | 'touchEnd',
    done: number,
    touchPoints: { x: number; y: number }[],
  ) =>
    cdp.send('Input.dispatchTouchEvent', {
      type,
      touchPoints,
      timestamp: (startedAtMs + done * durationMs) / 1000,
    });
  await touch('touchStart', 0, at(0));
  for (let step = 1; step <= 8; step++) await touch('touchMove', step / 8, at(step / 8));
  await touch('touchEnd', 1, []);
}

const NOWHERE = { x: 0, y: 0, width: 0, height: 0 };

/** The page's width beyond the screen's, in pixels; not positive if the page fits. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth } = document.documentElement;
    return Math.max(scrollWidth, document.body.scrollWidth) - innerWidth;
  });
}

/** The number of terminal rows that are fully visible. */
async function visibleRowCount(page: Page): Promise<number> {
  return page.evaluate(() => {
    const terminal = document.querySelector('#terminal')?.getBoundingClientRect();
    const rows = [...document.querySelectorAll('.xterm-rows > div')];
    const bottom = Math.min(innerHeight, terminal?.bottom ?? 0);
    return rows.filter((row) => row.getBoundingClientRect().bottom <= bottom + 1).length;
  });
}

async function fillTerminal(terminal: PageTerminal, page: Page): Promise<void> {
  await enter(page, 'FIRST');
  for (let times = 0; times < 20; times++) await commandButton(page, 'MSGGET').tap();
  await expect(announcements(page).filter({ hasText: APPLE })).toHaveCount(20);
  await enter(page, 'LAST');
  await expect
    .poll(() => terminal.flow())
    .toContain('Client:LASTServer:400UNKNOWNCOMMAND[commands:');
}

for (const [device, viewport] of Object.entries({
  'a Pixel 7': pixel.viewport,
  'a small phone': { width: 360, height: 640 },
})) {
  test.describe(`on ${device}`, () => {
    test.use({ ...pixel, viewport });
    test.beforeEach(async ({ terminal: { page } }) => {
      await expect(prompt(page)).toHaveText(PROMPT);
      await expect(page.locator('#message')).toHaveText(APPLE);
    });

    test('shows the field, with a keyboard that fits each prompt', QUICK, async ({ page }) => {
      await expect(field(page)).toBeVisible();
      await expect(field(page)).toHaveAttribute('enterkeyhint', 'send');
      await expect(field(page)).toHaveAttribute('autocomplete', 'off');
      await expect(field(page)).toHaveAttribute('type', 'text');
      await expect(field(page)).toHaveAttribute('autocapitalize', 'characters');
      await expect(field(page)).toHaveAttribute('spellcheck', 'false');
      await expect(page.getByLabel(PROMPT)).toHaveId('field-text');

      await commandButton(page, 'MSGSTORE').tap();
      await expect(prompt(page)).toHaveText('Enter new message of the day:');
      await expect(field(page)).toHaveAttribute('autocapitalize', 'sentences');
      await expect(field(page)).toHaveAttribute('spellcheck', 'true');
      await enter(page, 'by thumb');

      await enter(page, 'MSGPLAN');
      await expect(prompt(page)).toHaveText('Enter from, until and message:');
      await expect(field(page)).toHaveAttribute('autocapitalize', 'none');
      await expect(field(page)).toHaveAttribute('spellcheck', 'true');
      await enter(page, 'none');
      await expect(prompt(page)).toHaveText(PROMPT);
      await enter(page, 'MSGCANCEL');
      await expect(prompt(page)).toHaveText('Enter number of the message to cancel:');
      await expect(field(page)).toHaveAttribute('inputmode', 'numeric');
      await expect(field(page)).toHaveAttribute('spellcheck', 'false');
      await enter(page, '0');
      await expect(prompt(page)).toHaveText(PROMPT);
      await expect(field(page)).toHaveAttribute('inputmode', 'text');

      await commandButton(page, 'SHUTDOWN').tap();
      await expect(prompt(page)).toHaveText('Enter shutdown password:');
      await expect(field(page)).toHaveAttribute('type', 'text');
      await expect(field(page)).toHaveAttribute('autocapitalize', 'none');
      await expect(field(page)).toHaveAttribute('spellcheck', 'false');
      await choose(page, 'Hide passwords');
      await expect(field(page)).toHaveAttribute('type', 'password');
      await enter(page, 'wrong');
      await expect(prompt(page)).toHaveText(PROMPT);
      await expect(field(page)).toHaveAttribute('type', 'text');
    });

    test('reproduces a whole session by touch', QUICK, async ({ page, server }) => {
      await commandButton(page, 'MSGGET').tap();
      await expect(announcements(page)).toHaveText(['Server: 200 OK', APPLE]);
      await commandButton(page, 'MSGSTORE').tap();
      await expect(prompt(page)).toHaveText('Enter new message of the day:');
      await enter(page, 'Exam moved to room 4, by the stairs that nobody uses');
      await expect(page.locator('#message')).toContainText('room 4');
      await commandButton(page, 'SHUTDOWN').tap();
      await expect(prompt(page)).toHaveText('Enter shutdown password:');
      await enter(page, '321!qwe');
      await expect(prompt(page)).toHaveText(PROMPT);
      await choose(page, 'Hide passwords');
      await commandButton(page, 'SHUTDOWN').tap();
      await expect(prompt(page)).toHaveText('Enter shutdown password:');
      await enter(page, '123!abc');
      await expect(prompt(page)).toHaveText('Not connected:');
      expect(await server.program.exitCode()).toBe(0);
      await expect(page.locator('#status')).toHaveText('server shut down');
      expect(await transcriptOf(page)).toMatch(
        /^Enter .*: MSGGET\nClient: MSGGET\nServer: 200 OK\nAn apple a day keeps the doctor away\.\n/,
      );
      const [dialogue = ''] = (await transcriptOf(page)).split('\n[the server was shut down');
      expect(dialogue.split('\n').slice(4)).toEqual([
        `${PROMPT} MSGSTORE`,
        'Client: MSGSTORE',
        'Server: 200 OK',
        'Enter new message of the day: Exam moved to room 4, by the stairs that nobody uses',
        'Client: Exam moved to room 4, by the stairs that nobody uses',
        'Server: 200 OK',
        `${PROMPT} SHUTDOWN`,
        'Client: SHUTDOWN',
        'Server: 300 PASSWORD REQUIRED',
        'Enter shutdown password: 321!qwe',
        'Client: 321!qwe',
        'Server: 301 WRONG PASSWORD',
        `${PROMPT} SHUTDOWN`,
        'Client: SHUTDOWN',
        'Server: 300 PASSWORD REQUIRED',
        'Enter shutdown password: •••••••',
        'Client: •••••••',
        'Server: 200 OKAY',
      ]);
    });

    test('a command’s button is large enough for a thumb, and hidden during other prompts', async ({
      page,
    }) => {
      const buttons = page.locator('#commands button:visible, #field-send');
      await expect(buttons).toHaveText([
        ...['MSGGET', 'MSGSTORE', 'MSGWATCH', 'MSGHIST', 'QUIT', 'SHUTDOWN'],
        '',
      ]);
      for (const button of await buttons.all()) {
        const { width, height } = (await button.boundingBox()) ?? NOWHERE;
        expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
        const isTruncated = await button.evaluate((made) => made.scrollWidth > made.clientWidth);
        expect(isTruncated, await button.innerText()).toBe(false);
      }
      await expect(commandButton(page, 'QUIT')).toBeEnabled();
      await commandButton(page, 'MSGSTORE').tap();
      await expect(prompt(page)).toHaveText('Enter new message of the day:');
      await expect(commandButton(page, 'QUIT')).toBeHidden();
      await enter(page, 'not interrupted');
      await expect(page.locator('#message')).toHaveText('not interrupted');
      await expect(announcements(page).filter({ hasText: 'Server:' })).toHaveText([
        'Server: 200 OK',
        'Server: 200 OK',
      ]);
      await expect(commandButton(page, 'QUIT')).toBeEnabled();
    });

    test('Cancel leaves the prompt of a message and of a password, and changes nothing', async ({
      page,
      server,
    }) => {
      const cancel = commandButton(page, 'Cancel');
      await expect(cancel).toBeHidden();
      for (const [command, asked] of [
        ['MSGSTORE', 'Enter new message of the day:'],
        // The row is scrolled to its end when this button is tapped.
        ['SHUTDOWN', 'Enter shutdown password:'],
      ] as const) {
        await commandButton(page, command).tap();
        await expect(prompt(page)).toHaveText(asked);
        await page.keyboard.insertText('rather not');
        await expect(cancel).toBeInViewport({ ratio: 1 });
        const box = (await cancel.boundingBox()) ?? NOWHERE;
        expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
        await expect(page.locator('#commands button:visible')).toHaveText(['Cancel']);
        await cancel.tap();
        await expect(prompt(page)).toHaveText(PROMPT);
        await expect(announcements(page).last()).toHaveText('[canceled; nothing was changed]');
        await expect(field(page)).toHaveValue('');
        await expect(field(page)).toBeFocused();
        await expect(cancel).toBeHidden();
      }
      await commandButton(page, 'MSGGET').tap();
      await expect(announcements(page).last()).toHaveText(APPLE);
      expect(server.program.stdout).not.toContain('MOTD updated');
    });

    test('the terminal scrolls by touch, line by line, and by a flick', async ({
      terminal,
      page,
      context,
    }) => {
      await fillTerminal(terminal, page);
      const cdp = await context.newCDPSession(page);
      const before = await terminal.rows();
      await drag(cdp, page, 60, SLOW_MS);
      // After some lines, it shows what was above.
      await expect.poll(() => terminal.flow()).not.toMatch(/orHelp\]$/);
      expect((await terminal.rows()).join('\n')).toContain(before.slice(0, 3).join('\n'));
      await expect
        .poll(async () => {
          for (let times = 0; times < 4; times++) await drag(cdp, page, 200, FLICK_MS);
          return terminal.flow();
        })
        .toContain('Client:FIRST');
      await expect
        .poll(async () => {
          for (let times = 0; times < 4; times++) await drag(cdp, page, -200, FLICK_MS);
          return terminal.flow();
        })
        .toContain('Client:LAST');
      expect(await page.evaluate(() => scrollY)).toBe(0);
    });

    test('a tap on the terminal opens no keyboard, and keeps the line', async ({
      page,
      terminal,
    }) => {
      await field(page).tap();
      await expect(field(page)).toBeFocused();
      await page.keyboard.insertText('MSG');
      await page.locator('#terminal').tap();
      // A touch keyboard does not open for a read-only text area.
      await expect(page.locator('.xterm-helper-textarea')).toHaveAttribute('readonly');
      await expect(page.locator('.xterm-helper-textarea')).toHaveAttribute('tabindex', '-1');
      await page.keyboard.insertText('no');
      await page.keyboard.press('x');
      await field(page).tap();
      await page.keyboard.press('End');
      await page.keyboard.insertText('GET');
      await expect(field(page)).toHaveValue('MSGGET');
      expect(await terminal.text()).toBe('');
    });

    test('the prompt is shown once: the terminal has completed lines only', async ({
      terminal,
      page,
    }) => {
      expect(await terminal.text()).toBe('');
      await expect(page.locator('.xterm-cursor')).toHaveCount(0);
      await field(page).tap();
      await page.keyboard.insertText('MSGG');
      expect(await terminal.text()).toBe('');
      await page.keyboard.insertText('ET');
      await page.keyboard.press('Enter');
      await expect
        .poll(() => terminal.flow())
        .toBe(`${PROMPT}MSGGETClient: MSGGETServer: 200 OK${APPLE}`.replaceAll(' ', ''));
      await expect(page.getByLabel(PROMPT)).toBeFocused();
    });

    test('SHUTDOWN is apart from the other commands, and marked', async ({ page }) => {
      const rightOf = async (name: string) => {
        const { x, width } = (await commandButton(page, name).boundingBox()) ?? NOWHERE;
        return x + width;
      };
      const { x } = (await commandButton(page, 'SHUTDOWN').boundingBox()) ?? NOWHERE;
      expect(x - (await rightOf('QUIT'))).toBeGreaterThan(24);
      expect((await rightOf('MSGSTORE')) - (await rightOf('MSGGET'))).toBeGreaterThan(44);
      const color = (name: string) =>
        commandButton(page, name).evaluate((button) => getComputedStyle(button).color);
      expect(await color('SHUTDOWN')).not.toBe(await color('QUIT'));
    });

    test('the buttons take one row, and a part of the next one shows that there are more', async ({
      page,
    }) => {
      const boxes = await page.locator('#commands button:visible').all();
      const tops = await Promise.all(boxes.map(async (box) => (await box.boundingBox())?.y));
      expect(new Set(tops).size).toBe(1);
      await expect(commandButton(page, 'MSGGET')).toBeInViewport({ ratio: 1 });
      await expect(commandButton(page, 'SHUTDOWN')).not.toBeInViewport();
    });

    test('nothing is wider than the screen', QUICK, async ({ page }) => {
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      const { height } = (await page.locator('#status').boundingBox()) ?? NOWHERE;
      expect(height, 'the status takes one line').toBeLessThan(30);
    });

    test('keeps the field and part of the terminal visible above an open keyboard', async ({
      terminal,
      page,
    }) => {
      await fillTerminal(terminal, page);
      await page.setViewportSize({ width: viewport.width, height: viewport.height - 300 });
      await expect(field(page)).toBeInViewport({ ratio: 1 });
      await expect.poll(() => visibleRowCount(page)).toBeGreaterThanOrEqual(3);
      await expect.poll(() => terminal.flow()).toMatch(/orHelp\]$/);
      for (const name of ['MSGGET', 'MSGSTORE', 'MSGWATCH', 'MSGHIST', 'QUIT', 'SHUTDOWN']) {
        await commandButton(page, name).scrollIntoViewIfNeeded();
        await expect(commandButton(page, name)).toBeInViewport({ ratio: 0.95 });
      }
      expect(await overflow(page)).toBeLessThanOrEqual(0);
    });
  });
}

test.describe('the field', () => {
  test.use({ ...pixel });
  test.beforeEach(({ terminal }) => expect(prompt(terminal.page)).toHaveText(PROMPT));

  test('shares its line with the terminal: it moves from one to the other', async ({
    terminal,
    page,
  }) => {
    await field(page).tap();
    await page.keyboard.insertText('MSGG');
    await choose(page, 'Terminal');
    await expect(page.locator('#field')).toBeHidden();
    await expect.poll(() => terminal.flow()).toMatch(/SHUTDOWN\):MSGG$/);
    await page.locator('#terminal').tap();
    await expect(page.locator('.xterm-helper-textarea')).toBeFocused();
    await page.keyboard.type('ET\nMSG');
    await expect.poll(() => terminal.flow()).toMatch(/doctoraway\.Enter.*:MSG$/);
    await choose(page, 'Field');
    await expect.poll(() => terminal.flow()).toMatch(/doctoraway\.$/);
    await expect(field(page)).toHaveValue('MSG');
    await field(page).tap();
    await page.keyboard.press('End');
    await page.keyboard.insertText('GET');
    await page.keyboard.press('Enter');
    await expect(announcements(page)).toHaveText([
      'Server: 200 OK',
      APPLE,
      'Server: 200 OK',
      APPLE,
    ]);
  });

  test('recalls earlier lines, but no password', async ({ page }) => {
    await enter(page, 'MSGGET');
    await expect(announcements(page)).toHaveCount(2);
    await enter(page, 'SHUTDOWN');
    await expect(prompt(page)).toHaveText('Enter shutdown password:');
    await enter(page, 'wrong');
    await expect(prompt(page)).toHaveText(PROMPT);
    await page.keyboard.press('ArrowUp');
    await expect(field(page)).toHaveValue('SHUTDOWN');
    await page.keyboard.press('ArrowUp');
    await expect(field(page)).toHaveValue('MSGGET');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect(field(page)).toHaveValue('');
  });

  test('lets an input method finish, whatever arrives meanwhile, and sends its text once', async ({
    page,
    context,
    server,
  }) => {
    const cdp = await context.newCDPSession(page);
    const compose = (text: string) =>
      cdp.send('Input.imeSetComposition', {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      });
    await commandButton(page, 'MSGWATCH').tap();
    await expect(announcements(page)).toHaveText(['Server: 200 OK', APPLE]);
    await field(page).tap();
    for (const text of ['に', 'にほ', 'にほん']) await compose(text);
    await expect(field(page)).toHaveValue('にほん');

    const other = Program.motd(['set', '-m', 'meanwhile', '127.0.0.1', String(server.port)]);
    expect(await other.exitCode()).toBe(0);
    await expect(announcements(page).last()).toHaveText('meanwhile');
    await expect(field(page)).toHaveValue('にほん');
    // Keys of the input method itself, as Chromium reports them (UI Events, 4.3.3).
    for (const key of ['Enter', 'ArrowUp']) {
      const press = { key, windowsVirtualKeyCode: 229 };
      await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...press });
      await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...press });
    }
    await compose('にほんご');
    // Composed text is replaced as a whole, not appended.
    await expect(field(page)).toHaveValue('にほんご');
    await cdp.send('Input.insertText', { text: '日本語' });
    await expect(field(page)).toHaveValue('日本語');
    await page.keyboard.press('Enter');
    await expect(announcements(page).last()).toContainText('[commands: ');
    const sent = (await transcriptOf(page)).match(/^Client: .*/gm);
    expect(sent).toEqual(['Client: MSGWATCH', 'Client: 日本語']);
  });

  test('announces every reply once, even after a lost connection', async ({ page, server }) => {
    await expect(page.getByRole('log')).toHaveAttribute('aria-live', 'polite');
    await commandButton(page, 'MSGGET').tap();
    await expect(announcements(page)).toHaveText(['Server: 200 OK', APPLE]);
    await server.program.stop();
    await expect(page.locator('#status-light')).toHaveAttribute('data-state', 'waiting');
    await expect(prompt(page)).toHaveText('Not connected:');
    await expect(commandButton(page, 'MSGGET')).toBeDisabled();
    await startServer(server.port);
    await expect(prompt(page)).toHaveText(PROMPT);
    await commandButton(page, 'MSGGET').tap();
    await expect(announcements(page).filter({ hasText: APPLE })).toHaveCount(2);
    const lines = await announcements(page).allInnerTexts();
    const notes = lines.filter((line) => line.startsWith('['));
    const others = lines.filter((line) => !line.startsWith('['));
    expect(others.filter((line) => line !== 'Server: 421 SERVER SHUTTING DOWN')).toEqual([
      ...['Server: 200 OK', APPLE],
      ...['Server: 200 OK', APPLE],
    ]);
    expect(notes).toEqual([
      expect.stringMatching(/^\[motd (closed|reset) the connection/),
      '[reconnecting; press Enter to try now]',
    ]);
  });
});

test.describe('320 pixels wide', () => {
  test.use({ ...pixel, viewport: { width: 320, height: 568 } });

  test('needs no horizontal scrolling, whatever is open', async ({ terminal: { page } }) => {
    await expect(prompt(page)).toHaveText(PROMPT);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    const opened = {
      'Message history': page.locator('#history').getByText('No message has been stored yet.'),
      'Search the terminal': page.locator('#find-form'),
      Settings: page.locator('#settings'),
      Help: page.locator('#help'),
      'Plan a message': page.locator('#plan'),
    };
    for (const [name, part] of Object.entries(opened)) {
      await chooseFromPalette(page, name);
      await expect(part).toBeVisible();
      expect(await overflow(page), name).toBeLessThanOrEqual(0);
      await page.keyboard.press('Escape');
    }
    await choose(page, 'Terminal');
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(await visibleRowCount(page)).toBeGreaterThanOrEqual(3);
  });

  test('cuts off no tool, and the search has room to type', async ({ terminal: { page } }) => {
    await expect(prompt(page)).toHaveText(PROMPT);
    for (const button of await page.locator('#tools button:visible').all()) {
      await expect(button).toBeInViewport({ ratio: 1 });
    }
    await chooseFromPalette(page, 'Search the terminal');
    for (const part of await page.locator('#find-form > :not(output)').all()) {
      await expect(part).toBeInViewport({ ratio: 1 });
    }
    const { width } = (await page.locator('#find-text').boundingBox()) ?? NOWHERE;
    expect(width).toBeGreaterThanOrEqual(64);
  });
});
