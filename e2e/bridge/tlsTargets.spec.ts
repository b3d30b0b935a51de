// Targets with TLS: docs/targets.md, "Over TLS", with a real redis, an IRC server, and the message
// server.

import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { codeBlock, replaceParts } from '../../testing/docs.ts';
import { freePort } from '../../testing/freePort.ts';
import { isLinux, NEEDS_LINUX } from '../../testing/procFs.ts';
import { Program, runMotd } from '../../testing/programs.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import {
  expect,
  PageTerminal,
  PROMPT,
  QUICK,
  startBridgeWith,
  startServer,
  test,
} from '../fixtures.ts';
import { reloadTargets } from '../reload.ts';

const PAGE = 'docs/targets.md';
const HEADING = 'Over TLS';
const CA = ['--target-ca', tlsFile('cert')];
const SERVER_TLS = ['--tls-cert', tlsFile('cert'), '--tls-key', tlsFile('key')];

const MALFORMED = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

async function makeFolder(program: (folder: string) => Program | Promise<Program>) {
  const folder = await mkdtemp(join(tmpdir(), 'motd-tls-'));
  const started = await program(folder);
  void started.exitCode().then(() => rm(folder, { recursive: true, force: true }));
  return { folder, program: started };
}

test.describe('redis', () => {
  const redisServer = process.env['MOTD_TEST_REDIS'] ?? 'redis-server';
  test.skip(!hasTls(redisServer), 'no redis-server with TLS on this machine');
  test.skip(spawnSync('openssl', ['version']).status !== 0, 'no openssl on this machine');

  /** Runs the commands of docs/targets.md. */
  async function startRedis() {
    const port = await freePort();
    const { folder, program } = await makeFolder((cwd) => {
      const script = replaceParts(codeBlock(PAGE, HEADING, 'sh'), [
        ['redis-server', `exec ${redisServer}`],
        ['6391', String(port)],
      ]);
      return new Program('sh', ['-c', `cd ${cwd}\n${script}`]);
    });
    await program.waitForOutput(/Ready to accept connections/);
    const command = replaceParts(codeBlock(PAGE, HEADING, 'sh', 1), [
      ['npm run -s motd -- bridge', ''],
      ['6391', String(port)],
      ['redis.pem', join(folder, 'redis.pem')],
    ]);
    return { program, args: command.trim().split(' ') };
  }

  test('answers the page, as docs/targets.md shows', QUICK, async ({ page }) => {
    const { program, args } = await startRedis();
    const { port } = await startBridgeWith(...args);
    await page.goto(`http://127.0.0.1:${port}/?target=redis`);
    const terminal = new PageTerminal(page);
    await terminal.expectText('redis>');
    await terminal.type('SET greeting hello');
    await terminal.expectText('redis> SET greeting hello\n+OK\nredis>');
    await program.stop();
    await expect.poll(() => terminal.text()).toContain('redis closed the connection');
  });

  test('is rejected without --target-ca, as docs/targets.md shows', async ({ page }) => {
    const { args } = await startRedis();
    const { port } = await startBridgeWith(...args.slice(0, -2));
    await page.goto(`http://127.0.0.1:${port}/?target=redis`);
    const text = 'redis has an untrusted certificate: self-signed';
    await expect.poll(() => new PageTerminal(page).text()).toContain(text);
  });

  /** Whether it knows the flags of TLS. */
  function hasTls(command: string): boolean {
    if (command === '') return false;
    const args = ['--port', '0', '--tls-auth-clients', 'maybe'];
    const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    return /must be one of/.test(`${stdout}${stderr}`);
  }
});

test.describe('an IRC server', () => {
  const ngircd = process.env['MOTD_TEST_NGIRCD'] ?? 'ngircd';
  test.skip(spawnSync(ngircd, ['--version']).status !== 0, 'no ngircd on this machine');

  test('is used line by line on the page', async ({ page }) => {
    const port = await freePort();
    const { program } = await makeFolder(async (folder) => {
      const file = join(folder, 'ngircd.conf');
      await writeFile(file, ircConfiguration(port));
      return new Program(ngircd, ['--nodaemon', '--config', file]);
    });
    await expect.poll(() => program.stdout).toMatch(/listening/i);
    const bridge = await startBridgeWith('--target', `irc=localhost:${port}+tls`, ...CA);
    await page.goto(`http://127.0.0.1:${bridge.port}/?target=irc`);
    const terminal = new PageTerminal(page);
    await terminal.expectText('irc>');
    await terminal.type('NICK anna');
    await terminal.type('USER anna 0 * :Anna');
    await expect.poll(() => terminal.text()).toContain(':irc.example 376 anna :End of MOTD');
  });

  function ircConfiguration(port: number): string {
    const { username } = userInfo();
    return [
      '[Global]',
      'Name = irc.example',
      'Listen = 127.0.0.1',
      `ServerUID = ${username}`,
      '[Options]',
      'DNS = no',
      'Ident = no',
      'PAM = no',
      '[SSL]',
      `CertFile = ${tlsFile('cert')}`,
      `KeyFile = ${tlsFile('key')}`,
      `Ports = ${port}`,
      '',
    ].join('\n');
  }
});

