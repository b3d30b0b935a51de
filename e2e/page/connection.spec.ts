import type { Page } from '@playwright/test';
import { freePort } from '../../testing/freePort.ts';
import { startTcpService, type TcpService } from '../../testing/tcpService.ts';
import {
  test as base,
  expect,
  type ListeningProgram,
  PageTerminal,
  paste,
  QUICK,
  startBridge,
  startServer,
  WHOLE_BROWSER,
} from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const MESSAGE_PROMPT = 'Enter new message of the day:';
const APPLE = 'An apple a day keeps the doctor away.';
const TRYING = '[reconnecting; press Enter to try now]';
const UNKNOWN = '[it is not known whether the message was stored]';
const SERVER_ENDED = /\[motd (closed|reset) the connection \(10(00|14)\)\]/;

// The page waits a random time, within bounds that grow with each failure, and a slow machine takes
// long to start a server. Here the random wait is always the shortest.
const test = base.extend({
  page: async ({ page }, use) => {
    await page.addInitScript(() => {
      Math.random = () => 0;
    });
    await use(page);
  },
});

async function openPage(page: Page, bridge: ListeningProgram): Promise<PageTerminal> {
  await page.goto(`http://127.0.0.1:${bridge.port}/`);
  return new PageTerminal(page);
}

async function expectState(
  page: Page,
  state: 'connected' | 'waiting' | 'offline' | 'sessionEnded' | 'shutDown',
): Promise<void> {
  await expect(page.locator('#status-light')).toHaveAttribute('data-state', state);
}

function status(page: Page) {
  return page.locator('#status');
}

/** Makes the page's next first wait 50 s long, longer than any test. */
async function delayReconnects(page: Page): Promise<void> {
  await page.evaluate(() => {
    Math.random = () => 100;
  });
}

/** The seconds until the next attempt, as shown in the header. */
async function countdown(page: Page): Promise<number> {
  const text = await page.locator('#countdown:visible').textContent();
  return Number(/^retrying in (\d+) s$/.exec(text ?? '')?.[1]);
}

/** @param name The name and labels of a metric. A missing metric counts as 0. */
async function metric({ port }: ListeningProgram, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const lines = (await response.text()).split('\n');
  const found = lines.find((line) => line.startsWith(`${name} `));
  return Number(found?.slice(name.length) ?? 0);
}

const OPENED = 'motd_bridge_sessions_opened_total{target="motd"}';
const REFUSED = 'motd_bridge_target_failures_total{target="motd",reason="refused"}';

