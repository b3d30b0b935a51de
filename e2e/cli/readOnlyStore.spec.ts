// A store that can be read but not written: a backup, a read-only mount, another user's folder.
// Also the store of a running server, which `motd copy-store` only reads.

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, type ProgramResult, runMotd } from '../../testing/programs.ts';
import {
  test as base,
  expect,
  type ListeningProgram,
  QUICK,
  startServer,
  store as storeAt,
} from '../fixtures.ts';

const MAIN = 'dist/cli/main.js';
const NOBODY = '65534';

const canMount =
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'motd', '/mnt']).status === 0;
const isRoot = process.getuid?.() === 0;
const AS_NOBODY = ['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', process.execPath, MAIN];
/** The checkout and Node may be in folders that only root can read. */
const canBeNobody = isRoot && spawnSync('setpriv', [...AS_NOBODY, '--version']).status === 0;

const test = base.extend<{ folder: string }>({
  folder: async ({ cleanup: _ }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'motd-read-only-'));
    // Other users must be able to enter it.
    chmodSync(folder, 0o755);
    await use(folder);
    // An ordinary user cannot remove files from a folder of mode 0555.
    spawnSync('chmod', ['-R', 'u+w', folder]);
    rmSync(folder, { recursive: true });
  },
});

function placesIn(folder: string) {
  const place = (name: string) => join(folder, name);
  return {
    path: place('store'),
    backup: place('backup'),
    mount: place('mount'),
    copy: place('copy'),
    home: place('home'),
  };
}

/** Starts a server on a folder, and stores messages. */
async function serving(path: string, ...messages: string[]): Promise<ListeningProgram> {
  const server = await startServer(0, ['--store', `file:${path}`]);
  for (const message of messages) await storeAt(message, server.port);
  return server;
}

async function end({ program }: ListeningProgram): Promise<void> {
  expect(await program.stop()).toBe(0);
}

const run = (...args: string[]) => runMotd(args);

/** Runs the command with `path` mounted read-only at `mount`. */
function runMounted(path: string, mount: string, ...args: string[]): Promise<ProgramResult> {
  mkdirSync(mount, { recursive: true });
  const script = 'mount -o ro,bind "$1" "$2" && shift 2 && exec "$@"';
  const command = [process.execPath, MAIN, ...args];
  return new Program('unshare', [
    '--mount',
    'sh',
    '-c',
    script,
    'sh',
    path,
    mount,
    ...command,
  ]).result();
}

/** Runs the command as a user who owns nothing. */
function runAsNobody(...args: string[]): Promise<ProgramResult> {
  return new Program('setpriv', [...AS_NOBODY, ...args]).result();
}

const copied = (count: number, from: string, to: string) => ({
  status: 0,
  stdout: `Copied ${count} messages from ${from} to ${to}.\n`,
});

/** The messages that a server on this folder has. */
async function messagesIn(path: string): Promise<string[]> {
  const server = await serving(path);
  const { stdout } = await run('history', '127.0.0.1', String(server.port));
  await end(server);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\S+Z /, ''));
}

test.describe('on a read-only file system', () => {
  test.skip(!canMount, 'not allowed to mount');

  test('copies a store', async ({ folder }) => {
    const { path, mount, copy } = placesIn(folder);
    await end(await serving(path, 'one', 'two'));
    const before = readdirSync(path);
    const from = `file:${mount}`;
    expect(await runMounted(path, mount, 'copy-store', from, `file:${copy}`)).toEqual({
      ...copied(2, from, `file:${copy}`),
      stderr: '',
    });
    expect(readdirSync(path)).toEqual(before);
    expect(await messagesIn(copy)).toEqual(['one', 'two']);
  });

  test('copies a backup without its lock files', QUICK, async ({ folder }) => {
    const { path, backup, mount, copy } = placesIn(folder);
    await end(await serving(path, 'one', 'two'));
    mkdirSync(backup);
    copyFileSync(join(path, 'messages.log'), join(backup, 'messages.log'));
    const from = `file:${mount}`;
    expect(await runMounted(backup, mount, 'copy-store', from, `file:${copy}`)).toEqual({
      ...copied(2, from, `file:${copy}`),
      stderr: '',
    });
    expect(readdirSync(backup)).toEqual(['messages.log']);
  });

  test('copies a store that a server writes through another mount, with a warning', async ({
    folder,
  }) => {
    const { path, mount, copy } = placesIn(folder);
    const server = await serving(path, 'one', 'two');
    const from = `file:${mount}`;
    expect(await runMounted(path, mount, 'copy-store', from, `file:${copy}`)).toEqual({
      ...copied(2, from, `file:${copy}`),
      stderr: `motd: warning: ${from} is in use by a server; messages stored from now on are not copied [store-in-use]\n`,
    });
    await storeAt('three', server.port);
    await end(server);
    expect(await messagesIn(copy)).toEqual(['one', 'two']);
    expect(await messagesIn(path)).toEqual(['one', 'two', 'three']);
  });

  test('does not start a server, and explains in one line what to do', async ({ folder }) => {
    const { path, mount, copy } = placesIn(folder);
    await end(await serving(path, 'one'));
    const url = `file:${mount}`;
    expect(await runMounted(path, mount, 'serve', '--port', '0', '--store', url)).toEqual({
      status: 1,
      stdout: '',
      stderr:
        `motd: cannot write to ${mount}: its file system is read-only (EROFS); choose another folder ` +
        `with --store; to copy its messages to another folder: motd copy-store ${url} file:OTHER [store-unusable]\n`,
    });
    // The command that the error suggests works.
    expect(await runMounted(path, mount, 'copy-store', url, `file:${copy}`)).toMatchObject({
      status: 0,
    });
  });

  test('does not copy into a store', async ({ folder }) => {
    const { path, mount } = placesIn(folder);
    await end(await serving(path, 'one'));
    const to = `file:${join(mount, 'new')}`;
    expect(await runMounted(path, mount, 'copy-store', `file:${path}`, to)).toEqual({
      status: 1,
      stdout: '',
      stderr:
        `motd: ${to}: cannot write to ${join(mount, 'new')}: its file system is read-only (EROFS); ` +
        'choose another folder with its URL [store-unusable]\n',
    });
  });
});

