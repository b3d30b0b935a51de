import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileStore } from '../../../dist/node/server/stores/file/fileStore.js';
import type { HistoryEntry } from '../record.ts';
import { entriesIn, messageIn, storeIn } from '../store.harness.ts';
import type { MessageStore, StoreEvent } from '../store.ts';
import { encodeLmdbRecord } from './lmdbRecord.harness.ts';
import { readReadOnly } from './readOnly.ts';

const OPTIONS = { historyLimit: 1000 };

let folder = '';
let database = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'motd-convert-'));
  database = join(folder, 'data.mdb');
});
afterEach(() => rmSync(folder, { recursive: true }));

function entriesFrom(first: number, count: number): HistoryEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    message: `message ${first + index} "漢" `.padEnd(20 + ((index * 997) % 4000), '.'),
    storedAtMs: Date.UTC(2026, 10, 22) + index,
  }));
}

/** Writes a database as the earlier version did, with other records that were deleted. */
async function writeDatabase(
  first: number,
  entries: readonly HistoryEntry[],
  encode = encodeLmdbRecord,
): Promise<void> {
  const written = open<Buffer, number>({
    path: folder,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'uint32',
    overlappingSync: false,
    noMemInit: false,
  });
  for (const [index, entry] of entries.entries()) {
    written.transactionSync(() => {
      written.putSync(first + index, encode(first + index, entry));
      written.putSync(first - 1, Buffer.from('deleted'));
      written.removeSync(first - 1);
    });
  }
  await written.close();
}

async function using<Result>(
  use: (store: MessageStore) => Promise<Result> | Result,
  options = {},
): Promise<Result> {
  const store = await openFileStore(folder, { ...OPTIONS, ...options });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

test('converts a folder of an earlier version once, with every number and time', async () => {
  const entries = entriesFrom(57, 120);
  await writeDatabase(57, entries);
  const before = hashOf(database);
  const events: StoreEvent[] = [];
  const log = (event: StoreEvent) => events.push(event);
  await using(
    async (store) => {
      expect(store.history.first).toBe(57);
      expect(entriesIn(store)).toEqual(entries);
      await storeIn(store, 'new');
    },
    { log },
  );
  expect(hashOf(database)).toBe(before);
  await using((store) => expect(store.history.last).toBe(57 + 120), { log });
  expect(events).toEqual([{ event: 'storeConverted', count: 120, from: database }]);
});

test('converts an empty database', async () => {
  await writeDatabase(1, []);
  await using((store) => expect(messageIn(store)).toBe('first'));
});

test('keeps as many messages as the history limit allows', async () => {
  await writeDatabase(1, entriesFrom(1, 30));
  await using((store) => expect(store.history.first).toBe(21), { historyLimit: 10 });
});

test('ignores what an interrupted conversion left', async () => {
  await writeDatabase(1, entriesFrom(1, 3));
  writeFileSync(join(folder, 'messages.log.new'), 'half a file');
  await using((store) => expect(store.history.last).toBe(3));
  expect(readdirSync(folder).sort()).toEqual([
    'data.mdb',
    'lock.mdb',
    'messages.log',
    'server.lock',
  ]);
});

test.each<[string, RegExp, () => Promise<void> | void]>([
  [
    'a truncated database',
    /is damaged, or another program's: /,
    () => truncateSync(database, 9000),
  ],
  ['a text file', /is damaged, or another program's: /, () => writeFileSync(database, 'text\n')],
  [
    'a changed record',
    /record 1 does not match its checksum; restore/,
    async () => {
      const change = () => encodeLmdbRecord(2, { message: 'a', storedAtMs: 0 });
      await writeDatabase(1, entriesFrom(1, 1), change);
    },
  ],
  [
    'a missing record',
    /record 40 is out of sequence; restore/,
    () => writeDatabase(40, entriesFrom(1, 1)),
  ],
  [
    'a link',
    /data\.mdb is a symbolic link; remove it/,
    () => {
      rmSync(database);
      symlinkSync(join(folder, 'other'), database);
    },
  ],
])('rejects %s, and creates no file', async (_what, fault, damage) => {
  await writeDatabase(1, entriesFrom(1, 30));
  await damage();
  await expect(openFileStore(folder, OPTIONS)).rejects.toThrow(fault);
  expect(existsSync(join(folder, 'messages.log'))).toBe(false);
});

test('is not started by a reader: it names the way to convert', async () => {
  await writeDatabase(1, entriesFrom(1, 3));
  const before = readdirSync(folder).sort();
  expect(() => readReadOnly(folder)).toThrow(
    `no store in ${folder}: it has no messages.log; to convert its data.mdb, start a server with --store file:${folder}`,
  );
  expect(readdirSync(folder).sort()).toEqual(before);
});
