// deploy/update-motd.d/60-motd, run as at a login: by Debian's run-parts, with an empty environment
// (update-motd(5), pam_motd(8)).

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceParts } from '../../testing/docs.ts';
import { freePort } from '../../testing/freePort.ts';
import { allProcesses, readProcFile } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { ROOT } from '../../testing/root.ts';
import { expect, QUICK, startServer, store } from '../fixtures.ts';
import { test } from './socketFolder.ts';

const HOOK = fileURLToPath(new URL('../../deploy/update-motd.d/60-motd', import.meta.url));
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const APPLE = 'An apple a day keeps the doctor away.';

// Empty if scripts/tools.mjs found none and could not install one; CI always has one.
const shellcheck = process.env['MOTD_TEST_SHELLCHECK'] ?? 'shellcheck';

// The hook is for Debian and its derivatives.
const NEEDED = ['run-parts', 'nc', 'flock', 'setsid', 'timeout', 'iconv'];
const isDebian = NEEDED.every((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0);
const networkNamespace = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', 'true']);
test.skip(!isDebian, 'not a Debian with nc');

/** A machine with the hook, its settings and its cache. */
class Machine {
  readonly folder = test.info().outputPath('machine');
  readonly cache = join(this.folder, 'cache');
  readonly settings = join(this.folder, 'default');
  readonly #parts = join(this.folder, 'update-motd.d');
  readonly #hook = join(this.#parts, '60-motd');

  /**
   * The hook with paths of the test, and with a long timeout for a server, so that a busy machine
   * does not hit it.
   */
  constructor() {
    mkdirSync(this.#parts, { recursive: true });
    const text = replaceParts(readFileSync(HOOK, 'utf8'), [
      ['/var/cache/motd-terminal', this.cache],
      ['settings=/etc/default/motd-terminal', `settings=${this.settings}`],
      ['timeout=2\n', 'timeout=30\n'],
    ]);
    writeFileSync(this.#hook, text);
    chmodSync(this.#hook, 0o755);
  }

  useServer(host: string, port: number): void {
    this.writeSettings(`MOTD_HOST=${host}\nMOTD_PORT=${port}\n`);
  }

  writeSettings(settings: string): void {
    writeFileSync(this.settings, settings);
  }

  /** The command that a login runs. */
  get command(): string[] {
    return ['env', '-i', `PATH=${PATH}`, 'run-parts', '--lsbsysinit', this.#parts];
  }

  /** Runs the hook. @returns What a login shows. */
  async logIn(): Promise<string> {
    const [env = '', ...args] = this.command;
    const login = new Program(env, args);
    expect(await login.exitCode()).toBe(0);
    expect(login.stderr).toBe('');
    return login.stdout;
  }

  /**
   * Whether the request of a login still runs in the background. Trying the lock instead could keep
   * a login from requesting the message, and would miss a process that has not taken it yet.
   */
  get isRequesting(): boolean {
    return allProcesses().some((pid) =>
      readProcFile(pid, 'cmdline').includes(`${this.#hook}\0refresh\0`),
    );
  }

  /** Resolves once no request runs in the background. */
  async waitForRequests(): Promise<void> {
    await expect.poll(() => this.isRequesting).toBe(false);
  }

  /**
   * Resolves once the message is cached. On a very busy machine that may take more than one login.
   */
  async waitForMessage(message: string): Promise<void> {
    await expect.poll(() => this.logIn()).toBe(`${message}\n`);
    await this.waitForRequests();
  }

  /** Checks two logins: the second one shows what the first may have cached. */
  async expectMessage(message: string): Promise<void> {
    for (let login = 1; login <= 2; login++) {
      expect(await this.logIn()).toBe(`${message}\n`);
      await this.waitForRequests();
    }
  }
}

test('run-parts accepts its name', () => {
  const { stdout } = spawnSync('run-parts', ['--lsbsysinit', '--test', join(HOOK, '..')], {
    encoding: 'utf8',
  });
  expect(stdout).toBe(`${HOOK}\n`);
});

test('shellcheck finds nothing', QUICK, () => {
  const scripts = [
    HOOK,
    fileURLToPath(new URL('../../deploy/motd-get', import.meta.url)),
    fileURLToPath(new URL('../packaging/systemd/manager.sh', import.meta.url)),
  ];
  test.skip(shellcheck === '' && process.env['CI'] === undefined, 'no shellcheck here');
  const { status, stdout } = spawnSync(shellcheck, scripts, { encoding: 'utf8' });
  expect(status, stdout).toBe(0);
});

test(
  'a login shows the message, and a later login the newer message',
  QUICK,
  async ({ server }) => {
    const machine = new Machine();
    machine.useServer('127.0.0.1', server.port);
    await machine.waitForMessage(APPLE);
    await store('Grüße, 世界', server.port);
    await machine.waitForMessage('Grüße, 世界');
  },
);

test('with MOTD_NO_DEFAULT, a login shows nothing of the initial message', async ({ server }) => {
  const machine = new Machine();
  machine.writeSettings(`MOTD_HOST=127.0.0.1\nMOTD_PORT=${server.port}\nMOTD_NO_DEFAULT=1\n`);
  await store('Grüße  * / - an alle', server.port);
  await machine.waitForMessage('Grüße  * / - an alle');
  const cancel = Program.motd(['cancel', '1', '127.0.0.1', String(server.port)]);
  expect(await cancel.exitCode()).toBe(0);
  await expect.poll(() => machine.logIn()).toBe('');
  await machine.waitForRequests();
  await utimes(join(machine.cache, 'message'), 0, 0);
  await server.program.stop();
  expect(await machine.logIn()).toBe('');
});

test('contacts the next server if the first is down', async ({ server }) => {
  const machine = new Machine();
  const gone = await freePort();
  machine.useServer(`127.0.0.1:${gone},[::1]:${gone},::1,127.0.0.1`, server.port);
  await machine.waitForMessage(APPLE);
  machine.useServer(`127.0.0.1,127.0.0.1:${server.port}`, gone);
  await store('At a port of its own', server.port);
  await machine.waitForMessage('At a port of its own');
});

test(
  'a hanging server delays no login: the last known message is shown',
  QUICK,
  async ({ server }) => {
    const machine = new Machine();
    machine.useServer('127.0.0.1', server.port);
    await machine.waitForMessage(APPLE);
    server.program.process.kill('SIGSTOP');
    try {
      expect(await machine.logIn()).toBe(`${APPLE}\n`);
      // The request of that login is still running.
      expect(machine.isRequesting).toBe(true);
      // Another login does not wait for it longer than for its own request.
      expect(await machine.logIn()).toBe(`${APPLE}\n`);
      expect(machine.isRequesting).toBe(true);
    } finally {
      server.program.process.kill('SIGCONT');
    }
    await machine.waitForRequests();
  },
);

test('without a server, shows nothing, and later the last known message with its time', async ({
  server,
}) => {
  const machine = new Machine();
  machine.useServer('127.0.0.1', await freePort());
  expect(await machine.logIn()).toBe('');
  machine.useServer('127.0.0.1', server.port);
  await machine.waitForMessage(APPLE);
  await server.program.stop();
  expect(await machine.logIn()).toBe(`${APPLE}\n`);
  const yesterday = new Date(2026, 10, 22, 17, 0);
  await utimes(join(machine.cache, 'message'), yesterday, yesterday);
  expect(await machine.logIn()).toBe(`${APPLE} (as of 2026-11-22 17:00)\n`);
});

for (const [what, settings] of [
  ['a missing quotation mark', 'MOTD_HOST="a b\n'],
  ['two words without quotation marks', 'MOTD_HOST=a.example b.example\n'],
  ['an unset variable', 'MOTD_HOST=$HOST_OF_MOTD\n'],
  ['an exit', 'MOTD_HOST=a.example\nexit 3\n'],
] as const) {
  test(`keeps the last known message if the settings are invalid: ${what}`, async ({ server }) => {
    const machine = new Machine();
    machine.useServer('127.0.0.1', server.port);
    await machine.waitForMessage(APPLE);
    await store('Not asked for', server.port);
    machine.writeSettings(`MOTD_PORT=${server.port}\n${settings}`);
    await machine.expectMessage(APPLE);
    machine.useServer('127.0.0.1', server.port);
    await machine.waitForMessage('Not asked for');
  });
}

for (const [what, settings] of [
  ['CRLF line ends', (lines: string[]) => lines.join('\r\n')],
  ['CRLF line ends, and no line end at the end', (lines: string[]) => lines.join('\r\n').trimEnd()],
  ['a byte order mark', (lines: string[]) => `\ufeff${lines.join('\n')}`],
  ['a byte order mark and CRLF line ends', (lines: string[]) => `\ufeff${lines.join('\r\n')}`],
  ['a return', (lines: string[]) => [...lines.slice(0, -1), 'return', 'MOTD_HOST=', ''].join('\n')],
] as const) {
  test(`reads settings with ${what}`, async ({ server }) => {
    const machine = new Machine();
    const lines = [
      '# Where the message is.',
      '',
      'MOTD_HOST="127.0.0.1"',
      `MOTD_PORT=${server.port}`,
    ];
    machine.writeSettings(settings([...lines, '']));
    await machine.waitForMessage(APPLE);
  });
}

for (const [kind, pathFrom] of [
  ['absolute', (path: string) => path],
  ['relative', (path: string) => relative(fileURLToPath(ROOT), path)],
] as const) {
  test(`asks a server on a Unix socket by its ${kind} path`, async ({ folder }) => {
    const machine = new Machine();
    const path = join(folder, 's');
    await Program.motd(['serve', '--socket', path]).waitForOutput(/istening on unix:/);
    machine.writeSettings(`MOTD_HOST=127.0.0.1:1,${pathFrom(path)}\n`);
    await machine.waitForMessage(APPLE);
  });
}

test('keeps the last known message if settings with CRLF line ends are invalid', async ({
  server,
}) => {
  const machine = new Machine();
  machine.useServer('127.0.0.1', server.port);
  await machine.waitForMessage(APPLE);
  await store('Not asked for', server.port);
  machine.writeSettings(`MOTD_PORT=${server.port}\r\nMOTD_HOST="a b\r\n`);
  await machine.expectMessage(APPLE);
});

for (const [what, makeUnsafe] of [
  ['is writable for all users', (file: string) => chmodSync(file, 0o666)],
  ['is writable for a group', (file: string) => chmodSync(file, 0o664)],
  ['belongs to another user', (file: string) => chownSync(file, 65_534, 65_534)],
] as const) {
  test(`runs nothing of a settings file that ${what}`, async ({ server }) => {
    test.skip(what.startsWith('belongs') && process.getuid?.() !== 0, 'only root gives files away');
    const machine = new Machine();
    machine.useServer('127.0.0.1', server.port);
    await machine.waitForMessage(APPLE);
    const ran = join(machine.folder, 'ran');
    machine.writeSettings(`MOTD_PORT=${server.port}\ntouch '${ran}'\n`);
    makeUnsafe(machine.settings);
    await store('Not asked for', server.port);
    await machine.expectMessage(APPLE);
    expect(existsSync(ran)).toBe(false);
    chmodSync(machine.settings, 0o644);
    if (process.getuid?.() === 0) chownSync(machine.settings, 0, 0);
    await machine.waitForMessage('Not asked for');
    expect(existsSync(ran)).toBe(true);
  });
}

for (const [what, answer] of [
  ['an escape sequence', '200 OK\n\x1b[2Jgone\n'],
  ['CSI in one byte', '200 OK\n\x9b2Jgone\n'],
  ['CSI in UTF-8', '200 OK\n\u009b2Jgone\n'],
  ['bidirectional controls', '200 OK\nab\u202ecd\n'],
  ['a line that never ends', `200 OK\n${'x'.repeat(10_000)}`],
  ['an empty line', '200 OK\n\n'],
  ['a rejection', '421 SERVER SHUTTING DOWN\nx\n'],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
] as const) {
  test(`does not show a reply that is not a message: ${what}`, async () => {
    const machine = new Machine();
    const server = createServer((socket) => {
      socket.on('error', () => {});
      const byByte = what === 'CSI in one byte';
      socket.end(Buffer.from(answer, byByte ? 'latin1' : 'utf8'));
    });
    server.listen(0, '127.0.0.1').unref();
    await once(server, 'listening');
    const connected = once(server, 'connection');
    machine.useServer('127.0.0.1', (server.address() as AddressInfo).port);
    expect(await machine.logIn()).toBe('');
    await connected;
    await machine.waitForRequests();
    expect(existsSync(join(machine.cache, 'message'))).toBe(false);
    server.close();
  });
}

test('a message stays text for the shell, whatever it contains', async () => {
  const machine = new Machine();
  const ran = join(machine.folder, 'ran');
  const message = `-n %s%n %99d \\033[31m \\c $(touch ${ran}) \`touch ${ran}\`; touch ${ran} * ~ "'`;
  const server = createServer((socket) => {
    socket.on('error', () => {}).end(`200 OK\n${message}\n`);
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  machine.useServer('127.0.0.1', (server.address() as AddressInfo).port);
  await machine.waitForMessage(message);
  expect(existsSync(ran)).toBe(false);
  server.close();
});

test('a name server that does not answer delays no login', async () => {
  test.skip(networkNamespace.status !== 0, 'not allowed to make a network namespace');
  const { port } = await startServer();
  const machine = new Machine();
  machine.useServer('127.0.0.1', port);
  await machine.waitForMessage(APPLE);
  machine.useServer('motd.example', port);
  const resolver = join(machine.folder, 'resolv.conf');
  writeFileSync(resolver, 'nameserver 127.0.0.1\n');
  // A network namespace with nothing but a name server, which reports each query. What is left of
  // the login ends with the shell.
  const listen =
    "require('dgram').createSocket('udp4').on('message', () => console.log('asked'))" +
    ".bind(53, '127.0.0.1', () => console.log('listening'))";
  const script = `
    ip link set lo up
    mount --bind '${resolver}' /etc/resolv.conf
    '${process.execPath}' -e "${listen}" &
    read go
    ${machine.command.join(' ')}
    echo over
    read gone
  `;
  const flags = ['--net', '--mount', '--pid', '--fork', '--kill-child=KILL'];
  const login = new Program('unshare', [...flags, 'sh', '-c', script]);
  await login.waitForOutput(/listening\n/);
  login.process.stdin?.write('go\n');
  const [, shown] = await login.waitForOutput(/listening\n([\s\S]*)over\n/);
  expect(shown?.replaceAll('asked\n', '')).toBe(`${APPLE}\n`);
  await login.waitForOutput(/asked\n/);
  expect(machine.isRequesting).toBe(true);
  login.process.stdin?.end();
  await login.exitCode();
});
