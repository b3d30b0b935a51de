import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { storeIn } from '../store.harness.ts';
import { openFileStore } from './fileStore.ts';

const OPTIONS = { historyLimit: 1000 };
const FILES = ['messages.log', 'server.lock'];

let parent = '';
let folder = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'motd-private-'));
  folder = join(parent, 'store');
});
afterEach(() => rmSync(parent, { recursive: true }));

async function storeOne(path = folder): Promise<void> {
  const store = await openFileStore(path, OPTIONS);
  try {
    await storeIn(store, 'a');
  } finally {
    await store.close();
  }
}

function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o777).toString(8);
}

function modes(): string[] {
  return [folder, ...FILES.map((name) => join(folder, name))].map(modeOf);
}

describe.skipIf(process.platform === 'win32')('the folder of a store', () => {
  test('is closed to other users, as is every file in it', async () => {
    await storeOne();
    expect(modes()).toEqual(['700', '600', '600']);
    expect(readdirSync(folder).sort()).toEqual(FILES);
  });

  test('is closed to other users at the next start if an older version created it', async () => {
    await storeOne();
    chmodSync(parent, 0o755);
    chmodSync(folder, 0o755);
    for (const name of FILES) chmodSync(join(folder, name), 0o644);
    await storeOne();
    expect(modes()).toEqual(['700', '600', '600']);
    expect(modeOf(parent)).toBe('755');
  });

  test('keeps its mode if it holds other files; only the store’s files are closed', async () => {
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'page.html'), '');
    chmodSync(join(folder, 'page.html'), 0o644);
    await storeOne();
    expect(modes()).toEqual(['755', '600', '600']);
    expect(modeOf(join(folder, 'page.html'))).toBe('644');
  });

  test.skipIf(process.getuid?.() !== 0)('is rejected if it belongs to another user', async () => {
    mkdirSync(folder);
    chownSync(folder, 65_534, 65_534);
    await expect(storeOne()).rejects.toThrow(/belongs to another user \(65534\), .*--store/);
  });

  test('may be a symbolic link', async () => {
    symlinkSync('elsewhere', folder);
    mkdirSync(join(parent, 'elsewhere'));
    await storeOne();
    expect(modeOf(join(parent, 'elsewhere'))).toBe('700');
  });

  test.each(FILES)(
    'is rejected if %s is a symbolic link; its target is unchanged',
    async (name) => {
      const target = join(parent, 'target');
      writeFileSync(target, '');
      chmodSync(target, 0o644);
      mkdirSync(folder);
      symlinkSync(target, join(folder, name));
      await expect(storeOne()).rejects.toThrow(
        new RegExp(`^\\S+${name} is a symbolic link; remove it, or .*--store$`),
      );
      expect(lstatSync(target).size).toBe(0);
      expect(modeOf(target)).toBe('644');
    },
  );

  test.each(FILES)('is rejected if %s is a dangling link; nothing is created', async (name) => {
    mkdirSync(folder);
    symlinkSync(join(parent, 'target'), join(folder, name));
    await expect(storeOne()).rejects.toThrow(`${name} is a symbolic link`);
    expect(readdirSync(parent)).toEqual(['store']);
  });

  test.each(FILES)('is rejected if %s has another name; the file is unchanged', async (name) => {
    mkdirSync(folder);
    const other = join(parent, 'other');
    writeFileSync(other, 'precious', { mode: 0o644 });
    linkSync(other, join(folder, name));
    await expect(storeOne()).rejects.toThrow(`${name} has another name`);
    expect(readFileSync(other, 'utf8')).toBe('precious');
    expect(modeOf(other)).toBe('644');
  });

  test.each(FILES)('is rejected if %s is a folder', async (name) => {
    mkdirSync(join(folder, name), { recursive: true });
    await expect(storeOne()).rejects.toThrow(`${name} is not a regular file`);
  });

  test.each(FILES)('is rejected if %s is a pipe, without waiting for it', async (name) => {
    mkdirSync(folder);
    spawnSync('mkfifo', [join(folder, name)]);
    await expect(storeOne()).rejects.toThrow(`${name} is not a regular file`);
  });

  test('is created with its parents, which get the mode of the umask', async () => {
    folder = join(parent, 'a', 'b');
    await storeOne(`${parent}/a/c/../b/`);
    expect(modes()).toEqual(['700', '600', '600']);
    const umask = process.umask();
    expect(modeOf(join(parent, 'a'))).toBe((0o777 & ~umask).toString(8));
  });
});

test.skipIf(process.platform !== 'linux')(
  'rejects a folder that the kernel cannot create, instead of retrying forever',
  async () => {
    await expect(storeOne('/proc/x/y')).rejects.toThrow(/cannot use \/proc\/x\/y: ENOENT.*--store/);
  },
);
