// The machine loses its power at any moment: what was acknowledged is in the file. The calls of a
// real store are recorded, and a model of the disk (diskModel.harness.ts) makes the states in which
// they may have left it.

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { randomFrom, seed } from '../../../testing/random.ts';
import { quickOrFull } from '../../../testing/scale.ts';
import { messagesIn, storeIn } from '../store.harness.ts';
import type { MessageStore } from '../store.ts';
import { afterPowerLoss, type DiskCall } from './diskModel.harness.ts';
import { openFileStore } from './fileStore.ts';
import { decodeHead } from './logFormat.ts';

const disk = vi.hoisted(() => ({
  calls: [] as DiskCall[],
  isRecording: false,
  /** Whether the next sync fails. */
  mustFail: (): boolean => false,
  /** Whether the process counts as killed: it makes no more calls. */
  isKilled: (): boolean => false,
}));

function record(call: DiskCall): void {
  if (!disk.isRecording) return;
  if (disk.isKilled()) throw new Error('the process was killed');
  disk.calls.push(call);
}

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const { promisify } = await import('node:util');
  /** `logFile.ts` calls these through `promisify` only. */
  const promised = <Call extends object>(original: Call, call: unknown): Call =>
    Object.assign(() => {}, original, { [promisify.custom]: call });
  const sync = (original: typeof fs.fsync) => async (descriptor: number) => {
    const isDone = !(disk.isRecording && disk.mustFail());
    record({ call: 'sync', descriptor, isDone });
    if (isDone) await promisify(original)(descriptor);
    if (!isDone) throw Object.assign(new Error('EIO: i/o error, sync'), { code: 'EIO' });
  };
  return {
    ...fs,
    openSync: (path: string, flags: number, mode?: number) => {
      const descriptor = fs.openSync(path, flags, mode);
      if (path.endsWith('messages.log')) record({ call: 'open', descriptor, path, isNew: false });
      return descriptor;
    },
    open: promised(fs.open, async (path: string, flags: string, mode?: number) => {
      const descriptor = await promisify(fs.open)(path, flags, mode);
      record({ call: 'open', descriptor, path, isNew: flags.includes('x') });
      return descriptor;
    }),
    write: promised(
      fs.write,
      async (descriptor: number, bytes: Buffer, offset: number, length: number, at: number) => {
        const written = Buffer.from(bytes.subarray(offset, offset + length));
        record({ call: 'write', descriptor, bytes: written, at });
        return promisify(fs.write)(descriptor, bytes, offset, length, at);
      },
    ),
    ftruncate: promised(fs.ftruncate, async (descriptor: number, length: number) => {
      record({ call: 'truncate', descriptor, length });
      await promisify(fs.ftruncate)(descriptor, length);
    }),
    fsync: promised(fs.fsync, sync(fs.fsync)),
    fdatasync: promised(fs.fdatasync, sync(fs.fdatasync)),
  };
});

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs/promises')>();
  return {
    ...fs,
    rename: async (from: string, to: string) => {
      record({ call: 'rename', from, to });
      await fs.rename(from, to);
    },
  };
});

/** For a busy machine: each power loss takes some syncs of its own. */
const TIMEOUT_MS = 300_000;

const OPTIONS = { historyLimit: 5 };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'motd-power-'));
  disk.calls.length = 0;
  disk.mustFail = () => false;
  disk.isKilled = () => false;
});
afterEach(() => {
  disk.isRecording = false;
  rmSync(folder, { recursive: true });
});

interface Session {
  /** In the order in which they were sent. */
  sent: string[];
  /** With the number of calls that were recorded when each was acknowledged. */
  acknowledged: { message: string; calls: number }[];
}

/** Stores messages of all sizes, alone and together, with pauses in which heads are written. */
async function storeSome(random: () => number, mustFail: () => boolean = () => false) {
  const session: Session = { sent: [], acknowledged: [] };
  disk.isRecording = true;
  const store = await openFileStore(join(folder, 'store'), OPTIONS);
  disk.mustFail = mustFail;
  await storeRounds(store, session, 120, random);
  await store.close();
  disk.isRecording = false;
  return session;
}

