// The line editor at the keyboard: the page in a real Chromium.

import { writeFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { Program } from '../../testing/programs.ts';
import {
  expect,
  keepToasts,
  PageTerminal,
  paste,
  QUICK,
  startBridge,
  startServer,
  store,
  test,
  UNKNOWN_COMMAND,
} from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const MESSAGE_PROMPT = 'Enter new message of the day:';
const APPLE = 'An apple a day keeps the doctor away.';

/** A key, and the line after it; `|` is the cursor. */
type KeyStep = readonly [key: string, line: string];

async function press(terminal: PageTerminal, steps: readonly KeyStep[]): Promise<void> {
  for (const [key, line] of steps) {
    await terminal.page.keyboard.press(key);
    await terminal.expectTextWithCursor(`${PROMPT} ${line}`);
  }
}

/** From the command prompt to the message prompt. */
async function askForMessage(terminal: PageTerminal): Promise<void> {
  await terminal.expectText(PROMPT);
  await terminal.type('MSGSTORE');
  await terminal.expectTextWithCursor(`${MESSAGE_PROMPT} |`);
}

/** The distance of the cursor from the left edge of the screen, in pixels. */
async function cursorLeft(page: Page): Promise<number> {
  const cursor = await page.locator('.xterm-cursor').boundingBox();
  const rows = await page.locator('.xterm-rows').boundingBox();
  return (cursor?.x ?? Number.NaN) - (rows?.x ?? 0);
}

/** Waits until the cursor is `cellsAfterPrompt` cells after the message prompt. */
async function expectCursorAt(
  page: Page,
  cellsAfterPrompt: number,
  cellWidth: number,
): Promise<void> {
  const cells = MESSAGE_PROMPT.length + 1 + cellsAfterPrompt;
  await expect
    .poll(async () => Math.abs((await cursorLeft(page)) / cellWidth - cells))
    .toBeLessThan(0.1);
}

/** The screen without white space, so that wrapped text is in one piece; `|` is the cursor. */
async function flowWithCursor(terminal: PageTerminal): Promise<string> {
  return (await terminal.textWithCursor()).replace(/\s/g, '');
}

function focusedId(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement } = document;
    return activeElement?.id || activeElement?.className || activeElement?.tagName || '';
  });
}

const LINE_INPUT = 'xterm-helper-textarea';

