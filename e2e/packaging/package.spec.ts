// The package as `npm pack` makes it: its files, its dependencies, its licenses, and that it runs
// once it is installed.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { readPage } from '../../testing/docs.ts';
import { Program } from '../../testing/programs.ts';
import { expect, QUICK, test } from '../fixtures.ts';
import { ROOT } from './imageSteps.ts';
import { npm, otherNode } from './otherNode.ts';

const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Grown by a fifth, it is time to look at what has become larger. */
const MAX_PACKED_BYTES = 2_200_000;
const MAX_UNPACKED_BYTES = 6_700_000;

/** Each belongs to one of these, and each of these has a file. */
const NEEDED = [
  /^(?:LICENSE|package\.json)$/,
  /^(?:README|CHANGELOG|CONTRIBUTING|PROTOCOL|SECURITY|deploy\/README)\.md$/,
  /^docs\/(?:decisions\/)?[\w-]+\.md$/,
  /^dist\/cli\/[\w-]+\.js$/,
  /^dist\/cli\/(?:checkNode\.cjs|package\.json|etcd\.proto|board\.html|xdg-open)$/,
  /^dist\/(?:cli|page)\/third-party-notices\.txt(?:\.br|\.gz)?$/,
  /^dist\/page\/(?:assets\/)?[\w-]+\.(?:html|js|css|svg|png|webmanifest)(?:\.br|\.gz)?$/,
  /^dist\/completions\/(?:motd|_motd|motd\.fish)$/,
  /^dist\/man\/man1\/motd(?:-[a-z-]+)?\.1$/,
  /^deploy\/(?:ansible|motd-get|profile\.d|profiles|systemd|update-motd\.d)(?:\/|$)/,
  /^node_modules\/fs-native-extensions\//,
  /^node_modules\/bufferutil\//,
  // What these two require.
  /^node_modules\/(?:node-gyp-build|require-addon|bare-addon-resolve)\//,
  /^node_modules\/(?:bare-module-resolve|bare-semver|which-runtime)\//,
];

/** Required by a package in the bundle only if it is there, or by a folder of an old version. */
const NEVER_INSTALLED = ['lmdb', 'utf-8-validate'];

const NOTICE = /^((?:@[\w-]+\/)?[\w.-]+) (\d+\.\d+\.\d+) \(([\w.-]+)\)\n\n\S/gm;

interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string; mode: number }[];
}

/** Packs what is built, without building it again. */
function pack(...flags: string[]): Packed {
  const { stdout } = npm(ROOT, ['pack', '--json', '--ignore-scripts', ...flags]);
  return JSON.parse(stdout)[0];
}

