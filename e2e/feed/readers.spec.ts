// Many readers of the events, of which none reads.

import { connect, type Socket } from 'node:net';
import { isLinux, NEEDS_LINUX, rssKb } from '../../testing/procFs.ts';
import { record } from '../../testing/record.ts';
import { quickOrFull, scaled } from '../../testing/scale.ts';
import { expect, QUICK, test } from '../fixtures.ts';
import { get, openEvents, readMessages, startFeed } from './feedProgram.ts';

const READERS = quickOrFull(200, scaled(2_000, 10_000));
/** More than the kernel buffers for one reader: each of these messages has 4 kB. */
const CHANGES = quickOrFull(50, scaled(100, 200));
const OPENED_AT_A_TIME = 100;

/** What a reader may take: its connection, and one message more than its socket's buffer. */
const MAX_KB_PER_READER = 64;
/** What the process may grow by, whatever the number of readers. */
const MAX_COMMON_KB = 60 * 1024;

test.skip(!isLinux, NEEDS_LINUX);
test.describe.configure({ timeout: scaled(120_000, 1_200_000) });

test(
  'readers that never read cost bounded memory, and delay no other',
  QUICK,
  async ({ server }) => {
    const limits = ['--max-sessions', '20000', '--max-sessions-per-source', '20000'];
    const feed = await startFeed(server, limits);
    const pid = feed.program.process.pid ?? 0;
    await get(feed, '/message');
    const before = rssKb(pid);
    const readers: Socket[] = [];
    while (readers.length < READERS) {
      const opened = Array.from(
        { length: Math.min(OPENED_AT_A_TIME, READERS - readers.length) },
        () => openEvents(feed),
      );
      readers.push(...(await Promise.all(opened)).map(({ socket }) => socket));
    }
    const { socket } = await openEvents(feed);
    const messages = readMessages(socket);
    const writer = connect(server.port, '127.0.0.1').resume();
    let message = '';
    for (let change = 0; change < CHANGES; change++) {
      message = `${change} ${'x'.repeat(4_000)}`;
      writer.write(`MSGSTORE\n${message}\n`);
      await expect.poll(() => messages.at(-1)).toBe(message);
    }
    const grownKb = rssKb(pid) - before;
    expect(grownKb).toBeLessThan(MAX_COMMON_KB + READERS * MAX_KB_PER_READER);
    expect((await get(feed, '/message')).body).toBe(`${message}\n`);

    // A reader that reads again ends with the newest message.
    const [late] = readers;
    if (late === undefined) throw new Error('no reader');
    const lateMessages = readMessages(late);
    await expect.poll(() => lateMessages.at(-1)).toBe(message);
    for (const connection of [writer, ...readers]) connection.destroy();
    record(
      'feed: readers that never read',
      `${READERS} readers and ${CHANGES} changes of 4 kB: the process grew by ${Math.round(grownKb / 1024)} MiB`,
    );
  },
);