test.describe('the keys', () => {
  test(
    'move the cursor by characters, by words and to the ends of the line',
    QUICK,
    async ({ terminal, page }) => {
      await terminal.expectText(PROMPT);
      await page.keyboard.type('one two-three four');
      await press(terminal, [
        ['ArrowLeft', 'one two-three fou|r'],
        ['Home', '|one two-three four'],
        ['ArrowLeft', '|one two-three four'],
        ['ArrowRight', 'o|ne two-three four'],
        ['Control+ArrowRight', 'one| two-three four'],
        ['Alt+f', 'one two|-three four'],
        ['Alt+ArrowRight', 'one two-three| four'],
        ['End', 'one two-three four|'],
        ['ArrowRight', 'one two-three four|'],
        ['Control+ArrowLeft', 'one two-three |four'],
        ['Alt+b', 'one two-|three four'],
        ['Alt+ArrowLeft', 'one |two-three four'],
        ['Control+a', '|one two-three four'],
        ['Control+e', 'one two-three four|'],
        ['Control+b', 'one two-three fou|r'],
      ]);
      await page.keyboard.type('!');
      await terminal.expectTextWithCursor(`${PROMPT} one two-three fou!|r`);
    },
  );

  test('delete text, and restore what was deleted', QUICK, async ({ terminal, page }) => {
    await terminal.expectText(PROMPT);
    await page.keyboard.type('one two-three four five');
    await press(terminal, [
      ['Backspace', 'one two-three four fiv|'],
      ['Control+w', 'one two-three four |'],
      ['Control+y', 'one two-three four fiv|'],
      ['Alt+Backspace', 'one two-three four |'],
      ['Alt+Backspace', 'one two-three |'],
      ['Control+y', 'one two-three four fiv|'],
      ['Control+ArrowLeft', 'one two-three four |fiv'],
      ['Delete', 'one two-three four |iv'],
      ['Control+d', 'one two-three four |v'],
      ['Control+u', '|v'],
      ['Control+y', 'one two-three four |v'],
      ['Home', '|one two-three four v'],
      ['Alt+d', '| two-three four v'],
      ['Control+y', 'one| two-three four v'],
      ['Control+k', 'one|'],
      ['Control+a', '|one'],
      ['Control+y', ' two-three four v|one'],
      ['Control+Backspace', ' two-three four |one'],
    ]);
    await page.keyboard.press('Control+u');
    await page.keyboard.press('Control+k');
    await terminal.type('MSGGET');
    await terminal.expectText(
      `${PROMPT} MSGGET\nClient: MSGGET\nServer: 200 OK\n${APPLE}\n${PROMPT}`,
    );
  });

  test('insert nothing if they have no function', async ({ terminal, page }) => {
    await terminal.expectText(PROMPT);
    await page.keyboard.type('MSG');
    for (const key of ['Escape', 'Insert', 'PageUp', 'PageDown', 'F2', 'Control+g', 'Alt+x']) {
      await page.keyboard.press(key);
    }
    await page.keyboard.type('GET');
    await terminal.expectTextWithCursor(`${PROMPT} MSGGET|`);
  });

  test('Ctrl-C discards the line, and sends nothing', async ({ terminal, page }) => {
    await terminal.expectText(PROMPT);
    await page.keyboard.type('MSGGE');
    await page.keyboard.press('Control+c');
    await terminal.expectTextWithCursor(`${PROMPT} MSGGE^C\n${PROMPT} |`);
  });

  test('Ctrl-C and Ctrl-D cancel a message and a password, and change nothing', async ({
    terminal,
    page,
    server,
  }) => {
    const canceled = `[canceled; nothing was changed]\n${PROMPT} |`;
    await askForMessage(terminal);
    await page.keyboard.type('rather not');
    await page.keyboard.press('Control+c');
    await terminal.expectTextWithCursor(`${MESSAGE_PROMPT} rather not^C\n${canceled}`);
    // The third wrong password would start a penalty: then none is checked.
    for (let times = 0; times < 3; times++) {
      await terminal.type('SHUTDOWN');
      await terminal.expectTextWithCursor('Enter shutdown password: |');
      await page.keyboard.press('Control+d');
      await terminal.expectTextWithCursor(`Enter shutdown password: ^D\n${canceled}`);
    }
    await terminal.type('SHUTDOWN');
    await terminal.expectTextWithCursor('Enter shutdown password: |');
    await terminal.type('wrong');
    await terminal.expectText(`Client: wrong\nServer: 301 WRONG PASSWORD\n${PROMPT}`);
    await terminal.type('MSGSTORE');
    await terminal.expectTextWithCursor(`${MESSAGE_PROMPT} |`);
    await terminal.type('rather this');
    await terminal.expectText(`Client: rather this\nServer: 200 OK\n${PROMPT}`);
    await server.program.waitForOutput(/MOTD updated to: rather this\n/);
    expect(server.program.stdout).not.toContain('rather not');
  });

  test('Ctrl-D deletes a character, and on an empty line ends the session', async ({
    terminal,
    page,
  }) => {
    await terminal.expectText(PROMPT);
    await page.keyboard.type('x');
    await press(terminal, [
      ['Control+d', 'x|'],
      ['Home', '|x'],
      ['Control+d', '|'],
    ]);
    await page.keyboard.press('Control+d');
    await terminal.expectText(
      `${PROMPT} QUIT\nClient: QUIT\nServer: 200 OK\n[session ended; press Enter to start another]`,
    );
  });

  test('Ctrl-L clears the screen except for the line, and loses nothing', async ({
    terminal,
    page,
  }) => {
    await terminal.expectText(PROMPT);
    await terminal.type('MSGGET');
    await terminal.expectText(`${APPLE}\n${PROMPT}`);
    await page.keyboard.type('half');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Control+l');
    await expect.poll(() => terminal.textWithCursor()).toBe(`${PROMPT} hal|f`);
    await page.keyboard.press('PageUp');
    await expect.poll(() => terminal.text()).toContain(APPLE);
  });

  test('? on an empty command line and F1 open the help; elsewhere ? is a character', async ({
    terminal,
    page,
  }) => {
    await terminal.expectText(PROMPT);
    const help = page.getByRole('dialog', { name: 'Help' });
    for (const key of ['?', 'F1']) {
      await page.keyboard.press(key);
      await expect(help).toBeVisible();
      await page.keyboard.press('Escape');
      await expect(help).toBeHidden();
      expect(await focusedId(page)).toBe(LINE_INPUT);
    }
    await terminal.expectTextWithCursor(`${PROMPT} |`);
    await page.keyboard.type('x?');
    await terminal.expectTextWithCursor(`${PROMPT} x?|`);
    await page.keyboard.press('Control+u');
    await askForMessage(terminal);
    await page.keyboard.type('?');
    await terminal.expectTextWithCursor(`${MESSAGE_PROMPT} ?|`);
    await expect(help).toBeHidden();
  });

  test('leave F5, but not Ctrl-R, to the browser', async ({ terminal, page }) => {
    await terminal.expectText(PROMPT);
    // A headless browser does not reload with a key: check only whether the page handles it.
    await page.evaluate(() => {
      const note = (event: KeyboardEvent) => {
        document.body.dataset[event.key] = event.defaultPrevented ? 'the page’s' : 'the browser’s';
      };
      // In a task of its own: after every other listener of the same key.
      addEventListener('keydown', (event) => setTimeout(() => note(event)), { capture: true });
    });
    await page.keyboard.press('F5');
    await page.keyboard.press('Control+r');
    await expect(page.locator('body')).toHaveAttribute('data--f5', 'the browser’s');
    await expect(page.locator('body')).toHaveAttribute('data-r', 'the page’s');
  });
});

