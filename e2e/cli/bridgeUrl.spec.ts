// `--url`: every client command through a bridge.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { freePort } from '../../testing/freePort.ts';
import { passwordHash } from '../../testing/passwordHash.ts';
import { Program, runMotd } from '../../testing/programs.ts';
import { startTcpService } from '../../testing/tcpService.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import { expect, QUICK, startBridge, test } from '../fixtures.ts';
import { goldens } from '../golden/golden.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const LOGIN = 'anna:a long password';

const quiet = { status: 0, stderr: '' };
const failed = (error: string, code: string) => ({
  status: 1,
  stdout: '',
  stderr: `motd: ${error} [${code}]\n`,
});

const urlOf = ({ port }: { port: number }, path = '/ws') => `ws://127.0.0.1:${port}${path}`;

/** A file with the user and the password of `anna`, and the flags of a bridge that requires them. */
function loginFiles() {
  const [login, users] = [test.info().outputPath('login'), test.info().outputPath('users')];
  writeFileSync(login, `${LOGIN}\n`, { mode: 0o600 });
  writeFileSync(users, `anna:${passwordHash('a long password')}\n`, { mode: 0o600 });
  return { login, flags: ['--users-file', users] };
}

const cleanUps: (() => unknown)[] = [];
test.afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** A bridge that is not ours: it closes each WebSocket so. */
async function foreignBridge(code: number, reason: string): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (webSocket) => webSocket.close(code, reason));
  await once(server, 'listening');
  cleanUps.push(() => server.close());
  return urlOf(server.address() as AddressInfo);
}

test('get, set, history and watch work through a bridge', QUICK, async ({ bridge }) => {
  const url = ['--url', urlOf(bridge)];
  expect(await runMotd(['get', ...url])).toEqual({ ...quiet, stdout: `${APPLE}\n` });
  const watch = Program.motd(['watch', ...url]);
  await watch.waitForOutput(/^An apple .*\n/);
  expect(await runMotd(['set', ...url, '-m', 'Grüße'])).toEqual({ ...quiet, stdout: '' });
  await watch.waitForOutput(/\nGrüße\n$/);
  expect((await runMotd(['history', ...url])).stdout).toMatch(/^\S+Z Grüße\n$/);
  expect(await runMotd(['get', ...url])).toEqual({ ...quiet, stdout: 'Grüße\n' });
});

for (const golden of goldens) {
  test(`connect reproduces case ${golden.name} exactly`, async ({ bridge }) => {
    const client = Program.motd(['connect', '--url', urlOf(bridge)]);
    client.input(golden.typed.map((line) => `${line}\n`).join(''));
    expect(await client.exitCode()).toBe(0);
    expect(client.stdout).toBe(golden.isOpen ? `${golden.screen}\n` : golden.screen);
    expect(client.stderr).toBe('');
  });
}

test('a history of 1,000 long messages arrives whole', async ({ bridge, server }) => {
  const text = 'x'.repeat(1000);
  const messages = Array.from({ length: 1000 }, (_, number) => `${number} ${text}`);
  const client = Program.motd(['connect', '127.0.0.1', String(server.port)]);
  client.input(messages.map((message) => `MSGSTORE\n${message}\n`).join(''));
  expect(await client.exitCode()).toBe(0);
  const { stdout } = await runMotd(['history', '--url', urlOf(bridge)]);
  expect(stdout.split('\n').map((line) => line.replace(/^\S+ /, ''))).toEqual([...messages, '']);
});

test('sends the user and the password of a file, or of MOTD_LOGIN', async ({ server }) => {
  const { login, flags } = loginFiles();
  const bridge = await startBridge(server.port, 0, [...flags, '--base-path', '/motd']);
  const url = ['--url', urlOf(bridge, '/motd/ws')];
  const message = { ...quiet, stdout: `${APPLE}\n` };
  expect(await runMotd(['get', ...url, '--login-file', login])).toEqual(message);
  const program = Program.motd(['get', ...url], { MOTD_LOGIN: LOGIN });
  expect(await program.result()).toEqual(message);
  expect(await runMotd(['get', ...url])).toEqual(
    failed(
      `${url[1]}: the bridge replied 401: the user name or password is missing or wrong; put USER:PASSWORD into a file, and name it with --login-file`,
      'bridge-login',
    ),
  );
  const wrong = Program.motd(['get', ...url], { MOTD_LOGIN: 'anna:guess' });
  expect((await wrong.result()).stderr).toMatch(
    /; check --login-file, or MOTD_LOGIN \[bridge-login\]\n$/,
  );
});

