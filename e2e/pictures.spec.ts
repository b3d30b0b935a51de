// The pictures in the documentation, taken from the real page. `npm run pictures` puts them into
// docs/; in a test run they prove that they can be taken.

import { join } from 'node:path';
import { devices, expect, type Terminal, test } from './fixtures.ts';

const folder = process.env['MOTD_PICTURES'];

test.describe('a desktop', () => {
  test.use({ viewport: { width: 880, height: 500 }, deviceScaleFactor: 2, colorScheme: 'dark' });

  test('page.png', async ({ terminal, page }, { outputDir }) => {
    await holdConversation(terminal);
    await page.screenshot({ path: join(folder ?? outputDir, 'page.png') });
  });
});

test.describe('a phone', () => {
  const { defaultBrowserType: _, ...phone } = devices['Pixel 7'];
  test.use({ ...phone, colorScheme: 'light' });

  test('page-phone.png', async ({ terminal, page }, { outputDir }) => {
    await holdConversation(terminal);
    await page.screenshot({ path: join(folder ?? outputDir, 'page-phone.png') });
  });
});

async function holdConversation(terminal: Terminal): Promise<void> {
  await expect.poll(() => terminal.flow()).toContain('SHUTDOWN):');
  await terminal.page.locator('.xterm-helper-textarea').focus();
  for (const line of [
    'MSGGET',
    'MSGSTORE',
    'Imagination is more important than knowledge',
    'MSGGET',
  ]) {
    await terminal.type(line);
  }
  await terminal.page.keyboard.type('MSGS');
  await expect.poll(() => terminal.flow()).toMatch(/SHUTDOWN\):MSGS$/);
}
