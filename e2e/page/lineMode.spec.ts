import type { Socket } from 'node:net';
import type { Page } from '@playwright/test';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { startTcpService, type TcpService } from '../../testing/tcpService.ts';
import { expect, PageTerminal, QUICK, startBridgeTo, test, transcriptOf } from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';
const APPLE = 'An apple a day keeps the doctor away.';

interface RecordingService extends TcpService {
  /** Returns everything that the service received. */
  received: () => string;
}

/** Starts a service that records what it receives. */
async function startRecordingService(
  onConnection: (socket: Socket) => void,
): Promise<RecordingService> {
  let received = '';
  const service = await startTcpService((socket) => {
    socket.setEncoding('utf8').on('data', (text) => {
      received += text;
    });
    onConnection(socket);
  });
  return { ...service, received: () => received };
}

/** Opens the page for a target. */
async function openTarget(page: Page, bridgePort: number, query: string): Promise<PageTerminal> {
  await page.goto(`http://127.0.0.1:${bridgePort}/?${query}`);
  return new PageTerminal(page);
}

async function chooseCrlf(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('dialog').getByLabel('CR LF').click();
  await page.keyboard.press('Escape');
}

test.describe('redis', () => {
  // Empty if scripts/tools.mjs found none and could not install one; CI always has one.
  const redisServer = process.env['MOTD_TEST_REDIS'] ?? 'redis-server';
  test.skip(
    redisServer === '' && process.env['CI'] === undefined,
    'no redis-server on this machine',
  );

  async function startRedis(): Promise<{ redis: Program; bridgePort: number }> {
    const port = await freePort();
    const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', ''];
    const redis = new Program(redisServer, flags);
    await redis.waitForOutput(/Ready to accept connections/);
    const bridgePort = await startBridgeTo('motd=127.0.0.1:1', `redis=127.0.0.1:${port}`);
    return { redis, bridgePort };
  }

  test('gets each line, and shows every line of its answer', QUICK, async ({ page }) => {
    const { bridgePort } = await startRedis();
    const terminal = await openTarget(page, bridgePort, 'target=redis');
    await terminal.expectText('redis>');
    await terminal.type('SET greeting hello');
    await terminal.expectText('redis> SET greeting hello\n+OK\nredis>');
    await terminal.type('GET greeting');
    await terminal.expectText('redis> GET greeting\n$5\nhello\nredis>');
    await terminal.type('RPUSH days Mon Tue');
    await terminal.expectText(':2\nredis>');
    await terminal.type('LRANGE days 0 -1');
    await terminal.expectText('redis> LRANGE days 0 -1\n*2\n$3\nMon\n$3\nTue\nredis>');
    await terminal.type('FLY');
    await expect.poll(() => terminal.text()).toMatch(/\n-ERR unknown command 'FLY'.*\nredis>$/);
    expect(await transcriptOf(page)).not.toMatch(/Client:|Server:/);
    await expect(page.locator('#announcements p').last()).toHaveText(/^-ERR unknown command/);
  });

  test('has its name in the title, and no message or buttons of a message server', async ({
    page,
  }) => {
    const { bridgePort } = await startRedis();
    const terminal = await openTarget(page, bridgePort, 'target=redis');
    await terminal.expectText('redis>');
    await expect(page).toHaveTitle('Target “redis”');
    await expect(page.getByRole('heading', { name: 'redis' })).toBeVisible();
    await expect(page.locator('#message')).toBeHidden();
    await expect(page.locator('#history-button')).toBeHidden();
    await page.getByRole('button', { name: 'Settings' }).click();
    await expect(page.getByLabel('Notify me')).toHaveCount(0);
    await page.getByLabel('Field').click();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('notify');
    await expect(page.getByRole('option')).toHaveCount(0);
    await page.keyboard.press('Escape');
    await expect(page.locator('#field-text')).toBeVisible();
    await expect(page.locator('#commands')).toBeHidden();
    await expect(page.locator('#field-text')).toHaveAttribute('autocapitalize', 'none');
    await page.locator('#field-text').focus();
    await page.keyboard.type('PING\n');
    await terminal.expectText('redis> PING\n+PONG');
    await expect(page.locator('#field-prompt')).toHaveText('redis>');
    await page.getByRole('button', { name: 'Help' }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await expect(page.getByRole('dialog')).not.toContainText('MSGGET');
  });

  test('is reported when it stops, and has a separate line history', async ({ page, server }) => {
    const { redis, bridgePort } = await startRedis();
    const terminal = await openTarget(page, bridgePort, 'target=redis');
    await terminal.expectText('redis>');
    await terminal.type('PING');
    await terminal.expectText('+PONG\nredis>');
    await redis.stop();
    await terminal.expectText(
      '[redis closed the connection (1000)]\n[session ended; press Enter to start another]',
    );

    const both = await startBridgeTo(
      `redis=127.0.0.1:${server.port}`,
      `other=127.0.0.1:${server.port}`,
    );
    await openTarget(page, both, 'target=other');
    await terminal.expectText('other>');
    await terminal.type('MSGGET');
    await terminal.expectText(`200 OK\n${APPLE}\nother>`);
    await openTarget(page, both, 'target=redis');
    await terminal.expectText('redis>');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.type('!');
    await terminal.expectText('redis> !');
    await openTarget(page, both, 'target=other');
    await terminal.expectText('other>');
    await page.keyboard.press('ArrowUp');
    await terminal.expectText('other> MSGGET');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.type('!');
    await terminal.expectText('other> MSGGET!');
  });
});

test('shows an incomplete line as the prompt, below earlier output', QUICK, async ({ page }) => {
  const service = await startRecordingService((socket) => {
    socket.write('Welcome to \x1b[31mmars\x07\r\nlogin: ');
    socket.on('data', (text) => {
      if (service.received() === 'anna\n') socket.write('Password: ');
      else if (String(text) === 'secret\n') socket.write('Last login: never\nmars$ ');
    });
  });
  const terminal = await openTarget(
    page,
    await startBridgeTo(`mars=127.0.0.1:${service.port}`),
    'target=mars',
  );
  await terminal.expectText('Welcome to ^[[31mmars^G\nlogin:');
  await terminal.type('anna');
  await terminal.expectText('login: anna\nPassword:');
  await terminal.type('secret');
  await terminal.expectText('Password: secret\nLast login: never\nmars$');
  expect(service.received()).toBe('anna\nsecret\n');
  service.close();
});

test('uses the chosen line ending from the next line on, and after a reload', async ({ page }) => {
  const service = await startRecordingService((socket) =>
    socket.on('data', () => socket.write('received\r\n')),
  );
  const bridgePort = await startBridgeTo(`box=127.0.0.1:${service.port}`);
  const terminal = await openTarget(page, bridgePort, 'target=box');
  await terminal.expectText('box>');
  await terminal.type('one');
  await terminal.expectText('box> one\nreceived\nbox>');
  await chooseCrlf(page);
  await page.locator('.xterm-helper-textarea').focus();
  await terminal.type('two');
  await terminal.expectText('box> two\nreceived\nbox>');
  await page.reload();
  await terminal.expectText('box>');
  // An empty line is sent as well.
  await terminal.type('');
  await terminal.expectText('box>\nreceived\nbox>');
  expect(service.received()).toBe('one\ntwo\r\n\r\n');
  service.close();
});

test('shows text that arrives while the user types above the line', async ({ page }) => {
  const connections: Socket[] = [];
  const service = await startRecordingService((socket) => connections.push(socket));
  const send = (text: string) => connections[0]?.write(text);
  const terminal = await openTarget(
    page,
    await startBridgeTo(`news=127.0.0.1:${service.port}`),
    'target=news',
  );
  await terminal.expectText('news>');
  await page.keyboard.type('half a li');
  await terminal.expectText('news> half a li');
  // The page sends as soon as it reaches the bridge, which may still be connecting.
  await expect.poll(() => connections.length).toBe(1);
  send('something ');
  await terminal.expectText('something half a li');
  send('happened\nand more\n');
  await terminal.expectText('something happened\nand more\nnews> half a li');
  await terminal.type('ne');
  await expect.poll(service.received).toBe('half a line\n');
  service.close();
});

test('shows all of 5,000 lines sent together, in order, and accepts input immediately', async ({
  page,
}) => {
  const lines = Array.from({ length: 5_000 }, (_, index) => `line ${index + 1} of many`);
  const service = await startRecordingService((socket) => {
    socket.on('data', (text) =>
      socket.write(String(text) === 'all\n' ? `${lines.join('\n')}\n` : 'yes\n'),
    );
  });
  const terminal = await openTarget(
    page,
    await startBridgeTo(`flood=127.0.0.1:${service.port}`),
    'target=flood',
  );
  await terminal.expectText('flood>');
  await page.evaluate(() => {
    // The page's longest task, in milliseconds: the maximum delay of a key press.
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        const before: unknown = Reflect.get(window, 'longestTask');
        Reflect.set(window, 'longestTask', Math.max(duration, Number(before ?? 0)));
      }
    }).observe({ entryTypes: ['longtask'] });
  });
  await terminal.type('all');
  await terminal.expectText('line 5000 of many\nflood>');
  await terminal.type('still there?');
  await terminal.expectText('flood> still there?\nyes\nflood>');
  const shown = (await transcriptOf(page)).match(/^line .*$/gm) ?? [];
  // The terminal keeps 5,000 lines above the screen. With the prompts, the oldest few may be gone.
  expect(shown.length).toBeGreaterThan(4_990);
  expect(shown).toEqual(lines.slice(-shown.length));
  const longest = Number(await page.evaluate(() => Reflect.get(window, 'longestTask') ?? 0));
  test.info().annotations.push({ type: 'longest task', description: `${longest} ms` });
  service.close();
});

