// What the terminal shows beside its text: where exchanges begin, which replies report a failure,
// and how to begin. The text itself stays to the letter, also where it is copied or downloaded.

import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import {
  chooseFromPalette,
  expect,
  type PageTerminal,
  QUICK,
  startServer,
  test,
  transcriptOf,
  UNKNOWN_COMMAND,
} from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';

const NOWHERE = { x: 0, y: 0, width: 0, height: 0 };

const startHint = (page: Page) => page.locator('#start-hint');

test.beforeEach(({ terminal }) => terminal.expectText(PROMPT));

/** The rows that have a mark, as they are on the screen. */
async function markedRows(terminal: PageTerminal, name: 'exchange' | 'failure'): Promise<string[]> {
  const indexes = await terminal.page.evaluate((wanted) => {
    const tops = Array.from(document.querySelectorAll('.xterm-rows > div'), (row) =>
      Math.round(row.getBoundingClientRect().top),
    );
    const marks = Array.from(document.querySelectorAll(`.xterm-decoration.${wanted}`));
    return marks.map((mark) => tops.indexOf(Math.round(mark.getBoundingClientRect().top)));
  }, name);
  const rows = await terminal.rows();
  return indexes.toSorted((a, b) => a - b).map((index) => rows[index] ?? `no row ${index}`);
}

test(
  'a line separates the exchanges, wherever their rows are',
  QUICK,
  async ({ terminal, page }) => {
    for (const line of ['MSGGET', 'MSGSTORE', 'QUIT', 'MSGGET']) {
      await terminal.type(line);
      await terminal.expectText(':');
    }
    const expected = [`${PROMPT} MSGSTORE`, `${PROMPT} MSGGET`, PROMPT];
    await expect.poll(() => markedRows(terminal, 'exchange')).toEqual(expected);
    await page.keyboard.type('MSG');
    await expect
      .poll(() => markedRows(terminal, 'exchange'))
      .toEqual([...expected.slice(0, -1), `${PROMPT} MSG`]);
    await page.setViewportSize({ width: 360, height: 900 });
    await expect
      .poll(() => markedRows(terminal, 'exchange'))
      .toEqual(Array(3).fill(expect.stringMatching(/^Enter command/)));
    await chooseFromPalette(page, 'Clear the screen');
    await expect(page.locator('.xterm-decoration')).toHaveCount(0);
  },
);

test('a reply that reports a failure has a sign, a color and bold type; the others do not', async ({
  terminal,
}) => {
  const lines = ['help', 'MSGSTORE', 'QUIT', 'SHUTDOWN', 'wrong'];
  for (const line of lines) {
    await terminal.type(line);
    await terminal.expectText(':');
  }
  await terminal.expectText(`Server: 301 WRONG PASSWORD\n${PROMPT}`);
  await expect
    .poll(() => markedRows(terminal, 'failure'))
    .toEqual([
      'Server: 400 UNKNOWN COMMAND',
      'Server: EXPECTED MOTD, RECEIVED COMMAND',
      'Server: 301 WRONG PASSWORD',
    ]);
  const looks = await terminal.page.evaluate(() => {
    const rows = [...document.querySelectorAll('.xterm-rows > div')];
    const replies = rows.filter((row) => row.textContent?.startsWith('Server:'));
    return replies.map((row) => {
      const { color, fontWeight } = getComputedStyle(row.querySelector('span:last-of-type') ?? row);
      return { color, isBold: fontWeight !== 'normal' && fontWeight !== '400' };
    });
  });
  const [unknown, ok, expected, required, wrong] = looks;
  expect(new Set([unknown, expected, wrong].map((look) => look?.color)).size).toBe(1);
  expect(looks.map((look) => look.isBold)).toEqual([true, false, true, true, true]);
  expect(new Set([unknown, ok, required].map((look) => look?.color)).size).toBe(3);
});

test('the sign of a failure and the line above an exchange stay visible with forced colors', async ({
  terminal,
  page,
}) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await terminal.type('help');
  await terminal.expectText(`${UNKNOWN_COMMAND}\n${PROMPT}`);
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const drawn = (name: string) =>
    page.locator(`.xterm-decoration.${name}`).evaluate((mark) => {
      const { color, borderTopColor, content } = getComputedStyle(mark, '::before');
      return { color, borderTopColor, content };
    });
  expect((await drawn('failure')).content).toContain('×');
  expect((await drawn('failure')).color).not.toBe(background);
  expect((await drawn('exchange')).borderTopColor).not.toBe(background);
});