test.describe('Tab', () => {
  test('completes a command, or lists the candidates', QUICK, async ({ terminal, page }) => {
    await terminal.expectText(PROMPT);
    await page.keyboard.type('m');
    await press(terminal, [['Tab', 'MSG|']]);
    await page.keyboard.press('Tab');
    await terminal.expectTextWithCursor(
      'MSGGET  MSGSTORE  MSGWATCH  MSGHIST  MSGPLAN  MSGPLANS  MSGCANCEL  MSGINFO  MSGLIST  ' +
        `MSGREPLACE\n${PROMPT} MSG|`,
    );
    await page.keyboard.type('s');
    await press(terminal, [['Tab', 'MSGSTORE|']]);
    expect(await focusedId(page)).toBe(LINE_INPUT);
    await page.keyboard.press('Enter');
    await terminal.expectTextWithCursor(`${MESSAGE_PROMPT} |`);
    await page.keyboard.type('m');
    await page.keyboard.press('Tab');
    await page.keyboard.type('!');
    await terminal.expectTextWithCursor(`${MESSAGE_PROMPT} m!|`);
  });

  test('is not a keyboard trap: every button can be reached, and the terminal again', async ({
    terminal,
    page,
  }) => {
    await terminal.expectText(PROMPT);
    const buttons = await page
      .locator('button:visible')
      .evaluateAll((found) => found.map((button) => button.id));
    expect(buttons).toContain('help-button');
    for (const key of ['Tab', 'Shift+Tab']) {
      expect(await focusedId(page)).toBe(LINE_INPUT);
      const reached = new Set<string>();
      do {
        await page.keyboard.press(key);
        reached.add(await focusedId(page));
      } while (!reached.has(LINE_INPUT) && reached.size < 50);
      expect([...reached]).toEqual(expect.arrayContaining([...buttons, LINE_INPUT]));
    }
    await terminal.type('MSGGET');
    await terminal.expectText(`${APPLE}\n${PROMPT}`);
  });

  test('with Shift leaves the terminal, and keeps a half-typed line', async ({
    terminal,
    page,
  }) => {
    await terminal.expectText(PROMPT);
    await page.keyboard.type('MSGT');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Shift+Tab');
    expect(await focusedId(page)).toBe('board-button');
    await page.keyboard.press('Tab');
    await page.keyboard.type('GE');
    await terminal.expectTextWithCursor(`${PROMPT} MSGGE|T`);
  });
});