test('watch ends if the bridge rejects the login, which would block the user', async ({
  server,
}) => {
  const bridge = await startBridge(server.port, 0, loginFiles().flags);
  const watch = Program.motd(['watch', '--url', urlOf(bridge)], { MOTD_LOGIN: 'anna:guess' });
  expect(await watch.exitCode()).toBe(1);
  expect(watch.stderr.match(/replied 401/g)).toHaveLength(1);
  const right = Program.motd(['get', '--url', urlOf(bridge)], { MOTD_LOGIN: LOGIN });
  expect((await right.result()).stdout).toBe(`${APPLE}\n`);
});

test('uses TLS with wss:, and trusts the CA of --tls-ca', async ({ server }) => {
  const tls = ['--tls-cert', tlsFile('cert'), '--tls-key', tlsFile('key')];
  const bridge = await startBridge(server.port, 0, tls);
  const url = `wss://localhost:${bridge.port}/ws`;
  const trusted = await runMotd(['get', '--url', url, '--tls-ca', tlsFile('cert')]);
  expect(trusted).toEqual({ ...quiet, stdout: `${APPLE}\n` });
  const { status, stderr } = await runMotd(['get', '--url', url]);
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/pass its CA with --tls-ca \[untrusted-certificate\]\n$/),
  ]);
});

test('asks the next bridge if one is down, or has no server', QUICK, async ({ bridge }) => {
  const down = `ws://127.0.0.1:${await freePort()}/ws`;
  const serverless = await startBridge(await freePort());
  for (const first of [down, urlOf(serverless)]) {
    const urls = ['--url', `${first},${urlOf(bridge)}`];
    expect(await runMotd(['set', ...urls, '-m', first])).toEqual({ ...quiet, stdout: '' });
    expect(await runMotd(['get', ...urls])).toEqual({ ...quiet, stdout: `${first}\n` });
    const dialogue = Program.motd(['connect', ...urls]).input('MSGGET\nQUIT\n');
    expect(await dialogue.exitCode()).toBe(0);
    expect(dialogue.stdout).toContain(`\n${first}\n`);
  }
});

test('reports why the bridge has no server', async () => {
  const bridge = await startBridge(await freePort());
  const url = urlOf(bridge);
  const reason =
    'the bridge closed the connection: 1014 motd refused the connection: is it running?';
  expect(await runMotd(['get', '--url', url])).toEqual(
    failed(`${url}: ${reason}`, 'connection-closed'),
  );
  const dialogue = Program.motd(['connect', '--url', url]).input('MSGGET\n');
  expect(await dialogue.exitCode()).toBe(1);
  expect(dialogue.stdout).toContain(reason);
});

test('shows the reason of a bridge without its control characters', async () => {
  const url = await foreignBridge(4000, '\x1b[31mno\nway');
  const error = `${url}: the bridge closed the connection: 4000 ^[[31mno^Jway`;
  expect(await runMotd(['get', '--url', url])).toEqual(failed(error, 'connection-closed'));
});

test('reports a web server that is no bridge', async () => {
  const server = createServer((_request, response) => response.end('<h1>hello</h1>'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => server.close());
  const url = urlOf(server.address() as AddressInfo);
  expect(await runMotd(['get', '--url', url])).toEqual(
    failed(
      `${url}: the bridge replied 200: OK; check --url: the path of a bridge ends in /ws`,
      'not-a-bridge',
    ),
  );
});

test('reports a server that speaks no HTTP, and a web server in place of a server', async ({
  server,
  bridge,
}) => {
  const url = urlOf(server);
  expect(await runMotd(['get', '--url', url])).toEqual(
    failed(
      `${url}: the server there is not a bridge; check --url: the path of a bridge ends in /ws`,
      'not-a-bridge',
    ),
  );
  const { status, stderr } = await runMotd(['get', '127.0.0.1', String(bridge.port)]);
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(
      /HTTP\/1\.1 400 .*if it is a bridge, use --url ws:\/\/HOST:PORT\/ws \[not-a-message-server\]\n$/s,
    ),
  ]);
});