test.describe('a lost connection', () => {
  test(
    'keeps the typed line and its cursor if the server was killed',
    QUICK,
    async ({ terminal, page, server }) => {
      await terminal.expectText(PROMPT);
      await expectState(page, 'connected');
      await expect(status(page)).toHaveText('connected');
      await page.keyboard.type('MSGGxET');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowLeft');
      await server.program.kill();
      await terminal.expectTextWithCursor(`${TRYING}\nMSGGx|ET`);
      expect(await terminal.text()).toMatch(SERVER_ENDED);
      await expect(status(page)).toHaveText(/^(not connected: motd |connecting…)/);
      await page.keyboard.press('Backspace');
      await terminal.expectTextWithCursor(`${TRYING}\nMSGG|ET`);
      await startServer(server.port);
      await terminal.expectTextWithCursor(`${TRYING}\n${PROMPT} MSGG|ET`);
      await expect(status(page)).toHaveText('connected');
      await page.keyboard.press('Enter');
      await terminal.expectText(`${APPLE}\n${PROMPT}`);
    },
  );

  test(
    'is restored with the bridge, whether that was stopped or killed',
    QUICK,
    async ({ terminal, page, server, bridge }) => {
      await terminal.expectText(PROMPT);
      await page.keyboard.type('half');
      await page.keyboard.press('Home');
      await bridge.program.stop();
      await terminal.expectTextWithCursor(`[the bridge is stopping (1001)]\n${TRYING}\n|half`);
      await expect(status(page)).toHaveText('not connected: the bridge cannot be reached');
      const again = await startBridge(server.port, bridge.port);
      await terminal.expectTextWithCursor(`${TRYING}\n${PROMPT} |half`);
      await page.keyboard.press('Control+k');
      // After a command was sent, a loss is reported again.
      await terminal.type('MSGGET');
      await terminal.expectText(`${APPLE}\n${PROMPT}`);
      await again.program.kill();
      await terminal.expectText(`[the connection to the bridge was lost (1006)]\n${TRYING}`);
      await startBridge(server.port, bridge.port);
      await terminal.expectText(`${TRYING}\n${PROMPT}`);
    },
  );

  test('is restored when the network returns', async ({
    terminal,
    page,
    context,
    server,
    bridge,
  }) => {
    await terminal.expectText(PROMPT);
    await page.keyboard.type('half');
    await delayReconnects(page);
    await context.setOffline(true);
    await expectState(page, 'offline');
    await expect(status(page)).toHaveText('no network');
    // Chromium's offline mode leaves open connections up.
    await bridge.program.stop();
    await terminal.expectText(`${TRYING}\nhalf`);
    await expectState(page, 'offline');
    await expect(page.locator('#countdown')).toBeHidden();
    await startBridge(server.port, bridge.port);
    await context.setOffline(false);
    await terminal.expectTextWithCursor(`${TRYING}\n${PROMPT} half|`);
    await expectState(page, 'connected');
  });

  test('is not assumed if the bridge answers without a network, as on this computer', async ({
    terminal,
    page,
  }) => {
    await terminal.expectText(PROMPT);
    // Chromium's offline mode would stop the answers, too.
    await page.evaluate(() => {
      Object.defineProperty(navigator, 'onLine', { value: false });
      dispatchEvent(new Event('offline'));
    });
    await expect(status(page)).toHaveText('no network');
    await terminal.type('MSGGET');
    await terminal.expectText(`${APPLE}\n${PROMPT}`);
    await expect(status(page)).toHaveText('connected');
  });

  test(
    'counts down to the next attempt, and is retried immediately by the button',
    QUICK,
    async ({ terminal, page, server }) => {
      await terminal.expectText(PROMPT);
      const button = page.getByRole('button', { name: 'Try now' });
      await expect(button).toBeHidden();
      await delayReconnects(page);
      await server.program.stop();
      await expectState(page, 'waiting');
      const seconds = await countdown(page);
      expect(seconds).toBeGreaterThan(30);
      expect(seconds).toBeLessThanOrEqual(51);
      await expect.poll(() => countdown(page)).toBeLessThan(seconds - 1);
      await button.click();
      // The attempt fails, and each failure makes the next wait longer.
      await expect.poll(() => countdown(page)).toBeGreaterThan(100);
      await expect(status(page)).toHaveText(
        'not connected: motd refused the connection: is it running? (1014)',
      );
      await startServer(server.port);
      await button.click();
      await terminal.expectText(`${TRYING}\n${PROMPT}`);
      await expect(button).toBeHidden();
      await expect(page.locator('#countdown')).toBeHidden();
    },
  );

  test('is retried immediately by Enter, which does not send the line', async ({
    terminal,
    page,
    server,
  }) => {
    await terminal.expectText(PROMPT);
    await delayReconnects(page);
    await server.program.stop();
    await expectState(page, 'waiting');
    await page.keyboard.type('MSGGET');
    const again = await startServer(server.port);
    await page.keyboard.press('Enter');
    await terminal.expectTextWithCursor(`${TRYING}\n${PROMPT} MSGGET|`);
    await page.keyboard.press('Enter');
    await terminal.expectText(`${APPLE}\n${PROMPT}`);
    await terminal.type('QUIT');
    await again.program.waitForOutput(/: QUIT\n/);
    expect(again.program.stdout.match(/: MSGGET\n/g)).toHaveLength(1);
  });

  test('is reported once: a failed attempt prints nothing more', async ({
    terminal,
    server,
    bridge,
  }) => {
    await terminal.expectText(PROMPT);
    await server.program.stop();
    // Exactly the expected text: an attempt may show a prompt for a moment.
    let shown = '';
    await expect
      .poll(async () => {
        shown = await terminal.text();
        return shown.endsWith(TRYING);
      })
      .toBe(true);
    const before = await metric(bridge, REFUSED);
    // Its attempts, and those of the message above it.
    await expect.poll(() => metric(bridge, REFUSED)).toBeGreaterThan(before + 6);
    await expect.poll(() => terminal.text()).toBe(shown);
  });

  test('is not reported again before a command is sent', async ({ page, server }) => {
    const bridge = await startBridge(server.port, 0, ['--max-lifetime', '1']);
    const terminal = await openPage(page, bridge);
    await page.keyboard.type('half');
    const closed = 'motd_bridge_websocket_closes_total{code="1008"}';
    await expect.poll(() => metric(bridge, closed)).toBeGreaterThanOrEqual(6);
    await expect.poll(() => terminal.textWithCursor()).toMatch(/half\|$/);
    const notes = (await terminal.rows()).filter((row) => row.startsWith('['));
    expect(notes).toEqual(['[the session reached its maximum lifetime of 1 s (1008)]', TRYING]);
  });
});