test.describe('the line history', () => {
  test(
    'is recalled with the arrow keys, even after a reload, and ends at the line being typed',
    QUICK,
    async ({ terminal, page }) => {
      await terminal.expectText(PROMPT);
      await terminal.type('first');
      await terminal.expectText(`${UNKNOWN_COMMAND}\n${PROMPT}`);
      await terminal.type('second');
      await terminal.expectText(`Client: second\n${UNKNOWN_COMMAND}\n${PROMPT}`);
      await page.reload();
      await terminal.expectText(PROMPT);
      await page.keyboard.type('half');
      await press(terminal, [
        ['ArrowUp', 'second|'],
        ['Control+p', 'first|'],
        ['ArrowUp', 'first|'],
        ['ArrowDown', 'second|'],
        ['Control+n', 'half|'],
        ['ArrowDown', 'half|'],
        ['ArrowUp', 'second|'],
      ]);
      await page.keyboard.press('Enter');
      await terminal.expectText(`Client: second\n${UNKNOWN_COMMAND}\n${PROMPT}`);
    },
  );

  test('is recalled in the field, too, but with Shift, Up selects text there', async ({
    page,
    terminal,
  }) => {
    await terminal.expectText(PROMPT);
    await page.evaluate(() => {
      localStorage.setItem('motd.settings', '{"input":"field"}');
      localStorage.setItem('motd.history /ws', '["MSGHIST"]');
    });
    await page.reload();
    const field = page.locator('#field-text');
    await expect(page.locator('#field-prompt')).toHaveText(PROMPT);
    await field.focus();
    await page.keyboard.type('half');
    await page.keyboard.press('Shift+ArrowUp');
    await expect(field).toHaveValue('half');
    expect(await page.evaluate(() => String(document.getSelection()))).toBe('half');
    await page.keyboard.press('ArrowUp');
    await expect(field).toHaveValue('MSGHIST');
    await page.keyboard.press('ArrowDown');
    await expect(field).toHaveValue('half');
  });

  test('is separate for each target', async ({ page, server }) => {
    const target = `other=127.0.0.1:${server.port}+proxy`;
    const bridge = await startBridge(server.port, 0, ['--target', target]);
    const terminal = new PageTerminal(page);
    await page.goto(`http://127.0.0.1:${bridge.port}/`);
    await terminal.expectText(PROMPT);
    await terminal.type('typed for the first');
    await terminal.expectText(`${UNKNOWN_COMMAND}\n${PROMPT}`);
    await page.goto(`http://127.0.0.1:${bridge.port}/?target=other&as=motd`);
    await terminal.expectText(PROMPT);
    await page.keyboard.press('ArrowUp');
    await terminal.type('typed for the other');
    await terminal.expectText(`Client: typed for the other\n${UNKNOWN_COMMAND}\n${PROMPT}`);
    await page.goto(`http://127.0.0.1:${bridge.port}/`);
    await terminal.expectText(PROMPT);
    await press(terminal, [['ArrowUp', 'typed for the first|']]);
  });

  test('holds no password, and recalls nothing at a password prompt', async ({ page }) => {
    const hash = Program.motd(['hash-password']).input('Sesam, open\n');
    expect(await hash.exitCode(), hash.stderr).toBe(0);
    const file = test.info().outputPath('store.hash');
    await writeFile(file, hash.stdout);
    const server = await startServer(0, ['--store-password-file', file]);
    const bridge = await startBridge(server.port);
    const terminal = new PageTerminal(page);
    await page.goto(`http://127.0.0.1:${bridge.port}/`);
    await terminal.expectText(PROMPT);
    await terminal.type('MSGSTORE');
    await terminal.expectText('Enter store password:');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Control+r');
    await terminal.expectTextWithCursor('Enter store password: |');
    await terminal.type('Sesam, open');
    await terminal.expectText(MESSAGE_PROMPT);
    await page.keyboard.press('ArrowUp');
    await terminal.expectTextWithCursor(`${MESSAGE_PROMPT} MSGSTORE|`);
    await page.keyboard.press('Control+u');
    await terminal.type('guarded');
    await terminal.expectText(`Client: guarded\nServer: 200 OK\n${PROMPT}`);
    await terminal.type('SHUTDOWN');
    await terminal.expectText('Enter shutdown password:');
    await page.keyboard.type('Sesam, shut');
    await page.keyboard.press('Control+u');
    await page.keyboard.press('Control+y');
    await page.keyboard.press('Enter');
    await terminal.expectText(`301 WRONG PASSWORD\n${PROMPT}`);
    await terminal.type('Sesam, again');
    await terminal.expectText(`[to try again, type SHUTDOWN first]\n${PROMPT}`);
    await page.keyboard.press('Control+y');
    await press(terminal, [
      ['x', 'x|'],
      ['Backspace', '|'],
      ['ArrowUp', 'SHUTDOWN|'],
      ['ArrowUp', 'guarded|'],
      ['ArrowUp', 'MSGSTORE|'],
      ['ArrowUp', 'MSGSTORE|'],
      ['x', 'MSGSTOREx|'],
    ]);
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    expect(kept).toContain('guarded');
    expect(kept).not.toContain('Sesam');
  });

  test('is searched with Ctrl-R, and Ctrl-G restores the typed line', async ({
    terminal,
    page,
  }) => {
    await terminal.expectText(PROMPT);
    for (const line of ['apple pie', 'apple cake', 'plum cake']) {
      await terminal.type(line);
      await terminal.expectText(`Client: ${line}\n${UNKNOWN_COMMAND}\n${PROMPT}`);
    }
    await page.keyboard.type('half');
    await page.keyboard.press('Control+r');
    await terminal.expectTextWithCursor("(reverse-i-search)'': half|");
    await page.keyboard.type('app');
    await terminal.expectTextWithCursor("(reverse-i-search)'app': |apple cake");
    await page.keyboard.press('Control+r');
    await terminal.expectTextWithCursor("(reverse-i-search)'app': |apple pie");
    await page.keyboard.type('x');
    await terminal.expectTextWithCursor("(failed reverse-i-search)'appx': |apple pie");
    await page.keyboard.press('Backspace');
    await terminal.expectTextWithCursor("(reverse-i-search)'app': |apple cake");
    await page.keyboard.press('Control+g');
    await terminal.expectTextWithCursor(`${PROMPT} half|`);
    await page.keyboard.press('Control+r');
    await page.keyboard.type('pie');
    await page.keyboard.press('Escape');
    await terminal.expectTextWithCursor(`${PROMPT} apple |pie`);
    await page.keyboard.press('Enter');
    await terminal.expectText(`Client: apple pie\n${UNKNOWN_COMMAND}\n${PROMPT}`);
  });
});

