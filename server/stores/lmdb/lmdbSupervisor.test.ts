import { closeSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lockFolder } from '../../../dist/server/stores/lmdb/folderLock.js';
import { openLmdbStore } from '../../../dist/server/stores/lmdb/lmdbStore.js';
import { LmdbSupervisor } from '../../../dist/server/stores/lmdb/lmdbSupervisor.js';
import { LmdbWriter } from '../../../dist/server/stores/lmdb/lmdbWriter.js';
import type { MessageStore } from '../store.ts';

const OPTIONS = { initialMessage: 'first', historyLimit: 1000 };

async function openStore(): Promise<{ store: MessageStore; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'motd-writer-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = await openLmdbStore(folder, OPTIONS);
  onTestFinished(() => store.close());
  return { store, folder };
}

/** The writer processes of a folder, except those that are exiting. */
function writersOf(folder: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return /^\d+$/.test(name) && args.includes(folder) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

function kill(pids: number[]): void {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}

describe.skipIf(process.platform !== 'linux')('an LMDB writer process that is killed', () => {
  test('is replaced before the next store', async () => {
    const { store, folder } = await openStore();
    await store.store('a');
    for (const message of ['b', 'c']) {
      const [old] = writersOf(folder);
      kill(writersOf(folder));
      await expect
        .poll(() => writersOf(folder).filter((pid) => pid !== old), { interval: 10 })
        .toHaveLength(1);
      await store.store(message);
    }
    expect(store.history.last).toBe(3);
  });

  test('loses no message that arrives before it is noticed or while its replacement opens', async () => {
    const { store, folder } = await openStore();
    kill(writersOf(folder));
    await store.store('before it is noticed');
    const [old] = writersOf(folder);
    kill(writersOf(folder));
    await expect
      .poll(() => writersOf(folder).some((pid) => pid !== old), { interval: 1 })
      .toBe(true);
    await store.store('while the replacement opens');
    expect(store.history.last).toBe(2);
  });

  test('loses no message when its replacement is killed too', async () => {
    const { store, folder } = await openStore();
    const [old] = writersOf(folder);
    kill(writersOf(folder));
    await expect
      .poll(() => writersOf(folder).filter((pid) => pid !== old), { interval: 1 })
      .toHaveLength(1);
    const stored = store.store('kept');
    kill(writersOf(folder));
    await stored;
    expect(store.message).toBe('kept');
  });

  test('is replaced as soon as a process can start again', async () => {
    let starts = 0;
    const { supervisor, writer, start } = await startSupervisor(() => {
      if (++starts < 3) throw new Error('cannot start a process');
      return start();
    });
    await writer.kill();
    await expect.poll(() => starts).toBe(3);
    await supervisor.commit({ first: 1, entries: [{ message: 'a', storedAtMs: 0 }], oldest: 1 });
    expect(starts).toBe(3);
  });

  test('is not replaced while the store closes', async () => {
    let starts = 0;
    const { supervisor, writer, start } = await startSupervisor(() => {
      starts++;
      return start();
    });
    supervisor.stop();
    await writer.kill();
    const commit = { first: 1, entries: [{ message: 'a', storedAtMs: 0 }], oldest: 1 };
    await expect(supervisor.commit(commit)).rejects.toThrow('the server is stopping');
    await supervisor.close();
    expect(starts).toBe(0);
  });
});

async function startSupervisor(startAgain: () => LmdbWriter) {
  const folder = mkdtempSync(join(tmpdir(), 'motd-writer-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const lock = await lockFolder(folder);
  onTestFinished(() => closeSync(lock));
  const start = () => new LmdbWriter(folder, lock);
  const writer = start();
  await writer.opened;
  const supervisor = new LmdbSupervisor({ writer, start: startAgain, verify: () => {} });
  onTestFinished(() => supervisor.close());
  return { supervisor, writer, start };
}
