// `--socket` and `--http-socket`: servers on a Unix socket, in place of a TCP port.

import { existsSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { freePort } from '../../testing/freePort.ts';
import { childrenOf, isLinux, listeningPorts, NEEDS_LINUX } from '../../testing/procFs.ts';
import { Program, runMotd } from '../../testing/programs.ts';
import { staleSocket } from '../../testing/staleSocket.ts';
import { expect, QUICK } from '../fixtures.ts';
import { nginx, startProxy } from '../proxies.ts';
import { test } from './socketFolder.ts';

test.skip(!isLinux, NEEDS_LINUX);

const COMMANDS = {
  serve: { flag: '--socket', args: ['serve'] },
  bridge: { flag: '--http-socket', args: ['bridge'] },
} as const;

const KINDS = (['serve', 'bridge'] as const).flatMap((command) =>
  [[], ['--workers', '2']].map((workers) => ({ ...COMMANDS[command], command, workers })),
);

const modeOf = (path: string) => statSync(path).mode & 0o777;

async function start(args: readonly string[]): Promise<Program> {
  const program = Program.motd(args);
  await program.waitForOutput(/istening on unix:/);
  return program;
}

/** Whether a server or a bridge answers on the socket. */
async function isServing(path: string): Promise<boolean> {
  const socket = connect({ path });
  socket.write('GET /healthz HTTP/1.0\r\n\r\n');
  const reply = await text(socket).catch(() => '');
  return /^(?:HTTP\/1\.1 200|400 UNKNOWN)/.test(reply);
}

function pidsOf({ process: { pid = 0 } }: Program): number[] {
  return [pid, ...childrenOf(pid)];
}

for (const { command, flag, args, workers } of KINDS) {
  const name = [command, ...workers].join(' ');

  test(`${name}: the socket is for its owner and group, and is removed at a stop`, async ({
    folder,
  }) => {
    const path = join(folder, 's');
    const program = await start([...args, flag, path, ...workers]);
    expect(statSync(path).isSocket()).toBe(true);
    expect(modeOf(path)).toBe(0o660);
    expect(await isServing(path)).toBe(true);
    for (const pid of pidsOf(program)) expect(listeningPorts(pid)).toEqual([]);
    expect(await program.stop()).toBe(0);
    expect(existsSync(path)).toBe(false);
    expect(program.stderr).toBe('');
  });

  test(`${name}: replaces the socket of a killed process, and not of a running one`, async ({
    folder,
  }) => {
    const path = join(folder, 's');
    await staleSocket(path);
    const program = await start([...args, flag, path, ...workers, `${flag}-mode`, '600']);
    expect(modeOf(path)).toBe(0o600);
    const second = await runMotd([...args, flag, path, ...workers]);
    expect(second).toEqual({
      status: 1,
      stdout: '',
      stderr: `motd: ${path} is already in use; choose another with ${flag} [socket-path-taken]\n`,
    });
    expect(await isServing(path)).toBe(true);
    await program.stop();
  });

  test(`${name}: a path that cannot be used is one error`, async ({ folder }) => {
    const file = join(folder, 'precious');
    writeFileSync(file, 'precious');
    const missing = join(folder, 'missing', 's');
    for (const [path, problem, code] of [
      [
        file,
        `${file} exists, and is not a socket; choose another with ${flag}`,
        'socket-path-taken',
      ],
      [missing, `no such folder: ${join(folder, 'missing')}; check ${flag}`, 'file-not-found'],
      [join(file, 's'), `no such folder: ${file}; check ${flag}`, 'file-not-found'],
      // Not even root may create a file there.
      [
        '/proc/s',
        `cannot create /proc/s: permission denied (EACCES); check ${flag}`,
        'cannot-listen',
      ],
    ] as const) {
      const { status, stderr } = await runMotd([...args, flag, path, ...workers]);
      expect({ status, stderr }).toEqual({ status: 1, stderr: `motd: ${problem} [${code}]\n` });
    }
  });
}

test('restarted workers have the same socket, with the same mode', async ({ folder }) => {
  for (const { command, flag, args, workers } of KINDS) {
    if (workers.length === 0) continue;
    const path = join(folder, command);
    const program = await start([...args, flag, path, ...workers]);
    for (const pid of childrenOf(program.process.pid ?? 0)) process.kill(pid, 'SIGKILL');
    await program.waitForOutput(/was restarted\.\n(.*\n)*.*was restarted\.\n/);
    expect(modeOf(path)).toBe(0o660);
    expect(await isServing(path)).toBe(true);
    expect(await program.stop()).toBe(0);
  }
});

test('wrong usage names the flag', async () => {
  const statusOf = async (args: string[], env = {}) => {
    const { status, stderr } = await runMotd(args, '', env);
    return [status, stderr];
  };
  const long = `/tmp/${'x'.repeat(103)}`;
  expect(await statusOf(['bridge', '--http-socket', long])).toEqual([
    2,
    expect.stringContaining(' for --http-socket: '),
  ]);
  expect(await statusOf(['serve', '--socket', '/s', '--socket-mode', 'rw'])).toEqual([
    2,
    expect.stringContaining('it must be a mode of three octal digits, such as 660'),
  ]);
  expect(await statusOf(['serve', '--socket-mode', '600'])).toEqual([
    2,
    'motd: --socket-mode is for --socket; pass both, or leave it out [unused-flag]\n',
  ]);
  expect(await statusOf(['serve', '--socket', '/s'], { MOTD_PORT: '1' })).toEqual([
    2,
    expect.stringContaining('--socket cannot be used with MOTD_PORT; use only one of them'),
  ]);
  for (const other of [['--http-port', '1'], ['--http-host', 'localhost'], ['--open']]) {
    expect(await statusOf(['up', '--http-socket', '/s', ...other])).toEqual([
      2,
      expect.stringContaining(`cannot be used with ${other[0]}; `),
    ]);
  }
});

async function conversation(webSocket: WebSocket): Promise<string> {
  let received = '';
  webSocket.on('open', () => webSocket.send('MSGGET\nQUIT\n'));
  webSocket.on('message', (data) => {
    received += String(data);
  });
  await new Promise((resolve) => webSocket.on('close', resolve));
  return received;
}

test('motd up serves both on sockets, and restarts them there', QUICK, async ({ folder }) => {
  const [server, page] = [join(folder, 'server'), join(folder, 'page')];
  const program = Program.motd(['up', '--socket', server, '--http-socket', page]);
  await program.waitForOutput(
    new RegExp(`^The page is on unix:${page}, or run: nc -U ${server}$`, 'm'),
  );
  for (const pid of pidsOf(program)) expect(listeningPorts(pid)).toEqual([]);
  expect(await conversation(new WebSocket(`ws+unix:${page}:/ws`))).toMatch(/^200 OK\nAn apple/);
  for (const pid of childrenOf(program.process.pid ?? 0)) process.kill(pid, 'SIGKILL');
  await expect.poll(() => isServing(page), { timeout: 20_000 }).toBe(true);
  await expect.poll(() => isServing(server), { timeout: 20_000 }).toBe(true);
  expect(await program.stop()).toBe(0);
  expect([server, page].filter((path) => existsSync(path))).toEqual([]);
});

test('nginx reaches the bridge over its socket, and passes on the client', async ({
  folder,
  page,
}) => {
  const sockets = [join(folder, 'server'), join(folder, 'page')] as const;
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const flags = ['--base-path', '/motd', '--trust-proxy', 'unix', '--metrics-from', '127.0.0.2'];
  const program = Program.motd([
    ...['up', '--socket', sockets[0], '--http-socket', sockets[1], ...flags],
  ]);
  await program.waitForOutput(/^The page is on /m);
  await startProxy(nginx, { port, bridgeSocket: sockets[1] });
  await page.goto(`${origin}/motd/`);
  await expect(page.locator('#message')).toContainText('An apple a day');
  await program.waitForOutput(/^Connected by \('127\.0\.0\.1', 0\)$/m);

  const statusFrom = async (localAddress: string) => {
    const sent = request(`${origin}/motd/metrics`, { localAddress, agent: false }).end();
    return new Promise((resolve) => sent.on('response', ({ statusCode }) => resolve(statusCode)));
  };
  expect(await statusFrom('127.0.0.1')).toBe(403);
  expect(await statusFrom('127.0.0.2')).toBe(200);
});