test.describe('in a folder that the user can read but not write', () => {
  test.skip(isRoot && !canBeNobody, 'not allowed to become another user');
  const runUnprivileged = canBeNobody ? runAsNobody : run;

  test('copies a store, but starts no server on it', async ({ folder }) => {
    const { path, backup, home } = placesIn(folder);
    await end(await serving(path, 'one', 'two'));
    mkdirSync(backup);
    mkdirSync(home);
    copyFileSync(join(path, 'messages.log'), join(backup, 'messages.log'));
    chmodSync(join(backup, 'messages.log'), 0o444);
    chmodSync(backup, 0o555);
    chmodSync(home, 0o777);
    const from = `file:${backup}`;
    const to = `file:${join(home, 'copy')}`;
    expect(await runUnprivileged('copy-store', from, to)).toEqual({
      ...copied(2, from, to),
      stderr: '',
    });
    expect(await runUnprivileged('serve', '--port', '0', '--store', from)).toEqual({
      status: 1,
      stdout: '',
      stderr:
        `motd: cannot write to ${backup}: permission denied (EACCES); choose another folder with ` +
        `--store; to copy its messages to another folder: motd copy-store ${from} file:OTHER [store-unusable]\n`,
    });
    expect(readdirSync(backup)).toEqual(['messages.log']);
  });

  for (const [what, spoil] of [
    ['its folder is not writable', (path: string) => chmodSync(path, 0o555)],
    ['its file is not writable', (path: string) => chmodSync(join(path, 'messages.log'), 0o400)],
  ] as const) {
    test(`starts no server on a store with a lock file if ${what}`, async ({ folder }) => {
      const { path, copy } = placesIn(folder);
      await end(await serving(path, 'one'));
      mkdirSync(copy);
      for (const name of ['messages.log', 'server.lock']) {
        copyFileSync(join(path, name), join(copy, name));
      }
      if (canBeNobody) spawnSync('chown', ['-R', NOBODY, copy]);
      spoil(copy);
      const url = `file:${copy}`;
      expect(await runUnprivileged('serve', '--port', '0', '--store', url)).toEqual({
        status: 1,
        stdout: '',
        stderr:
          `motd: cannot write to ${copy}: permission denied (EACCES); choose another folder with ` +
          `--store; to copy its messages to another folder: motd copy-store ${url} file:OTHER [store-unusable]\n`,
      });
    });
  }

  test('rejects a store that the user may not read, in one line', async ({ folder }) => {
    const { path, copy } = placesIn(folder);
    await end(await serving(path, 'one'));
    chmodSync(path, 0o755);
    chmodSync(join(path, 'messages.log'), canBeNobody ? 0o600 : 0);
    expect(await runUnprivileged('copy-store', `file:${path}`, `file:${copy}`)).toEqual({
      status: 1,
      stdout: '',
      stderr:
        `motd: file:${path}: cannot read ${join(path, 'messages.log')}: permission denied (EACCES); ` +
        'run the command as the owner of the file [store-unreadable]\n',
    });
  });
});

test('copies while the server keeps storing', async ({ folder }) => {
  const path = join(folder, 'store');
  const server = await serving(path, 'message 0');
  let isOver = false;
  let last = 0;
  const storing = (async () => {
    while (!isOver) await storeAt(`message ${++last}`, server.port);
  })();
  for (let copies = 1; copies <= 3; copies++) {
    const before = last;
    const copy = join(folder, `copy${copies}`);
    const { status, stderr } = await run('copy-store', `file:${path}`, `file:${copy}`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('in use') });
    const messages = await messagesIn(copy);
    expect(messages.length).toBeGreaterThanOrEqual(before);
    expect(messages).toEqual(messages.map((_, index) => `message ${index}`));
  }
  isOver = true;
  await storing;
  await end(server);
  expect(await messagesIn(path)).toHaveLength(last + 1);
});