/** A server that records what it receives, and closes on MSGGET. */
async function startClosingServer(): Promise<TcpService & { received(): string }> {
  let received = '';
  const service = await startTcpService((socket) => {
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
      if (text.includes('MSGGET')) socket.end();
    });
  });
  return { ...service, received: () => received };
}

test('reports each time a server that closes without a reply, and discards type-ahead', async ({
  page,
}) => {
  const server = await startClosingServer();
  const terminal = await openPage(page, await startBridge(server.port));
  await terminal.expectText(PROMPT);
  const shown = `${PROMPT} MSGGET\nClient: MSGGET\n[motd closed the connection (1000)]\n${TRYING}\n`;
  await paste(page, 'MSGGET\nfirst ahead\n');
  await terminal.expectTextWithCursor(`${shown}${PROMPT} |`);
  await paste(page, 'MSGGET\nsecond ahead\n');
  await terminal.expectTextWithCursor(`${shown}${shown}${PROMPT} |`);
  await terminal.type('at last');
  await expect.poll(() => server.received()).toContain('at last\n');
  expect(server.received()).not.toContain('ahead');
  server.close();
});

test.describe('a half-typed message', () => {
  test('is restored after several lost connections', QUICK, async ({ terminal, page, server }) => {
    await terminal.expectText(PROMPT);
    await terminal.type('MSGSTORE');
    await terminal.expectText(MESSAGE_PROMPT);
    await page.keyboard.type('half a mes');
    await server.program.kill();
    await terminal.expectTextWithCursor(`${TRYING}\n${MESSAGE_PROMPT} half a mes|`);
    await page.keyboard.type('sage');
    const second = await startServer(server.port);
    await terminal.expectTextWithCursor(`Server: 200 OK\n${MESSAGE_PROMPT} half a message|`);
    await second.program.kill();
    await terminal.expectTextWithCursor(`${TRYING}\n${MESSAGE_PROMPT} half a message|`);
    const third = await startServer(server.port);
    await terminal.expectTextWithCursor(`Server: 200 OK\n${MESSAGE_PROMPT} half a message|`);
    await terminal.type(', and the rest');
    await terminal.expectText(`Server: 200 OK\n${PROMPT}`);
    await third.program.waitForOutput(/MOTD updated to: half a message, and the rest\n/);
  });

  test('is never sent as a command', async ({ terminal, page, server }) => {
    await terminal.expectText(PROMPT);
    await terminal.type('MSGSTORE');
    await terminal.expectText(MESSAGE_PROMPT);
    await page.keyboard.type('QUIT');
    await server.program.kill();
    await terminal.expectTextWithCursor(`${TRYING}\n${MESSAGE_PROMPT} QUIT|`);
    const again = await startServer(server.port);
    await terminal.expectTextWithCursor(`Server: 200 OK\n${MESSAGE_PROMPT} QUIT|`);
    for (let times = 0; times < 'QUIT'.length; times++) await page.keyboard.press('Backspace');
    await terminal.type('at last');
    await again.program.waitForOutput(/MOTD updated to: at last\n/);
    expect(again.program.stdout).not.toContain('QUIT');
  });
});

test(
  'discards a half-typed password, and what is typed of it after the loss',
  QUICK,
  async ({ terminal, page, server }) => {
    const dropped = 'The password was not sent; press Enter to continue: |';
    await terminal.expectText(PROMPT);
    await terminal.type('SHUTDOWN');
    await terminal.expectText('Enter shutdown password:');
    await page.keyboard.type('half a ');
    await server.program.kill();
    await terminal.expectTextWithCursor(`${TRYING}\n${dropped}`);
    await page.keyboard.type('pass');
    const again = await startServer(server.port);
    await expectState(page, 'connected');
    await page.keyboard.type('word');
    await terminal.expectTextWithCursor(`${TRYING}\n${dropped}`);
    await page.keyboard.press('Enter');
    await terminal.expectTextWithCursor(`${TRYING}\n${PROMPT} |`);
    await terminal.type('SHUTDOWN');
    await terminal.expectTextWithCursor('Enter shutdown password: |');
    await again.program.waitForOutput(/: SHUTDOWN\n/);
    await page.keyboard.press('Control+y');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.type('!');
    await terminal.expectTextWithCursor('Enter shutdown password: !|');
    for (const piece of ['half a', 'pass', 'word']) {
      const kept = await page.evaluate(() => localStorage.getItem('motd.history /ws'));
      expect(kept).not.toContain(piece);
      expect(again.program.stdout).not.toContain(piece);
      expect(await terminal.text()).not.toContain(`: ${piece}`);
    }
  },
);

