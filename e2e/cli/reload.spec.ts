// SIGHUP: the files that each process reloads, and the effect of a closed terminal.

import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { FIRST_PASSWORD_HASH, SECOND_PASSWORD_HASH } from '../../testing/passwordHash.ts';
import { isRunning } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import {
  expect,
  type ListeningProgram,
  QUICK,
  startBridge,
  startServer,
  test,
} from '../fixtures.ts';
import { copyPrivately, writePrivately } from '../privateFiles.ts';

test.skip(process.platform !== 'linux', 'terminals and their ends are as Linux has them');

const FIRST = readFileSync(tlsFile('cert'));
const SECOND = readFileSync(tlsFile('renewed'));

/** Installs a certificate and its key where a program looks for them. @returns The flags. */
function install(cert: 'cert' | 'renewed'): string[] {
  const key = cert === 'cert' ? 'key' : 'renewed-key';
  const [certFile, keyFile] = ['cert.pem', 'key.pem'].map((name) => test.info().outputPath(name));
  if (certFile === undefined || keyFile === undefined) throw new Error('nowhere to put them');
  copyFileSync(tlsFile(cert), certFile);
  copyPrivately(tlsFile(key), keyFile);
  return ['--tls-cert', certFile, '--tls-key', keyFile];
}

function installUser(hash: string): string[] {
  const file = test.info().outputPath('users');
  writePrivately(file, `anna:${hash}\n`);
  return ['--users-file', file];
}

/** Does the TLS handshake. Fails if the server has another certificate. */
async function openTls(port: number, ca: Buffer): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ca });
  await once(socket, 'secureConnect');
  return socket;
}

async function expectCertificate(port: number, ca: Buffer): Promise<void> {
  (await openTls(port, ca)).destroy();
}

async function openPage(port: number, password: string): Promise<WebSocket> {
  const auth = `anna:${password}`;
  const webSocket = new WebSocket(`wss://127.0.0.1:${port}/ws`, {
    auth,
    rejectUnauthorized: false,
  });
  await once(webSocket, 'open');
  return webSocket;
}

async function answer(webSocket: WebSocket): Promise<string> {
  webSocket.send('MSGGET\n');
  const [data] = await once(webSocket, 'message');
  return String(data);
}

function sendSighup({ process: { pid = 0 } }: Program): void {
  process.kill(pid, 'SIGHUP');
}

