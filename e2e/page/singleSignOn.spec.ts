// A login that expires at nginx, configured as docs/internet.md has it, in front of the bridge. A
// small HTTP server acts as oauth2-proxy.

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { codeBlock, replaceParts } from '../../testing/docs.ts';
import { freePort } from '../../testing/freePort.ts';
import {
  test as base,
  expect,
  type ListeningProgram,
  PageTerminal,
  QUICK,
  startBridge,
} from '../fixtures.ts';
import { minimalNginxConf, nginx, startProxy } from '../proxies.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const EXPIRED = 'not connected: your login has expired';
const COOKIE = 'sso=valid';

/** The login service: `/oauth2/auth` for nginx, `/oauth2/sign_in` and what it leads to for users. */
class LoginService {
  isExpired = false;
  /** How many requests nginx has asked about. */
  checks = 0;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async start(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname, search } = new URL(url, 'http://login');
    switch (pathname) {
      case '/oauth2/auth': {
        this.checks++;
        const isValid = !this.isExpired && headers.cookie?.includes(COOKIE);
        response.writeHead(isValid ? 202 : 401).end();
        return;
      }
      case '/oauth2/sign_in':
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end(`<!doctype html><title>Login</title><a href="/oauth2/start${search}">Sign in</a>
          <form></form>`);
        return;
      default:
        this.isExpired = false;
        response.writeHead(302, { 'set-cookie': `${COOKIE}; Path=/`, location: search.slice(4) });
        response.end();
    }
  }
}

interface SsoFixtures {
  login: LoginService;
  /** The address of the page behind nginx, and how to start the bridge again. */
  site: { url: string; bridge: ListeningProgram; restartBridge(): Promise<void> };
  /** Where nginx sends users without a login. */
  loginOrigin: 'same origin' | 'another origin';
}

const test = base.extend<SsoFixtures>({
  loginOrigin: ['same origin', { option: true }],
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads there which fixtures one needs.
  login: async ({}, use) => {
    const login = new LoginService();
    await use(login);
    login.stop();
  },
  page: async ({ page }, use) => {
    // The shortest waits between attempts.
    await page.addInitScript(() => {
      Math.random = () => 0;
    });
    await use(page);
  },
  site: async ({ server, login, loginOrigin }, use) => {
    const [port, bridgePort, loginPort] = [await freePort(), await freePort(), await login.start()];
    const flags = ['--base-path', '/motd', '--trust-proxy', '127.0.0.1'];
    const start = () => startBridge(server.port, bridgePort, flags);
    let bridge = await start();
    const configure = async (_settings: unknown, folder: string) => {
      const file = join(folder, 'nginx.conf');
      await writeFile(file, minimalNginxConf(nginxServer({ port, bridgePort, loginPort }), folder));
      return ['-e', 'stderr', '-p', folder, '-c', file];
    };
    const nginxServer = (ports: { port: number; bridgePort: number; loginPort: number }) => {
      const [before = ''] = codeBlock('docs/internet.md', 'nginx', 'nginx').split('    location ');
      const locations = codeBlock('docs/internet.md', 'Single sign-on', 'nginx');
      return replaceParts(`${before}${locations}\n}`, [
        ['443 ssl', `127.0.0.1:${ports.port}`],
        ['    ssl_certificate     /etc/nginx/cert.pem;\n', ''],
        ['    ssl_certificate_key /etc/nginx/key.pem;\n', ''],
        ['127.0.0.1:8080', `127.0.0.1:${ports.bridgePort}`],
        ...(loginOrigin === 'another origin'
          ? [['302 /oauth2', `302 http://localhost:${ports.port}/oauth2`] as const]
          : []),
      ]).replaceAll('127.0.0.1:4180', `127.0.0.1:${ports.loginPort}`);
    };
    await startProxy({ ...nginx, configure }, { port, bridgePort });
    await use({
      url: `http://127.0.0.1:${port}/motd/`,
      get bridge() {
        return bridge;
      },
      async restartBridge() {
        await bridge.program.stop();
        bridge = await start();
      },
    });
  },
});

test.skip(nginx.command === '' && process.env['CI'] === undefined, 'no nginx on this machine');

/** Opens the page, and logs in. */
async function openPage(page: Page, url: string): Promise<PageTerminal> {
  await page.goto(url);
  await page.getByRole('link', { name: 'Sign in' }).click();
  const terminal = new PageTerminal(page);
  await terminal.expectText(PROMPT);
  await expect(page.locator('#message-bar')).toHaveAttribute('data-state', 'current');
  return terminal;
}