test('is the page of a default target that is not named motd', QUICK, async ({ page }) => {
  let received = '';
  const service = await startTcpService((socket) => {
    socket.on('data', (text) => {
      received += text;
      socket.write('+PONG\r\n');
    });
  });
  const bridgePort = await startBridgeTo(`redis=127.0.0.1:${service.port}`);
  await page.goto(`http://127.0.0.1:${bridgePort}/`);
  const terminal = new PageTerminal(page);
  await terminal.expectText('redis>');
  await expect(page.locator('#title')).toHaveText('Target “redis”');
  await expect(page).toHaveTitle('Target “redis”');
  await expect(page.locator('#history-button')).toBeHidden();
  await terminal.type('PING');
  await terminal.expectText('redis> PING\n+PONG\nredis>');
  expect(received).toBe('PING\n');
  service.close();
});

test('connects, and has no prompt, until the bridge has reached the target', async ({ page }) => {
  // It accepts TCP, and never answers the TLS handshake.
  const service = await startTcpService((socket) => socket.resume());
  const target = `box=127.0.0.1:${service.port}+tls`;
  const flags = ['--connect-timeout', '3', '--target', target, '--http-port', '0'];
  const program = Program.motd(['bridge', ...flags]);
  const [, port] = await program.waitForOutput(/listening on http:\/\/127\.0\.0\.1:(\d+)\n/);
  await page.goto(`http://127.0.0.1:${port}/`);
  const status = page.locator('#status');
  await expect(status).toHaveText('connecting to box…');
  await expect(page.locator('#status-light')).toHaveAttribute('data-state', 'connecting');
  const reason = 'box did not complete the TLS handshake in time: does it speak TLS? (1014)';
  await expect(status).toHaveText(`not connected: ${reason}`);
  const terminal = new PageTerminal(page);
  await expect
    .poll(() => terminal.text())
    .toBe(`[${reason}]\n[reconnecting; press Enter to try now]`);
  await program.stop();
  service.close();
});

