// The page with real programs: telnetd, ls and grep.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { type Inetd, startInetd } from '../../testing/inetd.ts';
import { expect, PageTerminal, startBridgeTo, test, transcriptOf } from '../fixtures.ts';

// Empty if scripts/tools.mjs found none.
const telnetd = process.env['MOTD_TEST_TELNETD'] ?? '/usr/sbin/telnetd';
test.skip(process.platform !== 'linux', 'telnetd, ls and grep differ elsewhere');

let inetd: Inetd | undefined;
test.afterEach(() => inetd?.close());

/** A login without accounts, which hides the password as login(1) does. */
const LOGIN = `#!/bin/sh
saved=$(stty -g)
printf 'login: '; read -r name
printf 'Password: '; stty -echo; read -r password; stty "$saved"; echo
[ "$password" = sesame ] || { echo 'Login incorrect'; exit 1; }
echo "Welcome, $name"
PS1='box$ ' ENV= exec sh -i
`;

test.describe('telnetd', () => {
  test.skip(telnetd === '' || process.getuid?.() !== 0, 'no telnetd on this machine, or not root');

  test('asks for a login, gets a hidden password, and runs commands', async ({ page }) => {
    const login = test.info().outputPath('login');
    writeFileSync(login, LOGIN);
    chmodSync(login, 0o755);
    inetd = await startInetd(telnetd, ['-h', '-E', login]);
    const bridgePort = await startBridgeTo(`box=127.0.0.1:${inetd.port}+telnet`);
    await page.goto(`http://127.0.0.1:${bridgePort}/?target=box`);
    const terminal = new PageTerminal(page);
    await terminal.expectText('login:');
    await terminal.type('anna');
    await terminal.expectText('login: anna\nPassword:');
    await terminal.type('sesame');
    await terminal.expectText('Password: ••••••\n\nWelcome, anna\nbox$');
    await terminal.type('echo $((6 * 7)); printf "\\377" | od -An -tx1');
    await expect.poll(() => terminal.text()).toMatch(/od -An -tx1\n42\n ff\nbox\$$/);
    await terminal.type('stty -a | grep -o "[-]*echo "');
    await terminal.type('exit');
    await expect.poll(() => terminal.text()).toContain('[box closed the connection (1000)]');
    const transcript = await transcriptOf(page);
    expect(transcript).not.toContain('sesame');
    expect(transcript).not.toMatch(/[\ufffd\xff]|\^/);
  });

  test('ends the session after `exit`, and starts another with Enter', async ({ page }) => {
    inetd = await startInetd(telnetd, ['-h', '-E', '/bin/sh']);
    const bridgePort = await startBridgeTo(`box=127.0.0.1:${inetd.port}+telnet`);
    await page.goto(`http://127.0.0.1:${bridgePort}/?target=box`);
    const terminal = new PageTerminal(page);
    await expect.poll(() => terminal.text()).toMatch(/[$#]$/);
    await terminal.type('exit');
    await terminal.expectText(
      '[box closed the connection (1000)]\n[session ended; press Enter to start another]',
    );
    await page.keyboard.press('Enter');
    await expect.poll(() => terminal.text()).toMatch(/another\](.|\n)*[$#]$/);
  });
});

test('ls and grep show their colors', async ({ page }) => {
  const folder = test.info().outputPath('files');
  mkdirSync(`${folder}/folder`, { recursive: true });
  writeFileSync(`${folder}/plain`, 'needle in a haystack\n');
  writeFileSync(`${folder}/program`, '');
  chmodSync(`${folder}/program`, 0o755);
  // Without a TERM that it knows, ls shows no colors.
  const script =
    'export TERM=xterm; cd "$0" && ls --color=always && grep --color=always -n needle plain; sleep 60';
  inetd = await startInetd('sh', ['-c', script, folder]);
  const bridgePort = await startBridgeTo(`files=127.0.0.1:${inetd.port}+color+readonly`);
  await page.goto(`http://127.0.0.1:${bridgePort}/?target=files`);
  const terminal = new PageTerminal(page);
  await terminal.expectText('folder\nplain\nprogram\n1:needle in a haystack');
  const colorOf = (text: string) =>
    page
      .locator('.xterm-rows span', { hasText: text })
      .last()
      .evaluate((cell) => getComputedStyle(cell).color);
  const plain = await colorOf('plain');
  for (const colored of ['folder', 'program', 'needle']) {
    expect(await colorOf(colored)).not.toBe(plain);
  }
  expect(await transcriptOf(page)).toMatch(/folder\nplain\nprogram\n1:needle in a haystack\n$/);
});