test('does not send text typed ahead in one session in the next', async ({
  terminal,
  page,
  server,
}) => {
  await terminal.expectText(PROMPT);
  await paste(page, 'QUIT\nSHUTDOWN\n123!abc\nMSG');
  await terminal.expectText('[session ended; press Enter to start another]');
  await page.keyboard.press('Enter');
  await terminal.expectTextWithCursor(`[session ended; press Enter to start another]\n${PROMPT} |`);
  await terminal.type('MSGGET');
  await terminal.expectText(`${APPLE}\n${PROMPT}`);
  await server.program.waitForOutput(/: MSGGET\n/);
  expect(server.program.stdout).not.toContain('SHUTDOWN');
});

test('a reply that is overdue shows, until it arrives', async ({ page }) => {
  let reply = () => {};
  const service = await startTcpService((socket) => {
    socket.on('data', (data) => {
      if (data.includes('MSGGET')) reply = () => socket.write(`200 OK\n${APPLE}\n`);
    });
  });
  const terminal = await openPage(page, await startBridge(service.port));
  await terminal.expectText(PROMPT);
  await terminal.type('MSGGET');
  await expect(status(page)).toHaveText('not responding', { timeout: 10_000 });
  await expect(page.getByRole('button', { name: 'Reconnect' })).toBeVisible();
  // The connection outlasts a network that the browser misses for a moment.
  await page.evaluate(() => dispatchEvent(new Event('offline')));
  await expect(status(page)).toHaveText('no network');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(status(page)).toHaveText('not responding', { timeout: 10_000 });
  reply();
  await terminal.expectText(`${APPLE}\n${PROMPT}`);
  await expect(status(page)).toHaveText('connected');
  await expect(page.locator('#try-now')).toBeHidden();
});

test.describe('a session that has ended', () => {
  test(
    'stays closed after QUIT until Enter, whatever wakes the page',
    QUICK,
    async ({ terminal, page, bridge, browser }) => {
      await terminal.expectText(PROMPT);
      await expect(page.locator('#message')).toHaveText(APPLE);
      await terminal.type('QUIT');
      await terminal.expectText('Server: 200 OK\n[session ended; press Enter to start another]');
      await expectState(page, 'sessionEnded');
      await expect(status(page)).toHaveText('session ended');
      await expect(page.locator('#countdown')).toBeHidden();
      const opened = await metric(bridge, OPENED);
      await page.evaluate(() => {
        dispatchEvent(new Event('online'));
        dispatchEvent(new PageTransitionEvent('pageshow'));
        document.dispatchEvent(new Event('visibilitychange'));
      });
      // Another page gets a session, and one for its message: no other page has connected.
      const other = await browser.newPage();
      await (await openPage(other, bridge)).expectText(PROMPT);
      await expect(other.locator('#message')).toHaveText(APPLE);
      await other.close();
      expect(await metric(bridge, OPENED)).toBe(opened + 2);
      await expectState(page, 'sessionEnded');

      await page.keyboard.press('Enter');
      await terminal.expectText(`[session ended; press Enter to start another]\n${PROMPT}`);
      expect(await metric(bridge, OPENED)).toBe(opened + 3);
      await terminal.type('MSGGET');
      await terminal.expectText(`${APPLE}\n${PROMPT}`);
    },
  );

  test('is followed by a new one if the button is pressed', async ({ terminal, page }) => {
    await terminal.expectText(PROMPT);
    await terminal.type('QUIT');
    await terminal.expectText('[session ended; press Enter to start another]');
    await page.getByRole('button', { name: 'Start again' }).click();
    await terminal.expectText(`[session ended; press Enter to start another]\n${PROMPT}`);
    await expectState(page, 'connected');
  });

  test('explains after SHUTDOWN how to continue', QUICK, async ({ terminal, page, server }) => {
    const hint = '[the server was shut down; ask its operator to start it again, then press Enter]';
    await terminal.expectText(PROMPT);
    await terminal.type('SHUTDOWN');
    await terminal.expectText('Enter shutdown password:');
    await terminal.type('123!abc');
    await terminal.expectText(`Server: 200 OKAY\n${hint}`);
    expect(await server.program.exitCode()).toBe(0);
    await expectState(page, 'shutDown');
    await expect(status(page)).toHaveText('server shut down');
    await page.keyboard.press('Enter');
    await expect(status(page)).toHaveText(/is it running\? \(1014\)$/);
    await terminal.expectText(`is it running? (1014)]\n${TRYING}`);
    await startServer(server.port);
    await terminal.expectText(PROMPT);
    await terminal.type('MSGGET');
    await terminal.expectText(`${APPLE}\n${PROMPT}`);
  });
});

