// The page in a real Chromium, through a real bridge, to a real server.

import { expect, startBridge, startServer, Terminal, test } from './fixtures.ts';
import { goldens } from './golden/golden.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const APPLE = 'An apple a day keeps the doctor away.';

for (const { name, typed, screen, isOpen } of goldens) {
  test(`case ${name}, to the letter`, async ({ terminal }) => {
    await terminal.shows(PROMPT);
    for (const line of typed) await terminal.type(line);
    if (isOpen) {
      await expect.poll(() => terminal.text()).toBe(screen.trimEnd());
    } else {
      // What the page itself says of the end stands in brackets below.
      await expect.poll(() => terminal.text()).toMatch(/\n\[[^\n]+\]$/);
      expect((await terminal.text()).replace(/\[[^\n]+\]$/, '')).toBe(screen);
    }
  });
}

test('typing, Backspace and Ctrl-U edit the line', async ({ terminal, page }) => {
  await terminal.shows(PROMPT);
  await page.keyboard.type('forget this');
  await page.keyboard.press('Control+u');
  await page.keyboard.type('MSGSTX');
  await terminal.shows(`${PROMPT} MSGSTX`);
  await page.keyboard.press('Backspace');
  await terminal.shows(`${PROMPT} MSGST`);
  await terminal.type('ORE');
  await terminal.shows('Enter new message of the day:');
  await page.keyboard.type('漢字 👍🏽');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
  await terminal.type('!');
  await terminal.shows(`Client: 漢!\nServer: 200 OK\n${PROMPT}`);
});

test('cursor keys, Tab and Escape put nothing on the line', async ({ terminal, page }) => {
  await terminal.shows(PROMPT);
  await page.keyboard.type('MSG');
  for (const key of ['ArrowLeft', 'ArrowUp', 'Tab', 'Escape', 'Home', 'F1']) {
    await page.keyboard.press(key);
  }
  await page.keyboard.type('GET');
  await terminal.shows(`${PROMPT} MSGGET`);
});

test('a paste of several lines is typed line by line', async ({ terminal, page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await terminal.shows(PROMPT);
  await page.evaluate(() => navigator.clipboard.writeText('MSGSTORE\nfrom the clipboard\nMSGG'));
  await page.keyboard.press('Control+v');
  await terminal.shows(`Server: 200 OK\n${PROMPT} MSGG`);
  await terminal.type('ET');
  await terminal.shows(`Server: 200 OK\nfrom the clipboard\n${PROMPT}`);
});

test('what is typed while a reply is awaited is not lost', async ({ terminal, page }) => {
  await page.keyboard.type('MSGGE');
  await terminal.shows(`${PROMPT} MSGGE`);
  await page.keyboard.press('Control+u');
  await page.keyboard.type('MSGSTORE\nahead of the prompt\nMSGGET\n');
  await terminal.shows(`Server: 200 OK\nahead of the prompt\n${PROMPT}`);
});

test('a line longer than the screen is wide wraps, and Backspace finds its way back', async ({
  terminal,
  page,
}) => {
  await page.setViewportSize({ width: 420, height: 640 });
  await expect.poll(() => terminal.flow()).toBe(PROMPT.replaceAll(' ', ''));
  await page.keyboard.type('x'.repeat(150));
  await expect.poll(() => terminal.flow()).toMatch(/SHUTDOWN\):x{150}$/);
  for (let times = 0; times < 140; times++) await page.keyboard.press('Backspace');
  await expect.poll(() => terminal.flow()).toBe(`${PROMPT.replaceAll(' ', '')}${'x'.repeat(10)}`);
  await page.setViewportSize({ width: 1000, height: 640 });
  await terminal.shows(`${PROMPT} ${'x'.repeat(10)}`);
});

test('a message of 4,000 characters is stored, shown while typed, and read back', async ({
  terminal,
  page,
}) => {
  const message = 'abcdefgh'.repeat(500);
  await terminal.shows(PROMPT);
  await terminal.type('MSGSTORE');
  await terminal.shows('Enter new message of the day:');
  await page.keyboard.insertText(message);
  await terminal.type('');
  await terminal.shows(`Server: 200 OK\n${PROMPT}`);
  await terminal.type('MSGGET');
  await expect.poll(() => terminal.flow()).toContain(`${message.slice(-1000)}Entercommand`);
});

test('control characters are shown escaped, and refused as a message', async ({
  terminal,
  page,
}) => {
  await terminal.shows(PROMPT);
  await terminal.type('MSGSTORE');
  await terminal.shows('day:');
  await page.keyboard.insertText('a\u009b31mb');
  await terminal.shows('day: a\\u{9b}31mb');
  await terminal.type('');
  await terminal.shows(`Client: a\\u{9b}31mb\nServer: 422 NOT PLAIN TEXT\n${PROMPT}`);
});