test(
  'a word that is no command gets a hint, in the client’s brackets',
  QUICK,
  async ({ terminal }) => {
    await terminal.type('msgget');
    await terminal.expectText(
      `Client: msgget\nServer: 400 UNKNOWN COMMAND\n[commands are upper case: MSGGET]\n${PROMPT}`,
    );
    await terminal.type('help');
    await terminal.expectText(`Client: help\n${UNKNOWN_COMMAND}\n${PROMPT}`);
  },
);

test.describe('the text', () => {
  const SIZES = { narrow: { width: 320, height: 1000 }, wide: { width: 1280, height: 1000 } };

  /** What is copied by each way, and downloaded. */
  async function textsOf(page: Page): Promise<string[]> {
    const copied = await transcriptOf(page);
    const downloading = page.waitForEvent('download');
    await chooseFromPalette(page, 'Download the transcript');
    const downloaded = await readFile(await (await downloading).path(), 'utf8');
    // From the first row of the note into its last one.
    const box = async (text: string) =>
      (await page.locator('.xterm-rows > div', { hasText: text }).last().boundingBox()) ?? NOWHERE;
    const [from, to] = [await box('[commands:'), await box('Help]')];
    await page.mouse.move(from.x + 1, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(to.x + to.width - 1, to.y + to.height / 2, { steps: 5 });
    await page.mouse.up();
    const pasted = () =>
      page.evaluate(() => document.querySelector<HTMLTextAreaElement>('textarea')?.value);
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await page.keyboard.press('Control+c');
    await expect.poll(clipboard).toMatch(/^\[commands:/);
    const selected = await clipboard();
    // What a middle click pastes; other systems have no such selection.
    const primary = process.platform === 'linux' ? await pasted() : selected;
    await page.evaluate(() => navigator.clipboard.writeText(''));
    // As the browser's own menu does it.
    await page.evaluate(() => document.execCommand('copy'));
    await expect.poll(clipboard).not.toBe('');
    return [copied, downloaded, selected, await clipboard(), primary ?? ''];
  }

  test('is the same at every width of the window, and after a resize', async ({
    page,
    terminal,
  }) => {
    const [, commands = ''] = UNKNOWN_COMMAND.split('\n');
    const transcript = `${PROMPT} help\nClient: help\n${UNKNOWN_COMMAND}\n${PROMPT}\n`;
    for (const [first, then] of [
      ['narrow', 'wide'],
      ['wide', 'narrow'],
    ] as const) {
      await page.setViewportSize(SIZES[first]);
      await page.reload();
      await terminal.expectCommandPrompt();
      await terminal.type('help');
      await expect.poll(() => terminal.flow()).toMatch(/Help\].*SHUTDOWN\):$/);
      const texts = [transcript, transcript, commands, commands, commands];
      expect(await textsOf(page), first).toEqual(texts);
      await page.setViewportSize(SIZES[then]);
      await expect.poll(() => terminal.flow()).toMatch(/Help\].*SHUTDOWN\):$/);
      expect(await textsOf(page), `${first}, then ${then}`).toEqual(texts);
    }
  });
});

test.describe('the hint on how to begin', () => {
  test(
    'is below the first prompt, and gone at the first key',
    QUICK,
    async ({ terminal, page }) => {
      await expect(startHint(page)).toHaveText(/^Type MSGGET and press Enter/);
      await expect(page.locator('.xterm-helper-textarea')).toHaveAccessibleDescription(
        /SHUTDOWN\): Type MSGGET/,
      );
      expect(await transcriptOf(page)).toBe(`${PROMPT}\n`);
      await page.keyboard.press('M');
      await expect(startHint(page)).toHaveCount(0);
      await terminal.expectText(`${PROMPT} M`);
    },
  );

  test('does not come back with a new connection', async ({ page, server }) => {
    await expect(startHint(page)).toBeVisible();
    await server.program.stop();
    await expect(page.locator('#status-light')).toHaveAttribute('data-state', 'waiting');
    await expect(startHint(page)).toHaveCount(0);
    await startServer(server.port);
    await expect(page.locator('#status-light')).toHaveAttribute('data-state', 'connected');
    await expect(startHint(page)).toHaveCount(0);
  });

  test('overlaps no prompt, even one of several rows', async ({ terminal, page }) => {
    await page.setViewportSize({ width: 320, height: 640 });
    await expect.poll(() => terminal.text()).toMatch(/^Enter[^\n]*\n[^\n]*\):$/);
    await expect
      .poll(async () => {
        const hint = await startHint(page).boundingBox();
        const row = await page.locator('.xterm-rows > div').nth(1).boundingBox();
        return (hint?.y ?? 0) - ((row?.y ?? 0) + (row?.height ?? 0));
      })
      .toBeGreaterThanOrEqual(0);
  });
});
