// Planned messages, cancellations and replacements, over sockets.

import { describe, expect, test } from 'vitest';
import {
  APPLE,
  memoryStore,
  startServer,
  TestClient,
  type TestServerOptions,
} from './server.harness.ts';
import type { HistoryRecord } from './stores/record.ts';
import { storeIn } from './stores/store.harness.ts';

const NOON = Date.UTC(2026, 10, 27, 12);
const DAY_MS = 24 * 3_600_000;

/** A server at noon, and a client. */
async function atNoon(options: TestServerOptions = {}) {
  const clock = { now: NOON };
  const running = await startServer({ now: () => clock.now, ...options });
  return { clock, running, client: new TestClient(running) };
}

describe('planned messages', () => {
  test('come into force and end by the clock, and are listed until then', async () => {
    const { clock, client } = await atNoon();
    const window = '2026-11-27T18:00:00Z/2026-11-27T20:00:00Z';
    await client.send(`MSGPLAN\n${window} Maintenance\nMSGPLANS\nMSGHIST\n`);
    await client.until(`200 OK\n200 OK 1\n200 OK\n1 ${window} Maintenance\n.\n200 OK\n.\n`);
    clock.now = Date.UTC(2026, 10, 27, 18);
    await client.send('MSGGET\nMSGHIST\n');
    await client.until('200 OK\nMaintenance\n200 OK\n2026-11-27T12:00:00Z Maintenance\n.\n');
    clock.now = Date.UTC(2026, 10, 27, 20);
    await client.send('MSGGET\nMSGPLANS\n');
    await client.until(`200 OK\n${APPLE}\n200 OK\n.\n`);
  });

  test('are sent to watchers as they come into force and end', async () => {
    const { clock, running, client } = await atNoon();
    await client.send('MSGPLAN\n2026-11-27T12:01Z/2026-11-27T12:02Z a\nMSGWATCH\n');
    await client.until(`200 OK\n${APPLE}\n`);
    clock.now += 60_000;
    await client.until('\na\n');
    clock.now += 60_000;
    await client.until(`\na\n${APPLE}\n`);
    expect(running.console).toContain('Server: MOTD updated to: a');
  });

  test('begin at once if their start is past', async () => {
    const { client } = await atNoon();
    await client.send('MSGPLAN\n2026-11-27T11:00Z/2026-11-27T13:00Z a\nMSGINFO\n');
    await client.until('200 OK 1\n200 OK\n1 2026-11-27T12:00:00Z /2026-11-27T13:00:00Z - a\n');
  });

  test.each([
    ['/2026-11-27T12:00Z', '424 BAD TIME: IN THE PAST'],
    ['2026-11-26T12:00Z/2026-11-27T11:59Z', '424 BAD TIME: IN THE PAST'],
    ['2036-11-27T12:00:01Z/', '424 BAD TIME: OVER 10 YEARS AWAY'],
    ['/2036-11-27T12:00:01Z', '424 BAD TIME: OVER 10 YEARS AWAY'],
    ['/2036-11-27T12:00:00Z', '200 OK 1'],
  ])('%s: %s', async (window, reply) => {
    const { client } = await atNoon();
    await client.send(`MSGPLAN\n${window} a\nMSGLIST\nQUIT\n`);
    const list = reply === '200 OK 1' ? '1 .* a\n' : '';
    const pattern = new RegExp(`^200 OK\\n${reply}\\n200 OK\\n${list}\\.\\n200 OK\\n$`);
    expect(await client.ended()).toMatch(pattern);
  });

  test('are limited to 1000', async () => {
    const { client } = await atNoon();
    await client.send('MSGPLAN\n2026-11-28T12:00Z/2026-11-29T12:00Z a\n'.repeat(1001));
    await client.until('200 OK 1000\n200 OK\n507 TOO MANY PLANNED MESSAGES\n');
    await client.send('MSGCANCEL\n1\nMSGPLAN\n2026-11-28T12:00Z/ a\n');
    await client.until('200 OK\n200 OK\n200 OK\n200 OK 1002\n');
  });
});