test.describe('the message server', () => {
  test('gets the address of the browser before the handshake', QUICK, async ({ page }) => {
    const server = await startServer(0, SERVER_TLS);
    const target = `motd=127.0.0.1:${server.port}+tls+proxy`;
    const flags = ['--target', target, ...CA, '--trust-proxy', '127.0.0.1'];
    const { port } = await startBridgeWith(...flags);
    await page.setExtraHTTPHeaders({ 'X-Forwarded-For': '192.0.2.7' });
    await page.goto(`http://127.0.0.1:${port}/`);
    const terminal = new PageTerminal(page);
    await terminal.expectText(PROMPT);
    await terminal.type('MSGGET');
    await expect.poll(() => terminal.text()).toContain('An apple a day keeps the doctor away.');
    await server.program.waitForOutput(/Received:from \('192\.0\.2\.7', \d+\): MSGGET\n/);
  });

  test('is followed by the feed, with --workers', async () => {
    const server = await startServer(0, SERVER_TLS);
    const target = `motd=localhost:${server.port}+tls`;
    const flags = ['--target', target, ...CA, '--feed', 'motd', '--workers', '2'];
    const { port } = await startBridgeWith(...flags);
    const response = await fetch(`http://127.0.0.1:${port}/message`);
    expect(await response.text()).toBe('An apple a day keeps the doctor away.\n');
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
  });
});

for (const workers of ['1', '2']) {
  test(`SIGHUP reads --target-ca again; a bad one changes nothing: --workers ${workers}`, async () => {
    test.skip(!isLinux, NEEDS_LINUX);
    const server = await startServer(0, SERVER_TLS);
    const ca = test.info().outputPath('ca.pem');
    copyFileSync(tlsFile('other'), ca);
    const targets = test.info().outputPath('targets');
    writeFileSync(targets, `motd=localhost:${server.port}+tls\n`);
    const files = ['--targets-file', targets, '--target-ca', ca];
    const { program, port } = await startBridgeWith(...files, '--workers', workers);
    /** Of more sessions than there are workers. */
    const outcomes = async () => {
      const all = Array.from({ length: 4 }, () => outcomeOf(port));
      return [...new Set(await Promise.all(all))];
    };
    expect(await outcomes()).toEqual(['motd has an untrusted certificate: self-signed']);

    copyFileSync(tlsFile('cert'), ca);
    expect(await reloadTargets(program)).toContain('The list of target CAs was reloaded.\n');
    expect(await outcomes()).toEqual(['200 OK']);

    writeFileSync(ca, `${readFileSync(tlsFile('other'))}${MALFORMED}`);
    expect(await reloadTargets(program)).toContain(
      '[!] The list of target CAs was not reloaded: ' +
        `certificate 2 in ${ca} is malformed; check --target-ca [invalid-tls-file]\n`,
    );
    expect(await outcomes()).toEqual(['200 OK']);
  });
}

/** @returns The first reply to a session, or the reason for its end. */
async function outcomeOf(port: number): Promise<string> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const outcome = new Promise<string>((resolve) => {
    webSocket.on('message', (data) => resolve(String(data).split('\n', 1)[0] ?? ''));
    webSocket.on('close', (_code, reason) => resolve(String(reason)));
  });
  webSocket.on('open', () => webSocket.send('MSGGET\n'));
  const text = await outcome;
  webSocket.terminate();
  return text;
}

test('names which certificate of a file is malformed, whatever flag names it', async () => {
  const file = test.info().outputPath('bundle.pem');
  writeFileSync(file, `${readFileSync(tlsFile('cert'))}${readFileSync(tlsFile('ca'))}${MALFORMED}`);
  const key = ['--tls-key', tlsFile('key')];
  for (const [flag, args] of [
    ['--target-ca', ['bridge']],
    ['--tls-client-ca', ['bridge', '--tls-cert', tlsFile('cert'), ...key]],
    ['--tls-cert', ['bridge', ...key]],
    ['--tls-cert', ['serve', '--store', 'memory:', ...key]],
    ['--tls-ca', ['get']],
    ['--etcd-ca', ['serve', '--store', 'etcd://127.0.0.1:1/motd']],
  ] as const) {
    const { status, stderr } = await runMotd([...args, flag, file]);
    // A warning about the mode of the key may precede it.
    expect(stderr.split('\n').at(-2)).toBe(
      `motd: certificate 3 in ${file} is malformed; check ${flag} [invalid-tls-file]`,
    );
    expect(status).toBe(1);
  }
});

test('rejects a --target-ca that is not a certificate', async () => {
  const args = ['bridge', '--http-port', '0', '--target-ca', tlsFile('key')];
  const { status, stderr } = await runMotd(args);
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^motd: no certificate \(PEM\) in .*key\.pem; check --target-ca \[invalid-tls-file\]\n$/,
  );
});
