import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { checkLmdbFile, findLmdbFault } from './lmdbFileCheck.ts';
import { readSnapshot } from './lmdbSnapshot.ts';

const LMDB = pathToFileURL(createRequire(import.meta.url).resolve('lmdb')).href;

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'motd-snapshot-'));
  file = join(folder, 'data.mdb');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Commits values of all sizes, keeps the newest 50, and pauses after every 200 commits. */
const COMMITTING = `
  import lmdb from 'lmdb';
  const database = lmdb.open({
    path: process.argv[2], noSubdir: false, encoding: 'binary', keyEncoding: 'uint32',
    overlappingSync: false, noSync: true,
  });
  let key = 0;
  const commitSome = () => {
    for (let commits = 0; commits < 200; commits++) {
      key++;
      database.transactionSync(() => {
        database.putSync(key, Buffer.alloc((key * 997) % 4300, key));
        if (key > 50) database.removeSync(key - 50);
      });
    }
    if (key === 200) process.send('committing');
    setTimeout(commitSome, 10);
  };
  commitSome();
  process.on('disconnect', () => process.exit());
`;

/** Keeps raising the commit number in the meta page, as very fast commits would. */
const RACING = `
  import { openSync, writeSync } from 'node:fs';
  const descriptor = openSync(process.argv[2], 'r+');
  const number = Buffer.alloc(8);
  let txnid = 1000;
  const write = () => {
    for (let turn = 0; turn < 1000; turn++) {
      number.writeUInt32LE(txnid += 2);
      writeSync(descriptor, number, 0, 8, 152);
    }
    if (txnid === 3000) process.send('racing');
    setImmediate(write);
  };
  write();
  process.on('disconnect', () => process.exit());
`;

/** Starts a script. @returns When it has sent its first message. */
async function start(script: string, argument: string): Promise<ChildProcess> {
  const path = join(folder, 'script.mjs');
  writeFileSync(path, script.replace("'lmdb'", `'${LMDB}'`));
  const child = fork(path, [argument], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  await once(child, 'message');
  return child;
}

test('returns the state of one commit, however fast another process commits', async () => {
  await start(COMMITTING, folder);
  let newest = 0;
  for (let reads = 0; reads < 100; reads++) {
    const { bytes } = await readSnapshot(file);
    const keys: number[] = [];
    checkLmdbFile(bytes, (key, value) => {
      const number = key.readUInt32LE();
      expect(value.equals(Buffer.alloc((number * 997) % 4300, number))).toBe(true);
      keys.push(number);
    });
    expect(keys).toHaveLength(50);
    expect(keys.at(-1)).toBeGreaterThanOrEqual(newest);
    newest = keys.at(-1) ?? 0;
  }
  expect(newest).toBeGreaterThan(200);
});

test('does not report a write to an unused file', async () => {
  const child = await start(COMMITTING, folder);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { bytes, isBeingWritten } = await readSnapshot(file);
  expect(isBeingWritten).toBe(false);
  expect(bytes.equals(readFileSync(file))).toBe(true);
  expect(findLmdbFault(bytes)).toBeUndefined();
});

test('rejects a file that changes faster than it can be read', async () => {
  const child = await start(COMMITTING, folder);
  child.kill('SIGKILL');
  await once(child, 'exit');
  // Makes reading slow; the check ignores what follows the last page.
  truncateSync(file, 200 * 1024 * 1024);
  await start(RACING, file);
  await expect(readSnapshot(file, 3)).rejects.toThrow(
    `cannot read ${file}: it changes faster than it can be read; stop the server that uses it, or try again`,
  );
});

test('returns a damaged file unchanged', async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(100, 1), Buffer.alloc(10_000, 'x')]) {
    writeFileSync(file, bytes);
    expect(await readSnapshot(file)).toEqual({ bytes, isBeingWritten: false });
  }
});

test('throws the error of the file system if the file is missing', async () => {
  await expect(readSnapshot(file)).rejects.toThrow('ENOENT');
});
