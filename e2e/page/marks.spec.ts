// The page for targets marked +telnet, +color and +readonly.

import type { Socket } from 'node:net';
import type { Page } from '@playwright/test';
import { firstUnsafe, hostileTexts } from '../../testing/hostileText.ts';
import { startTcpService } from '../../testing/tcpService.ts';
import {
  devices,
  expect,
  PageTerminal,
  QUICK,
  startBridgeTo,
  test,
  transcriptOf,
} from '../fixtures.ts';

const IAC = 255;
const WILL_ECHO = Buffer.from([IAC, 251, 1]);
const WONT_ECHO = Buffer.from([IAC, 252, 1]);

interface RecordingService {
  target: string;
  connections: Socket[];
  received: () => string;
  close: () => void;
}

/** Starts a service that records what it receives. */
async function startService(
  name: string,
  marks: string,
  onConnection: (socket: Socket) => void = () => {},
): Promise<RecordingService> {
  const connections: Socket[] = [];
  let received = '';
  const { port, close } = await startTcpService((socket) => {
    connections.push(socket);
    socket.setEncoding('latin1').on('data', (text) => {
      received += text;
    });
    onConnection(socket);
  });
  const target = `${name}=127.0.0.1:${port}${marks}`;
  return { target, connections, received: () => received, close };
}

async function openPage(page: Page, target: string, query = ''): Promise<PageTerminal> {
  const bridgePort = await startBridgeTo(target);
  const name = target.replace(/=.*/, '');
  await page.goto(`http://127.0.0.1:${bridgePort}/?target=${name}${query}`);
  return new PageTerminal(page);
}

test.describe('+telnet', () => {
  /** A game that hides the password, as they do. */
  function serveGame(socket: Socket): void {
    socket.write(Buffer.concat([Buffer.from([IAC, 253, 24]), Buffer.from('By what name? ')]));
    let step = 0;
    socket.on('data', (text) => {
      // Answers to offers are not lines.
      if (!String(text).endsWith('\r\n')) return;
      step++;
      if (step === 1) socket.write(Buffer.concat([Buffer.from('Your word? '), WILL_ECHO]));
      else if (step === 2) {
        const welcome = Buffer.from('\r\nWelcome, \xff\xff!\r\n', 'latin1');
        socket.write(Buffer.concat([WONT_ECHO, welcome]));
      } else socket.write('You see nothing.\r\n');
    });
  }

  test(
    'hides a password that the target asks not to echo, and nothing else',
    QUICK,
    async ({ page }) => {
      const game = await startService('mud', '+telnet', serveGame);
      const terminal = await openPage(page, game.target);
      await terminal.expectText('By what name?');
      await terminal.type('anna');
      await terminal.expectText('By what name? anna\nYour word?');
      await expect(page.locator('#announcements p').last()).toHaveText('Your word?  (not shown)');
      await page.keyboard.type('sesame');
      await terminal.expectText('Your word? ••••••');
      await page.keyboard.press('Enter');
      // 0xFF, once, is no UTF-8.
      await terminal.expectText('Your word? ••••••\n\nWelcome, \ufffd!\nmud>');
      await terminal.type('look');
      await terminal.expectText('mud> look\nYou see nothing.\nmud>');
      expect(await transcriptOf(page)).not.toContain('sesame');
      expect(game.received()).toMatch(/anna\r\n.*sesame\r\n.*look\r\n$/s);
      expect(game.received()).toContain('\xff\xfc\x18');
      expect(game.received()).toContain('\xff\xfd\x01');

      await page.keyboard.press('ArrowUp');
      await terminal.expectText('mud> look');
      await page.keyboard.press('ArrowUp');
      await terminal.expectText('mud> anna');
      await page.keyboard.press('ArrowUp');
      await terminal.expectText('mud> anna');
      expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('sesame');
      game.close();
    },
  );

  test('makes the field one for a password', async ({ browser }) => {
    const game = await startService('mud', '+telnet', serveGame);
    const context = await browser.newContext({ ...devices['Pixel 5'] });
    const page = await context.newPage();
    await openPage(page, game.target);
    const field = page.locator('#field-text');
    const prompt = page.locator('#field-prompt');
    await expect(prompt).toHaveText('By what name?');
    await expect(field).toHaveAttribute('type', 'text');
    await field.fill('anna');
    await field.press('Enter');
    await expect(field).toHaveAttribute('type', 'password');
    await field.fill('sesame');
    await field.press('Enter');
    await expect(field).toHaveAttribute('type', 'text');
    await expect(prompt).toHaveText('mud>');
    expect(await transcriptOf(page)).not.toContain('sesame');
    await context.close();
    game.close();
  });

  test('hides again after a reconnection only if the target asks again', async ({ page }) => {
    const service = await startService('mud', '+telnet', (socket) => socket.write(WILL_ECHO));
    const terminal = await openPage(page, service.target);
    const hidden = page.locator('#announcements p', { hasText: 'mud> (not shown)' });
    await expect(hidden).toHaveCount(1);
    await page.keyboard.type('abc');
    await terminal.expectText('mud> •••');
    await page.keyboard.press('Enter');
    await expect.poll(service.received).toContain('abc\r\n');
    service.connections[0]?.write(WONT_ECHO);
    service.connections[0]?.end('bye\r\n');
    await expect(page.locator('#status')).toHaveText('session ended');
    await page.keyboard.press('Enter');
    await expect(hidden).toHaveCount(2);
    await page.keyboard.type('abc');
    await expect.poll(() => terminal.text()).toMatch(/mud> •••$/);
    service.close();
  });
});

