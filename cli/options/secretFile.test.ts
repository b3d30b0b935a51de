import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tlsFile } from '../../testing/tlsFile.ts';
import { accessFault } from './secretFile.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** The output of `motd hash-password` for 'first password'. */
const HASH =
  '$scrypt$ln=15,r=8,p=3$I04GHHlLrX8OksenyxEa1w$A1pA6hH1MaVsDxQTU5SdMb78E2/C4uX8hIsy3YodD/4';

const US = 1000;
const ROOT = 0;
const ANOTHER = 1001;

test.each([
  [0o600, US],
  [0o400, US],
  [0o600, ROOT],
  [0o640, ROOT],
  [0o440, ROOT],
])('accepts mode %o of user %i', (mode, uid) => {
  expect(accessFault({ mode, uid }, false, US)).toBeUndefined();
});

test.each([
  [0o644, US, 'can be read by other users'],
  [0o640, US, 'can be read by other users'],
  [0o604, US, 'can be read by other users'],
  [0o644, ROOT, 'can be read by other users'],
  [0o620, US, 'can be changed by other users'],
  [0o602, US, 'can be changed by other users'],
  [0o660, ROOT, 'can be changed by other users'],
  [0o600, ANOTHER, 'belongs to user 1001, who can change it'],
])('rejects mode %o of user %i: %s', (mode, uid, fault) => {
  expect(accessFault({ mode, uid }, false, US)).toBe(fault);
});

test('rejects a file of another user, or one readable by a group, for root too', () => {
  expect(accessFault({ mode: 0o600, uid: US }, false, ROOT)).toMatch('belongs to user 1000');
  expect(accessFault({ mode: 0o640, uid: ROOT }, false, ROOT)).toMatch('can be read');
});

test('accepts a systemd credential that its group can read', () => {
  for (const uid of [US, ROOT]) {
    for (const mode of [0o400, 0o440]) expect(accessFault({ mode, uid }, true, US)).toBeUndefined();
  }
  expect(accessFault({ mode: 0o444, uid: US }, true, US)).toMatch('can be read');
});

describe.skipIf(process.platform === 'win32')('a file that other users can read', () => {
  function fileWith(text: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'motd-secret-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'secret');
    writeFileSync(file, text);
    chmodSync(file, 0o644);
    return file;
  }

  const warning = (flag: string, file: string) =>
    `motd: warning: the file of ${flag} can be read by other users: ${file} has mode 0644; run: chmod 600 ${file} [exposed-secret]\n`;

  test('causes one warning per flag, which names the flag, the file and the fix', () => {
    const [shutDown, store, etcd] = [fileWith(HASH), fileWith(HASH), fileWith('secret')];
    const key = fileWith('');
    copyFileSync(tlsFile('key'), key);
    chmodSync(key, 0o644);
    const { stderr } = run([
      ...['serve', '--port', '0', '--store', 'etcd://wrong', '--etcd-user', 'motd'],
      ...['--password-file', shutDown, '--store-password-file', store],
      ...['--tls-cert', tlsFile('cert'), '--tls-key', key, '--etcd-password-file', etcd],
      ...['--etcd-cert', tlsFile('cert'), '--etcd-key', key],
    ]);
    expect(stderr.split(/(?<=\n)/).slice(0, -1)).toEqual([
      warning('--password-file', shutDown),
      warning('--store-password-file', store),
      warning('--tls-key', key),
      warning('--etcd-key', key),
      warning('--etcd-password-file', etcd),
    ]);
  });

  test('causes no warning after the command in the warning has run', () => {
    const file = fileWith(HASH);
    const args = ['serve', '--port', '0', '--store', 'etcd://wrong', '--password-file', file];
    const [, fix = ''] = /run: (.*) \[/.exec(run(args).stderr) ?? [];
    expect(spawnSync('sh', ['-c', fix]).status).toBe(0);
    expect(run(args).stderr).not.toMatch('warning');
  });

  test('causes a warning at the start and at a reload', async () => {
    const file = fileWith(`anna:${HASH}\n`);
    const bridge = spawn(process.execPath, [
      ...[MAIN, 'bridge', '--http-port', '0', '--users-file', file],
    ]);
    onTestFinished(() => {
      bridge.kill('SIGKILL');
    });
    let stderr = '';
    bridge.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    await once(bridge.stdout, 'data');
    await expect.poll(() => stderr).toBe(warning('--users-file', file));
    bridge.kill('SIGHUP');
    await expect.poll(() => stderr).toBe(warning('--users-file', file).repeat(2));
  });

  function run(args: string[]) {
    return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  }
});
