// The page while it loads, and its parts that are loaded when they are first used.

import type { Page } from '@playwright/test';
import { startTcpService } from '../../testing/tcpService.ts';
import {
  expect,
  hold,
  keepToasts,
  PageTerminal,
  paste,
  QUICK,
  startBridgeTo,
  test,
} from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';

/** The page's own script. The others are loaded when they are used. */
const SCRIPT = '**/assets/index-*.js';

test(
  'opens the WebSocket before its script is loaded, and only one for the terminal',
  QUICK,
  async ({ page, bridge }) => {
    const opened: string[] = [];
    page.on('websocket', (webSocket) => opened.push(webSocket.url()));
    const release = await hold(page, SCRIPT);
    await page.goto(`http://127.0.0.1:${bridge.port}/`, { waitUntil: 'commit' });
    const url = `ws://127.0.0.1:${bridge.port}/ws?notices`;
    await expect.poll(() => opened).toEqual([url]);
    await expect(page.locator('.xterm')).toHaveCount(0);
    await release();
    await new PageTerminal(page).expectText(PROMPT);
    await expect(page.locator('#message')).toContainText('An apple');
    // The second one watches the message.
    expect(opened).toEqual([url, url]);
  },
);

test('shows what a server sent before the script was loaded, in order', QUICK, async ({ page }) => {
  const service = await startTcpService((socket) => {
    socket.write('one\ntwo é\n');
    socket.on('data', () => socket.write('three\n'));
  });
  const bridgePort = await startBridgeTo(`motd=127.0.0.1:${service.port}`);
  const frame = page
    .waitForEvent('websocket')
    .then((webSocket) => webSocket.waitForEvent('framereceived'));
  const release = await hold(page, SCRIPT);
  await page.goto(`http://127.0.0.1:${bridgePort}/?target=motd`, { waitUntil: 'commit' });
  await frame;
  await release();
  const terminal = new PageTerminal(page);
  await terminal.expectText('one\ntwo é\nmotd>');
  await terminal.type('go on');
  await terminal.expectText('one\ntwo é\nmotd> go on\nthree\nmotd>');
});

test.describe('before the script is loaded, the page', () => {
  let release: () => Promise<void>;

  test.beforeEach(async ({ page, bridge }) => {
    release = await hold(page, SCRIPT);
    await page.goto(`http://127.0.0.1:${bridge.port}/`, { waitUntil: 'commit' });
    await expect(page.locator('#status')).toHaveText('connecting…');
  });

  test('keeps what is typed', QUICK, async ({ page }) => {
    await page.keyboard.type('MSGGETS');
    await page.keyboard.press('Backspace');
    // No text, and the browser's own.
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.type('MSGST');
    await release();
    const terminal = new PageTerminal(page);
    await terminal.expectText(
      `Server: 200 OK\nAn apple a day keeps the doctor away.\n${PROMPT} MSGST`,
    );
    await page.keyboard.type('ORE');
    await terminal.expectText(`${PROMPT} MSGSTORE`);
  });

  test('discards a line with Ctrl-C, too', QUICK, async ({ page }) => {
    await page.keyboard.type('SHUTDOWN');
    await page.keyboard.press('Control+c');
    await page.keyboard.type('MSGGEY');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Delete');
    await page.keyboard.type('T\n');
    await release();
    await new PageTerminal(page).expectText(
      `${PROMPT} MSGGET\nClient: MSGGET\nServer: 200 OK\nAn apple a day keeps the doctor away.\n${PROMPT}`,
    );
  });

  test('copies selected text with Ctrl-C, and keeps the line', async ({ page }) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.keyboard.type('MSG');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+c');
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await expect.poll(copied).toContain('Message of the day');
    await release();
    await new PageTerminal(page).expectText(`${PROMPT} MSG`);
  });

  test('recalls a line with Up', async ({ page }) => {
    await page.evaluate(() => localStorage.setItem('motd.history /ws', '["MSGHIST"]'));
    await page.keyboard.press('ArrowUp');
    await release();
    await new PageTerminal(page).expectText(`${PROMPT} MSGHIST`);
  });
});

for (const [system, userAgent, modifiers] of [
  ['AltGr', 'Windows NT 10.0', { ctrlKey: true, altKey: true, modifierAltGraph: true }],
  ['Option on a Mac', 'Macintosh; Intel Mac OS X 10_15_7', { altKey: true }],
] as const) {
  test.describe(system, () => {
    test.use({ userAgent: `Mozilla/5.0 (${userAgent}) Chrome/140.0.0.0` });

    test('types a character before the script is loaded, too, and leads to the line', async ({
      page,
      bridge,
    }) => {
      const press = () =>
        page.evaluate((held) => {
          const init = { key: '@', bubbles: true, cancelable: true, ...held };
          (document.activeElement ?? document).dispatchEvent(new KeyboardEvent('keydown', init));
        }, modifiers);
      const release = await hold(page, SCRIPT);
      await page.goto(`http://127.0.0.1:${bridge.port}/`, { waitUntil: 'commit' });
      await expect(page.locator('#status')).toHaveText('connecting…');
      await press();
      await release();
      await new PageTerminal(page).expectText(`${PROMPT} @`);
      await page.locator('#help-button').focus();
      await press();
      await expect(page.locator('.xterm-helper-textarea')).toBeFocused();
    });
  });
}

