// What a profile changes on the page: those that ship with the program, with the real services, by
// keyboard and by thumb; the prompts for a secret; and how SIGHUP reads a profile again.

import { writeFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { startTcpService } from '../../testing/tcpService.ts';
import {
  chooseFromPalette,
  devices,
  expect,
  PageTerminal,
  QUICK,
  startBridgeTo,
  test,
  transcriptOf,
} from '../fixtures.ts';
import { reloadTargets } from '../reload.ts';

const REDIS = 'deploy/profiles/redis.json';
const MEMCACHED = 'deploy/profiles/memcached.json';

// Empty if scripts/tools.mjs found none and could not install one; CI always has one.
const redisServer = process.env['MOTD_TEST_REDIS'] ?? 'redis-server';
const memcached = process.env['MOTD_TEST_MEMCACHED'] ?? 'memcached';
const isCi = process.env['CI'] !== undefined;

/** @returns The port of a bridge to a redis with the password `secret`. */
async function startRedis(): Promise<number> {
  const port = await freePort();
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', ''];
  const redis = new Program(redisServer, [...flags, '--requirepass', 'secret']);
  await redis.waitForOutput(/Ready to accept connections/);
  return startBridgeTo(`redis=127.0.0.1:${port}+profile=${REDIS}`, 'other=127.0.0.1:1');
}

async function openTarget(page: Page, bridgePort: number, path: string): Promise<PageTerminal> {
  await page.goto(`http://127.0.0.1:${bridgePort}/${path}`);
  return new PageTerminal(page);
}

/** @returns The file. */
function writeProfile(profile: object): string {
  const file = test.info().outputPath('one.json');
  writeFileSync(file, JSON.stringify(profile));
  return file;
}

/** By how many pixels the content is wider and higher than the element. */
function overflowOf(locator: Locator): Promise<[width: number, height: number]> {
  return locator.evaluate((one) => [
    one.scrollWidth - one.clientWidth,
    one.scrollHeight - one.clientHeight,
  ]);
}

test.describe('redis', () => {
  test.skip(redisServer === '' && !isCi, 'no redis-server on this machine');

  test('completes its commands, explains them, and hides a password', QUICK, async ({ page }) => {
    const bridgePort = await startRedis();
    const terminal = await openTarget(page, bridgePort, '');
    await terminal.expectText('redis>');
    await expect(page).toHaveTitle('Redis – target “redis”');
    await expect(page.locator('#title')).toHaveText('Redis – target “redis”');
    await page.keyboard.type('au');
    await page.keyboard.press('Tab');
    await page.keyboard.type('secret');
    await terminal.expectText('redis> AUTH ••••••');
    await page.keyboard.press('Enter');
    await terminal.expectText('redis> AUTH ••••••\n+OK\nredis>');
    expect(await transcriptOf(page)).not.toContain('secret');
    await terminal.type('PING');
    await terminal.expectText('+PONG\nredis>');
    await page.keyboard.press('ArrowUp');
    await terminal.expectText('redis> PING');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.type('!');
    await terminal.expectText('redis> PING!');
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('secret');
    await page.keyboard.press('F1');
    const help = page.getByRole('dialog');
    await expect(help).toContainText('Type a command as in redis-cli');
    await expect(help).toContainText('logs in; what follows AUTH is masked');
  });

  test('Ctrl-Y brings back the line that a command of the palette has replaced', async ({
    page,
  }) => {
    const bridgePort = await startRedis();
    const terminal = await openTarget(page, bridgePort, '');
    await terminal.expectText('redis>');
    await page.keyboard.type('half a line');
    await chooseFromPalette(page, 'GET …');
    await terminal.expectText('redis> GET');
    await page.keyboard.press('Control+y');
    await terminal.expectText('redis> GET half a line');
  });
});

test.describe('memcached, on a phone', () => {
  const { defaultBrowserType: _, ...phone } = devices['Pixel 7'];
  test.use(phone);
  test.skip(memcached === '' && !isCi, 'no memcached on this machine');

  test('sends a command by its button, or puts it on the line', async ({ page }) => {
    const port = await freePort();
    const flags = ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-vv'];
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const program = new Program(memcached, [...flags, ...user]);
    await expect.poll(() => program.stderr).toContain('server listening');
    const bridgePort = await startBridgeTo(`cache=127.0.0.1:${port}+profile=${MEMCACHED}`);
    const terminal = await openTarget(page, bridgePort, '?target=cache');
    await page.getByRole('button', { name: 'version' }).tap();
    await expect.poll(() => terminal.flow()).toMatch(/VERSION\d/);
    const field = page.locator('#field-text');
    await page.getByRole('button', { name: 'set …' }).tap();
    await expect(field).toHaveValue('set ');
    await expect(field).toBeFocused();
    await page.keyboard.type('greeting 0 0 5\n');
    await page.keyboard.type('hello\n');
    await expect.poll(() => terminal.flow()).toContain('STORED');
    await page.getByRole('button', { name: 'get …' }).tap();
    await page.keyboard.type('greeting\n');
    await expect.poll(() => terminal.flow()).toContain('VALUEgreeting05helloEND');
  });
});

test.describe('a secret command in the field of a phone', () => {
  const { defaultBrowserType: _, ...phone } = devices['Pixel 7'];
  test.use(phone);

  test('shows as dots from its first secret character, and is sent as typed', async ({ page }) => {
    let received = '';
    const service = await startTcpService((socket) => {
      socket.on('data', (text) => {
        received += text;
        socket.write('+OK\r\n');
      });
    });
    const bridgePort = await startBridgeTo(`redis=127.0.0.1:${service.port}+profile=${REDIS}`);
    const terminal = await openTarget(page, bridgePort, '');
    const field = page.locator('#field-text');
    await field.tap();
    await page.keyboard.type('AUTH ');
    await expect(field).toHaveCSS('-webkit-text-security', 'none');
    await page.keyboard.type('s');
    await expect(field).toHaveCSS('-webkit-text-security', 'disc');
    await page.keyboard.type('cret');
    await page.keyboard.press('Home');
    for (let times = 0; times < 6; times++) await page.keyboard.press('ArrowRight');
    await page.keyboard.type('e');
    await expect(field).toHaveValue('AUTH secret');
    await expect(field).toHaveAttribute('type', 'text');
    await page.keyboard.press('Enter');
    await terminal.expectText('redis> AUTH ••••••\n+OK');
    await expect(field).toHaveCSS('-webkit-text-security', 'none');
    expect(received).toBe('AUTH secret\r\n');
    service.close();
  });
});

test.describe('on a phone of 320 by 568 pixels', () => {
  test.use({ viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true });

  for (const [what, text] of [
    ['words', 'show interfaces '.repeat(5)],
    ['one word', 'W'.repeat(80)],
  ] as const) {
    test(`wraps the longest title, commands and help of a profile: ${what}`, async ({ page }) => {
      const profile = {
        title: text.slice(0, 60),
        commands: [1, 2, 3, 4, 5, 6].map((number) => `${number}${text.slice(1)}`),
        help: [{ command: text, text }],
      };
      const target = `one=127.0.0.1:1+profile=${writeProfile(profile)}`;
      await openTarget(page, await startBridgeTo(target, 'two=127.0.0.1:1'), '');
      const buttons = page.locator('#commands button:visible');
      await expect(buttons).toHaveCount(6);
      for (const button of await buttons.all()) expect(await overflowOf(button)).toEqual([0, 0]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
      const { height = 0 } = (await page.locator('#terminal').boundingBox()) ?? {};
      expect(height).toBeGreaterThan(60);
      // The button that connects has the place of the tools.
      await page.getByRole('button', { name: 'More' }).tap();
      await page.getByRole('dialog').getByText('Help', { exact: true }).tap();
      const help = page.getByRole('dialog', { name: 'Help' });
      await expect(help).toContainText(text.trim());
      expect((await overflowOf(help))[0]).toBe(0);
    });
  }
});

test('stops at a target that does not exist, and offers the others', async ({ page }) => {
  const bridgePort = await startBridgeTo('one=127.0.0.1:1', 'two=127.0.0.1:1');
  await openTarget(page, bridgePort, '?target=missing');
  await expect(page.locator('#title')).toHaveText('Unknown target');
  expect(await page.locator('body').innerText()).not.toContain('missing');
  await page.getByRole('link', { name: 'All targets' }).click();
  await expect(page.locator('#all li')).toHaveText(['onedefault', 'two']);
});

for (const [target, file, then] of [
  ['two', '**/targets/two.json', 'Target “two”'],
  ['two', '**/lineService-*.js', 'Target “two”'],
  ['no+name', '**/unknownTarget-*.js', 'Unknown target'],
] as const) {
  test(`reports that the page is incomplete if ${file} cannot be loaded`, async ({ page }) => {
    const bridgePort = await startBridgeTo('one=127.0.0.1:1', 'two=127.0.0.1:1');
    await page.route(file, (route) => route.abort());
    await openTarget(page, bridgePort, `?target=${target}`);
    await expect(page.locator('#message')).toContainText('could not be loaded completely');
    await page.unroute(file);
    await page.getByRole('link', { name: 'Reload' }).click();
    await expect(page).toHaveTitle(then);
  });
}

test('masks the answer to `passwordPrompt`, and keeps it in no history', async ({ page }) => {
  let received = '';
  const service = await startTcpService((socket) => {
    socket.write('box# ');
    socket.on('data', (data) => {
      received += data;
      socket.write(String(data) === 'enable\n' ? 'Kennwort: ' : 'welcome\nbox# ');
    });
  });
  const file = writeProfile({ passwordPrompt: '^kennwort: ?$' });
  const bridgePort = await startBridgeTo(`one=127.0.0.1:${service.port}+profile=${file}`);
  const terminal = await openTarget(page, bridgePort, '');
  await terminal.expectText('box#');
  await terminal.type('enable');
  await terminal.expectText('Kennwort:');
  await page.keyboard.type('sesame');
  await terminal.expectText('Kennwort: ••••••');
  await page.keyboard.press('Enter');
  await terminal.expectText('box# enable\nKennwort: ••••••\nwelcome\nbox#');
  expect(received).toBe('enable\nsesame\n');
  for (const key of ['ArrowUp', 'ArrowUp', '!']) await page.keyboard.press(key);
  await terminal.expectText('box# enable!');
  expect(await transcriptOf(page)).not.toContain('sesame');
  const stored = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
  expect(stored).not.toContain('sesame');
  service.close();
});

for (const [how, flags] of [
  ['one process', []],
  ['several workers', ['--workers', '2']],
] as const) {
  test(`SIGHUP applies a profile to new pages; a bad one changes nothing: ${how}`, async ({
    page,
  }) => {
    test.skip(process.platform === 'win32', 'there is no SIGHUP');
    const target = `one=127.0.0.1:1+profile=${writeProfile({ title: 'First' })}`;
    const program = Program.motd(['bridge', '--target', target, '--http-port', '0', ...flags]);
    const [, port] = await program.waitForOutput(/Bridge is listening on .*:(\d+)\n/);
    const expectTitle = async (title: string) => {
      await page.goto(`http://127.0.0.1:${port}/`);
      await expect(page).toHaveTitle(`${title} – target “one”`);
    };
    await expectTitle('First');

    writeProfile({ title: 'Second' });
    expect(await reloadTargets(program)).toBe('The list of targets was reloaded: 1 target.\n');
    await expect(page).toHaveTitle('First – target “one”');
    await expectTitle('Second');

    writeProfile({ title: 'Third', commands: ['A', 1] });
    expect(await reloadTargets(program)).toBe(
      '[!] The list of targets was not reloaded: one.json: commands[1]: not a text [invalid-file]\n',
    );
    await expectTitle('Second');
    expect(program.stderr).toBe('');
  });
}
