// Files of flags that are no regular files: at a start, and at SIGHUP.

import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { FIRST_PASSWORD_HASH } from '../../testing/passwordHash.ts';
import { Program, runMotd } from '../../testing/programs.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import { expect, test } from '../fixtures.ts';
import { copyPrivately, writePrivately } from '../privateFiles.ts';

test.skip(process.platform === 'win32', 'Windows has no named pipes in folders');

function makePipe(file: string): string {
  rmSync(file, { force: true });
  expect(spawnSync('mkfifo', ['-m', '600', file]).status).toBe(0);
  return file;
}

test('a named pipe or a device is one error at the start, whatever flag names it', async () => {
  const pipe = makePipe(test.info().outputPath('pipe'));
  const cert = ['--tls-cert', tlsFile('cert')];
  const bridge = ['bridge', '--http-port', '0'];
  const serve = ['serve', '--store', 'memory:', '--port', '0'];
  for (const file of [pipe, '/dev/zero']) {
    const results = await Promise.all(
      [
        [...bridge, '--targets-file', file],
        [...bridge, '--users-file', file],
        [...bridge, '--target-ca', file],
        [...bridge, ...cert, '--tls-key', file],
        [...bridge, '--target', `a=h:1+profile=${file}`],
        [...serve, '--tls-key', tlsFile('key'), '--tls-cert', file],
        [...serve, '--store-password-file', file],
        [...serve, '--password-file', file],
        ['get', '--tls-ca', file],
        ['get', '--url', 'ws://127.0.0.1:1/ws', '--login-file', file],
      ].map(async (args) => ({ args, ...(await runMotd(args)) })),
    );
    for (const { args, status, stderr } of results) {
      const flag = args.at(-1) === file ? args.at(-2) : '+profile';
      expect(stderr).toBe(`motd: ${file} is not a regular file; check ${flag} [unreadable-file]\n`);
      expect(status).toBe(1);
    }
  }
});

test('a named pipe changes nothing at SIGHUP, and does not block the bridge', async () => {
  const path = (name: string) => test.info().outputPath(name);
  const files = {
    '--tls-cert': path('cert.pem'),
    '--users-file': path('users'),
    '--target-ca': path('ca.pem'),
    '--targets-file': path('targets'),
  };
  copyPrivately(tlsFile('cert'), files['--tls-cert']);
  copyPrivately(tlsFile('cert'), files['--target-ca']);
  writePrivately(files['--users-file'], `anna:${FIRST_PASSWORD_HASH}\n`);
  writeFileSync(files['--targets-file'], 'a=127.0.0.1:1\n');
  const key = path('key.pem');
  copyPrivately(tlsFile('key'), key);
  const flags = ['--http-port', '0', '--tls-key', key, ...Object.entries(files).flat()];
  const program = Program.motd(['bridge', ...flags]);
  await program.waitForOutput(/Bridge is listening on .*\n/);
  const { length } = program.stdout;
  for (const file of Object.values(files)) makePipe(file);
  process.kill(program.process.pid ?? 0, 'SIGHUP');
  const expected = Object.entries({
    'The certificate': '--tls-cert',
    'The list of users': '--users-file',
    'The list of target CAs': '--target-ca',
    'The list of targets': '--targets-file',
  } as const).map(
    ([what, flag]) =>
      `[!] ${what} was not reloaded: ${files[flag]} is not a regular file; check ${flag} [unreadable-file]\n`,
  );
  await expect.poll(() => program.stdout.slice(length)).toBe(expected.join(''));
  expect(await program.stop()).toBe(0);
  expect(program.stderr).toBe('');
});

test('a pipe from the shell is read once: at the start, and not at SIGHUP', async () => {
  test.skip(spawnSync('bash', ['--version']).status !== 0, 'no bash on this machine');
  const motd = `${process.execPath} dist/cli/main.js`;
  const users = `<(sleep 0.3; echo 'anna:${FIRST_PASSWORD_HASH}')`;
  const program = new Program('bash', [
    '-c',
    `exec ${motd} bridge --http-port 0 --users-file ${users}`,
  ]);
  const [, port] = await program.waitForOutput(/listening on http:\/\/127\.0\.0\.1:(\d+)\n/);
  process.kill(program.process.pid ?? 0, 'SIGHUP');
  await program.waitForOutput(
    /^\[!\] The list of users was not reloaded: \/dev\/fd\/\d+ is a pipe, which can be read only once; check --users-file \[unreadable-file\]$/m,
  );
  const authorization = `Basic ${Buffer.from('anna:first password').toString('base64')}`;
  const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { authorization } });
  expect(page.status).toBe(200);
  expect(program.stderr).toBe('');
});