/** The same, while the process is killed after some calls and started again, repeatedly. */
async function storeWhileKilled(random: () => number) {
  const session: Session = { sent: [], acknowledged: [] };
  disk.isRecording = true;
  for (let life = 0; life < 12; life++) {
    disk.isKilled = () => false;
    const store = await openFileStore(join(folder, 'store'), OPTIONS);
    // What clients can read now must survive, too.
    const known = new Set(session.acknowledged.map(({ message }) => message));
    for (const message of messagesIn(store).filter((one) => !known.has(one))) {
      session.acknowledged.push({ message, calls: disk.calls.length });
    }
    const lastCall = disk.calls.length + Math.floor(random() * 150);
    disk.isKilled = () => disk.calls.length >= lastCall;
    await storeRounds(store, session, 15, random);
    disk.isKilled = () => true;
    await store.close();
  }
  disk.isRecording = false;
  return session;
}

async function storeRounds(
  store: MessageStore,
  session: Session,
  rounds: number,
  random: () => number,
): Promise<void> {
  const storeOne = async () => {
    const message = `${session.sent.length}.`.padEnd(3 + random() ** 2 * 4000, 'x');
    session.sent.push(message);
    await storeIn(store, message).then(
      () => session.acknowledged.push({ message, calls: disk.calls.length }),
      () => {},
    );
  };
  for (let round = 0; round < rounds; round++) {
    // Some arrive while others are written, or while a head is.
    const pauses = Array.from({ length: 1 + random() * 6 }, () => Math.floor(random() * 4));
    const stores = pauses.map(async (pause) => {
      for (let turn = 0; turn < pause; turn++) await new Promise(setImmediate);
      await storeOne();
    });
    await Promise.all(stores);
    if (random() < 0.2) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Starts a store after a power loss. @returns Its messages. */
async function messagesAfterLoss(content: Buffer | undefined, name: string): Promise<string[]> {
  const path = join(folder, name);
  mkdirSync(path);
  if (content !== undefined) writeFileSync(join(path, 'messages.log'), content);
  const store = await openFileStore(path, OPTIONS);
  try {
    return messagesIn(store);
  } finally {
    await store.close();
    rmSync(path, { recursive: true });
  }
}

async function surviveEverywhere({ sent, acknowledged }: Session, random: () => number) {
  const rounds = quickOrFull(200, 500);
  for (let round = 0; round < rounds; round++) {
    const moment = Math.floor(random() * (disk.calls.length + 1));
    const content = afterPowerLoss(disk.calls.slice(0, moment), 'messages.log', random);
    const found = await messagesAfterLoss(content, `after-${round}`);
    const safe = acknowledged.filter(({ calls }) => calls <= moment).map(({ message }) => message);
    const last = safe.at(-1);
    const what = `round ${round}, after call ${moment} of ${disk.calls.length}`;
    // What follows the last acknowledged message was sent, and never acknowledged.
    const isNewer = (message: string) =>
      last === undefined || sent.indexOf(message) > sent.indexOf(last);
    const firstNewer = found.findIndex(isNewer);
    const kept = firstNewer === -1 ? found : found.slice(0, firstNewer);
    expect(
      found.slice(kept.length).every((one) => sent.includes(one) && isNewer(one)),
      what,
    ).toBe(true);
    const room = OPTIONS.historyLimit - (found.length - kept.length);
    expect(kept, what).toEqual(room > 0 ? safe.slice(-room) : []);
  }
}

test(
  'a power loss at any moment loses no acknowledged message',
  async () => {
    const random = randomFrom(seed);
    const session = await storeSome(random);
    expect(session.acknowledged).toHaveLength(session.sent.length);
    expect(disk.calls.filter(({ call }) => call === 'rename').length).toBeGreaterThan(1);
    await surviveEverywhere(session, random);
  },
  TIMEOUT_MS,
);

test(
  'a power loss after syncs that failed loses no acknowledged message',
  async () => {
    const random = randomFrom(seed + 1);
    const session = await storeSome(random, () => random() < 0.1);
    expect(session.acknowledged.length).toBeLessThan(session.sent.length);
    await surviveEverywhere(session, random);
  },
  TIMEOUT_MS,
);

test(
  'a power loss after the server was killed and started again loses no acknowledged message',
  async () => {
    const random = randomFrom(seed + 2);
    const session = await storeWhileKilled(random);
    expect(session.acknowledged.length).toBeGreaterThan(50);
    await surviveEverywhere(session, random);
  },
  TIMEOUT_MS,
);

test('a message that arrives while a head cannot be written is stored', async () => {
  disk.isRecording = true;
  const store = await openFileStore(join(folder, 'store'), OPTIONS);
  await storeIn(store, 'a');
  let arrived: Promise<unknown> = Promise.resolve();
  // The next sync is that of the head: nothing else is stored.
  disk.mustFail = () => {
    disk.mustFail = () => false;
    arrived = storeIn(store, 'b');
    return true;
  };
  const { ino } = statSync(join(folder, 'store', 'messages.log'));
  await expect.poll(() => store.history.last).toBe(2);
  await arrived;
  expect(statSync(join(folder, 'store', 'messages.log')).ino).not.toBe(ino);
  await store.close();
});

test('after a sync that failed, messages are stored in a new file', async () => {
  disk.isRecording = true;
  const store = await openFileStore(join(folder, 'store'), OPTIONS);
  await storeIn(store, 'a');
  const { ino } = statSync(join(folder, 'store', 'messages.log'));
  disk.mustFail = () => {
    disk.mustFail = () => false;
    return true;
  };
  const outcomes = await Promise.allSettled([storeIn(store, 'b'), storeIn(store, 'c')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(messagesIn(store)).toEqual(['a']);
  await storeIn(store, 'd');
  expect(statSync(join(folder, 'store', 'messages.log')).ino).not.toBe(ino);
  await store.close();
  const again = await openFileStore(join(folder, 'store'), OPTIONS);
  expect(messagesIn(again)).toEqual(['a', 'd']);
  await again.close();
});

test('a stop writes a new file if the head could not be synced', async () => {
  disk.isRecording = true;
  const path = join(folder, 'store', 'messages.log');
  const store = await openFileStore(join(folder, 'store'), OPTIONS);
  await storeIn(store, 'a');
  const { ino } = statSync(path);
  disk.mustFail = () => {
    disk.mustFail = () => false;
    return true;
  };
  await store.close();
  const { ino: newIno, size } = statSync(path);
  expect(newIno).not.toBe(ino);
  expect(decodeHead(readFileSync(path).subarray(0, 4096))?.end).toBe(size);
});

test('a message that got 503 is not in force after a stop and a power loss', async () => {
  disk.isRecording = true;
  const random = randomFrom(seed + 3);
  const store = await openFileStore(join(folder, 'store'), OPTIONS);
  await storeIn(store, 'a');
  // Also the sync after the file was cut back.
  disk.mustFail = () => true;
  await expect(storeIn(store, 'b')).rejects.toThrow('EIO');
  disk.mustFail = () => false;
  await store.close();
  disk.isRecording = false;
  for (let round = 0; round < 20; round++) {
    const content = afterPowerLoss(disk.calls, 'messages.log', random);
    expect(await messagesAfterLoss(content, `after-${round}`)).toEqual(['a']);
  }
});

test('a start writes the newest head again, and syncs it', async () => {
  const path = join(folder, 'store');
  const first = await openFileStore(path, OPTIONS);
  await storeIn(first, 'a');
  await first.close();
  const blocks = [0, 4096].map((at) => ({
    at,
    bytes: readFileSync(join(path, 'messages.log')).subarray(at, at + 4096),
  }));
  const sequenceOf = (block: { bytes: Buffer } | undefined) =>
    decodeHead(block?.bytes ?? Buffer.alloc(0))?.sequence ?? -1;
  const newest = sequenceOf(blocks[0]) > sequenceOf(blocks[1]) ? blocks[0] : blocks[1];
  disk.isRecording = true;
  const second = await openFileStore(path, OPTIONS);
  const isHead = (call: DiskCall) => call.call === 'write' && call.at < 8192;
  const calls = disk.calls.slice(disk.calls.findIndex(isHead));
  expect(calls[0]).toMatchObject({ call: 'write', ...newest });
  expect(calls[1]).toMatchObject({ call: 'sync', isDone: true });
  await second.close();
});

test.skipIf(process.platform !== 'linux')(
  'a start fails if a parent folder cannot be synced, and closes its files',
  async () => {
    disk.isRecording = true;
    disk.mustFail = () => {
      const last = disk.calls.at(-1);
      return last?.call === 'open' && last.path === folder;
    };
    const path = join(folder, 'store');
    for (const _start of ['of a new store', 'of a store that exists']) {
      await expect(openFileStore(path, OPTIONS)).rejects.toThrow(/EIO.*; check the disk$/);
      const open = readdirSync('/proc/self/fd').map(fileOfDescriptor);
      expect(open.filter((name) => name.startsWith(folder))).toEqual([]);
    }
  },
);

function fileOfDescriptor(descriptor: string): string {
  try {
    return readlinkSync(join('/proc/self/fd', descriptor));
  } catch {
    // It was the descriptor that listed them.
    return '';
  }
}
