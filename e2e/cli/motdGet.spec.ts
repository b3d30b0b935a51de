// deploy/motd-get, the client for hosts without Node, in every shell that may be /bin/sh.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../testing/freePort.ts';
import { Program, type ProgramResult } from '../../testing/programs.ts';
import { ROOT } from '../../testing/root.ts';
import { expect, QUICK, store } from '../fixtures.ts';
import { test } from './socketFolder.ts';

const SCRIPT = fileURLToPath(new URL('../../deploy/motd-get', import.meta.url));
const APPLE = 'An apple a day keeps the doctor away.';

const pathOf = (program: string) => {
  return spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
};
const has = (program: string) => pathOf(program) !== '';
const SHELLS = ['dash', 'bash', 'busybox'].filter(has);
const hasUnixSockets = spawnSync('nc', ['-h'], { encoding: 'utf8' }).stderr.includes('-U');
test.skip(SHELLS.length === 0 || !['nc', 'timeout', 'iconv'].every(has), 'a tool is missing');

/** Runs the script, with a timeout that a busy machine does not reach. */
async function motdGet(shell: string, args: string[], env: Record<string, string> = {}) {
  const words = shell === 'busybox' ? ['sh', SCRIPT] : [SCRIPT];
  const program = new Program(shell, [...words, ...args], { MOTD_TIMEOUT: '60', ...env });
  return program.result();
}

