// The Debian package, as `npm run deb` makes it: installed with dpkg into a root of its own, run from
// there, and removed.

import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { proseOf } from '../../testing/docs.ts';
import { Program } from '../../testing/programs.ts';
import { expect, test } from '../fixtures.ts';
import { DebianRoot, installableArchitecture, run } from './debianRoot.ts';
import { ROOT } from './imageSteps.ts';
import { UNITS } from './systemd/manager.ts';

const NAME = 'motd-terminal';
const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Debian's names of the architectures, and the folders of their native code. */
const ARCHITECTURES = { amd64: 'linux-x64', arm64: 'linux-arm64' };
const ARCHITECTURE = installableArchitecture();

const UNIT_NAMES = ['motd-server.service', 'motd-server.socket', 'motd-bridge.service'];

/** The settings that the package brings. */
const CONFFILES = [
  'etc/motd-terminal/bridge.env',
  'etc/motd-terminal/server.env',
  'etc/update-motd.d/60-motd',
];

/** What is added in use: settings, passwords, the last message, the messages. */
const ADDED = [
  'etc/default/motd-terminal',
  'etc/motd-terminal/shutdown.hash',
  'var/cache/motd-terminal/message',
  'var/lib/private/motd-server/messages',
];

/** What systemd adds for a service that is enabled, and for its folder. */
const LINKS = {
  'etc/systemd/system/multi-user.target.wants/motd-server.service':
    '/usr/lib/systemd/system/motd-server.service',
  'var/lib/motd-server': 'private/motd-server',
};

const shellcheck = process.env['MOTD_TEST_SHELLCHECK'] ?? 'shellcheck';
const lintian = process.env['MOTD_TEST_LINTIAN'] ?? 'lintian';

let packages = '';

test.skip(!(ARCHITECTURE in ARCHITECTURES), 'no dpkg for amd64 or arm64 that may install here');
// They share the packages.
test.describe.configure({ mode: 'default' });
test.beforeAll(async () => {
  packages = mkdtempSync(join(tmpdir(), 'motd-packages-'));
  await makePackages(packages);
});
test.afterAll(() => rmSync(packages, { recursive: true }));

test('the same sources give the same bytes, with any umask', async () => {
  const folder = test.info().outputPath('again');
  await makePackages(folder, '077');
  const names = readdirSync(packages);
  expect(names.sort()).toEqual(Object.keys(ARCHITECTURES).map(nameOf));
  for (const name of names)
    expect(readFileSync(join(folder, name)).equals(readFileSync(join(packages, name)))).toBe(true);
});

