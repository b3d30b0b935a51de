// Clients that reach a server, or its bridge, over a Unix socket.

import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../testing/freePort.ts';
import { isLinux, NEEDS_LINUX } from '../../testing/procFs.ts';
import { Program, type ProgramResult, runMotd } from '../../testing/programs.ts';
import { staleSocket } from '../../testing/staleSocket.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import { expect, QUICK, startServer } from '../fixtures.ts';
import { test } from './socketFolder.ts';

test.skip(!isLinux, NEEDS_LINUX);

const APPLE = 'An apple a day keeps the doctor away.';
const quiet = { status: 0, stderr: '' };
const printed = (message: string): ProgramResult => ({ ...quiet, stdout: `${message}\n` });
const failed = (error: string, code: string): ProgramResult => ({
  status: 1,
  stdout: '',
  stderr: `motd: ${error} [${code}]\n`,
});

async function startOn(path: string): Promise<Program> {
  const program = Program.motd(['serve', '--socket', path]);
  await program.waitForOutput(/istening on unix:/);
  return program;
}

test('every command reaches the server of a socket', QUICK, async ({ folder }) => {
  const path = join(folder, 's');
  const server = await startOn(path);
  expect(await runMotd(['get', path])).toEqual(printed(APPLE));
  expect(await runMotd(['get', '--host', `unix:${path}`])).toEqual(printed(APPLE));
  const watch = Program.motd(['watch', path]);
  await watch.waitForOutput(/^An apple .*\n/);
  expect(await runMotd(['set', '-m', 'By socket'], '', { MOTD_HOST: path })).toEqual({
    ...quiet,
    stdout: '',
  });
  await watch.waitForOutput(/\nBy socket\n$/);
  expect((await runMotd(['history', path])).stdout).toMatch(/^\S+Z By socket\n$/);
  const plan = await runMotd(['plan', '--until', 'tomorrow 18:00', '-m', 'Planned', path]);
  expect(plan.stdout).toBe('2\n');
  expect((await runMotd(['plans', path])).stdout).toMatch(/^2 .*: Planned\n$/);
  expect(await runMotd(['cancel', '2', path])).toEqual({ ...quiet, stdout: '' });
  const dialogue = await runMotd(['connect', path], 'MSGGET\nQUIT\n');
  expect(dialogue.status).toBe(0);
  expect(dialogue.stdout).toContain('\nBy socket\n');

  // watch connects again when the server is back.
  await server.stop();
  await watch.waitForStderr(/unix:.*; trying again \[[a-z0-9-]+\]\n/);
  await startOn(path);
  await watch.waitForOutput(/\nBy socket\nAn apple .*\n$/);
});

test('asks the next server of a list, whether it is a socket or a host', async ({ folder }) => {
  const [down, up] = [join(folder, 'down'), join(folder, 'up')];
  await startOn(up);
  const { port } = await startServer(0);
  const noHost = `127.0.0.1:${await freePort()}`;
  for (const servers of [`${down},${up}`, `${noHost},${up}`, `${down},127.0.0.1:${port}`]) {
    expect(await runMotd(['get', servers])).toEqual(printed(APPLE));
    expect((await runMotd(['set', '-m', 'Next', servers])).status).toBe(0);
    expect((await runMotd(['connect', servers], 'MSGGET\n')).stdout).toContain('\nNext\n');
    expect((await runMotd(['set', '-m', APPLE, servers])).status).toBe(0);
  }
  expect(await runMotd(['get', `${down},${noHost}`])).toEqual(
    failed(
      `no server answered: unix:${down} has no socket at its path; ${noHost} refused the connection`,
      'no-server',
    ),
  );
});