test('after QUIT, Enter begins another conversation', async ({ terminal, page }) => {
  await terminal.shows(PROMPT);
  await terminal.type('QUIT');
  await terminal.shows('[session ended; press Enter for another]');
  await expect(page.getByRole('status')).toHaveText('not connected');
  await page.keyboard.press('Enter');
  await terminal.shows(PROMPT);
  await terminal.type('MSGGET');
  await terminal.shows(`${APPLE}\n${PROMPT}`);
});

test('a server that is gone while the page is open is told, and found again without a reload', async ({
  terminal,
  page,
  server,
}) => {
  await terminal.shows(PROMPT);
  await expect(page.getByRole('status')).toHaveText('connected');
  server.program.process.kill('SIGKILL');
  await terminal.shows('[press Enter to reconnect]');
  expect(await terminal.text()).toMatch(/\n\[motd (closed|broke) the connection \(10(00|14)\)\]\n/);

  await page.keyboard.press('Enter');
  await terminal.shows(
    '[motd refused the connection: is it running? (1014)]\n[press Enter to reconnect]',
  );

  await startServer(server.port);
  await page.getByRole('button', { name: 'Reconnect' }).click();
  await terminal.shows(PROMPT);
  await terminal.type('MSGGET');
  await terminal.shows(`${APPLE}\n${PROMPT}`);
});

test('a line half typed when the connection goes is there again when it is back', async ({
  terminal,
  page,
  server,
}) => {
  await terminal.shows(PROMPT);
  await page.keyboard.type('MSGG');
  await server.program.stop();
  await terminal.shows('[press Enter to reconnect]');
  await startServer(server.port);
  await page.keyboard.press('Enter');
  // Typed before the new connection may be open: it follows what was typed before.
  await page.keyboard.type('E');
  await terminal.shows(`${PROMPT} MSGGE`);
  await terminal.type('T');
  await terminal.shows(`${APPLE}\n${PROMPT}`);
});

test('an answer half typed when the connection goes does not become a command', async ({
  terminal,
  page,
  server,
}) => {
  await terminal.shows(PROMPT);
  await terminal.type('SHUTDOWN');
  await terminal.shows('Enter shutdown password:');
  await page.keyboard.type('half a pass');
  await server.program.stop();
  await terminal.shows('[press Enter to reconnect]');
  const again = await startServer(server.port);
  await page.keyboard.press('Enter');
  await terminal.shows(`[press Enter to reconnect]\n${PROMPT}`);
  await page.keyboard.type('MSGGET\n');
  await terminal.shows(`${APPLE}\n${PROMPT}`);
  expect(again.program.stdout).not.toContain('half a pass');
});

test('what was typed ahead in one conversation is not said in the next', async ({
  terminal,
  page,
  context,
  server,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await terminal.shows(PROMPT);
  await page.evaluate(() => navigator.clipboard.writeText('QUIT\nSHUTDOWN\n123!abc\nMSG'));
  await page.keyboard.press('Control+v');
  await terminal.shows('[session ended; press Enter for another]');
  await page.keyboard.press('Enter');
  await terminal.shows(`[session ended; press Enter for another]\n${PROMPT}`);
  await terminal.type('MSGGET');
  await terminal.shows(`${APPLE}\n${PROMPT}`);
  expect(server.program.stdout).not.toContain('SHUTDOWN');
});

test('a bridge that stops, and one that is not there, are told', async ({
  terminal,
  page,
  server,
  bridge,
}) => {
  await terminal.shows(PROMPT);
  await bridge.program.stop();
  await terminal.shows('[the bridge is stopping (1001)]\n[press Enter to reconnect]');
  await page.keyboard.press('Enter');
  await terminal.shows(
    '[the bridge cannot be reached, or refused this page]\n[press Enter to reconnect]',
  );
  await startBridge(server.port, bridge.port);
  await page.keyboard.press('Enter');
  await terminal.shows(PROMPT);
});

test('after SHUTDOWN the page says so, and what to do', async ({ terminal }) => {
  await terminal.shows(PROMPT);
  await terminal.type('SHUTDOWN');
  await terminal.shows('Enter shutdown password:');
  await terminal.type('123!abc');
  await terminal.shows(
    'Server: 200 OKAY\n[the server was shut down; once it is started again, press Enter]',
  );
});

test('two pages hold two conversations', async ({ terminal, bridge, browser }) => {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${bridge.port}/`);
  const other = new Terminal(page);
  await terminal.shows(PROMPT);
  await other.shows(PROMPT);
  await terminal.type('MSGSTORE');
  await terminal.type('from one to the other');
  await terminal.shows(`Server: 200 OK\n${PROMPT}`);
  await other.type('MSGGET');
  await other.shows(`Server: 200 OK\nfrom one to the other\n${PROMPT}`);
  await page.close();
});

test('nothing on the page or in the console is wrong', async ({ page, bridge }) => {
  const problems: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('requestfailed', (request) => problems.push(request.url()));
  await page.goto(`http://127.0.0.1:${bridge.port}/`);
  await expect(page).toHaveTitle('Message of the day');
  await expect(page.getByRole('status')).toHaveText('connected');
  expect(problems).toEqual([]);
});
