// The page in a real Chromium, through a real bridge, to a real server.

import { expect, PageTerminal, QUICK, test } from '../fixtures.ts';
import { goldens } from '../golden/golden.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const APPLE = 'An apple a day keeps the doctor away.';

for (const { name, typed, screen, isOpen } of goldens) {
  test(`reproduces case ${name} exactly`, QUICK, async ({ terminal }) => {
    await terminal.expectText(PROMPT);
    for (const line of typed) await terminal.type(line);
    if (isOpen) {
      await expect.poll(() => terminal.text()).toBe(screen.trimEnd());
    } else {
      // The page's own hint after the end follows in brackets.
      await expect.poll(() => terminal.text()).toMatch(/\n\[[^\n]+\]$/);
      expect((await terminal.text()).replace(/\[[^\n]+\]$/, '')).toBe(screen);
    }
  });
}

test('gives two pages separate sessions', async ({ terminal, bridge, browser }) => {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${bridge.port}/`);
  const other = new PageTerminal(page);
  await terminal.expectText(PROMPT);
  await other.expectText(PROMPT);
  await terminal.type('MSGSTORE');
  await terminal.type('from one to the other');
  await terminal.expectText(`Server: 200 OK\n${PROMPT}`);
  await other.type('MSGGET');
  await other.expectText(`Server: 200 OK\nfrom one to the other\n${PROMPT}`);
  await page.close();
});

test('logs no error on the page or in the console', QUICK, async ({ page, bridge }) => {
  const problems: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('requestfailed', (request) => problems.push(request.url()));
  await page.goto(`http://127.0.0.1:${bridge.port}/`);
  await expect(page).toHaveTitle(`${APPLE} – Message of the day`);
  await expect(page.locator('#status')).toHaveText('connected');
  const terminal = new PageTerminal(page);
  await terminal.type('MSGGET');
  await terminal.expectText(`${APPLE}\n${PROMPT}`);
  expect(problems).toEqual([]);
});
