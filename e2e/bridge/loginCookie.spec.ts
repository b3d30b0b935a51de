// The page with passwords, in a browser that does not send them in WebSocket handshakes, such as
// Safari (WebKit bug 80362): a proxy in front of Chromium removes them.

import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Page } from '@playwright/test';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { expect, PageTerminal, PROMPT, QUICK, startBridge, test } from '../fixtures.ts';
import { writePrivately } from '../privateFiles.ts';

const ANNA = { username: 'anna', password: 'correct horse' };

const proxies = new Set<Server>();
test.afterEach(() => {
  for (const proxy of proxies) proxy.close();
  proxies.clear();
});

let users: string;
test.beforeEach(async () => {
  const hash = Program.motd(['hash-password']).input(`${ANNA.password}\n`);
  expect(await hash.exitCode()).toBe(0);
  users = test.info().outputPath('users');
  writePrivately(users, `${ANNA.username}:${hash.stdout}`);
});

/**
 * Forwards requests unchanged, and upgrades without `Authorization`. @returns The port of the
 * proxy.
 */
async function startSafari(bridgePort: number): Promise<number> {
  const proxy = createServer(({ method, url, headers }, response) => {
    request(
      { host: '127.0.0.1', port: bridgePort, method, path: url, headers },
      (bridgeResponse) => {
        response.writeHead(bridgeResponse.statusCode ?? 502, bridgeResponse.headers);
        bridgeResponse.pipe(response);
      },
    )
      .on('error', () => response.writeHead(502).end())
      .end();
  });
  proxy.on('upgrade', ({ url, headers: { authorization: _left, ...headers } }, browser: Socket) => {
    const bridge = connect(bridgePort, '127.0.0.1', () => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      bridge.write(`GET ${url} HTTP/1.1\r\n${lines.join('')}\r\n`);
      bridge.pipe(browser).pipe(bridge);
    });
    bridge.on('error', () => browser.destroy());
    browser.on('error', () => bridge.destroy());
  });
  proxies.add(proxy.listen(0, '127.0.0.1'));
  await once(proxy, 'listening');
  return (proxy.address() as AddressInfo).port;
}

async function getMessage(page: Page): Promise<void> {
  const terminal = new PageTerminal(page);
  await terminal.expectText(PROMPT);
  await terminal.type('MSGGET');
  await terminal.expectText(`Server: 200 OK\nAn apple a day keeps the doctor away.\n${PROMPT}`);
}

test.describe('a browser that knows the password', () => {
  test.use({ httpCredentials: ANNA });

  for (const [how, flags] of [
    ['one process', []],
    ['several workers', ['--workers', '2']],
  ] as const) {
    test(`opens the page's WebSockets by cookie: ${how}`, async ({ page, server }) => {
      const bridge = await startBridge(server.port, 0, ['--users-file', users, ...flags]);
      const port = await startSafari(bridge.port);
      await page.goto(`http://127.0.0.1:${port}/`);
      await getMessage(page);
      await expect(page.locator('#message')).toHaveText('An apple a day keeps the doctor away.');
    });
  }

  test('reads the history after its cookie has expired', async ({ page, context, server }) => {
    const bridge = await startBridge(server.port, 0, ['--users-file', users]);
    await page.goto(`http://127.0.0.1:${await startSafari(bridge.port)}/`);
    await getMessage(page);
    await context.clearCookies();
    await page.getByRole('button', { name: 'History' }).click();
    await expect(page.locator('#history')).toContainText('No message has been stored yet.');
  });

  test('reconnects to a bridge that does not know its cookie', QUICK, async ({ page, server }) => {
    const first = await startBridge(server.port, await freePort(), ['--users-file', users]);
    const port = await startSafari(first.port);
    await page.goto(`http://127.0.0.1:${port}/`);
    await getMessage(page);
    await first.program.stop();
    await expect(page.locator('#status-light')).toHaveAttribute('data-state', 'waiting');
    await startBridge(server.port, first.port, ['--users-file', users]);
    await expect(page.locator('#status')).toHaveText('connected');
  });
});

test('revokes the cookie and forgets the password on logout', async ({ browser, server }) => {
  const bridge = await startBridge(server.port, 0, ['--users-file', users]);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(
    `http://${ANNA.username}:${encodeURIComponent(ANNA.password)}@127.0.0.1:${bridge.port}/`,
  );
  await page.goto(`http://127.0.0.1:${bridge.port}/`);
  await getMessage(page);
  await page.getByRole('button', { name: 'Settings' }).click();
  const loggedOut = page.waitForResponse(`http://127.0.0.1:${bridge.port}/logout`);
  await expect(page.getByRole('dialog')).toContainText('Logged in as anna');
  await page.getByRole('link', { name: 'Log out' }).click();
  expect((await loggedOut).status()).toBe(401);
  expect(await context.cookies()).toEqual([]);
  const again = page.waitForResponse(`http://127.0.0.1:${bridge.port}/`);
  // A headless browser may report that as an error.
  await page.goto(`http://127.0.0.1:${bridge.port}/`).catch(() => null);
  expect((await again).status()).toBe(401);
  expect(await page.locator('.xterm').count()).toBe(0);
  await context.close();
});

test('shows no login without a list of users', async ({ page, bridge }) => {
  await page.goto(`http://127.0.0.1:${bridge.port}/`);
  await page.getByRole('button', { name: 'Settings' }).click();
  await expect(page.getByRole('switch', { name: 'Hide passwords' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Log out' })).toBeHidden();
});