for (const [architecture, native] of Object.entries(ARCHITECTURES)) {
  test(`${architecture} has its own native code alone, and files of root`, () => {
    const file = join(packages, nameOf(architecture));
    expect(run('dpkg-deb', ['--field', file, 'Architecture']).stdout).toBe(`${architecture}\n`);
    const lines = run('dpkg-deb', ['--contents', file]).stdout.trim().split('\n');
    expect(lines.filter((line) => !line.includes(' root/root '))).toEqual([]);
    const folders = lines.flatMap((line) => /prebuilds\/(.*)\/.*\.node$/.exec(line)?.[1] ?? []);
    expect([...new Set(folders)]).toEqual([native]);
  });

  test(`lintian finds nothing in ${architecture}`, () => {
    test.skip(run(lintian, ['--version']).status !== 0, 'no lintian on this machine');
    const { status, stdout } = run(lintian, [join(packages, nameOf(architecture))]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
}

test('shellcheck finds nothing in its scripts', () => {
  test.skip(run(shellcheck, ['--version']).status !== 0, 'no shellcheck on this machine');
  const scripts = ['login-hook', 'postinst', 'postrm', 'prerm'];
  const paths = scripts.map((name) => `deploy/debian/${name}`);
  expect(run(shellcheck, paths)).toMatchObject({ status: 0, stdout: '' });
});

test('the program runs where it is installed', async () => {
  const root = install();
  const main = root.path('usr/bin/motd');
  expect(realpathSync(main)).toBe(
    realpathSync(root.path('usr/lib/motd-terminal/dist/cli/main.js')),
  );
  expect(statSync(main).mode & 0o777).toBe(0o755);
  // This Node may be elsewhere than Debian's.
  expect(root.read('usr/bin/motd')).toMatch(/^#!\/usr\/bin\/node\n/);
  const motd = (...args: string[]) => new Program(process.execPath, [main, ...args], {}, '/');

  const shown = await motd('--version').result();
  expect(shown).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: '' });
  const store = `file:${test.info().outputPath('messages')}`;
  const server = motd('serve', '--port', '0', '--store', store);
  const [, port = ''] = await server.waitForOutput(/listening on 127\.0\.0\.1:(\d+)\n/);
  expect(await motd('set', '-m', 'Hello', '127.0.0.1', port).exitCode()).toBe(0);
  expect(await motd('get', '127.0.0.1', port).result()).toMatchObject({ stdout: 'Hello\n' });
  const bridge = motd('bridge', '--http-port', '0', '--target', `motd=127.0.0.1:${port}`);
  const [, page = ''] = await bridge.waitForOutput(/(http:\/\/127\.0\.0\.1:\d+)/);
  expect(await (await fetch(page)).text()).toContain('<title>');
});

for (const version of ['20.19.0', '22.12.0-1nodesource1', '24.0.0']) {
  test(`is installed with nodejs ${version}`, () => {
    install(version);
  });
}

for (const version of ['18.20.4+dfsg-1~deb12u1', '20.18.3', '21.7.3', '22.11.0-1nodesource1']) {
  test(`is not installed with nodejs ${version}`, () => {
    expect(() => install(version)).toThrow(/motd-terminal depends on nodejs \(/);
  });
}

test('the pages that its README and its guides name are in it', () => {
  const root = install();
  const doc = 'usr/share/doc/motd-terminal';
  for (const folder of [doc, `${doc}/docs`]) {
    const links = proseOf(root.read(`${folder}/README.md`)).matchAll(/\]\(([^):#]+)[^):]*\)/g);
    const paths = [...links].map(([, link = '']) => link);
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) expect(existsSync(root.path(join(folder, path))), path).toBe(true);
  }
  for (const file of ['etc/motd-terminal/bridge.env', `${doc}/examples/etcd.conf`])
    for (const [, path = ''] of root.read(file).matchAll(/(\S*docs\/\w+\.md)/g))
      expect(existsSync(root.path(path.replace('(', ''))), path).toBe(true);
});

test('the completions are where bash, zsh and fish find them', () => {
  const root = install();
  const script = root.path('usr/share/bash-completion/completions/motd');
  const { status, stdout } = run('bash', ['-c', '. "$0" && complete -p motd', script]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/ motd\n$/) });
  const zsh = root.read('usr/share/zsh/vendor-completions/_motd');
  expect(zsh).toMatch(/^#compdef motd\n/);
  const fish = root.read('usr/share/fish/vendor_completions.d/motd.fish');
  expect(fish).toContain('complete -c motd');
});

test('names its license, and those of the packages that it contains', () => {
  const root = install();
  const doc = 'usr/share/doc/motd-terminal';
  expect(root.read(`${doc}/copyright`)).toMatch(/^License: Expat\n Permission is hereby granted/m);
  const notices = gunzipSync(readFileSync(root.path(`${doc}/third-party-notices.gz`))).toString();
  // Of the bundle, of the page, and of the packages that are not bundled.
  for (const name of ['fastify', '@xterm/xterm', 'bufferutil', 'which-runtime'])
    expect(notices).toMatch(new RegExp(`^${name} \\d\\S+ \\([\\w.-]+\\)\\n\\n\\S`, 'm'));
});

test('man finds the pages', () => {
  const root = install();
  const variables = { MANPATH: root.path('usr/share/man'), MANPAGER: 'cat' };
  const { status, stdout } = run('man', ['motd-serve'], variables);
  test.skip(status === null, 'no man on this machine');
  expect(stdout).toContain('motd-serve');
});

test('the units are those of deploy/systemd, with the places of the package', () => {
  const root = install();
  for (const name of UNIT_NAMES) {
    const installed = root.read(`usr/lib/systemd/system/${name}`);
    const unit = readFileSync(join(UNITS, name), 'utf8')
      .replace(/file:\S+server\.md/, 'man:motd-serve(1)')
      .replace(/file:\S+internet\.md/, 'man:motd-bridge(1)')
      .replaceAll('/opt/', '/usr/lib/')
      .replaceAll('(docs/', '(/usr/share/doc/motd-terminal/docs/');
    expect(installed, name).toBe(unit);
    for (const [, path = ''] of installed.matchAll(/ (\/usr\/lib\/motd-terminal\/\S+)/g))
      expect(existsSync(root.path(path)), path).toBe(true);
  }
  const { status, stderr } = run('systemd-analyze', ['verify', ...UNIT_NAMES], {
    // Only these units: those of the machine may have faults of their own.
    SYSTEMD_UNIT_PATH: `${root.path('usr/lib/systemd/system')}:`,
    MANPATH: root.path('usr/share/man'),
  });
  test.skip(status === null, 'no systemd-analyze on this machine');
  const faults = stderr.split('\n').filter((line) => line.includes('motd-'));
  // The path of Node may differ from Debian's.
  const others = faults.filter((line) => !/Command \/usr\/bin\/node is not executable/.test(line));
  expect(others).toEqual([]);
});

test('a login is as before until a server is named', async ({ server }) => {
  const root = install();
  const [hook, settings] = ['etc/update-motd.d/60-motd', '/etc/default/motd-terminal'];
  root.relocate(hook, settings, '/usr/lib/motd-terminal');
  root.relocate('usr/lib/motd-terminal/login-hook', settings, '/var/cache/motd-terminal');
  const login = () => run(root.path(hook), []);

  expect(login()).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(existsSync(root.path('var/cache'))).toBe(false);

  root.write(settings, `MOTD_HOST=127.0.0.1\nMOTD_PORT=${server.port}\n`);
  await expect.poll(() => login().stdout).toContain('An apple a day');

  root.dpkg('--remove', NAME);
  expect(root.read(settings)).toContain('MOTD_HOST');
  expect(login()).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('removed, it leaves settings and messages; purged, nothing', () => {
  const root = install();
  expect(root.statusOf(NAME)).toBe('install ok installed');
  // Nothing is enabled, and nothing is in profile.d: a login would show the message twice.
  expect(root.files().filter((path) => path.startsWith('etc/'))).toEqual(CONFFILES);
  expect(statSync(root.path('etc/motd-terminal')).mode & 0o777).toBe(0o700);

  for (const path of ADDED) root.write(path, 'x\n');
  for (const [path, target] of Object.entries(LINKS)) root.link(path, target);
  root.dpkg('--remove', NAME);
  expect(root.statusOf(NAME)).toBe('deinstall ok config-files');
  expect(root.files()).toEqual([...CONFFILES, ...ADDED, ...Object.keys(LINKS)].sort());

  root.dpkg('--purge', NAME);
  expect(root.files()).toEqual([]);
  expect(root.paths().filter((path) => path.includes('motd'))).toEqual([]);
});

test('installed again, it keeps the settings', () => {
  const root = install();
  root.write('etc/motd-terminal/server.env', 'MOTD_PORT=1\n');
  root.dpkg('--install', join(packages, nameOf(ARCHITECTURE)));
  expect(root.read('etc/motd-terminal/server.env')).toBe('MOTD_PORT=1\n');
});

function install(nodeVersion?: string): DebianRoot {
  const root = new DebianRoot(test.info().outputPath('root'), nodeVersion);
  root.dpkg('--install', join(packages, nameOf(ARCHITECTURE)));
  return root;
}

async function makePackages(folder: string, umask = '022'): Promise<void> {
  const make = [process.execPath, 'scripts/deb.mjs', folder];
  const program = new Program('sh', ['-c', 'umask "$0"; exec "$@"', umask, ...make]);
  expect(await program.exitCode(), program.stderr).toBe(0);
}

function nameOf(architecture: string): string {
  return `${NAME}_${VERSION}-1_${architecture}.deb`;
}