for (const width of [320, 390, 500, 1280]) {
  test(`wraps its notes between words at ${width} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 640 });
    const port = await freePort();
    await page.goto(`http://127.0.0.1:${await startBridgeTo(`redis=127.0.0.1:${port}`)}/`);
    const terminal = new PageTerminal(page);
    const words = '[redis refused the connection: is it running? (1014)]';
    const hint = '[reconnecting; press Enter to try now]';
    await expect
      .poll(async () => (await terminal.text()).split(/\s+/))
      .toEqual(`${words} ${hint}`.split(' '));
  });
}

test('reports a target that is not configured', async ({ page, server }) => {
  const bridgePort = await startBridgeTo(`motd=127.0.0.1:${server.port}+proxy`);
  await openTarget(page, bridgePort, 'target=missing');
  const unknown = page.locator('#unknown-target');
  await expect(unknown).toContainText('The bridge has no target of this name.');
  await expect(page.locator('#status')).toHaveText('unknown target');
  await expect(page).toHaveTitle('Unknown target');
  await expect(unknown.getByRole('link')).toHaveText(['motd', 'All targets']);
  await page.keyboard.press('Tab');
  await expect(unknown.getByRole('link', { name: 'motd' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/$/);
  await new PageTerminal(page).expectText('SHUTDOWN):');
});

for (const as of ['motd', 'original']) {
  test(`offers others if the target of a page with as=${as} is not configured`, async ({
    page,
    server,
  }) => {
    const bridgePort = await startBridgeTo(`motd=127.0.0.1:${server.port}+proxy`);
    await openTarget(page, bridgePort, `target=missing&as=${as}`);
    await expect(page.locator('#unknown-target').getByRole('link')).toHaveText([
      'motd',
      'All targets',
    ]);
    await expect(page.locator('#status')).toHaveText('unknown target');
    expect(await page.locator('body').innerText()).not.toContain('missing');
  });
}

test('stops, and offers others, if its target disappears later', async ({ page, server }) => {
  const service = await startTcpService((socket) => socket.resume());
  const port = await freePort();
  const motd = ['--target', `motd=127.0.0.1:${server.port}`];
  const flags = ['bridge', ...motd, '--http-port', `${port}`];
  const before = Program.motd([...flags, '--target', `redis=127.0.0.1:${service.port}`]);
  await before.waitForOutput(/listening on http/);
  const terminal = await openTarget(page, port, 'target=redis');
  await terminal.expectText('redis>');
  await before.stop();
  await terminal.expectText('[reconnecting; press Enter to try now]');
  await Program.motd(flags).waitForOutput(/listening on http/);
  await terminal.expectText(
    '[the bridge has no target of this name]\n[choose another target with the button above]',
  );
  await expect(page.locator('#status')).toHaveText('unknown target');
  await expect(page.getByRole('button', { name: 'Choose another' })).toBeVisible();
  service.close();
});

test('does not show an invalid target name in the URL, and opens no WebSocket', async ({
  page,
  server,
}) => {
  const bridgePort = await startBridgeTo(`motd=127.0.0.1:${server.port}+proxy`);
  const opened: string[] = [];
  page.on('websocket', (webSocket) => opened.push(webSocket.url()));
  const names = [
    'Your session has expired. Call 0800 123456',
    '<img src=x onerror=alert(1)>\u0007/../ws',
    'a/../../ws',
  ];
  for (const name of names) {
    const query = `target=${encodeURIComponent(name)}&as=motd`;
    await openTarget(page, bridgePort, query);
    await expect(page.locator('#title')).toHaveText('Unknown target');
    await expect(page).toHaveTitle('Unknown target');
    await expect(page.locator('#status')).toHaveText('unknown target');
    expect(await page.locator('body').innerText()).not.toMatch(/expired|img|\.\./);
    // There is no terminal to type in, and so no key that connects.
    await expect(page.locator('.xterm')).toHaveCount(0);
    await page.keyboard.press('Enter');
  }
  expect(opened).toEqual([]);

  // Records the WebSockets that the page opens.
  const terminal = await openTarget(page, bridgePort, 'target=motd');
  await terminal.expectText('motd>');
  expect(opened).toEqual([`ws://127.0.0.1:${bridgePort}/ws/motd?notices`]);
});

test('treats another target as a message server with as=motd', async ({ page, server }) => {
  const bridgePort = await startBridgeTo(
    'first=127.0.0.1:1',
    `motd=127.0.0.1:${server.port}+proxy`,
  );
  const terminal = await openTarget(page, bridgePort, 'target=motd&as=motd');
  await terminal.expectText(PROMPT);
  await expect(page.locator('#message')).toHaveText(APPLE);
  await terminal.type('MSGGET');
  await terminal.expectText(
    `${PROMPT} MSGGET\nClient: MSGGET\nServer: 200 OK\n${APPLE}\n${PROMPT}`,
  );
  await page.getByRole('button', { name: 'Message history' }).click();
  await expect(page.locator('#history')).toContainText('No message has been stored yet.');

  await openTarget(page, bridgePort, 'target=motd');
  await terminal.expectText('motd>');
  await terminal.type('MSGGET');
  await terminal.expectText(`motd> MSGGET\n200 OK\n${APPLE}\nmotd>`);
});
