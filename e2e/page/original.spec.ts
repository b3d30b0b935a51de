// The page with a target marked +original: the original Python server (testing/originals/).

import type { Page } from '@playwright/test';
import {
  type OriginalServerOptions,
  python,
  startOriginalServer,
} from '../../testing/originals.ts';
import { expect, PageTerminal, QUICK, startBridgeTo, startServer, test } from '../fixtures.ts';
import { goldens } from '../golden/golden.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const APPLE = 'An apple a day keeps the doctor away.';
const BARE: OriginalServerOptions = { lineEnd: 'none', gapS: 0 };

test.skip(python === '' && process.env['CI'] === undefined, 'no python3 on this machine');

/** Opens the page of a bridge to these targets. */
async function openPage(page: Page, query: string, ...targets: string[]): Promise<PageTerminal> {
  await page.goto(`http://127.0.0.1:${await startBridgeTo(...targets)}/${query}`);
  const terminal = new PageTerminal(page);
  await terminal.expectText(PROMPT);
  return terminal;
}

for (const { name, typed, screen, isOpen } of goldens) {
  test(`reproduces case ${name} with an original server`, async ({ page }) => {
    const { port } = await startOriginalServer(BARE);
    const terminal = await openPage(page, '', `old=127.0.0.1:${port}+original`);
    for (const line of typed) {
      await terminal.type(line);
      await expect.poll(() => terminal.text()).toContain(`Client: ${line}\nServer: `);
    }
    if (isOpen) await terminal.expectText(screen);
    else await expect.poll(() => terminal.text()).toContain(screen.trimEnd());
  });
}

for (const options of [
  { lineEnd: 'none', gapS: 0.5 },
  { lineEnd: 'lf', gapS: 0 },
] as const) {
  test(`shows the message of a server with ${JSON.stringify(options)}`, async ({ page }) => {
    const { port } = await startOriginalServer(options);
    const targets = ['other=127.0.0.1:1', `old=127.0.0.1:${port}+original`];
    const terminal = await openPage(page, '?target=old', ...targets);
    await terminal.type('MSGGET');
    await terminal.expectText(`Server: 200 OK\n${APPLE}\n${PROMPT}`);
  });
}

test(
  'has no live message and no history, which would take the only connection',
  QUICK,
  async ({ page }) => {
    const { program, port } = await startOriginalServer(BARE);
    const terminal = await openPage(page, '', `old=127.0.0.1:${port}+original`);
    await terminal.type('MSGGET');
    await terminal.expectText(`${APPLE}\n${PROMPT}`);
    await expect(page.locator('#message')).toBeHidden();
    await expect(page.locator('#history-button')).toBeHidden();
    await expect(page.locator('#plan-button')).toBeHidden();
    await page.locator('#help-button').click();
    const commands = page.getByRole('table', { name: 'Commands' }).getByRole('rowheader');
    await expect(commands).toHaveText(['MSGGET', 'MSGSTORE', 'QUIT', 'SHUTDOWN']);
    expect(program.stdout.match(/Connected by/g)).toHaveLength(1);
  },
);

test('reconnects after QUIT, and shuts the server down', async ({ page }) => {
  const { port } = await startOriginalServer(BARE);
  const terminal = await openPage(page, '', `old=127.0.0.1:${port}+original`);
  await terminal.type('QUIT');
  await expect.poll(() => terminal.text()).toMatch(/Server: 200 OK\n\[/);
  await page.keyboard.press('Enter');
  await terminal.expectText(PROMPT);
  await terminal.type('SHUTDOWN');
  await terminal.expectText('Enter shutdown password:');
  await terminal.type('123!abc');
  await expect.poll(() => terminal.text()).toContain('Server: 200 OKAY\n');
});

test('also speaks to our server, which ends its lines', async ({ page }) => {
  const { port } = await startServer(0, ['--compat', 'original']);
  const terminal = await openPage(page, '', `motd=127.0.0.1:${port}+proxy+original`);
  await terminal.type('MSGGET');
  await terminal.expectText(`Server: 200 OK\n${APPLE}\n${PROMPT}`);
});
