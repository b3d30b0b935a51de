// TLS and HTTP Basic authentication on the page's port.

import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { Program } from '../../testing/programs.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import {
  expect,
  type ListeningProgram,
  PageTerminal,
  PROMPT,
  QUICK,
  startBridge,
  test,
} from '../fixtures.ts';
import { copyPrivately, writePrivately } from '../privateFiles.ts';

const CERT = readFileSync(tlsFile('cert'));
const TLS = ['--tls-cert', tlsFile('cert'), '--tls-key', tlsFile('key')];
const ANNA = { username: 'anna', password: 'Sesam öffne dich' };

/** Writes a file of users, with hashes that `motd hash-password` made. */
async function usersFile(...users: { username: string; password: string }[]): Promise<string> {
  const lines = users.map(async ({ username, password }) => {
    const hash = Program.motd(['hash-password']).input(`${password}\n`);
    expect(await hash.exitCode()).toBe(0);
    return `${username}:${hash.stdout}`;
  });
  const file = test.info().outputPath('users');
  writePrivately(file, `# the operators\n${(await Promise.all(lines)).join('')}`);
  return file;
}

interface PageResponse {
  status: number | undefined;
  challenge: string | undefined;
  retryAfter: string | undefined;
}

/** Requests the page, as `curl -u` would. */
function requestPage({ port }: ListeningProgram, user = '', password = ''): Promise<PageResponse> {
  const auth = user === '' ? {} : { auth: `${user}:${password}` };
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, ca: CERT, agent: false, ...auth }, (response) => {
      const { 'www-authenticate': challenge, 'retry-after': retryAfter } = response.headers;
      response.resume();
      resolve({ status: response.statusCode, challenge, retryAfter });
    })
      .on('error', reject)
      .end();
  });
}

test.describe('in a browser', () => {
  test.use({ ignoreHTTPSErrors: true });

  test.describe('with the password', () => {
    test.use({ httpCredentials: ANNA });

    test(
      'holds a whole conversation: page, assets and WebSocket',
      QUICK,
      async ({ server, page }) => {
        const flags = [...TLS, '--users-file', await usersFile(ANNA)];
        const { port } = await startBridge(server.port, 0, flags);
        const socket = page.waitForEvent('websocket');
        await page.goto(`https://127.0.0.1:${port}/`);
        expect((await socket).url()).toBe(`wss://127.0.0.1:${port}/ws?notices`);
        const terminal = new PageTerminal(page);
        await terminal.expectText(PROMPT);
        await terminal.type('MSGSTORE');
        await terminal.expectText('Enter new message of the day:');
        await terminal.type('for those who are known');
        await terminal.expectText(`Server: 200 OK\n${PROMPT}`);
        await terminal.type('MSGGET');
        await terminal.expectText(`Server: 200 OK\nfor those who are known\n${PROMPT}`);
      },
    );
  });

  test('shows nothing of the page without the password', async ({ server, page }) => {
    const flags = [...TLS, '--users-file', await usersFile(ANNA)];
    const { port } = await startBridge(server.port, 0, flags);
    const statuses: number[] = [];
    page.on('response', (response) => statuses.push(response.status()));
    // A headless browser may report that as an error.
    await page.goto(`https://127.0.0.1:${port}/`).catch(() => null);
    await expect.poll(() => statuses).toEqual([401]);
    expect(await page.locator('.xterm').count()).toBe(0);
  });
});

test('accepts only the right name and password', QUICK, async ({ server }) => {
  const flags = [...TLS, '--users-file', await usersFile(ANNA)];
  const bridge = await startBridge(server.port, 0, flags);
  const challenge = 'Basic realm="motd", charset="UTF-8"';
  expect(await requestPage(bridge)).toMatchObject({ status: 401, challenge });
  expect(await requestPage(bridge, 'anna', 'Sesam')).toMatchObject({ status: 401, challenge });
  expect(await requestPage(bridge, 'anna', ANNA.password)).toMatchObject({ status: 200 });
});

test('delays wrong guesses, whether the user exists or not', async ({ server }) => {
  const flags = [...TLS, '--users-file', await usersFile(ANNA)];
  const bridge = await startBridge(server.port, 0, flags);
  const statuses: unknown[] = [];
  for (const user of ['anna', 'nobody', 'somebody', 'anna', 'nobody']) {
    const { status, retryAfter } = await requestPage(bridge, user, 'guess');
    statuses.push([status, retryAfter]);
  }
  const wrong = [401, undefined];
  const blocked = [429, '5'];
  expect(statuses).toEqual([wrong, wrong, wrong, blocked, blocked]);
  expect(await requestPage(bridge, 'anna', ANNA.password)).toMatchObject({ status: 429 });
});

test('motd up: applies TLS and passwords to the page, not to the TCP server', async () => {
  const key = test.info().outputPath('key.pem');
  copyPrivately(tlsFile('key'), key);
  const program = Program.motd([
    ...['up', '--port', '0', '--http-port', '0', '--tls-cert', tlsFile('cert'), '--tls-key', key],
    ...['--users-file', await usersFile(ANNA)],
  ]);
  const [, pagePort, port = ''] = await program.waitForOutput(
    /^Open https:\/\/127\.0\.0\.1:(\d+) in a browser, or run: nc 127\.0\.0\.1 (\d+)\n/m,
  );
  const page = { program, port: Number(pagePort) };
  expect(await requestPage(page)).toMatchObject({ status: 401 });
  expect(await requestPage(page, 'anna', ANNA.password)).toMatchObject({ status: 200 });
  const client = Program.motd(['get', '127.0.0.1', port]);
  expect(await client.exitCode()).toBe(0);
  expect(client.stdout).toMatch(/^An apple/);
  expect(await program.stop()).toBe(0);
  expect(program.stderr).toBe('');
});

for (const [mistake, flags, pattern, status] of [
  [
    'a certificate without its key',
    ['--tls-cert', tlsFile('cert')],
    /needs both --tls-cert and --tls-key/,
    2,
  ],
  [
    'a key of another certificate',
    ['--tls-cert', tlsFile('other'), '--tls-key', tlsFile('key')],
    /does not match the certificate/,
    1,
  ],
  ['a missing file', ['--users-file', 'nobody'], /no such file: nobody; check --users-file/, 1],
  [
    'a file that is not a list of users',
    ['--users-file', 'package.json'],
    /line 1 of package\.json is not NAME:HASH; check --users-file/,
    1,
  ],
] as const) {
  for (const command of ['bridge', 'up']) {
    test(`${command}: rejects ${mistake} with one line and status ${status}`, async () => {
      const ports = command === 'up' ? ['--port', '0'] : [];
      const program = Program.motd([command, '--http-port', '0', ...ports, ...flags]);
      expect(await program.exitCode()).toBe(status);
      expect(program.stderr).toMatch(/^motd: .* \[[a-z0-9-]+\]\n$/);
      expect(program.stderr).toMatch(pattern);
    });
  }
}