test('holds what is needed and nothing else', QUICK, () => {
  const { size, unpackedSize, files } = pack('--dry-run');
  const paths = files.map(({ path }) => path);
  expect(paths.filter((path) => !NEEDED.some((pattern) => pattern.test(path)))).toEqual([]);
  for (const pattern of NEEDED)
    expect(paths, String(pattern)).toContainEqual(expect.stringMatching(pattern));
  for (const [, page = ''] of readPage('README.md').matchAll(/\]\(([^):#]+\.md)/g))
    expect(paths).toContain(page);
  expect(size).toBeLessThan(MAX_PACKED_BYTES);
  expect(unpackedSize).toBeLessThan(MAX_UNPACKED_BYTES);
  const { bin, man } = PACKAGE;
  // npm links each of these, and no folder of them.
  const pages = readdirSync(join(ROOT, 'dist/man/man1')).map((page) => `./dist/man/man1/${page}`);
  expect(new Set(man)).toEqual(new Set(pages));
  expect(files.find(({ path }) => path === bin.motd)?.mode).toBe(0o755);
});

test('the manual has the day of the release, whenever it is built', QUICK, () => {
  const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
  const [, day] = /^## [\d.]+ - (\S+)$/m.exec(changelog) ?? [];
  const page = readFileSync(join(ROOT, 'dist/man/man1/motd.1'), 'utf8');
  expect(page).toContain(`.TH MOTD 1 "${day}" `);
});

test('depends on the packages that the built program requires, and no others', QUICK, () => {
  const required = new Set(
    filesOf('dist/cli', /\.js$/).flatMap((code) =>
      [...code.matchAll(/\b(?:require|import)\(["'`]((?:@[\w-]+\/)?[\w-]+)["'`]\)/g)].map(
        ([, name = '']) => name,
      ),
    ),
  );
  const packages = [...required].filter(
    (name) => !builtinModules.includes(name) && !NEVER_INSTALLED.includes(name),
  );
  const { dependencies, optionalDependencies, bundleDependencies } = PACKAGE;
  const declared = Object.keys({ ...dependencies, ...optionalDependencies }).sort();
  expect(packages.sort()).toEqual(declared);
  // All of them are in the package: it installs without a registry.
  expect(bundleDependencies).toEqual(declared);
});

test('names the license of each package that is in a bundle', QUICK, () => {
  const bundled = {
    cli: ['fastify', 'ws', 'pino', 'commander', 'open', '@grpc/grpc-js', 'chrono-node'],
    page: ['@xterm/xterm', '@xterm/addon-fit'],
  };
  for (const [part, names] of Object.entries(bundled)) {
    const text = readFileSync(join(ROOT, `dist/${part}/third-party-notices.txt`), 'utf8');
    const notices = [...text.matchAll(NOTICE)].map(([, name = '', version = '']) => ({
      name,
      version,
    }));
    for (const name of names) {
      const { version } = JSON.parse(
        readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'),
      );
      expect(notices).toContainEqual({ name, version });
    }
  }
});

for (const version of [process.versions.node, '20.19.0', '22.12.0', '22.23.3', '24.22.3']) {
  test(`installs without a registry, and runs on Node ${version}`, async () => {
    test.setTimeout(300_000);
    const node = otherNode(version, test.info().outputPath('node'));
    test.skip(node === undefined, 'the registry cannot be reached');
    const motd = join(install(), 'dist/cli/main.js');
    const home = test.info().outputPath('home');
    mkdirSync(home);
    const run = (...args: string[]) =>
      new Program(
        node ?? '',
        [motd, ...args],
        { HOME: home, XDG_DATA_HOME: '', LOCALAPPDATA: home },
        '/',
      );

    const shown = await run('--version').result();
    expect(shown).toEqual({ status: 0, stdout: `${PACKAGE.version}\n`, stderr: '' });
    const server = run('serve', '--port', '0');
    const [, port = ''] = await server.waitForOutput(/listening on 127\.0\.0\.1:(\d+)\n/);
    expect(await run('set', '-m', 'Hello', '127.0.0.1', port).exitCode()).toBe(0);
    expect(await server.stop()).toBe(0);

    const up = run('up', '--port', '0', '--http-port', '0');
    const [, page = ''] = await up.waitForOutput(/Open (\S+) in a browser/);
    const [, again = ''] = await up.waitForOutput(/nc 127\.0\.0\.1 (\d+)\n/);
    expect(await (await fetch(page)).text()).toContain('<title>');
    expect(await run('get', '127.0.0.1', again).result()).toMatchObject({ stdout: 'Hello\n' });
    expect(await up.stop()).toBe(0);
  });
}

/** Installs the package as a user without a registry. @returns Its folder. */
function install(): string {
  const folder = test.info().outputPath('packed');
  mkdirSync(folder);
  const { filename } = pack('--pack-destination', folder);
  const prefix = test.info().outputPath('prefix');
  const flags = ['--ignore-scripts', '--registry=http://127.0.0.1:9', '--fetch-retries=0'];
  npm(folder, ['install', '--global', '--prefix', prefix, ...flags, `./${filename}`]);
  const { status, stdout } = spawnSync(join(prefix, 'bin/motd'), ['--version'], {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${PACKAGE.version}\n` });
  expect(existsSync(join(prefix, 'share/man/man1/motd-get.1'))).toBe(true);
  return join(prefix, 'lib/node_modules', PACKAGE.name);
}

function filesOf(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => pattern.test(name))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'));
}