test('an error names the path, and what is wrong with it', async ({ folder }) => {
  const [missing, file, stale] = ['missing', 'file', 'stale'].map((name) => join(folder, name));
  writeFileSync(file ?? '', '');
  await staleSocket(stale ?? '');
  const runs = '; check that the server is running there';
  for (const [path, error, code] of [
    [missing, `has no socket at its path (ENOENT)${runs}`, 'no-socket'],
    [`${file}/s`, `has no socket at its path (ENOTDIR)${runs}`, 'no-socket'],
    [file, 'is not a socket (ENOTSOCK); check --host', 'no-socket'],
    [folder, 'is not a socket (ENOTSOCK); check --host', 'no-socket'],
    [stale, `refused the connection (ECONNREFUSED)${runs}`, 'connection-refused'],
  ] as const) {
    expect(await runMotd(['get', path ?? ''])).toEqual(failed(`unix:${path} ${error}`, code));
    expect(await runMotd(['connect', path ?? ''])).toEqual(failed(`unix:${path} ${error}`, code));
  }
});

test('reports that a user has no write permission on the socket', async ({ folder }) => {
  test.skip(process.getuid?.() !== 0, 'only root starts programs of another user');
  const path = join(folder, 's');
  await startOn(path);
  chmodSync(folder, 0o755);
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const get = Program.motdUnder(nobody, ['get', path]);
  expect(await get.result()).toEqual(
    failed(
      `unix:${path} cannot be reached: permission denied (EACCES); a client needs write permission on the socket: see --socket-mode of the server`,
      'unreachable',
    ),
  );
});

test('every command reaches the server through the socket of its bridge', async ({ folder }) => {
  const [server, page] = [join(folder, 'server'), join(folder, 'page')];
  const up = Program.motd(['up', '--socket', server, '--http-socket', page]);
  await up.waitForOutput(/^The page is on unix:/m);
  const url = `ws+unix:${page}:/ws`;
  expect(await runMotd(['get', '--url', url])).toEqual(printed(APPLE));
  expect((await runMotd(['set', '-m', 'By bridge', '--url', url])).status).toBe(0);
  const dialogue = await runMotd(['connect', '--url', url], 'MSGGET\nQUIT\n');
  expect(dialogue.stdout).toContain('\nBy bridge\n');

  const get = await runMotd(['get', page]);
  expect(get.stderr).toContain(`if it is a bridge, use --url ${url} [not-a-message-server]\n`);
  await up.stop();
  expect(await runMotd(['get', '--url', url])).toEqual(
    failed(
      `${url} has no socket at its path (ENOENT); check that the server is running there`,
      'no-socket',
    ),
  );
});

test('names the flag to leave out if the server of a socket uses TLS', async ({ folder }) => {
  const path = join(folder, 's');
  const tls = ['--tls-cert', tlsFile('cert'), '--tls-key', tlsFile('key')];
  const server = Program.motd(['serve', '--socket', path, ...tls]);
  await server.waitForOutput(/listening/);
  expect(await runMotd(['get', path])).toEqual(
    failed(
      `unix:${path}: the server closed the connection and sent nothing; if the server uses TLS, start it without --tls-cert: clients use none over a Unix socket`,
      'connection-closed',
    ),
  );
});

test('variables for TLS and bridges have no effect on a socket', async ({ folder }) => {
  const path = join(folder, 's');
  await startOn(path);
  for (const env of [
    { MOTD_TLS: '1' },
    { MOTD_TLS_CA: '/missing' },
    { MOTD_TLS_CLIENT_CERT: '/missing' },
    { MOTD_TLS_CLIENT_KEY: '/missing' },
    { MOTD_LOGIN_FILE: '/missing' },
  ])
    expect(await runMotd(['get', path], '', env)).toEqual(printed(APPLE));
});

for (const [args, flag] of [
  [['/run/s', '26310'], '--port'],
  [['/run/s', '--port', '26310'], '--port'],
  [['/run/s', '--tls'], '--tls'],
  [['/run/s,/run/t', '--tls-ca', 'ca.pem'], '--tls-ca'],
  [['/run/s', '--tls-cert', 'cert.pem'], '--tls-cert'],
  [['--url', 'ws+unix:/run/s:/ws', '--tls-key', 'key.pem'], '--tls-key'],
] as const) {
  test(`rejects as wrong usage: get ${args.join(' ')}`, async () => {
    const error = `motd: ${flag} is not for a Unix socket; leave it out [unused-flag]\n`;
    expect(await runMotd(['get', ...args])).toEqual({ status: 2, stdout: '', stderr: error });
  });
}