function status(page: Page) {
  return page.locator('#status');
}

/** Lets the login expire, and cuts the connections, as when a bridge is restarted. */
async function expire(page: Page, { login, site }: Pick<SsoFixtures, 'login' | 'site'>) {
  login.isExpired = true;
  await site.restartBridge();
  await expect(status(page)).toHaveText(EXPIRED);
}

test(
  'an expired login is named, and the line is back after a login by keyboard',
  QUICK,
  async ({ page, login, site }) => {
    const violations: string[] = [];
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) violations.push(message.text());
    });
    const terminal = await openPage(page, site.url);
    await page.keyboard.type('MSGG');
    await expire(page, { login, site });
    await expect(page.locator('#countdown')).toHaveText('');
    const button = page.getByRole('button', { name: 'Log in' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await terminal.expectText(`${PROMPT} MSGG`);
    await expect(status(page)).toHaveText('connected');
    await page.locator('#terminal').click();
    await page.keyboard.type('ET');
    await page.keyboard.press('Enter');
    await terminal.expectText(`Server: 200 OK\nAn apple a day keeps the doctor away.\n${PROMPT}`);
    expect(violations).toEqual([]);
  },
);

test('an expired login is announced once, and nothing is tried or printed meanwhile', async ({
  page,
  login,
  site,
}) => {
  const terminal = await openPage(page, site.url);
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    for (const id of ['#status', '#announcements', '#message'])
      new MutationObserver(() => {
        seen.push(`${id} ${document.querySelector(id)?.textContent}`);
      }).observe(document.querySelector(id) as Element, { childList: true, characterData: true });
  });
  await expire(page, { login, site });
  await expect(page.locator('#message-bar')).toHaveAttribute('data-state', 'stale');
  await terminal.expectText('[your login has expired: log in with the button above]');
  const before = await terminal.text();
  // The user comes back to the page, still logged out: the live message and the terminal ask once.
  await expect.poll(() => login.checks).toBeGreaterThan(0);
  const checks = login.checks;
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  await expect.poll(() => login.checks).toBeGreaterThan(checks);
  await expect(status(page)).toHaveText(EXPIRED);
  expect(await terminal.text()).toBe(before);
  const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
  expect(seen.filter((text) => text === `#status ${EXPIRED}`)).toHaveLength(1);
  expect(seen.filter((text) => text.startsWith('#message '))).toEqual([]);
});

test('a login in another tab is enough', async ({ page, context, login, site }) => {
  const terminal = await openPage(page, site.url);
  await page.keyboard.type('MSGG');
  await expire(page, { login, site });
  const before = await terminal.text();
  await openPage(await context.newPage(), site.url);
  await page.bringToFront();
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  await expect(status(page)).toHaveText('connected');
  await expect(page.locator('#message-bar')).toHaveAttribute('data-state', 'current');
  await terminal.expectText(`${PROMPT} MSGG`);
  expect(await terminal.text()).toContain(before.split('\n')[0]);
});

test('a message that was being typed is continued', async ({ page, login, site }) => {
  const terminal = await openPage(page, site.url);
  await terminal.type('MSGSTORE');
  await terminal.expectText('Enter new message of the day:');
  await page.keyboard.type('Back at no');
  await expire(page, { login, site });
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await terminal.expectText('Enter new message of the day: Back at no');
  await page.locator('#terminal').click();
  await page.keyboard.type('on');
  await page.keyboard.press('Enter');
  await expect(page.locator('#message')).toHaveText('Back at noon');
});

test('a password that was being typed is not kept', async ({ page, login, site }) => {
  const terminal = await openPage(page, site.url);
  await terminal.type('SHUTDOWN');
  await terminal.expectText('Enter shutdown password:');
  await page.keyboard.type('123!');
  await expire(page, { login, site });
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await terminal.expectText(PROMPT);
  expect(
    await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage })),
  ).not.toContain('123!');
});

test.describe('a login at another origin', () => {
  test.use({ loginOrigin: 'another origin' });

  test('is recognized, although the page may not follow there', async ({ page, login, site }) => {
    const violations: string[] = [];
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) violations.push(message.text());
    });
    await page.context().addCookies([{ name: 'sso', value: 'valid', url: site.url }]);
    await page.goto(site.url);
    await new PageTerminal(page).expectText(PROMPT);
    await expire(page, { login, site });
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(/^http:\/\/localhost:\d+\/oauth2\/sign_in\?rd=\/motd\/$/);
    expect(violations).toEqual([]);
  });
});