/** Whether SIGHUP has a handler (proc_pid_status(5), SigCgt): the lowest bit of the mask. */
function catchesSighup({ process: { pid } }: Program): boolean {
  const mask = /^SigCgt:\s+(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  return Number.parseInt(mask.slice(-1), 16) % 2 === 1;
}

/** Starts a program in a session of its own, which has no terminal, as under a service manager. */
async function startWithoutTerminal(
  args: string[],
  ...variables: string[]
): Promise<ListeningProgram> {
  const program = Program.motdUnder(['env', ...variables, 'setsid'], args);
  const [, port] = await program.waitForOutput(/listening on (?:https?:\/\/)?127\.0\.0\.1:(\d+)\n/);
  return { program, port: Number(port) };
}

/** Starts a program as the command of a shell in a terminal of its own, which script(1) makes. */
async function startInTerminal(args: string[]): Promise<ListeningProgram & { pid: number }> {
  const motd = `${process.execPath} dist/cli/main.js ${args.join(' ')}`;
  const shell = `${motd} & echo pid $!; wait`;
  const program = new Program('script', ['--quiet', '--command', `sh -c '${shell}'`, '/dev/null']);
  const [, pid] = await program.waitForOutput(/pid (\d+)\n/);
  const [, port] = await program.waitForOutput(/listening on https?:\/\/127\.0\.0\.1:(\d+)\n/);
  return { program, port: Number(port), pid: Number(pid) };
}

test('the server uses the new certificate for new connections; open ones continue', async () => {
  const { port, program } = await startServer(0, install('cert'));
  const early = await openTls(port, FIRST);
  install('renewed');
  sendSighup(program);
  await program.waitForOutput(/^The certificate was reloaded\.$/m);
  await expectCertificate(port, SECOND);
  await expect(expectCertificate(port, FIRST)).rejects.toThrow(/self-signed/);
  early.end('MSGGET\n');
  let text = '';
  for await (const chunk of early) text += chunk;
  expect(text).toMatch(/^200 OK\nAn apple/);
  expect(await program.stop()).toBe(0);
});

test(
  'the bridge uses the new certificate and users; an open session continues',
  QUICK,
  async ({ server }) => {
    const flags = [...install('cert'), ...installUser(FIRST_PASSWORD_HASH)];
    const { port, program } = await startBridge(server.port, 0, flags);
    const early = await openPage(port, 'first password');
    install('renewed');
    installUser(SECOND_PASSWORD_HASH);
    sendSighup(program);
    await program.waitForOutput(
      /^The certificate was reloaded\.\nThe list of users was reloaded\.$/m,
    );
    await expectCertificate(port, SECOND);
    await expect(openPage(port, 'first password')).rejects.toThrow(/401/);
    const late = await openPage(port, 'second password');
    for (const webSocket of [early, late]) {
      expect(await answer(webSocket)).toMatch(/^200 OK\nAn apple/);
      webSocket.terminate();
    }
    expect(await program.stop()).toBe(0);
  },
);

test('keeps the old value of an invalid file, and reloads the others', async ({ server }) => {
  const flags = [...install('cert'), ...installUser(FIRST_PASSWORD_HASH)];
  const { port, program } = await startBridge(server.port, 0, flags);
  copyFileSync(tlsFile('renewed'), test.info().outputPath('cert.pem'));
  installUser(SECOND_PASSWORD_HASH);
  sendSighup(program);
  await program.waitForOutput(
    /^\[!\] The certificate was not reloaded: the key in .* does not match .* \[invalid-tls-file\]\nThe list of .* reloaded\.$/m,
  );
  await expectCertificate(port, FIRST);
  (await openPage(port, 'second password')).terminate();

  install('renewed');
  installUser('in clear');
  sendSighup(program);
  await program.waitForOutput(
    /^The certificate was reloaded\.\n\[!\] The list of users was not reloaded: line 1 of .* \[invalid-file\]$/m,
  );
  await expectCertificate(port, SECOND);
  (await openPage(port, 'second password')).terminate();
  expect(program.stdout).not.toContain('in clear');
  expect(program.stderr).toBe('');
});

test('--log json reports a reload in JSON', async ({ server }) => {
  const args = ['--target', `motd=127.0.0.1:${server.port}`, '--http-port', '0', '--log', 'json'];
  const program = Program.motd(['bridge', ...args, ...installUser(FIRST_PASSWORD_HASH)]);
  await program.waitForOutput(/Server listening/);
  // Fastify logs that line shortly before the bridge installs its signal handlers.
  await expect.poll(() => catchesSighup(program)).toBe(true);
  sendSighup(program);
  await program.waitForOutput(/^\{.*"event":"reloaded","what":"The list of users"\}$/m);
  installUser('in clear');
  sendSighup(program);
  await program.waitForOutput(
    /^\{.*"event":"reloadFailed","what":"The list of users","reason":"line 1 .*","code":"invalid-file"\}$/m,
  );
});

test('motd up reloads the files of its page, and its server continues', async () => {
  const { program } = await startWithoutTerminal([
    ...['up', '--store', 'memory:', '--port', '0', '--http-port', '0'],
    ...install('cert'),
  ]);
  const [, pagePort, port] = await program.waitForOutput(/^Open https:\S+:(\d+) in .* (\d+)\n/m);
  const visitor = connectTcp(Number(port), '127.0.0.1');
  await once(visitor, 'connect');
  install('renewed');
  sendSighup(program);
  await program.waitForOutput(/^The certificate was reloaded\.$/m);
  await expectCertificate(Number(pagePort), SECOND);

  // As `kill -HUP %1` does: to every process of the group.
  install('cert');
  process.kill(-(program.process.pid ?? 0), 'SIGHUP');
  await program.waitForOutput(/(The certificate was reloaded\.\n(.*\n)*){2}/);
  await expectCertificate(Number(pagePort), FIRST);
  visitor.write('MSGGET\n');
  const [reply] = await once(visitor, 'data');
  expect(String(reply)).toMatch(/^200 OK\n/);
  visitor.destroy();
  expect(await program.stop()).toBe(0);
  expect(program.stdout).not.toContain('unexpectedly');
});

for (const [what, args] of [
  ['serve', ['serve', '--store', 'memory:', '--port', '0']],
  ['bridge', ['bridge', '--http-port', '0']],
  ['up', ['up', '--store', 'memory:', '--port', '0', '--http-port', '0']],
] as const) {
  test(`${what} stops if it has nothing to reload`, async () => {
    const { program } = await startWithoutTerminal([...args]);
    if (what === 'up') await program.waitForOutput(/^Open /m);
    sendSighup(program);
    expect(await program.exitCode()).toBe(0);
    expect(program.stderr).toBe('');
  });

  test(`${what} continues under a service manager if it has nothing to reload`, async () => {
    const socket = `NOTIFY_SOCKET=${test.info().outputPath('notify')}`;
    const { program, port } = await startWithoutTerminal([...args], socket);
    sendSighup(program);
    const visitor = connectTcp(port, '127.0.0.1');
    await once(visitor, 'connect');
    visitor.destroy();
    expect(await program.stop()).toBe(0);
  });
}

test('reloads without a terminal', async () => {
  const { program, port } = await startWithoutTerminal([
    ...['bridge', '--http-port', '0'],
    ...install('cert'),
  ]);
  install('renewed');
  sendSighup(program);
  await program.waitForOutput(/^The certificate was reloaded\.$/m);
  await expectCertificate(port, SECOND);
  expect(await program.stop()).toBe(0);
});

for (const command of ['bridge', 'up'] as const) {
  test(`${command} at a terminal reloads while the terminal is open, and stops once it is closed`, async () => {
    const ports = ['--http-port', '0', ...(command === 'up' ? ['--port', '0'] : [])];
    const { program, port, pid } = await startInTerminal([command, ...ports, ...install('cert')]);
    if (command === 'up') await program.waitForOutput(/^Open /m);
    try {
      process.kill(pid, 'SIGHUP');
      await program.waitForOutput(/^The certificate was reloaded\.$/m);
      await expectCertificate(port, FIRST);
      expect(isRunning(pid)).toBe(true);
      await program.kill();
      await expect.poll(() => isRunning(pid)).toBe(false);
    } finally {
      if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    }
  });
}
