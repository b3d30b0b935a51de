// The process that reads an earlier version's database fails. Its program is replaced by one that
// ends as the test requires.

import type { ChildProcess, ForkOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readLmdbFolder } from './convertLmdb.ts';

const reader = vi.hoisted(() => ({
  code: '',
  execPath: process.execPath,
  started: undefined as ChildProcess | undefined,
}));

vi.mock('node:child_process', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:child_process')>();
  return {
    ...original,
    fork: (path: string, args: string[], options: ForkOptions) => {
      const { code, execPath } = reader;
      const execArgv = ['--eval', code];
      reader.started = original.fork(path, args, { ...options, execArgv, execPath });
      return reader.started;
    },
  };
});

let folder = '';
let database = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'motd-convert-'));
  database = join(folder, 'data.mdb');
  writeFileSync(database, '');
  reader.execPath = process.execPath;
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

test.each(['SIGSEGV', 'SIGBUS', 'SIGABRT'])(
  'reports damage if %s ends the reader',
  async (signal) => {
    reader.code = `process.kill(process.pid, '${signal}')`;
    await expect(readLmdbFolder(folder, 1000)).rejects.toThrow(
      `${database} is damaged, or another program's: its reader ended (${signal}); restore a backup`,
    );
  },
);

test.each(['SIGKILL', 'SIGTERM'])('reports no damage if %s ends the reader', async (signal) => {
  reader.code = `process.kill(process.pid, '${signal}')`;
  await expect(readLmdbFolder(folder, 1000)).rejects.toThrow(
    `cannot convert ${database}: its reader ended (${signal}); check the free memory, and start the server again`,
  );
});

test.each([
  ['an event', /ENOENT/, 'no-program'],
  // As ENOMEM does.
  ['an exception', /null bytes/, 'no\0program'],
])('reports no damage if the reader cannot be started, by %s', async (_how, fault, name) => {
  reader.execPath = join(folder, name);
  const reading = readLmdbFolder(folder, 1000);
  await expect(reading).rejects.toThrow(fault);
  await expect(reading).rejects.toThrow(/^cannot convert .*; check the free memory, and start/);
});

test('kills a reader that does not finish, and reports it', async () => {
  reader.code = 'setInterval(() => {}, 1000)';
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const reading = readLmdbFolder(folder, 1000);
  vi.advanceTimersByTime(60_000);
  await expect(reading).rejects.toThrow(
    `cannot convert ${database}: it was not read within 60 s; check the disk, or restore a backup, and start the server again`,
  );
  const child = reader.started;
  if (child === undefined) throw new Error('no child process');
  if (child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
});