test.describe('the clipboard', () => {
  test('gets the selection with Ctrl-C, which keeps the line', async ({ terminal, page }) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await keepToasts(page);
    await terminal.expectTextWithCursor(`${PROMPT} |`);
    const rows = await page.locator('.xterm-rows').boundingBox();
    const cellWidth = (await cursorLeft(page)) / (PROMPT.length + 1);
    await page.keyboard.type('half');
    const x = (rows?.x ?? 0) + cellWidth * (PROMPT.indexOf('MSGSTORE') + 2.5);
    await page.mouse.dblclick(x, (rows?.y ?? 0) + 8);
    await page.keyboard.press('Control+c');
    await expect(page.locator('#toast')).toHaveText('Copied.');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('MSGSTORE');
    await terminal.expectTextWithCursor(`${PROMPT} half|`);
    // Typing ends the selection, and Ctrl-C applies to the line again.
    await page.keyboard.type('!');
    await page.keyboard.press('Control+c');
    await terminal.expectTextWithCursor(`${PROMPT} half!^C\n${PROMPT} |`);
  });

  test(
    'pastes ten lines one by one, each after its prompt',
    QUICK,
    async ({ terminal, page, server }) => {
      await terminal.expectText(PROMPT);
      const messages = ['one', 'two', 'three', 'four', 'five'];
      await paste(page, messages.map((message) => `MSGSTORE\r\n${message}\r\n`).join(''));
      await terminal.expectTextWithCursor(`Client: five\nServer: 200 OK\n${PROMPT} |`);
      await server.program.waitForOutput(/MOTD updated to: five\n/);
      const stored = [...server.program.stdout.matchAll(/MOTD updated to: (.*)/g)];
      expect(stored.map(([, message]) => message)).toEqual(messages);
    },
  );

  test('pastes plain text, and leaves the last of several lines to be completed', async ({
    terminal,
    page,
  }) => {
    await terminal.expectText(PROMPT);
    await page.keyboard.type('MSGX');
    await page.keyboard.press('ArrowLeft');
    await paste(page, 'STORE');
    await terminal.expectTextWithCursor(`${PROMPT} MSGSTORE|X`);
    await page.keyboard.press('Delete');
    await paste(page, '\nfrom the clipboard\nMSG\tG\u0007');
    await terminal.expectTextWithCursor(
      `Client: from the clipboard\nServer: 200 OK\n${PROMPT} MSG   G^G|`,
    );
  });
});