describe('MSGCANCEL', () => {
  test('puts the message before it in force, and keeps the entry in the list', async () => {
    const { client, clock } = await atNoon();
    await client.send('MSGSTORE\na\nMSGSTORE\nb\n');
    await client.until('200 OK\n'.repeat(4));
    clock.now += DAY_MS;
    await client.send('MSGCANCEL\n2\nMSGGET\nMSGLIST\n');
    await client.until(
      '200 OK\n200 OK\n200 OK\na\n200 OK\n1 2026-11-27T12:00:00Z / - a\n' +
        '2 2026-11-27T12:00:00Z /2026-11-28T12:00:00Z - b\n.\n',
    );
  });

  test('rejects the number of an entry that is unknown, over or canceled', async () => {
    const { client, clock } = await atNoon();
    await client.send('MSGPLAN\n/2026-11-27T13:00Z a\nMSGSTORE\nb\nMSGCANCEL\n2\n');
    await client.until(`200 OK\n200 OK 1\n${'200 OK\n'.repeat(4)}`);
    clock.now += DAY_MS;
    await client.send('MSGCANCEL\n1\nMSGCANCEL\n2\nMSGCANCEL\n3\nMSGCANCEL\n9\n');
    await client.until('200 OK\n404 NO SUCH MESSAGE\n'.repeat(4));
  });

  test('of two cancellations that are stored simultaneously, accepts the first', async () => {
    const memory = memoryStore();
    await storeIn(memory, 'a');
    const waiting: (() => void)[] = [];
    const bothWait = (resolve: () => void) => {
      if (waiting.push(resolve) === 2) for (const proceed of waiting) proceed();
    };
    const store = {
      ...memory,
      append: (record: HistoryRecord) =>
        new Promise<void>(bothWait).then(() => memory.append(record)),
    };
    const running = await startServer({ store });
    const replies = [0, 1].map(async () => {
      const client = new TestClient(running);
      await client.send('MSGCANCEL\n1\n');
      return client.end();
    });
    expect((await Promise.all(replies)).sort()).toEqual([
      '200 OK\n200 OK\n',
      '200 OK\n404 NO SUCH MESSAGE\n',
    ]);
    expect(running.console.filter((line) => line.includes('canceled'))).toHaveLength(1);
  });
});

describe('MSGREPLACE', () => {
  test('stores the message if the number is that of the message in force', async () => {
    const { client } = await atNoon();
    await client.send('MSGREPLACE\n0 a\nMSGREPLACE\n0 b\nMSGREPLACE\n1 c\nMSGINFO\n');
    await client.until(
      '200 OK\n200 OK 1\n200 OK\n409 CHANGED\n200 OK\n200 OK 2\n' +
        '200 OK\n2 2026-11-27T12:00:00Z / - c\n',
    );
  });

  test('lets one of many win that replace the same message', async () => {
    const { running } = await atNoon();
    const clients = Array.from({ length: 50 }, () => new TestClient(running));
    await Promise.all(
      clients.map((client, n) => client.send(`MSGREPLACE\n0 message ${n}\nQUIT\n`)),
    );
    const replies = await Promise.all(clients.map((client) => client.ended()));
    expect(replies.filter((reply) => reply === '200 OK\n200 OK 1\n200 OK\n')).toHaveLength(1);
    expect(replies.filter((reply) => reply === '200 OK\n409 CHANGED\n200 OK\n')).toHaveLength(49);
  });

  test('is not refused for a plan that is still to come', async () => {
    const { client } = await atNoon();
    await client.send('MSGPLAN\n2026-11-28T12:00Z/ a\nMSGREPLACE\n0 b\n');
    await client.until('200 OK 1\n200 OK\n200 OK 2\n');
  });
});
