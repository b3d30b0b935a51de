// The current message above the terminal, live, and the panel with its history, in a real Chromium.

import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { Page } from '@playwright/test';
import { Program } from '../../testing/programs.ts';
import { startTcpService } from '../../testing/tcpService.ts';
import {
  expect,
  PageTerminal,
  QUICK,
  sendLines,
  startBridge,
  startServer,
  store,
  test,
} from '../fixtures.ts';
import { reloadTargets } from '../reload.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const TITLE = 'Message of the day';

function banner(page: Page) {
  return page.locator('#message');
}

/** Makes the page believe that its tab was hidden, or shown again. */
async function setVisible(page: Page, state: 'visible' | 'hidden'): Promise<void> {
  await page.evaluate((visibilityState) => {
    Object.defineProperty(document, 'visibilityState', { value: visibilityState, writable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}

test.describe('the message', () => {
  test(
    'is shown from the start, above the terminal and in the title',
    QUICK,
    async ({ terminal, page }) => {
      await terminal.expectText('SHUTDOWN):');
      await expect(banner(page)).toHaveText(APPLE);
      await expect(page).toHaveTitle(`${APPLE} – ${TITLE}`);
      await expect(page.locator('#message-bar')).toHaveAttribute('data-state', 'current');
    },
  );

  test(
    'is not replaced unseen: a second Enter is asked for if it changed meanwhile',
    QUICK,
    async ({ terminal, page, server }) => {
      await terminal.expectText('SHUTDOWN):');
      await expect(banner(page)).toHaveText(APPLE);
      await terminal.type('MSGSTORE');
      await terminal.expectText('day:');
      await terminal.page.keyboard.type('mine');
      await store('theirs', server.port);
      await expect(banner(page)).toHaveText('theirs');
      await terminal.page.keyboard.press('Enter');
      await expect
        .poll(() => terminal.text())
        .toContain('[the message has changed; press Enter again to replace it]');
      await terminal.expectText('day: mine');
      await expect(banner(page)).toHaveText('theirs');
      await terminal.page.keyboard.press('Enter');
      await expect(banner(page)).toHaveText('mine');
    },
  );

  test(
    'appears immediately on a page other than the one that stored it',
    QUICK,
    async ({ terminal, page, browser, bridge }) => {
      const other = await browser.newPage();
      await other.goto(`http://127.0.0.1:${bridge.port}/`);
      await expect(banner(other)).toHaveText(APPLE);
      await terminal.expectText('SHUTDOWN):');
      await terminal.type('MSGSTORE');
      await terminal.expectText('day:');
      await terminal.type('from one page to another');
      await expect(banner(other)).toHaveText('from one page to another');
      await expect(banner(page)).toHaveText('from one page to another');

      const otherTerminal = new PageTerminal(other);
      await otherTerminal.page.locator('.xterm-helper-textarea').focus();
      await otherTerminal.type('MSGSTORE');
      await otherTerminal.expectText('day:');
      await otherTerminal.type('and back');
      await expect(banner(page)).toHaveText('and back');
      await other.close();
    },
  );

  test('marks a hidden tab until it is shown', async ({ terminal, page, server }) => {
    await terminal.expectText('SHUTDOWN):');
    await expect(banner(page)).toHaveText(APPLE);
    await setVisible(page, 'hidden');
    await expect(page).toHaveTitle(`${APPLE} – ${TITLE}`);
    await store('news', server.port);
    await expect(page).toHaveTitle(`● news – ${TITLE}`);
    await setVisible(page, 'visible');
    await expect(page).toHaveTitle(`news – ${TITLE}`);
  });

  test('is marked as stale while the server is down, and is not announced again if it is unchanged', async ({
    terminal,
    page,
    server,
  }) => {
    await terminal.expectText('SHUTDOWN):');
    await expect(banner(page)).toHaveText(APPLE);
    await setVisible(page, 'hidden');
    await server.program.stop();
    await expect(page.locator('#message-bar')).toHaveAttribute('data-state', 'stale');
    await expect(banner(page)).toHaveText(APPLE);
    await startServer(server.port);
    await expect(page.locator('#message-bar')).toHaveAttribute('data-state', 'current');
    await expect(page).toHaveTitle(`${APPLE} – ${TITLE}`);
  });

  test('is plain text: markup stays text, and a URL becomes a link', async ({
    terminal,
    page,
    server,
  }) => {
    await terminal.expectText('SHUTDOWN):');
    const message = '<img src=x> see https://example.org/a_(b), javascript:alert(1)';
    await store(message, server.port);
    await expect(banner(page)).toHaveText(message);
    await expect(banner(page).locator('*')).toHaveCount(1);
    const link = banner(page).getByRole('link', { name: 'https://example.org/a_(b)', exact: true });
    await expect(link).toHaveAttribute('href', 'https://example.org/a_(b)');
    await expect(link).toHaveAttribute('target', '_blank');
    await expect(link).toHaveAttribute('rel', 'noopener noreferrer');
  });

  test('may be the same text as a reply that closes', async ({ terminal, page, server }) => {
    await terminal.expectText('SHUTDOWN):');
    await expect(banner(page)).toHaveText(APPLE);
    await store('421 IDLE TOO LONG', server.port);
    await expect(banner(page)).toHaveText('421 IDLE TOO LONG');
    await store('and on', server.port);
    await expect(banner(page)).toHaveText('and on');
    await expect(page.locator('#message-bar')).toHaveAttribute('data-state', 'current');
  });

  test('leaves room for the terminal if it has 4,000 characters, and scrolls by keyboard', async ({
    terminal,
    page,
    server,
  }) => {
    await terminal.expectText('SHUTDOWN):');
    const showAll = page.getByRole('button', { name: 'Show all' });
    await expect(showAll).toBeHidden();
    const message = 'abcdefgh '.repeat(444);
    await store(message, server.port);
    await expect(banner(page)).toContainText('abcdefgh abcdefgh');
    await expect(showAll).toBeVisible();
    await expect(banner(page)).not.toHaveAttribute('tabindex');
    const { height = 0 } = (await page.locator('#message-bar').boundingBox()) ?? {};
    expect(height).toBeGreaterThan(0);
    expect(height).toBeLessThan(640 * 0.31);
    expect((await page.title()).length).toBeLessThan(100);
    await showAll.press('Enter');
    await expect(banner(page)).toHaveAttribute('tabindex', '0');
    await banner(page).focus();
    await page.keyboard.press('End');
    await expect
      .poll(() => banner(page).evaluate((element) => element.scrollTop))
      .toBeGreaterThan(0);
    await page.keyboard.press('Escape');
    await expect(showAll).toBeFocused();
    await expect(banner(page)).not.toHaveAttribute('tabindex');
    await terminal.expectText('SHUTDOWN):');
  });

  test('is hidden for a service that has none', async ({ page }) => {
    const received: string[] = [];
    let connections = 0;
    const echo = await startTcpService((socket) => {
      connections++;
      socket.on('data', (data) => received.push(String(data)));
      socket.pipe(socket);
    });
    const args = ['bridge', '--target', `motd=127.0.0.1:${echo.port}`, '--http-port', '0'];
    const bridge = Program.motd(args);
    const [, port] = await bridge.waitForOutput(/listening on http:\/\/127\.0\.0\.1:(\d+)\n/);
    await page.goto(`http://127.0.0.1:${port}/`);
    await expect(page.locator('#message-bar')).toHaveAttribute('data-state', 'unsupported');
    await expect(banner(page)).toBeHidden();
    await expect(page).toHaveTitle(TITLE);
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await expect.poll(echo.closedCount).toBeGreaterThanOrEqual(1);
    // Opened after all that the page has opened: one for the terminal, one for the message.
    await page.evaluate(async () => {
      const webSocket = new WebSocket(`ws://${location.host}/ws`);
      await new Promise((resolve) => {
        webSocket.onopen = () => webSocket.send('echoed');
        webSocket.onmessage = resolve;
      });
    });
    expect(connections).toBe(3);
    expect(received.filter((text) => text.includes('MSGWATCH'))).toHaveLength(1);
    await bridge.stop();
    echo.close();
  });
});

test('shows the message again once its target is back in the list', async ({ page, server }) => {
  test.skip(process.platform === 'win32', 'there is no SIGHUP');
  const file = test.info().outputPath('targets.txt');
  const install = (name: string) => writeFileSync(file, `${name}=127.0.0.1:${server.port}\n`);
  install('motd');
  const bridge = Program.motd(['bridge', '--targets-file', file, '--http-port', '0']);
  const [, port] = await bridge.waitForOutput(/listening on http:\/\/127\.0\.0\.1:(\d+)\n/);
  await page.goto(`http://127.0.0.1:${port}/?target=motd&as=motd`);
  await expect(banner(page)).toHaveText(APPLE);

  install('other');
  await reloadTargets(bridge);
  await server.program.stop();
  await startServer(server.port);
  await expect(page.locator('#message-bar')).toHaveAttribute('data-state', 'ended');
  await expect(page.locator('#status')).toHaveText('unknown target');

  install('motd');
  await reloadTargets(bridge);
  await page.keyboard.press('Enter');
  await expect(page.locator('#status')).toHaveText('connected');
  await expect(banner(page)).toHaveText(APPLE);
  await expect(page.locator('#message-bar')).toHaveAttribute('data-state', 'current');
  await store('and on', server.port);
  await expect(banner(page)).toHaveText('and on');
  await bridge.stop();
});

test('detects a connection that died while the computer slept when the page wakes', async ({
  page,
  server,
}) => {
  const bridge = await startBridge(server.port);
  const network = await networkTo(bridge.port);
  const url = `http://127.0.0.1:${network.port}/`;
  await page.goto(url);
  const terminal = new PageTerminal(page);
  await terminal.expectText('SHUTDOWN):');
  await expect(banner(page)).toHaveText(APPLE);

  network.cut();
  await store('stored while it slept', server.port);
  await page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 3_600_000;
    dispatchEvent(new Event('online'));
  });
  await expect(banner(page)).toHaveText('stored while it slept');
  await expect.poll(() => terminal.text()).toContain('[the server did not answer]');
  await terminal.expectText('SHUTDOWN):');
  network.stop();
});

test.describe('the history', () => {
  test('is opened and closed with the keyboard, and shows if it is empty', async ({
    terminal,
    page,
  }) => {
    await terminal.expectText('SHUTDOWN):');
    const button = page.getByRole('button', { name: 'Message history' });
    await button.focus();
    await page.keyboard.press('Enter');
    const panel = page.getByRole('complementary', { name: 'Message history' });
    await expect(panel).toContainText(
      'No message has been stored yet. Type MSGSTORE to store the first.',
    );
    await expect(button).toHaveAttribute('aria-expanded', 'true');
    await expect(panel.getByRole('button', { name: 'Close the history' })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(panel).toBeHidden();
    await expect(button).toHaveAttribute('aria-expanded', 'false');
    await expect(button).toBeFocused();
  });

  test('gives the focus back to the line if it was opened with the mouse', async ({
    terminal,
    page,
  }) => {
    await terminal.expectText('SHUTDOWN):');
    await page.keyboard.type('MSGGET');
    await page.getByRole('button', { name: 'Message history' }).click();
    const panel = page.getByRole('complementary', { name: 'Message history' });
    await expect(panel).toBeVisible();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await terminal.expectText('SHUTDOWN):');
    expect(await terminal.text()).toContain('Client: MSGGET');
    await expect(panel).toBeHidden();
  });

  test.describe('for a reader in Berlin', () => {
    test.use({ timezoneId: 'Europe/Berlin', locale: 'de-DE' });

    test('lists the newest first, with local times', QUICK, async ({ terminal, page, server }) => {
      await terminal.expectText('SHUTDOWN):');
      const startedAtMs = Date.now();
      await store('the older one', server.port);
      await store('<b>the newer one</b> https://example.org/', server.port);
      await page.getByRole('button', { name: 'Message history' }).click();
      const entries = page.locator('#history li');
      await expect(entries).toHaveCount(2);
      await expect(entries.nth(0)).toContainText('<b>the newer one</b>');
      await expect(entries.nth(0).getByRole('link')).toHaveAttribute(
        'href',
        'https://example.org/',
      );
      await expect(entries.nth(1)).toContainText('the older one');

      const time = entries.nth(0).locator('time');
      const stored = new Date((await time.getAttribute('datetime')) ?? '');
      // The server sends whole seconds.
      expect(stored.getTime()).toBeGreaterThan(startedAtMs - 1000);
      expect(stored.getTime()).toBeLessThanOrEqual(Date.now());
      const zone = { timeZone: 'Europe/Berlin' };
      const clock = stored.toLocaleTimeString('de-DE', { ...zone, timeStyle: 'short' });
      const day = stored.toLocaleDateString('de-DE', { ...zone, dateStyle: 'full' });
      await expect(time).toHaveText('just now');
      for (const part of [day, clock]) {
        expect(await time.getAttribute('title')).toContain(part);
      }
      await time.click();
      await expect(time).toContainText(clock);
      await time.click();
      await expect(time).toHaveText('just now');
    });
  });

  test('is updated while it is open', async ({ terminal, page, server }) => {
    await terminal.expectText('SHUTDOWN):');
    await page.getByRole('button', { name: 'Message history' }).click();
    await expect(page.locator('#history')).toContainText('No message has been stored yet.');
    await store('one', server.port);
    await expect(page.locator('#history li')).toHaveCount(1);
    await store('two', server.port);
    await expect(page.locator('#history li')).toHaveText([/two$/, /one$/]);
    await expect(page.locator('#history')).not.toContainText('No message has been stored yet.');
  });

  test('explains why it cannot be read, and can be requested again', async ({
    terminal,
    page,
    server,
  }) => {
    await terminal.expectText('SHUTDOWN):');
    await server.program.stop();
    await page.getByRole('button', { name: 'Message history' }).click();
    const panel = page.locator('#history');
    await expect(panel).toContainText('motd refused the connection: is it running?');
    const again = await startServer(server.port);
    await store('back', again.port);
    await panel.getByRole('button', { name: 'Try again' }).click();
    await expect(panel.getByRole('button', { name: 'Close the history' })).toBeFocused();
    await expect(page.locator('#history li')).toHaveText([/back$/]);
    await expect(panel.getByRole('button', { name: 'Try again' })).toBeHidden();
  });

  test('shows a thousand messages, and scrolls', async ({ terminal, page, server }) => {
    await terminal.expectText('SHUTDOWN):');
    const numbers = Array.from({ length: 1000 }, (_, i) => i + 1);
    await sendLines(server.port, ...numbers.flatMap((i) => ['MSGSTORE', `message ${i}`]));
    // A later change would load the history again, and scroll it back.
    await expect(banner(page)).toHaveText('message 1000');
    await page.getByRole('button', { name: 'Message history' }).click();
    // A hundred at a time, and a button for the next.
    await expect(page.locator('#history li')).toHaveCount(100);
    for (let rest = 900; rest > 0; rest -= 100) {
      await page.getByRole('button', { name: `Show older messages (${rest})` }).click();
    }
    await expect(page.locator('#history li')).toHaveCount(1000);
    await expect(page.locator('#history li').first()).toContainText('message 1000');
    await page.locator('#history .lists').focus();
    await page.keyboard.press('End');
    await expect(page.locator('#history li').last()).toBeInViewport();
  });

  test('covers the terminal on a narrow screen', async ({ terminal, page }) => {
    await page.setViewportSize({ width: 380, height: 700 });
    await expect.poll(() => terminal.flow()).toContain('SHUTDOWN):');
    await page.getByRole('button', { name: 'Message history' }).click();
    await expect(page.locator('#history')).toContainText('No message has been stored yet.');
    const { x, width } = (await page.locator('#history').boundingBox()) ?? { x: 1, width: 0 };
    expect({ x, width }).toEqual({ x: 0, width: 380 });
  });
});

/** A network between the browser and a port that can silently lose all current connections. */
async function networkTo(port: number): Promise<{ port: number; cut(): void; stop(): void }> {
  const pairs = new Set<[Socket, Socket]>();
  const listener = await startTcpService((browser) => {
    const bridge = connect(port, '127.0.0.1').on('error', () => {});
    browser.pipe(bridge).pipe(browser);
    pairs.add([browser, bridge]);
  });
  return {
    port: listener.port,
    cut() {
      for (const [browser, bridge] of pairs) {
        browser.unpipe(bridge);
        bridge.unpipe(browser);
        // Nothing that either side sends gets through.
        browser.resume();
        bridge.resume();
      }
      pairs.clear();
    },
    stop() {
      listener.close();
      for (const [, bridge] of pairs) bridge.destroy();
    },
  };
}