test('gives up on a bridge that never answers', async () => {
  const silent = await startTcpService(() => {});
  cleanUps.push(() => silent.close());
  const url = urlOf(silent);
  const { status, stderr } = await runMotd(['get', '--url', url, '--timeout', '1']);
  expect([status, stderr]).toEqual([
    1,
    `motd: no answer within 1 s: ${url} did not open the WebSocket; allow more with --timeout [no-answer]\n`,
  ]);
});

for (const [args, error] of [
  [
    ['--url', 'https://motd.example/motd/'],
    /URL of its own: wss:\/\/motd\.example\/motd\/ws \[invalid-value\]\n$/,
  ],
  [
    ['--url', 'motd.example'],
    /'motd\.example' is not a URL: it must be wss:\/\/HOST\/ws, or .* Unix socket \[invalid-value\]\n$/,
  ],
  [
    ['--url', 'wss://anna:geheim@motd.example/ws'],
    /visible to other users; use --login-file \[invalid-value\]\n$/,
  ],
  [
    ['--url', 'ws://a/ws', 'b'],
    /the server is given twice; leave out --url, or the host \[conflicting-flags\]\n$/,
  ],
  [
    ['--login-file', 'login'],
    /--login-file is for --url; a server has no users \[unused-flag\]\n$/,
  ],
  [
    ['b', '--login-file', 'login'],
    /--login-file is for --url; a server has no users \[unused-flag\]\n$/,
  ],
  [
    ['--url', 'wss://a/ws', '--port', '1'],
    /--port is not for --url; write the port into the URL \[unused-flag\]\n$/,
  ],
  [
    ['--url', 'ws://a/ws', '--tls-ca', 'ca'],
    /--tls-ca is not for ws:\/\/; write wss:\/\/ in the URL \[unused-flag\]\n$/,
  ],
  [
    ['--url', 'ws://a/ws', '--tls'],
    /--tls is not for --url; write wss:\/\/ in the URL \[unused-flag\]\n$/,
  ],
] as const) {
  test(`rejects as wrong usage: get ${args.join(' ')}`, async () => {
    const { status, stdout, stderr } = await runMotd(['get', ...args]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(error);
    expect(stderr).not.toContain('geheim');
  });
}

test('a host on the command line takes precedence over MOTD_URL', async ({ server }) => {
  const program = Program.motd(['get', '127.0.0.1', String(server.port)], {
    MOTD_URL: 'ws://127.0.0.1:1/ws',
  });
  expect(await program.result()).toEqual({ ...quiet, stdout: `${APPLE}\n` });
});

test('a login in a variable needs a URL, or a server on the command line', async ({ server }) => {
  const { login } = loginFiles();
  const at = ['127.0.0.1', String(server.port)];
  for (const [name, value] of Object.entries({ MOTD_LOGIN_FILE: login, MOTD_LOGIN: LOGIN })) {
    const env = { [name]: value, MOTD_HOST: '127.0.0.1', MOTD_PORT: String(server.port) };
    expect(await runMotd(['get'], '', env)).toEqual({
      status: 2,
      stdout: '',
      stderr: `motd: ${name} is for --url; set MOTD_URL, or name the server on the command line [unused-flag]\n`,
    });
    expect(await runMotd(['get', ...at], '', env)).toEqual({ ...quiet, stdout: `${APPLE}\n` });
  }
});

test('a login in a variable is not read for a host on the command line', async ({ server }) => {
  const at = ['127.0.0.1', String(server.port)];
  for (const env of [{ MOTD_LOGIN_FILE: '/missing' }, { MOTD_LOGIN: 'no colon' }])
    expect(await runMotd(['get', ...at], '', env)).toEqual({ ...quiet, stdout: `${APPLE}\n` });
});

test('TLS files in variables are not read for ws:', async ({ bridge }) => {
  const env = { MOTD_TLS_CA: '/missing', MOTD_TLS_CLIENT_CERT: '/missing' };
  const get = await runMotd(['get', '--url', urlOf(bridge)], '', env);
  expect(get).toEqual({ ...quiet, stdout: `${APPLE}\n` });
});
