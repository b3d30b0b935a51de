// kill -9 right before each system call that replaces the whole file: when it is created, when a
// folder of an earlier version is converted, and when it is compacted. strace delivers the signal.

import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { open } from 'lmdb';
import { Program } from '../../testing/programs.ts';
import { record } from '../../testing/record.ts';
import { quickOrFull } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { StoringClient } from './storingClient.ts';
import { readAll, startStoring, storeArgs, test } from './storingServer.ts';
import { canTrace, inject, injecting } from './strace.ts';

test.skip(!canTrace, 'no strace on this machine, or it may not trace');

/** Before the new file is synced, renamed, and before its new name is synced; and the next one. */
const COMPACTION = casesOf(['fsync 1', 'rename 1', 'fsync 2', 'rename 2']);
/** Before the new file is written, synced, renamed, and before its new name is synced. */
const CREATION = casesOf(['pwrite64 1', 'fsync 1', 'rename 1', 'fsync 2']);

/** With one thread, strace counts all calls that are not made at once. */
const ONE_THREAD = ['env', 'UV_THREADPOOL_SIZE=1'];

/** With this limit, messages of 4,000 bytes are compacted every 64 messages. */
const LIMIT = ['--history', '5'];

test(
  'keeps every acknowledged message if it is killed while it compacts',
  QUICK,
  async ({ folder }) => {
    test.setTimeout(60_000 + COMPACTION.length * 20_000);
    for (const { name, call, when } of COMPACTION) {
      const path = join(folder, name);
      const { program, port } = await startStoring(path, { args: LIMIT, under: ONE_THREAD });
      const client = await StoringClient.connect(port);
      const kept: string[] = [];
      const storeUntilKilled = async () => {
        for (let number = 0; number < 1000; number++) {
          const message = `message ${number} `.padEnd(4000, '.');
          const reply = await client.store(message).catch(() => undefined);
          if (reply === undefined) return;
          expect(reply).toBe('200 OK');
          kept.push(message);
        }
      };
      const strace = await inject(program, `${call}:signal=SIGKILL:when=${when}`);
      await storeUntilKilled();
      await strace.exitCode();
      expect(kept.length, name).toBeGreaterThan(50);
      expect(kept.length, name).toBeLessThan(1000);
      await isIntact(path, kept, name);
    }
    record(
      'killed server',
      `${COMPACTION.length} times kill -9 during a compaction: 0 messages lost`,
    );
  },
);

test('creates a store again if it was killed while it created one', async ({ folder }) => {
  test.setTimeout(60_000 + CREATION.length * 20_000);
  for (const { name, call, when } of CREATION) {
    const path = join(folder, name);
    await startAndKill(path, `${call}:signal=SIGKILL:when=${when}`);
    await isIntact(path, [], name);
  }
});

test(
  'converts a folder of an earlier version again if it was killed while it did',
  QUICK,
  async ({ folder }) => {
    test.setTimeout(60_000 + CREATION.length * 20_000);
    const messages = Array.from({ length: 5 }, (_, n) => `message ${n} "漢" `.padEnd(3000, '.'));
    const old = join(folder, 'old');
    await writeDatabase(old, messages);
    for (const { name, call, when } of CREATION) {
      const path = join(folder, name);
      mkdirSync(path);
      copyFileSync(join(old, 'data.mdb'), join(path, 'data.mdb'));
      await startAndKill(path, `${call}:signal=SIGKILL:when=${when}`);
      await isIntact(path, messages, name);
      const isUnchanged = readFileSync(join(path, 'data.mdb')).equals(
        readFileSync(join(old, 'data.mdb')),
      );
      expect(isUnchanged).toBe(true);
    }
  },
);

/** Starts a server that is killed before it listens. */
async function startAndKill(path: string, fault: string): Promise<void> {
  const program = Program.motdUnder([...ONE_THREAD, ...injecting(fault)], storeArgs(path, LIMIT));
  await program.exitCode();
  expect(program.process.signalCode, fault).toBe('SIGKILL');
  expect(program.stdout, fault).not.toContain('listening');
}

/** Starts a server again. Its history ends with at most one message that was not acknowledged. */
async function isIntact(path: string, kept: readonly string[], name: string): Promise<void> {
  const { program, port } = await startStoring(path, { args: LIMIT });
  const { history } = await readAll(port);
  const isAcknowledged = history.at(-1) === kept.at(-1);
  expect(isAcknowledged ? history : history.slice(0, -1), name).toEqual(
    kept.slice(isAcknowledged ? -5 : -4),
  );
  const client = await StoringClient.connect(port);
  expect(await client.store('one more'), name).toBe('200 OK');
  client.close();
  await program.kill();
  expect(existsSync(join(path, 'messages.log.new')), name).toBe(false);
}

/** Writes messages as the earlier version did: `CRC TIME MESSAGE`, with the number as the key. */
async function writeDatabase(path: string, messages: readonly string[]): Promise<void> {
  const database = open<Buffer, number>({
    path,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'uint32',
    overlappingSync: false,
  });
  for (const [index, message] of messages.entries()) {
    const body = `2026-11-22T17:00:00.000Z ${message}`;
    const sum = crc32(`${index + 1} ${body}`)
      .toString(16)
      .padStart(8, '0');
    await database.put(index + 1, Buffer.from(`${sum} ${body}`));
  }
  await database.close();
}

/** Two of them also in `npm test`. */
function casesOf(all: readonly string[]): { name: string; call: string; when: string }[] {
  return all.slice(quickOrFull(1, 0), quickOrFull(3, all.length)).map((name) => {
    const [call = '', when = ''] = name.split(' ');
    return { name, call, when };
  });
}