for (const [missing, files] of [
  ['its script is loaded', SCRIPT],
  ['the target is described', '**/targets/*.json'],
] as const) {
  test(`has inert buttons until ${missing}, so that no press is lost`, async ({ page }) => {
    const bridgePort = await startBridgeTo('motd=127.0.0.1:1', 'redis=127.0.0.1:1');
    const release = await hold(page, files);
    const requested = page.waitForRequest(files);
    await page.goto(`http://127.0.0.1:${bridgePort}/?target=redis`, { waitUntil: 'commit' });
    await requested;
    await expect(page.locator('#tools')).toHaveAttribute('inert');
    // Playwright presses a button once it can be pressed.
    const pressed = page.locator('#help-button').click();
    await release();
    await pressed;
    await expect(page.locator('#help')).toBeVisible();
  });
}

test('closes the WebSocket if its script cannot be loaded', async ({ page, bridge }) => {
  // Not `waitForEvent('close')`, which fails if the WebSocket is closed during its handshake.
  const closed = page
    .waitForEvent('websocket')
    .then((webSocket) => new Promise((resolve) => webSocket.on('close', resolve)));
  await page.route(SCRIPT, (route) => route.abort());
  await page.goto(`http://127.0.0.1:${bridge.port}/`);
  await expect(page.locator('body')).toHaveText(/^This page is incomplete/);
  await closed;
});

interface Part {
  name: string;
  /** How many files are requested; 1 by default. */
  count?: number;
  files: string;
  use: (page: Page) => Promise<void>;
  expectUsed: (page: Page) => Promise<void>;
}

const PARTS: Part[] = [
  {
    name: 'the help',
    files: '**/assets/panels-*.js',
    use: (page) => page.keyboard.press('F1'),
    expectUsed: (page) => expect(page.locator('#help')).toBeVisible(),
  },
  {
    name: 'the settings',
    files: '**/assets/panels-*.js',
    use: (page) => pressButton(page, 'Settings'),
    expectUsed: (page) => expect(page.locator('#settings')).toBeVisible(),
  },
  {
    name: 'the dialog that plans a message',
    files: '**/assets/panels-*.js',
    use: (page) => pressButton(page, 'Plan a message'),
    expectUsed: (page) => expect(page.locator('#plan')).toBeVisible(),
  },
  {
    name: 'the history',
    files: '**/assets/panels-*.js',
    use: (page) => pressButton(page, 'Message history'),
    expectUsed: (page) => expect(page.locator('#history')).toContainText('No message'),
  },
  {
    name: 'the search',
    // The bar is one of the panels, which have four files.
    count: 5,
    files: '**/assets/addon-search-*.js',
    async use(page) {
      await page.keyboard.press('Control+f');
      await page.keyboard.type('shut');
    },
    expectUsed: (page) => expect(page.locator('#find-count')).toHaveText('1 of 1'),
  },
];

/** By keyboard. */
async function pressButton(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name }).focus();
  await page.keyboard.press('Enter');
}

for (const { name, count = 1, files, use, expectUsed } of PARTS) {
  test(`${name}: opens once it is loaded, and loads at its first use`, async ({
    page,
    terminal,
  }) => {
    await terminal.expectText(PROMPT);
    const requested: string[] = [];
    page.on('request', (request) => requested.push(request.url()));
    const release = await hold(page, files);
    await use(page);
    await expect.poll(() => requested).toHaveLength(count);
    await release();
    await expectUsed(page);
  });

  test(`${name}: reports that it cannot be loaded, keeps the line, and opens later`, async ({
    page,
    terminal,
  }) => {
    await keepToasts(page);
    await terminal.expectText(PROMPT);
    await page.keyboard.type('half');
    await page.route(files, (route) => route.fulfill({ status: 404 }));
    await use(page);
    await expect(page.locator('#toast')).toHaveText(/could not be loaded\. Try again, or reload/);
    await terminal.expectText(`${PROMPT} half`);

    await page.unroute(files);
    await page.keyboard.press('Escape');
    await use(page);
    await expectUsed(page);
  });
}

const CHARACTERS = '**/assets/graphemeTable-*.js';

test('draws wide characters once their widths are loaded', async ({ page, terminal }) => {
  await terminal.expectText(PROMPT);
  const release = await hold(page, CHARACTERS);
  const requested = page.waitForRequest(CHARACTERS);
  await paste(page, '漢字!');
  await requested;
  await page.keyboard.type('?');
  await release();
  await terminal.expectTextWithCursor(`${PROMPT} 漢字!?|`);
});

test('sends a line whose widths could not be loaded', async ({ page, terminal }) => {
  await keepToasts(page);
  await terminal.expectText(PROMPT);
  await page.route(CHARACTERS, (route) => route.fulfill({ status: 404 }));
  await terminal.type('MSGSTORE');
  await terminal.expectText('Enter new message of the day:');
  await paste(page, '漢字');
  await expect(page.locator('#toast')).toHaveText(/Some characters may overlap/);
  await page.keyboard.press('Enter');
  await expect(page.locator('#message')).toHaveText('漢字');
  await terminal.expectText(PROMPT);
});

test('shows a message as text if the code for its links cannot be loaded', async ({
  page,
  terminal,
}) => {
  await terminal.expectText(PROMPT);
  const files = '**/assets/links-*.js';
  await page.route(files, (route) => route.abort());
  const failed = page.waitForEvent('requestfailed');
  await terminal.type('MSGSTORE\nsee https://a.example');
  await failed;
  await expect(page.locator('#message')).toHaveText('see https://a.example');
});
