// What a newcomer does first in a fresh clone, and what may be wrong there.

import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { HANG_LIMIT_MS } from '../../testing/hangLimit.ts';
import { Program } from '../../testing/programs.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
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

const registries: Server[] = [];

test.afterEach(() => {
  for (const registry of registries.splice(0)) registry.close();
  rmSync(clone, { recursive: true, force: true });
});

/** Runs what `npm start` runs. @param environment In addition to a cache without packages. */
async function start(
  environment: Record<string, string> = {},
  node = process.execPath,
  uid?: number,
) {
  const { scripts } = JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8'));
  const [, ...args] = scripts.start.split(' ');
  const cache = join(clone, '.cache');
  const ended = promisify(execFile)(node, args, {
    cwd: clone,
    env: { ...process.env, npm_execpath: '', npm_config_cache: cache, ...environment },
    // It is not to start, or this would wait for its end.
    timeout: HANG_LIMIT_MS,
    ...(uid !== undefined && { uid }),
  });
  const { code = 0, stdout, stderr } = await ended.catch((error) => error);
  return { status: code, stdout, stderr: stderr.replaceAll(clone, 'CLONE') };
}

/** @returns The URL of a registry, which is closed after the test. */
async function listen(registry: Server, protocol: 'http' | 'https'): Promise<string> {
  registries.push(registry.listen(0, '127.0.0.1'));
  await once(registry, 'listening');
  const { port } = registry.address() as AddressInfo;
  return `${protocol}://127.0.0.1:${port}`;
}

test('says which Node it needs', async () => {
  test.setTimeout(300_000);
  for (const version of ['14.21.3', '16.20.2', '18.20.4']) {
    const node = otherNode(version, test.info().outputPath(version));
    test.skip(node === undefined, 'the registry cannot be reached');
    const stderr = `motd: needs Node 20.19 or newer; this is ${version}\n`;
    expect(await start({}, node)).toEqual({ status: 1, stdout: '', stderr });
    const installed = new Program(node ?? '', ['dist/cli/main.js', 'serve']);
    expect(await installed.result()).toEqual({ status: 1, stdout: '', stderr });
  }
});

test('says that the registry cannot be reached', async () => {
  expect(await start(DEAD_REGISTRY)).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'Installing packages …\n' +
      'motd: cannot install the packages: http://127.0.0.1:9 cannot be reached (ECONNREFUSED); ' +
      "check the network, and npm's settings: " +
      'npm config set registry URL, npm config set https-proxy URL\n',
  });
});

test('says that the certificate of the registry is not trusted', async () => {
  const [cert, key] = [readFileSync(tlsFile('cert')), readFileSync(tlsFile('key'))];
  const url = await listen(createHttpsServer({ cert, key }), 'https');
  const { stderr } = await start({ npm_config_registry: url, npm_config_fetch_retries: '0' });
  expect(stderr).toBe(
    'Installing packages …\n' +
      `motd: cannot install the packages: ${url} has no trusted certificate ` +
      '(DEPTH_ZERO_SELF_SIGNED_CERT); check the clock of this machine, and name the file of its ' +
      'authority: npm config set cafile FILE\n',
  );
});

test("says that it cannot write to npm's cache", async () => {
  test.skip(process.getuid?.() !== 0, 'only root gives files away');
  expect(spawnSync('chown', ['-R', String(NOBODY), clone]).status).toBe(0);
  mkdirSync(join(clone, '.cache'));
  const url = await listen(
    createHttpServer((_, response) => response.end('{}')),
    'http',
  );
  const { stderr } = await start({ npm_config_registry: url }, process.execPath, NOBODY);
  expect(stderr).toBe(
    'Installing packages …\n' +
      'motd: cannot install the packages: cannot write to CLONE/.cache (EACCES); ' +
      'change its owner, or delete it\n',
  );
});

test('says that npm is missing', async () => {
  expect(await start({ PATH: clone })).toEqual({
    status: 1,
    stdout: '',
    stderr: 'Installing packages …\nmotd: cannot install the packages: npm is not installed\n',
  });
});

test('says that it cannot write to its folder', async () => {
  test.skip(process.platform === 'win32', 'Windows has no mode for that');
  chmodSync(clone, 0o555);
  const isRoot = process.getuid?.() === 0;
  const { status, stderr } = await start({}, process.execPath, isRoot ? NOBODY : undefined);
  chmodSync(clone, 0o755);
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'motd: cannot write to CLONE; run it as the user that the folder belongs to\n',
  });
});

test('builds for npm pack and npm link, and says what to do if packages are missing', async () => {
  test.skip(spawnSync('npm', ['ping']).status !== 0, 'the registry cannot be reached');
  test.setTimeout(600_000);
  npm(clone, ['pack', '--prefer-offline']);
  const { name, version } = JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8'));
  const list = spawnSync('tar', ['-tzf', `${name}-${version}.tgz`], { cwd: clone });
  expect(String(list.stdout)).toContain('package/dist/cli/main.js\n');

  // A build leaves alone what `npm run deb` has made.
  mkdirSync(join(clone, 'dist/deb'));
  rmSync(join(clone, 'dist/.built-from'));
  rmSync(join(clone, 'dist/cli'), { recursive: true });
  const prefix = join(clone, 'prefix');
  mkdirSync(prefix);
  npm(clone, ['link'], { npm_config_prefix: prefix });
  expect(existsSync(join(clone, 'dist/deb'))).toBe(true);
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
  expect((await start()).stderr).toMatch(
    /\nmotd: cannot build; if a package is missing or damaged, delete node_modules, and run the command again\n$/,
  );
});
