// deploy/profile.d/motd.sh, read by an interactive shell as at a login, and the Ansible playbook that
// installs it.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { replaceParts } from '../../testing/docs.ts';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { expect, QUICK, test } from '../fixtures.ts';

const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));
const HOOK = join(DEPLOY, 'profile.d/motd.sh');
const PLAYBOOK = join(DEPLOY, 'ansible/login.yaml');
const APPLE = 'An apple a day keeps the doctor away.';

/** Empty if it is not installed; CI always has it. */
const shellcheck = process.env['MOTD_TEST_SHELLCHECK'] ?? 'shellcheck';

const has = (program: string) =>
  spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
const SHELLS = ['dash', 'bash'].filter(has);

/** Reads the hook, then runs a command. @returns Its standard output. */
async function logIn(
  shell: string,
  servers: string,
  { command = '', flags = ['-eui'], motdGet = join(DEPLOY, 'motd-get') } = {},
): Promise<string> {
  const hook = test.info().outputPath('motd.sh');
  const text = replaceParts(readFileSync(HOOK, 'utf8'), [
    ['=motd.example', `=${servers}`],
    ['/usr/local/bin/motd-get', motdGet],
  ]);
  writeFileSync(hook, text);
  const program = new Program(shell, [...flags, '-c', `. '${hook}'; ${command}`]);
  const { status, stdout, stderr } = await program.input('').result();
  expect(status, stderr).toBe(0);
  return stdout;
}

for (const shell of SHELLS) {
  test.describe(`a login with ${shell}`, () => {
    test.skip(!['nc', 'timeout', 'iconv'].every(has), 'a tool is missing');

    test('shows the message, and leaves no variable', QUICK, async ({ server }) => {
      const command = 'set | grep ^MOTD_HOST= || echo none';
      expect(await logIn(shell, `127.0.0.1:${server.port}`, { command })).toBe(`${APPLE}\nnone\n`);
    });

    test('shows nothing if the shell is not interactive', QUICK, async ({ server }) => {
      expect(await logIn(shell, `127.0.0.1:${server.port}`, { flags: ['-eu'] })).toBe('');
    });

    test('shows nothing without a server, and goes on', async () => {
      const command = 'echo prompt';
      expect(await logIn(shell, `127.0.0.1:${await freePort()}`, { command })).toBe('prompt\n');
    });

    test('shows nothing of a server that hangs, and goes on', async () => {
      const server = createServer((socket) => socket.on('error', () => {}).resume());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      expect(await logIn(shell, `127.0.0.1:${port}`, { command: 'echo prompt' })).toBe('prompt\n');
      server.close();
    });

    test('shows nothing without motd-get, and goes on', async ({ server }) => {
      const options = { command: 'echo prompt', motdGet: '/nowhere/motd-get' };
      expect(await logIn(shell, `127.0.0.1:${server.port}`, options)).toBe('prompt\n');
    });
  });
}

test('shellcheck finds nothing in the hook', QUICK, () => {
  test.skip(shellcheck === '' && process.env['CI'] === undefined, 'no shellcheck here');
  const { status, stdout } = spawnSync(shellcheck, [HOOK], { encoding: 'utf8' });
  expect(status, stdout).toBe(0);
});

test('the playbook copies files that exist', QUICK, () => {
  const text = readFileSync(PLAYBOOK, 'utf8');
  const [play] = parse(text);
  expect(play.tasks.length).toBeGreaterThan(3);
  const files = [...text.matchAll(/\.\.\/[\w./-]+/g)].map(([path]) => path);
  expect(files.length).toBe(3);
  for (const file of files) expect(existsSync(join(DEPLOY, 'ansible', file)), file).toBe(true);
});

test('Ansible accepts the playbook', () => {
  test.skip(!has('ansible-playbook'), 'no ansible-playbook here');
  const args = ['--inventory', 'localhost,', '--syntax-check', PLAYBOOK];
  const { status, stderr } = spawnSync('ansible-playbook', args, { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
});

/** Runs the tasks with these names, with the paths in them replaced: the others change the machine. */
function runPlaybook(names: RegExp, paths: [string, string][], variables: object): void {
  const [play] = parse(replaceParts(readFileSync(PLAYBOOK, 'utf8'), paths));
  const tasks = play.tasks.filter(({ name = '' }) => names.test(name));
  const playbook = test.info().outputPath('login.yaml');
  writeFileSync(playbook, stringify([{ ...play, become: false, tasks }]));
  const flags = ['--inventory', 'localhost,', '--connection', 'local'];
  const given = ['--extra-vars', JSON.stringify(variables)];
  const { status, stdout } = spawnSync('ansible-playbook', [...flags, ...given, playbook], {
    encoding: 'utf8',
  });
  expect(status, stdout).toBe(0);
}

const DEBIAN = { ansible_facts: { os_family: 'Debian' } };

test('the playbook changes the servers, and keeps the other settings', () => {
  test.skip(!has('ansible-playbook'), 'no ansible-playbook here');
  const settings = test.info().outputPath('motd-terminal');
  writeFileSync(settings, 'MOTD_PORT=2000\nMOTD_HOST=old.example\nMOTD_NO_DEFAULT=1\n');
  runPlaybook(/^Name the/, [['/etc/default/motd-terminal', settings]], {
    ...DEBIAN,
    motd_host: 'a.example,$(reboot)',
  });
  expect(readFileSync(settings, 'utf8')).toBe(
    "MOTD_PORT=2000\nMOTD_HOST='a.example,$(reboot)'\nMOTD_NO_DEFAULT=1\n",
  );
});

test('the playbook installs the hook on Debian, and keeps that of the package', () => {
  test.skip(!has('ansible-playbook'), 'no ansible-playbook here');
  const packaged = test.info().outputPath('login-hook');
  const hook = test.info().outputPath('60-motd');
  const paths: [string, string][] = [
    ['/usr/lib/motd-terminal/login-hook', packaged],
    ['/etc/update-motd.d/60-motd', hook],
    ['../update-motd.d', join(DEPLOY, 'update-motd.d')],
  ];
  writeFileSync(packaged, '');
  runPlaybook(/hook of (?:update|the Debian)/, paths, DEBIAN);
  expect(existsSync(hook)).toBe(false);

  rmSync(packaged);
  runPlaybook(/hook of (?:update|the Debian)/, paths, DEBIAN);
  expect(readFileSync(hook, 'utf8')).toBe(
    readFileSync(join(DEPLOY, 'update-motd.d/60-motd'), 'utf8'),
  );
});