test.describe('a connection that the bridge closes', () => {
  test('explains 1008 after too many messages', async ({ page, server }) => {
    const bridge = await startBridge(server.port, 0, ['--max-message-rate', '1']);
    const terminal = await openPage(page, bridge);
    await terminal.expectText(PROMPT);
    await paste(page, 'MSGGET\n'.repeat(40));
    await expect
      .poll(() => terminal.text())
      .toContain(`\n[more than 1 messages per second (1008)]\n${TRYING}`);
    await terminal.expectText(PROMPT);
  });

  test('explains 1009 after a message that is too large, which the arrow key recalls', async ({
    page,
    server,
  }) => {
    const bridge = await startBridge(server.port, 0, ['--max-message-bytes', '100']);
    const terminal = await openPage(page, bridge);
    const message = 'x'.repeat(100);
    await terminal.expectText(PROMPT);
    await terminal.type('MSGSTORE');
    await terminal.expectText(MESSAGE_PROMPT);
    await terminal.type(message);
    await terminal.expectText(
      `[the bridge closed the connection: the message is too large (1009)]\n${UNKNOWN}\n${TRYING}\n${PROMPT}`,
    );
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => terminal.flow()).toMatch(/SHUTDOWN\):x{100}$/);
  });

  test('explains 1013 if the bridge is full, and connects by itself later', async ({
    page,
    browser,
    server,
  }) => {
    // A page has a session for its message as well.
    const bridge = await startBridge(server.port, 0, ['--max-sessions', '2']);
    const first = await browser.newPage();
    await (await openPage(first, bridge)).expectText(PROMPT);
    await expect(first.locator('#message')).toHaveText(APPLE);
    const terminal = await openPage(page, bridge);
    await terminal.expectText(`[the bridge is full: try again later (1013)]\n${TRYING}`);
    await first.close();
    await terminal.expectText(`${TRYING}\n${PROMPT}`);
    await expectState(page, 'connected');
  });

  test('explains 1014 without a server, and waits for it', QUICK, async ({ page }) => {
    const port = await freePort();
    const terminal = await openPage(page, await startBridge(port));
    await terminal.expectText(`[motd refused the connection: is it running? (1014)]\n${TRYING}`);
    await startServer(port);
    await terminal.expectText(`${TRYING}\n${PROMPT}`);
    await terminal.type('MSGGET');
    await terminal.expectText(`${APPLE}\n${PROMPT}`);
  });
});

// Playwright turns Chromium's back/forward cache off by default.
const testWithPageCache = test.extend<{ returning: Page }>({
  returning: async ({ playwright, launchOptions }, use) => {
    const ignoreDefaultArgs = ['--disable-back-forward-cache'];
    const browser = await playwright.chromium.launch({ ...launchOptions, ignoreDefaultArgs });
    await use(await browser.newPage());
    await browser.close();
  },
});

testWithPageCache(
  'reconnects a page that returns from the back/forward cache',
  WHOLE_BROWSER,
  async ({ returning: page, bridge }) => {
    await page.addInitScript(() => {
      addEventListener('pageshow', ({ persisted }) => {
        document.documentElement.dataset['wasKept'] = String(persisted);
      });
    });
    const terminal = await openPage(page, bridge);
    await terminal.expectText(PROMPT);
    await expect(page.locator('#message')).toHaveText(APPLE);
    await page.keyboard.type('half');
    await terminal.expectTextWithCursor(`${PROMPT} half|`);
    await page.goto(`http://127.0.0.1:${bridge.port}/healthz`);
    // A page from the cache is not loaded again.
    await page.goBack({ waitUntil: 'commit' });
    await terminal.expectTextWithCursor(`[this page was left]\n${TRYING}\n${PROMPT} half|`);
    await expect(page.locator('html')).toHaveAttribute('data-was-kept', 'true');
    await expectState(page, 'connected');
  },
);