test.describe('+readonly', () => {
  test('shows what the target sends, has no prompt, and sends nothing', QUICK, async ({ page }) => {
    const news = await startService('news', '+readonly', (socket) => socket.write('first\n'));
    const terminal = await openPage(page, news.target);
    const introduction = '[read only: this page shows what news sends, and sends nothing]';
    await terminal.expectText(`${introduction}\nfirst`);
    await expect(page.locator('#status')).toHaveText('connected, read only');
    await expect(page.locator('.xterm-cursor')).toHaveCount(0);
    const announcements = page.locator('#announcements p');
    await expect(announcements).toHaveText([introduction, 'first']);
    await expect(page.getByRole('textbox')).toHaveAttribute('readonly', '');
    await page.keyboard.type('hello');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+d');
    await page.evaluate(() => navigator.clipboard?.writeText('x').catch(() => {}));
    await page.keyboard.press('Control+v');
    news.connections[0]?.write('second\n');
    await terminal.expectText('first\nsecond');
    expect(await transcriptOf(page)).toBe(`${introduction}\nfirst\nsecond\n`);
    // Tab leaves the terminal.
    await page.keyboard.press('Tab');
    await expect(page.getByRole('textbox')).not.toBeFocused();
    expect(news.received()).toBe('');
    news.close();
  });

  test('reconnects, and introduces itself once', async ({ page }) => {
    const news = await startService('news', '+readonly', (socket) => socket.write('first\n'));
    const terminal = await openPage(page, news.target);
    await terminal.expectText('first');
    news.connections[0]?.end('last\n');
    await terminal.expectText(
      'last\n[news closed the connection (1000)]\n[reconnecting; press Enter to try now]\nfirst',
    );
    expect(news.connections).toHaveLength(2);
    expect((await transcriptOf(page)).match(/read only/g)).toHaveLength(1);
    await expect(page.locator('#status')).toHaveText('connected, read only');
    await expect(page.locator('.xterm-cursor')).toHaveCount(0);
    expect(news.received()).toBe('');
    news.close();
  });

  test('stops if its page is that of a message server, and shows why', async ({ page }) => {
    const news = await startService('news', '+readonly', (socket) => socket.resume());
    const terminal = await openPage(page, news.target, '&as=motd');
    const reason = 'news is read only: it accepts no data (1008)';
    // The live message sends MSGWATCH, and the terminal what is typed.
    await expect(page.locator('#message')).toHaveText(reason);
    await expect(page.locator('#message')).toBeVisible();
    await terminal.type('MSGGET');
    await terminal.expectText(`[${reason}]\n[press Enter to connect]`);
    await expect(page.locator('#status')).toHaveText(`not connected: ${reason}`);
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await page.keyboard.press('Enter');
    await expect(page.locator('#status')).toHaveText('connected');
    // Two for the terminal, and as many for the live message, which connects again with it.
    await expect.poll(() => news.connections.length).toBe(4);
    expect(news.received()).toBe('');
    news.close();
  });

  test('has no field on a phone, and is the page of a default target, too', async ({ browser }) => {
    const news = await startService('news', '+readonly', (socket) => socket.write('first\n'));
    const context = await browser.newContext({ ...devices['Pixel 5'] });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${await startBridgeTo(news.target)}/`);
    await new PageTerminal(page).expectText('first');
    expect(page.url()).toMatch(/\?as=lines$/);
    await expect(page.locator('#field')).toBeHidden();
    await context.close();
    news.close();
  });
});

/** The style of the cells that show a text, as the browser computes it. */
function styleOf(page: Page, text: string) {
  return page
    .locator('.xterm-rows span', { hasText: text })
    .last()
    .evaluate((cell) => {
      const { color, backgroundColor, fontWeight, opacity, animationName } = getComputedStyle(cell);
      return { color, backgroundColor, fontWeight, opacity, animationName };
    });
}

test.describe('+color', () => {
  test(
    'shows colors, keeps them from the page’s own text, and copies none',
    QUICK,
    async ({ page }) => {
      const service = await startService('box', '+color', (socket) =>
        socket.write('\x1b[1;31mred\x1b[0m and \x1b[44mblue\n\x1b[35mprompt$ '),
      );
      const terminal = await openPage(page, service.target);
      await terminal.expectText('red and blue\nprompt$');
      const plain = await styleOf(page, 'and');
      expect(await styleOf(page, 'red')).toMatchObject({ fontWeight: /bold|700/ });
      expect((await styleOf(page, 'red')).color).not.toBe(plain.color);
      expect((await styleOf(page, 'blue')).backgroundColor).not.toBe(plain.backgroundColor);
      await page.keyboard.type('mine');
      await terminal.expectText('prompt$ mine');
      expect((await styleOf(page, 'mine')).backgroundColor).toBe(plain.backgroundColor);
      expect((await styleOf(page, 'mine')).color).toBe(plain.color);
      await page.keyboard.press('Enter');
      service.connections[0]?.end('\x1b[42mgreen');
      await expect
        .poll(() => terminal.text())
        .toContain('green\n[box closed the connection (1000)]');
      expect((await styleOf(page, '[box closed')).backgroundColor).toBe(plain.backgroundColor);
      expect(await transcriptOf(page)).toContain('red and blue\nprompt$ mine\ngreen\n[box');
      await expect(page.locator('#announcements')).not.toContainText(/[\x1b^]|\[\d/);
      await expect(page.locator('#announcements p').first()).toHaveText('box>');
      service.close();
    },
  );

  for (const theme of ['dark', 'light'] as const) {
    test(`keeps text readable in the ${theme} theme, whatever its colors`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: theme });
      const lines = Array.from({ length: 16 }, (_, color) =>
        [`38;5;${color}`, `38;5;${color};48;5;${color}`, `38;5;${color};7`, `1;38;5;${color}`]
          .map((parameters, at) => `\x1b[0;${parameters}mc${color}-${at}\x1b[0m `)
          .join(''),
      );
      const hidden = '\x1b[8mconcealed\x1b[0m \x1b[5mblinking\x1b[0m \x1b[2mfaint\x1b[0m';
      const service = await startService('box', '+color', (socket) =>
        socket.write(`${lines.join('\n')}\n${hidden}\n`),
      );
      const terminal = await openPage(page, service.target);
      await terminal.expectText('concealed blinking faint\nbox>');
      expect(await lowContrasts(page)).toEqual([]);
      expect(await styleOf(page, 'blinking')).toMatchObject({
        opacity: '1',
        animationName: 'none',
      });
      service.close();
    });
  }

  test('lets no other sequence through', async ({ page }) => {
    const service = await startService('box', '+color+telnet', (socket) => {
      for (const { bytes } of hostileTexts) {
        const escaped = bytes.toString('latin1').replaceAll('\xff', '\xff\xff');
        socket.write(Buffer.from(`${escaped}\r\n`, 'latin1'));
      }
      socket.write('done\r\n');
    });
    const terminal = await openPage(page, service.target);
    await terminal.expectText('done\nbox>');
    const transcript = await transcriptOf(page);
    expect(firstUnsafe(Buffer.from(transcript))).toBe('');
    expect(transcript).toContain('\nab\n');
    expect(transcript).toContain('^[[2J^[[H');
    expect(transcript).toContain('^[]0;owned');
    expect(transcript.match(/^a.*b$/gm)?.length).toBeGreaterThan(100);
    // It sends only what is typed.
    await terminal.type('end');
    await expect.poll(service.received).toMatch(/end\r\n$/);
    expect(service.received()).toBe('end\r\n');
    service.close();
  });

  test('keeps working after 10 MB of parameters', async ({ page }) => {
    const service = await startService('box', '+color', (socket) => {
      socket.write(`before\n\x1b[${'1;'.repeat(5 * 1024 * 1024)}\n\x1b[31mafter\n`);
    });
    const terminal = await openPage(page, service.target);
    await terminal.expectText('before\n[a line too long to show]\nafter\nbox>');
    await terminal.type('still there');
    await expect.poll(service.received).toBe('still there\n');
    service.close();
  });
});

/** The texts in the terminal whose contrast is too low (WCAG 2.2, 1.4.3). */
function lowContrasts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: string) => {
      const [red = 0, green = 0, blue = 0] = channels(color).map((channel) => {
        const value = channel / 255;
        return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const backgroundOf = (element: Element | null): string => {
      if (element === null) return 'rgb(255, 255, 255)';
      const { backgroundColor } = getComputedStyle(element);
      const isOpaque = channels(backgroundColor)[3] !== 0;
      return isOpaque ? backgroundColor : backgroundOf(element.parentElement);
    };
    return [...document.querySelectorAll('.xterm-rows span')].flatMap((cell) => {
      const text = cell.textContent?.trim() ?? '';
      const color = getComputedStyle(cell).color;
      const background = backgroundOf(cell);
      const [dark = 0, light = 0] = [luminance(color), luminance(background)].toSorted();
      const contrast = (Math.max(dark, light) + 0.05) / (Math.min(dark, light) + 0.05);
      return text === '' || contrast >= 4.45 ? [] : [`${text}: ${color} on ${background}`];
    });
  });
}