/** Starts a server that handles each connection so. @returns Its address. */
async function listen(connected: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => connected(socket.on('error', () => {}).resume()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return `127.0.0.1:${port}`;
}

const cleanUps: (() => void)[] = [];
test.afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

const ok = (message: string): ProgramResult => ({ status: 0, stdout: `${message}\n`, stderr: '' });
const failed = (status: number, error: string): ProgramResult => ({
  status,
  stdout: '',
  stderr: `motd-get: ${error}\n`,
});

for (const shell of SHELLS) {
  test.describe(`in ${shell}`, () => {
    test('prints the message', QUICK, async ({ server }) => {
      expect(await motdGet(shell, ['127.0.0.1', String(server.port)])).toEqual(ok(APPLE));
    });

    test('prints its usage', QUICK, async () => {
      expect(await motdGet(shell, ['--help'])).toEqual(
        ok('usage: motd-get [--no-default] [HOST [PORT]]'),
      );
    });

    test('prints nothing of the initial message with --no-default', QUICK, async ({ server }) => {
      const at = ['127.0.0.1', String(server.port)];
      const nothing = { status: 0, stdout: '', stderr: '' };
      expect(await motdGet(shell, ['--no-default', ...at])).toEqual(nothing);
      expect(await motdGet(shell, at, { MOTD_NO_DEFAULT: '1' })).toEqual(nothing);
      await store('Grüße  * / – an alle', server.port);
      expect(await motdGet(shell, ['--no-default', ...at])).toEqual(ok('Grüße  * / – an alle'));
    });

    test('names a server that does not know --no-default', async () => {
      const where = await listen((socket) => socket.end('400 UNKNOWN COMMAND\n'));
      const error = `${where} replied: 400 UNKNOWN COMMAND; it is of an earlier version: update it, or leave out --no-default`;
      expect(await motdGet(shell, ['--no-default', where])).toEqual(failed(1, error));
    });

    test('takes its servers from the environment, and asks the next one if one is down', async ({
      server,
    }) => {
      const servers = `127.0.0.1:${await freePort()},localhost:${server.port}`;
      expect(await motdGet(shell, [], { MOTD_HOST: servers })).toEqual(ok(APPLE));
    });

    test('reaches a server on a Unix socket, alone or in a list', async ({ folder }) => {
      test.skip(!hasUnixSockets, 'nc has no -U');
      const [down, up] = [join(folder, 'down'), join(folder, 'up')];
      const server = Program.motd(['serve', '--socket', up]);
      await server.waitForOutput(/istening on unix:/);
      const fromHere = relative(fileURLToPath(ROOT), up);
      for (const servers of [
        up,
        `unix:${up}`,
        `${down},${up}`,
        `127.0.0.1:1,${up}`,
        fromHere,
        `./${fromHere}`,
        `unix:${fromHere}`,
      ])
        expect(await motdGet(shell, [servers])).toEqual(ok(APPLE));
      const error = `unix:${down} cannot be reached, or sent no reply within 60.000 s`;
      expect(await motdGet(shell, [down])).toEqual(failed(1, error));
    });

    test('prints a message in any script', async () => {
      const where = await listen((socket) => socket.end('200 OK\nGrüße → שלום 🎉\n'));
      expect(await motdGet(shell, [where])).toEqual(ok('Grüße → שלום 🎉'));
    });

    test('without iconv, prints a message in ASCII, and names what any other message needs', async () => {
      const tools = [shell, 'nc', 'timeout', 'sh'];
      const PATH = test.info().outputPath('bin');
      mkdirSync(PATH);
      for (const tool of tools) symlinkSync(pathOf(tool), join(PATH, tool));
      const ascii = await listen((socket) => socket.end(`200 OK\n${APPLE}\n`));
      expect(await motdGet(shell, [ascii], { PATH })).toEqual(ok(APPLE));
      const other = await listen((socket) => socket.end('200 OK\nGrüße\n'));
      const error = `${other} sent a message that is not plain text, or needs iconv to check it: install it`;
      expect(await motdGet(shell, [other], { PATH })).toEqual(failed(1, error));
    });

    test('names the port of a server that is down', async () => {
      const port = String(await freePort());
      const { status, stderr } = await motdGet(shell, ['127.0.0.1', port]);
      expect([status, stderr]).toEqual([1, expect.stringContaining(`127.0.0.1:${port} cannot be`)]);
    });

    test('fails with the reply of a server that rejects it', async () => {
      const where = await listen((socket) => socket.end('421 TOO MANY CONNECTIONS\n'));
      const error = `${where} replied: 421 TOO MANY CONNECTIONS`;
      expect(await motdGet(shell, [where])).toEqual(failed(1, error));
    });

    for (const [what, message] of [
      ['an escape sequence', '\u001b[31mred'],
      ['a control character above ASCII', 'a\u009bb'],
      ['a character that reorders text', 'a\u202eb'],
      ['a byte order mark', 'a\ufeffb'],
      ['what is not UTF-8', Buffer.from([0x61, 0xff])],
    ] as const) {
      test(`prints nothing of a message with ${what}`, async () => {
        const where = await listen((socket) => {
          socket.write('200 OK\n');
          socket.write(message);
          socket.end('\n');
        });
        const error = `${where} sent a message that is not plain text`;
        expect(await motdGet(shell, [where])).toEqual(failed(1, error));
      });
    }

    test('prints nothing of a message that is cut off', async () => {
      const where = await listen((socket) => socket.end('200 OK\nAn app'));
      const error = `${where} sent no complete message within 60.000 s`;
      expect(await motdGet(shell, [where])).toEqual(failed(1, error));
    });

    test('gives up on a silent server when its time is over', async () => {
      const where = await listen(() => {});
      const error = `${where} cannot be reached, or sent no reply within 1.000 s`;
      expect(await motdGet(shell, [where], { MOTD_TIMEOUT: '1' })).toEqual(failed(1, error));
    });

    for (const server of [
      '-e',
      'localhost:-e',
      '[-e]',
      'localhost:',
      'localhost:65536',
      'localhost:0',
    ])
      test(`passes no option, and no impossible port, to nc: ${server}`, async () => {
        const error = `${server} is not a server: it must be HOST or HOST:PORT, with a port up to 65535, or /PATH`;
        expect(await motdGet(shell, [server])).toEqual(failed(2, error));
      });

    for (const [args, env, error] of [
      [['a', '1', 'b'], {}, 'usage: motd-get [--no-default] [HOST [PORT]]'],
      [['a', 'b'], {}, 'the port must be a number: b'],
      [[], { MOTD_TIMEOUT: '1s' }, 'MOTD_TIMEOUT must be whole seconds, at least 1: 1s'],
      [[], { MOTD_TIMEOUT: '0' }, 'MOTD_TIMEOUT must be whole seconds, at least 1: 0'],
      [['$(id)'], {}, 'the servers must be HOST,HOST:PORT,[IPV6]:PORT,/PATH'],
    ] as const) {
      test(`rejects as wrong usage: ${[...args, ...Object.entries(env).flat()].join(' ')}`, async () => {
        expect(await motdGet(shell, [...args], env)).toEqual(failed(2, error));
      });
    }
  });
}

test('names what to install where nc is missing', async () => {
  const program = new Program('/bin/sh', [SCRIPT], { PATH: join(test.info().outputPath('empty')) });
  expect(await program.result()).toEqual(failed(1, 'it needs nc: install netcat-openbsd'));
});
