// What a newcomer does first in a fresh clone, and what may be wrong there.

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { HANG_LIMIT_MS } from '../../testing/hangLimit.ts';
import { Program } from '../../testing/programs.ts';
import { expect, test } from '../fixtures.ts';
import { ROOT } from './imageSteps.ts';
import { npm, otherNode } from './otherNode.ts';

/** No service listens on port 9, which is for discarded data (RFC 863). */
const DEAD_REGISTRY = { npm_config_registry: 'http://127.0.0.1:9' };

const NOT_CLONED = ['.git', 'node_modules', 'dist', 'test-results', 'motd-data'];

/** The user `nobody` of Linux. */
const NOBODY = 65_534;

let clone: string;

test.beforeEach(() => {
  // Where every user may read.
  clone = mkdtempSync(join(tmpdir(), 'motd-clone-'));
  chmodSync(clone, 0o755);
  const isCloned = (path: string) => !NOT_CLONED.includes(relative(ROOT, path).split(sep)[0] ?? '');
  cpSync(ROOT, clone, { recursive: true, filter: isCloned });
});

test.afterEach(() => rmSync(clone, { recursive: true, force: true }));

/** Runs what `npm start` runs. @param environment In addition to a cache without packages. */
function start(environment: Record<string, string> = {}, node = process.execPath, uid?: number) {
  const { scripts } = JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8'));
  const [, ...args] = scripts.start.split(' ');
  const cache = join(clone, '.cache');
  const { status, stdout, stderr } = spawnSync(node, args, {
    cwd: clone,
    env: { ...process.env, npm_execpath: '', npm_config_cache: cache, ...environment },
    encoding: 'utf8',
    // It is not to start, or this would wait for its end.
    timeout: HANG_LIMIT_MS,
    ...(uid !== undefined && { uid }),
  });
  return { status, stdout, stderr: stderr.replaceAll(clone, 'CLONE') };
}

test('says which Node it needs', async () => {
  test.setTimeout(300_000);
  for (const version of ['14.21.3', '16.20.2', '18.20.4']) {
    const node = otherNode(version, test.info().outputPath(version));
    test.skip(node === undefined, 'the registry cannot be reached');
    const stderr = `motd: needs Node 20.19 or newer; this is ${version}\n`;
    expect(start({}, node)).toEqual({ status: 1, stdout: '', stderr });
    const installed = new Program(node ?? '', ['dist/cli/main.js', 'serve']);
    expect(await installed.result()).toEqual({ status: 1, stdout: '', stderr });
  }
});

test('says that the registry cannot be reached', () => {
  expect(start(DEAD_REGISTRY)).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'Installing packages …\n' +
      'motd: cannot install the packages: http://127.0.0.1:9 cannot be reached (ECONNREFUSED); ' +
      "check the network, and npm's settings: " +
      'npm config set registry URL, npm config set https-proxy URL\n',
  });
});

test('says that npm is missing', () => {
  expect(start({ PATH: clone })).toEqual({
    status: 1,
    stdout: '',
    stderr: 'Installing packages …\nmotd: cannot install the packages: npm is not installed\n',
  });
});

test('says that it cannot write to its folder', () => {
  test.skip(process.platform === 'win32', 'Windows has no mode for that');
  chmodSync(clone, 0o555);
  const isRoot = process.getuid?.() === 0;
  const { status, stderr } = start({}, process.execPath, isRoot ? NOBODY : undefined);
  chmodSync(clone, 0o755);
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'motd: cannot write to CLONE; run it as the user that the folder belongs to\n',
  });
});

test('builds for npm pack and npm link, and says what to do if packages are missing', () => {
  test.skip(spawnSync('npm', ['ping']).status !== 0, 'the registry cannot be reached');
  test.setTimeout(600_000);
  npm(clone, ['pack', '--prefer-offline']);
  const { name, version } = JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8'));
  const list = spawnSync('tar', ['-tzf', `${name}-${version}.tgz`], { cwd: clone });
  expect(String(list.stdout)).toContain('package/dist/cli/main.js\n');

  rmSync(join(clone, 'dist'), { recursive: true });
  const prefix = join(clone, 'prefix');
  mkdirSync(prefix);
  npm(clone, ['link'], { npm_config_prefix: prefix });
  const { stdout } = spawnSync(join(prefix, 'bin/motd'), ['--version'], { encoding: 'utf8' });
  expect(stdout).toBe(`${version}\n`);

  rmSync(join(clone, 'node_modules/fs-native-extensions'), { recursive: true });
  const serve = spawnSync(join(prefix, 'bin/motd'), ['serve', '--port', '0'], {
    env: { ...process.env, MOTD_STORE: `file:${clone}/data` },
    encoding: 'utf8',
  });
  expect(serve).toMatchObject({
    status: 1,
    stderr:
      "motd: incomplete installation: Cannot find module 'fs-native-extensions'; " +
      'install motd again; in a checkout, delete node_modules, then run npm start [incomplete-installation]\n',
  });
  rmSync(join(clone, 'node_modules/typescript'), { recursive: true });
  rmSync(join(clone, 'dist'), { recursive: true });
  expect(start().stderr).toMatch(
    /\nmotd: cannot build; if a package is missing or damaged, delete node_modules, and run the command again\n$/,
  );
});
