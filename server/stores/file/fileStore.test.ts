import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listeningEndpoint } from '../../../access/endpoint.ts';
import { publishAddress } from '../openStore.ts';
import { entriesIn, messageIn, messagesIn, storeIn } from '../store.harness.ts';
import type { MessageStore } from '../store.ts';
import { openFileStore } from './fileStore.ts';
import { decodeHead, encodeHead, encodeRecord, FIRST_RECORD_AT } from './logFormat.ts';

const OPTIONS = { historyLimit: 1000 };

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'motd-file-'));
  file = join(folder, 'messages.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Opens the store, calls `use`, and closes it. */
async function using<Result>(
  use: (store: MessageStore) => Promise<Result> | Result,
  options = OPTIONS,
): Promise<Result> {
  const store = await openFileStore(folder, options);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Stores messages one after another in a store of its own. */
function storing(messages: readonly string[], historyLimit = 1000): Promise<void> {
  return using(
    async (store) => {
      for (const message of messages) await storeIn(store, message);
    },
    { historyLimit },
  );
}

/** The lines after the heads. */
function records(): string[] {
  return readFileSync(file, 'utf8').slice(FIRST_RECORD_AT).split('\n').slice(0, -1);
}

/** Both heads, the newest first. */
function heads() {
  const bytes = readFileSync(file);
  const found = [bytes.subarray(0, 4096), bytes.subarray(4096, 8192)].map(decodeHead);
  return found.sort((one, other) => (other?.sequence ?? 0) - (one?.sequence ?? 0));
}

function recordWith(json: string): string {
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

test('keeps the message, the history and the times across a restart', async () => {
  const before = await using(async (store) => {
    for (const message of ['a', 'b', 'c']) await storeIn(store, message);
    return entriesIn(store);
  });
  await using((store) => {
    expect(messageIn(store)).toBe('c');
    expect(messagesIn(store)).toEqual(['a', 'b', 'c']);
    expect(entriesIn(store)).toEqual(before);
  });
});

test('writes a line of text for each message, after two lines of 4,096 bytes', async () => {
  await using((store) => storeIn(store, 'a "b" \\ \t 漢', Date.UTC(2026, 10, 27, 12)));
  expect(records()).toEqual([
    recordWith(
      '{"number":1,"storedAt":"2026-11-27T12:00:00.000Z","message":"a \\"b\\" \\\\ \\t 漢"}',
    ).trimEnd(),
  ]);
  const [one, other] = readFileSync(file, 'utf8').split('\n');
  expect(one).toMatch(/^motd-log 1 sequence \d+ end \d+ history 1000 crc [0-9a-f]{8} +$/);
  expect([one?.length, other?.length]).toEqual([4095, 4095]);
});

test('covers every message by a head while it rests, and when it closes', async () => {
  await using(async (store) => {
    await storeIn(store, 'a');
    await expect.poll(() => heads()[0]?.end).toBe(statSync(file).size);
    await storeIn(store, 'b');
  });
  const [newest, other] = heads();
  expect(newest?.end).toBe(statSync(file).size);
  // They are written in turn.
  expect(other?.sequence).toBe((newest?.sequence ?? 0) - 1);
});

test('applies a lower history limit at the next start, and deletes the rest', async () => {
  await storing(['a', 'b', 'c', 'd']);
  await using(
    async (store) => {
      expect(messagesIn(store)).toEqual(['c', 'd']);
      await storeIn(store, 'e');
    },
    { historyLimit: 2 },
  );
  expect(records().some((line) => line.includes('"b"'))).toBe(false);
  await using((store) => expect(messagesIn(store)).toEqual(['d', 'e']));
});

test('compacts the file when it holds more than twice as many records as count', async () => {
  const messages = Array.from({ length: 150 }, (_, n) => `${n} `.padEnd(4000, '.'));
  await storing(messages, 10);
  expect(statSync(file).size).toBeLessThan(300 * 1024 + FIRST_RECORD_AT);
  expect(readdirSync(folder).sort()).toEqual(['messages.log', 'server.lock']);
  await using((store) => expect(messagesIn(store)).toEqual(messages.slice(-10)), {
    historyLimit: 10,
  });
});

test('goes on if it cannot compact, and tries again later', async () => {
  const messages = Array.from({ length: 200 }, (_, n) => `${n} `.padEnd(4000, '.'));
  const options = { historyLimit: 10 };
  const obstacle = join(folder, 'messages.log.new');
  await using(async (store) => {
    mkdirSync(obstacle);
    for (const message of messages.slice(0, 100)) await storeIn(store, message);
    expect(statSync(file).size).toBeGreaterThan(100 * 4000);
    rmSync(obstacle, { recursive: true });
    for (const message of messages.slice(100)) await storeIn(store, message);
    expect(messagesIn(store)).toEqual(messages.slice(-10));
  }, options);
  expect(statSync(file).size).toBeLessThan(100 * 4000);
  await using((store) => expect(messagesIn(store)).toEqual(messages.slice(-10)), options);
});

test('starts on a file that it cannot compact, and compacts it later', async () => {
  const messages = Array.from({ length: 100 }, (_, n) => `${n} `.padEnd(4000, '.'));
  const options = { historyLimit: 10 };
  const obstacle = join(folder, 'messages.log.new');
  await using(async (store) => {
    mkdirSync(obstacle);
    for (const message of messages) await storeIn(store, message);
  }, options);
  await using(async (store) => {
    expect(messagesIn(store)).toEqual(messages.slice(-10));
    await storeIn(store, 'a');
  }, options);
  expect(statSync(file).size).toBeGreaterThan(100 * 4000);
  rmSync(obstacle, { recursive: true });
  await using((store) => storeIn(store, 'b'), options);
  expect(statSync(file).size).toBeLessThan(100 * 4000);
  await using(
    (store) => expect(messagesIn(store)).toEqual([...messages.slice(-8), 'a', 'b']),
    options,
  );
});

test('rejects a second server on the same folder until the first one closes', async () => {
  await using(async () => {
    await expect(openFileStore(folder, OPTIONS)).rejects.toThrow(
      /in use by another server.*--store/,
    );
  });
  await using((store) => expect(messageIn(store)).toBe('first'));
});

test('names the server on the same folder, if it answers', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = listeningEndpoint(server);
  await using(async () => {
    await publishAddress(`file:${folder}`, address);
    await expect(openFileStore(folder, OPTIONS)).rejects.toMatchObject({ holder: address });
  });
  // Another server may listen there meanwhile.
  await using(async () => {
    await expect(openFileStore(folder, OPTIONS)).rejects.toMatchObject({ holder: undefined });
    await publishAddress(`file:${folder}`, address);
    server.close();
    await expect(openFileStore(folder, OPTIONS)).rejects.toMatchObject({ holder: undefined });
  });
});

test.each<[string, RegExp, () => void]>([
  ['a text file', /neither of its first/, () => writeFileSync(file, 'no log\n'.repeat(2000))],
  ['an empty file', /ends within its heads/, () => writeFileSync(file, '')],
  ['a truncated file', /was truncated to 9000 bytes; its head/, () => truncateSync(file, 9000)],
  [
    'a changed record',
    /line 59 does not match its checksum/,
    () => writeFileSync(file, readFileSync(file, 'utf8').replace('number 56', 'number 57')),
  ],
  [
    'a missing record',
    /was truncated to \d+ bytes/,
    () => writeFileSync(file, readFileSync(file, 'utf8').replace(/^.*number 55.*\n/m, '')),
  ],
  [
    'a record in the place of another',
    /record 57 in line 58 is out of sequence/,
    () => {
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace(/^(.*number 55.*\n)(.*number 56.*\n)/m, '$2$1'));
    },
  ],
  [
    'a file of a later version',
    /its format is version 2, which this version of motd does not know/,
    () => writeFileSync(file, readFileSync(file, 'utf8').replaceAll('motd-log 1', 'motd-log 2')),
  ],
])('rejects %s, and leaves it unchanged', async (_what, fault, damage) => {
  await storing(Array.from({ length: 60 }, (_, number) => `message number ${number}`));
  damage();
  const before = readFileSync(file);
  await expect(openFileStore(folder, OPTIONS)).rejects.toThrow(
    /messages\.log is damaged, or another program's: .*; restore a backup, or move the file away/,
  );
  await expect(openFileStore(folder, OPTIONS)).rejects.toThrow(fault);
  expect(readFileSync(file)).toEqual(before);
});

test.each([
  [/line 5 has an invalid time;/, '{"number":3,"storedAt":"yesterday","message":"a"}'],
  [/line 5 is not a stored message;/, '{"number":3}'],
  [/line 5 is not a stored message;/, 'null'],
  [/line 5 is not a stored message;/, '{'],
  [
    /line 5 has a field that this version does not know, to;/,
    '{"number":3,"storedAt":"2026-11-22T17:00:00.000Z","message":"a","to":"2027"}',
  ],
  [
    /line 5 contains a message that is not plain text;/,
    '{"number":3,"storedAt":"2026-11-22T17:00:00.000Z","message":"\\u001b[2J"}',
  ],
  [
    /record 4 in line 5 is out of sequence;/,
    '{"number":4,"storedAt":"2026-11-22T17:00:00.000Z","message":"a"}',
  ],
])('rejects a record with a valid checksum: %s %s', async (fault, json) => {
  await storing(['a', 'b']);
  appendFileSync(file, recordWith(json));
  const before = readFileSync(file);
  await expect(openFileStore(folder, OPTIONS)).rejects.toThrow(fault);
  expect(readFileSync(file)).toEqual(before);
});

test('keeps valid records that no head covers, and covers them', async () => {
  await storing(['a']);
  appendFileSync(file, encodeRecord({ number: 2, isKept: false, message: 'b', storedAtMs: 0 }));
  await using((store) => {
    expect(messagesIn(store)).toEqual(['a', 'b']);
    expect(heads()[0]?.end).toBe(statSync(file).size);
  });
});

test.each([
  ['zeros', Buffer.alloc(5000)],
  [
    'half a record',
    encodeRecord({ number: 3, isKept: false, message: 'c', storedAtMs: 0 }).subarray(0, -5),
  ],
  [
    'a record without its LF',
    encodeRecord({ number: 3, isKept: false, message: 'c', storedAtMs: 0 }).subarray(0, -1),
  ],
  ['more than a record can be, without a LF', Buffer.alloc(3_000_000, 'x')],
  ['lines that are no records', Buffer.from('\n\nx\n')],
])('drops a torn write, and stores after it: %s', async (_what, torn) => {
  await storing(['a']);
  appendFileSync(file, encodeRecord({ number: 2, isKept: false, message: 'b', storedAtMs: 0 }));
  const { size } = statSync(file);
  appendFileSync(file, torn);
  await using(async (store) => {
    expect(messagesIn(store)).toEqual(['a', 'b']);
    expect(statSync(file).size).toBe(size);
    await storeIn(store, 'c');
  });
  await using((store) => expect(messagesIn(store)).toEqual(['a', 'b', 'c']));
});

test('uses the older head if the newer one is torn', async () => {
  await storing(['a']);
  await storing(['b']);
  const bytes = readFileSync(file);
  const at = decodeHead(bytes.subarray(0, 4096))?.sequence === heads()[0]?.sequence ? 0 : 4096;
  bytes.fill(0, at + 512, at + 1024);
  writeFileSync(file, bytes);
  await using(async (store) => {
    expect(messagesIn(store)).toEqual(['a', 'b']);
    await storeIn(store, 'c');
  });
  expect(heads().every((head) => head !== undefined)).toBe(true);
  await using((store) => expect(messagesIn(store)).toEqual(['a', 'b', 'c']));
});

test('rejects a head that refers to the middle of a record', async () => {
  await storing(['a', 'b']);
  const bytes = readFileSync(file);
  const head = { sequence: 100, end: bytes.length - 5, history: 1000 };
  writeFileSync(file, Buffer.concat([encodeHead(head), bytes.subarray(4096)]));
  await expect(openFileStore(folder, OPTIONS)).rejects.toThrow(
    `its head refers to byte ${head.end}, within line 4`,
  );
});

test.each([
  ['ends within the heads', { sequence: 100, end: FIRST_RECORD_AT - 1, history: 1000 }],
  ['counts no record', { sequence: 100, end: FIRST_RECORD_AT, history: 0 }],
])('ignores a head that %s', async (_what, head) => {
  await storing(['a', 'b']);
  const valid = heads()[0];
  if (valid === undefined) throw new Error('no head');
  const records = readFileSync(file).subarray(FIRST_RECORD_AT);
  writeFileSync(file, Buffer.concat([encodeHead(head), encodeHead(valid), records]));
  await using((store) => expect(messagesIn(store)).toEqual(['a', 'b']));
  writeFileSync(file, Buffer.concat([encodeHead(head), encodeHead(head), records]));
  await expect(openFileStore(folder, OPTIONS)).rejects.toThrow('is a valid head');
});

test('reads the example in logFormat.ts', async () => {
  const source = readFileSync(new URL('./logFormat.ts', import.meta.url), 'utf8');
  const heads = source.match(/(?<=^\/\/ {3})motd-log .*(?= \(spaces\)$)/gm) ?? [];
  const record = /(?<=^\/\/ {3})[0-9a-f]{8} \{.*\}$/m.exec(source)?.[0];
  const blocks = heads.map((head) => `${head.padEnd(4095)}\n`);
  expect(blocks).toHaveLength(2);
  expect(blocks.map((block) => decodeHead(Buffer.from(block)))).not.toContain(undefined);
  writeFileSync(file, `${blocks.join('')}${record}\n`);
  await using((store) => expect(messagesIn(store)).toEqual(['exam in room 4']));
  expect(heads[0]).toContain(` end ${FIRST_RECORD_AT + Buffer.byteLength(`${record}\n`)} `);
});

test('removes what an interrupted start left, and nothing else', async () => {
  writeFileSync(join(folder, 'messages.log.new'), 'half a file');
  writeFileSync(join(folder, 'other'), 'of another program');
  await using((store) => expect(messageIn(store)).toBe('first'));
  expect(readdirSync(folder).sort()).toEqual(['messages.log', 'other', 'server.lock']);
});

test.each<[string, RegExp, () => void, () => void]>([
  [
    'replaced',
    /was replaced or deleted while the server ran; put it back/,
    () => {
      renameSync(file, `${file}.away`);
      renameSync(`${file}.copy`, file);
    },
    () => renameSync(`${file}.away`, file),
  ],
  [
    'deleted',
    /was replaced or deleted while the server ran; put it back/,
    () => renameSync(file, `${file}.away`),
    () => renameSync(`${file}.away`, file),
  ],
  [
    'made longer',
    /was changed by another program while the server ran; put it back/,
    () => appendFileSync(file, 'x'),
    () => truncateSync(file, statSync(file).size - 1),
  ],
])('stores nothing in a file that was %s, until it is back', async (_how, fault, spoil, mend) => {
  await using(async (store) => {
    await storeIn(store, 'first');
    copyFileSync(file, `${file}.copy`);
    await storeIn(store, 'second');
    await expect.poll(() => heads()[0]?.end).toBe(statSync(file).size);
    spoil();
    const spoilt = existsSync(file) && readFileSync(file);
    await expect(storeIn(store, 'third')).rejects.toThrow(fault);
    await expect(storeIn(store, 'fourth')).rejects.toThrow(fault);
    expect(existsSync(file) && readFileSync(file)).toEqual(spoilt);
    expect(messageIn(store)).toBe('second');
    mend();
    await storeIn(store, 'fifth');
  });
  await using((store) => expect(messagesIn(store)).toEqual(['first', 'second', 'fifth']));
});

test('does not replace another file by a compaction', async () => {
  const options = { historyLimit: 1 };
  await using(async (store) => {
    for (let n = 0; n < 60; n++) await storeIn(store, `${n} `.padEnd(4000, '.'));
    expect(statSync(file).size).toBeGreaterThan(230 * 1024);
    writeFileSync(`${file}.other`, 'of another program');
    renameSync(`${file}.other`, file);
    const stores = Array.from({ length: 5 }, (_, n) => storeIn(store, `${n}`.padEnd(4000, '.')));
    const outcomes = await Promise.allSettled(stores);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('of another program');
  }, options);
});

test('opens a copy that was made while the server stored', async () => {
  const copies: string[] = [];
  await using(async (store) => {
    for (let round = 0; round < 20; round++) {
      const stores = Array.from({ length: 20 }, (_, n) => storeIn(store, `${round}-${n}`));
      copies.push(`${file}.${round}`);
      copyFileSync(file, `${file}.${round}`);
      await Promise.all(stores);
    }
  });
  for (const [round, copy] of copies.entries()) {
    renameSync(copy, file);
    await using((store) => expect(store.history.last).toBeGreaterThanOrEqual(round * 20));
  }
});

test('rejects a folder that cannot exist, and reports why', async () => {
  writeFileSync(file, '');
  await expect(openFileStore(join(file, 'sub'), OPTIONS)).rejects.toThrow(/cannot use .*--store/);
  expect(existsSync(join(folder, 'sub'))).toBe(false);
});

test('rejects what is stored after it was closed', async () => {
  const store = await openFileStore(folder, OPTIONS);
  await store.close();
  await expect(storeIn(store, 'late')).rejects.toThrow('the server is stopping');
});

test('stores or rejects what arrives at any moment while it closes', async () => {
  for (let turns = 0; turns < 20; turns++) {
    const store = await openFileStore(folder, OPTIONS);
    await storeIn(store, 'a');
    await expect.poll(() => heads()[0]?.end).toBe(statSync(file).size);
    // The next message is rejected, so that the writer comes to rest without a head.
    appendFileSync(file, 'x');
    const rejected = storeIn(store, 'b').catch(() => truncateSync(file, statSync(file).size - 1));
    const closed = store.close();
    await rejected;
    for (let turn = 0; turn < turns; turn++) await undefined;
    const [late] = await Promise.allSettled([storeIn(store, 'c'), closed]);
    if (late.status === 'rejected') expect(late.reason.message).toBe('the server is stopping');
  }
});

test('compacts a file that holds more planned messages than the history keeps, once', async () => {
  const options = { historyLimit: 10 };
  const fromMs = Date.now() + 3_600_000;
  await using(async (store) => {
    for (let count = 0; count < 90; count++) {
      const message = `${count} `.padEnd(4000, '.');
      await store.append({ message, storedAtMs: Date.now(), fromMs });
    }
    for (let count = 0; count < 300; count++) await storeIn(store, `message ${count}`);
    expect(store.history.planned(Date.now())).toHaveLength(90);
  }, options);
  await using((store) => expect(store.history.planned(Date.now())).toHaveLength(90), options);
  expect(readFileSync(file).toString().split('\n').length).toBeLessThan(250);
});