test.describe('text typed ahead', () => {
  test('appears on the line if there was no prompt yet', async ({ page, bridge }) => {
    await page.goto(`http://127.0.0.1:${bridge.port}/`, { waitUntil: 'commit' });
    const terminal = new PageTerminal(page);
    await page.locator(`.${LINE_INPUT}`).focus();
    await page.keyboard.type('MSGGE');
    await terminal.expectTextWithCursor(`${PROMPT} MSGGE|`);
  });

  test('answers the next prompts, in order, if a reply was awaited', async ({ terminal, page }) => {
    await terminal.expectText(PROMPT);
    // Checking a password takes the server a quarter of a second.
    await page.keyboard.type('SHUTDOWN\nno such word\nMSGSTORE\nahead\nMSGGET\nMSGS');
    await terminal.expectTextWithCursor(
      `Server: 301 WRONG PASSWORD\n${PROMPT} MSGSTORE\nClient: MSGSTORE\nServer: 200 OK\n` +
        `${MESSAGE_PROMPT} ahead\nClient: ahead\nServer: 200 OK\n` +
        `${PROMPT} MSGGET\nClient: MSGGET\nServer: 200 OK\nahead\n${PROMPT} MSGS|`,
    );
  });
});

test(
  'a message that arrives while the user types appears above the line, which stays',
  QUICK,
  async ({ terminal, page, server }) => {
    await terminal.expectText(PROMPT);
    await terminal.type('MSGWATCH');
    await terminal.expectText(`${APPLE}\n${PROMPT}`);
    await page.keyboard.type('MSGSTOE');
    await page.keyboard.press('ArrowLeft');
    await store('first news', server.port);
    await terminal.expectTextWithCursor(`${APPLE}\nfirst news\n${PROMPT} MSGSTO|E`);
    await page.keyboard.type('R');
    await store('second news', server.port);
    await terminal.expectTextWithCursor(`first news\nsecond news\n${PROMPT} MSGSTOR|E`);
    await page.keyboard.press('Enter');
    await terminal.expectTextWithCursor(`Client: MSGSTORE\nServer: 200 OK\n${MESSAGE_PROMPT} |`);
  },
);

test.describe('a line longer than the screen is wide', () => {
  const flowOf = (line: string) => `${PROMPT}${line}`.replaceAll(' ', '');
  const expectFlow = (terminal: PageTerminal, line: string) =>
    expect.poll(() => flowWithCursor(terminal)).toBe(flowOf(line));

  test(
    'wraps, and is redrawn in mid-line on a screen of another size',
    QUICK,
    async ({ terminal, page }) => {
      await terminal.expectText(PROMPT);
      await page.keyboard.type(`${'a'.repeat(100)}${'z'.repeat(50)}`);
      for (let times = 0; times < 50; times++) await page.keyboard.press('ArrowLeft');
      const line = `${'a'.repeat(100)}|${'z'.repeat(50)}`;
      await expectFlow(terminal, line);
      const sizes = [
        [420, 640],
        [300, 640],
        [1400, 640],
        [700, 300],
        [1000, 640],
      ] as const;
      for (const [width, height] of sizes) {
        const before = (await terminal.rows()).map((row) => row.length);
        await page.setViewportSize({ width, height });
        // Other rows: the terminal has followed the page's size.
        await expect
          .poll(async () => (await terminal.rows()).map((row) => row.length))
          .not.toEqual(before);
        await expectFlow(terminal, line);
      }
      await page.keyboard.press('Home');
      await expectFlow(terminal, `|${'a'.repeat(100)}${'z'.repeat(50)}`);
      await page.keyboard.press('Control+k');
      await expectFlow(terminal, '|');
    },
  );

  test('shows the part with the cursor if it is also longer than the screen is high', async ({
    terminal,
    page,
  }) => {
    await page.setViewportSize({ width: 420, height: 300 });
    await expect.poll(async () => (await terminal.rows()).length).toBeLessThan(12);
    await page.keyboard.insertText(`start ${'x'.repeat(1000)} end`);
    await expect.poll(() => terminal.textWithCursor()).toMatch(/x end\|$/);
    const isFull = async () =>
      (await terminal.textWithCursor()).split('\n').length === (await terminal.rows()).length;
    await expect.poll(isFull).toBe(true);
    await page.keyboard.press('Home');
    await expect
      .poll(async () => (await terminal.textWithCursor()).replace('\n', ' '))
      .toMatch(/N\): \|start x/);
    await page.keyboard.press('End');
    await page.keyboard.press('Control+u');
    await expect.poll(() => terminal.flow()).toBe(PROMPT.replaceAll(' ', ''));
    await terminal.type('MSGGET');
    await expect.poll(() => terminal.flow()).toContain(`${APPLE}${PROMPT}`.replaceAll(' ', ''));
  });
});

test.describe('characters of all scripts', () => {
  test('take the cells they need, and the cursor moves by visible characters', async ({
    terminal,
    page,
  }) => {
    await askForMessage(terminal);
    const cellWidth = (await cursorLeft(page)) / (MESSAGE_PROMPT.length + 1);
    const graphemes = [
      ['漢', 2],
      ['字', 2],
      ['e\u0301', 1],
      ['👍🏽', 2],
      ['👨‍👩‍👧', 2],
      ['🇩🇪', 2],
      ['x', 1],
    ] as const;
    let cells = 0;
    for (const [grapheme, width] of graphemes) {
      await page.keyboard.insertText(grapheme);
      cells += width;
      await expectCursorAt(page, cells, cellWidth);
    }
    for (const [, width] of graphemes.toReversed()) {
      await page.keyboard.press('ArrowLeft');
      cells -= width;
      await expectCursorAt(page, cells, cellWidth);
    }
    await page.keyboard.press('End');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Enter');
    await terminal.expectText(`Client: 漢字e\u0301👍🏽\nServer: 200 OK\n${PROMPT}`);
  });

  test('are sent as typed if they run from right to left', async ({ terminal, page, server }) => {
    await askForMessage(terminal);
    await page.keyboard.insertText('שלום, עולם');
    await terminal.type('!');
    await terminal.expectText(`Client: שלום, עולם!\nServer: 200 OK\n${PROMPT}`);
    await server.program.waitForOutput(/MOTD updated to: שלום, עולם!\n/);
  });

  test('are inserted once by an input method, when they are chosen', async ({ terminal, page }) => {
    await askForMessage(terminal);
    await page.keyboard.type('[]');
    await page.keyboard.press('ArrowLeft');
    const inputMethod = await page.context().newCDPSession(page);
    const compose = (text: string) =>
      inputMethod.send('Input.imeSetComposition', {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      });
    for (const text of ['n', 'に', 'にほ', 'にほん']) {
      await compose(text);
      await expect(page.locator('.composition-view')).toHaveText(text);
    }
    await terminal.expectTextWithCursor(`${MESSAGE_PROMPT} [|]`);
    await inputMethod.send('Input.insertText', { text: '日本' });
    await terminal.expectTextWithCursor(`${MESSAGE_PROMPT} [日本|]`);
    await compose('ご');
    await compose('');
    await page.keyboard.type('!');
    await terminal.expectTextWithCursor(`${MESSAGE_PROMPT} [日本!|]`);
    await page.keyboard.press('Enter');
    await terminal.expectText(`Client: [日本!]\nServer: 200 OK\n${PROMPT}`);
  });

  test('are shown escaped if they are control characters, and rejected in a message', async ({
    terminal,
    page,
  }) => {
    await askForMessage(terminal);
    await page.keyboard.insertText('a\u009b31mb');
    await terminal.expectTextWithCursor(`${MESSAGE_PROMPT} a\\u{9b}31mb|`);
    await page.keyboard.press('Control+ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await terminal.expectTextWithCursor(`${MESSAGE_PROMPT} a|\\u{9b}31mb`);
    await page.keyboard.press('Enter');
    await terminal.expectText(`Client: a\\u{9b}31mb\nServer: 422 NOT PLAIN TEXT\n${PROMPT}`);
  });
});

test('shows a message of 4,000 characters while it is typed, stored, and read back', async ({
  terminal,
  page,
}) => {
  const message = 'abcdefgh'.repeat(500);
  await askForMessage(terminal);
  await page.keyboard.insertText(message);
  await expect.poll(() => flowWithCursor(terminal)).toMatch(/abcdefghabcdefgh\|$/);
  await page.keyboard.press('Backspace');
  await page.keyboard.type('!');
  await page.keyboard.press('Enter');
  await terminal.expectText(`Server: 200 OK\n${PROMPT}`);
  await terminal.type('MSGGET');
  await expect.poll(() => terminal.flow()).toContain(`${message.slice(-1000, -1)}!Entercommand`);
});
