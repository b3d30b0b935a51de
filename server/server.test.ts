import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { consoleOf, goldens } from '../e2e/golden/golden.ts';
import { proxyV2, tlv, userTlv } from '../testing/proxyV2.ts';
import type { ServerEvent } from './events.ts';
import {
  APPLE,
  buildServer,
  memoryStore,
  startServer,
  TestClient,
  type TestServerOptions,
} from './server.harness.ts';
import type { HistoryRecord } from './stores/record.ts';
import { storeIn } from './stores/store.harness.ts';

/** Much longer than a local client needs to send a line. */
const IDLE_MS = 500;

/** Blocks this thread, which runs both the server and its clients, as a suspension would. */
function blockThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A store that completes its writes when `release` is called, but the first ones at once. */
function blockedStore({ unblockedWrites = 0 } = {}) {
  const memory = memoryStore();
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let markCalled = () => {};
  const called = new Promise<void>((resolve) => {
    markCalled = resolve;
  });
  const store = {
    ...memory,
    append(record: HistoryRecord) {
      if (unblockedWrites-- > 0) return memory.append(record);
      markCalled();
      return released.then(() => memory.append(record));
    },
  };
  return { store, called, release: () => release() };
}

const cases = [
  { how: 'whole', cut: (bytes: string) => [bytes] },
  { how: 'byte by byte', cut: (bytes: string) => [...bytes] },
].flatMap((way) => goldens.map((golden) => ({ ...way, golden, name: golden.name })));

test.each(cases)(
  'case $name over a socket, $how: sends the replies and logs the console lines of the original',
  async ({ cut, golden }) => {
    const running = await startServer();
    const client = new TestClient(running);
    await client.send(...cut(golden.typed.map((line) => `${line}\n`).join('')));
    await client.until(golden.replies);
    const { localPort = 0 } = client.socket;
    const replies = golden.isOpen ? client.received : await client.end();
    if (!golden.isOpen) await once(client.socket, 'close');

    expect(replies).toBe(golden.replies);
    await expect.poll(() => running.console).toEqual(consoleOf(golden, running.port, localPort));
  },
);

test('answers a client that half-closes, then closes', async () => {
  const client = new TestClient(await startServer());
  await client.send('MSGGET');
  expect(await client.end()).toBe(`200 OK\n${APPLE}\n`);
});

test('answers a client that never sends an LF', async () => {
  const client = new TestClient(await startServer());
  await client.send('MSGSTORE');
  await client.until('200 OK\n');
  await client.send('a bare message');
  await client.until('200 OK\n200 OK\n');
  await client.send('MSGGET');
  await client.until('200 OK\na bare message\n');
});

test('answers pipelined commands in order', async () => {
  const client = new TestClient(await startServer());
  await client.send('MSGSTORE\none\nMSGGET\nMSGSTORE\ntwo\nMSGGET\nFOO\nQUIT\n');
  expect(await client.ended()).toBe(
    '200 OK\n200 OK\n200 OK\none\n200 OK\n200 OK\n200 OK\ntwo\n400 UNKNOWN COMMAND\n200 OK\n',
  );
});

test('answers a command pipelined after a store only when the store is complete', async () => {
  const memory = memoryStore();
  let finish: (() => void) | undefined;
  const store = {
    ...memory,
    append: (record: HistoryRecord) =>
      new Promise<number>((resolve) => {
        finish = () => resolve(memory.append(record));
      }),
  };
  const running = await startServer({ store });
  const client = new TestClient(running);
  await client.send('MSGSTORE\nslow\nMSGGET\n');
  await expect.poll(() => finish).toBeDefined();
  const other = new TestClient(running);
  await other.send('MSGGET\n');
  await other.until(`200 OK\n${APPLE}\n`);
  // The reply to MSGSTORE is sent together with the outcome.
  expect(client.received).toBe('');

  finish?.();
  await client.until('200 OK\n200 OK\n200 OK\nslow\n');
});

test('reports each of several pipelined stores before the next one is complete', async () => {
  const { store, called, release } = blockedStore({ unblockedWrites: 1 });
  const client = new TestClient(await startServer({ store }));
  await client.send('MSGSTORE\nquick\nMSGSTORE\nslow\n');
  await called;
  await client.until('200 OK\n200 OK\n200 OK\n');
  release();
  await client.until('200 OK\n200 OK\n200 OK\n200 OK\n');
});

test('sends the replies before a slow store at once when the server stops', async () => {
  const { store, called, release } = blockedStore();
  const running = await startServer({ store });
  const client = new TestClient(running);
  await client.send('MSGGET\nMSGSTORE\nslow\n');
  await called;
  const stopped = running.server.stop();
  await client.until(`200 OK\n${APPLE}\n200 OK\n`);
  release();
  expect(await client.end()).toBe(`200 OK\n${APPLE}\n200 OK\n200 OK\n421 SERVER SHUTTING DOWN\n`);
  await stopped;
});

test('answers a failed store with 503, logs it, and still serves the message', async () => {
  const store = { ...memoryStore(), append: () => Promise.reject(new Error('disk full')) };
  const running = await startServer({ store });
  const client = new TestClient(running);
  await client.send('MSGSTORE\nlost\nMSGGET\n');
  await client.until(`200 OK\n503 STORE UNAVAILABLE\n200 OK\n${APPLE}\n`);
  expect(running.console).toContain('[!] MOTD not stored: disk full');
});

test('keeps the sessions of many concurrent clients apart', async () => {
  const running = await startServer();
  const clients = Array.from({ length: 200 }, () => new TestClient(running));
  await Promise.all(clients.map((client) => client.send('MSGSTORE\n')));
  await Promise.all(clients.map((client) => client.until('200 OK\n')));
  await Promise.all(
    clients.map((client, index) => client.send(`message ${index}\nMSGGET\nQUIT\n`)),
  );
  const transcripts = await Promise.all(clients.map((client) => client.ended()));
  for (const transcript of transcripts) {
    expect(transcript).toMatch(/^200 OK\n200 OK\n200 OK\nmessage \d+\n200 OK\n$/);
  }
});

test('delivers all replies to a peer that keeps sending after QUIT', async () => {
  const client = new TestClient(await startServer({ initialMessage: 'm'.repeat(4000) }));
  client.socket.write('MSGGET\n'.repeat(1000));
  client.socket.write(`QUIT\n${'x'.repeat(1024 * 1024)}`);
  const replies = await client.ended();
  expect(replies).toHaveLength(1000 * (7 + 4001) + 7);
});

test('rejects a line of 10 MB once, and continues the session', async () => {
  const client = new TestClient(await startServer());
  await client.send('x'.repeat(10 * 1024 * 1024), '\nMSGGET\n');
  await client.until(`413 LINE TOO LONG\n200 OK\n${APPLE}\n`);
});

test('answers binary garbage without affecting other clients', async () => {
  const running = await startServer();
  const other = new TestClient(running);
  await other.send('MSGSTORE\n');
  await other.until('200 OK\n');

  const garbage = new TestClient(running);
  const bytes = Array.from({ length: 0x10000 }, (_, index) =>
    String.fromCharCode((index * 167) & 0xff),
  );
  await garbage.send(bytes.join(''));
  const replies = await garbage.end();
  expect(replies).toMatch(/^(4\d\d [A-Z ]+\n)+$/);

  await other.send('untouched\nMSGGET\n');
  await other.until('200 OK\n200 OK\n200 OK\nuntouched\n');
});

test('survives a peer that resets the connection while it sends a message', async () => {
  const running = await startServer();
  const client = new TestClient(running);
  await client.send('MSGSTORE\nhalf a messa');
  await client.until('200 OK\n');
  client.socket.resetAndDestroy();
  await expect.poll(() => running.console.at(-1)).toMatch(/^\[-\] Connection closed/);

  const other = new TestClient(running);
  await other.send('MSGGET\n');
  await other.until(`200 OK\n${APPLE}\n`);
});

test('does not delay others for a peer that pipelines without reading, and sends it every reply later', async () => {
  const running = await startServer({ initialMessage: 'm'.repeat(4000) });
  const slow = new TestClient(running);
  slow.socket.pause();
  const commands = 20_000;
  slow.socket.write('MSGGET\n'.repeat(commands));

  const other = new TestClient(running);
  await other.send('MSGGET\n');
  await other.until(`${'m'.repeat(4000)}\n`);

  let length = 0;
  slow.socket.removeAllListeners('data');
  slow.socket.on('data', (chunk) => {
    length += chunk.length;
  });
  slow.socket.resume();
  await slow.end();
  expect(length).toBe(commands * '200 OK\n'.length + commands * 4001);
});

describe('MSGWATCH', () => {
  test('sends every message, even one stored through another connection', async () => {
    const running = await startServer();
    const watcher = new TestClient(running);
    await watcher.send('MSGWATCH\n');
    await watcher.until(`200 OK\n${APPLE}\n`);
    const other = new TestClient(running);
    await other.send('MSGSTORE\none\nMSGSTORE\ntwo\n');
    await watcher.until('\none\ntwo\n');
    await watcher.send('MSGSTORE\nthree\n');
    await watcher.until('two\n200 OK\n200 OK\n');
  });

  test('does not delay others for a watcher that does not read, and sends it the newest message later', async () => {
    const store = memoryStore();
    const running = await startServer({ store });
    const slow = new TestClient(running);
    await slow.send('MSGWATCH\n');
    await slow.until(`${APPLE}\n`);
    slow.socket.pause();
    const fast = new TestClient(running);
    await fast.send('MSGWATCH\n');
    await fast.until(`${APPLE}\n`);

    const messages = 5000;
    for (let number = 1; number <= messages; number++) {
      await storeIn(store, `${'m'.repeat(4000)} ${number}`);
      if (number % 100 === 0) await fast.until(` ${number}\n`);
    }
    slow.socket.resume();
    await slow.until(` ${messages}\n`);

    const numbers = slow.received.match(/(?<= )\d+(?=\n)/g)?.map(Number) ?? [];
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.length).toBeLessThan(messages);
    expect(fast.received.match(/(?<= )\d+(?=\n)/g)).toHaveLength(messages);
  });

  test('notifies hundreds of watchers', async () => {
    const running = await startServer();
    const watchers = Array.from({ length: 600 }, () => new TestClient(running));
    await Promise.all(watchers.map((watcher) => watcher.send('MSGWATCH\n')));
    await Promise.all(watchers.map((watcher) => watcher.until(`${APPLE}\n`)));
    const other = new TestClient(running);
    await other.send('MSGSTORE\nnews\n');
    await Promise.all(watchers.map((watcher) => watcher.until('\nnews\n')));
  });
});

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

describe('MSGHIST', () => {
  test('sends the messages with their times, oldest first, then the end line', async () => {
    const client = new TestClient(await startServer());
    await client.send('MSGHIST\nMSGSTORE\nGr\xc3\xbc\xc3\x9fe\nMSGSTORE\n.\nMSGHIST\nQUIT\n');
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
    expect(await client.ended()).toMatch(
      new RegExp(
        `^200 OK\\n\\.\\n(200 OK\\n){5}${time} Gr\xc3\xbc\xc3\x9fe\\n${time} \\.\\n\\.\\n200 OK\\n$`,
      ),
    );
  });

  test('sends a long history to a slow reader, without the entries dropped meanwhile', async () => {
    const store = memoryStore();
    const running = await startServer({ store });
    for (let number = 1; number <= 1000; number++)
      await storeIn(store, `${'m'.repeat(4000)} ${number}`);
    const slow = new TestClient(running);
    slow.socket.pause();
    await slow.send('MSGHIST\n'.repeat(10));
    const other = new TestClient(running);
    await other.send('MSGHIST\nQUIT\n');
    expect((await other.ended()).match(/ \d+\n/g)).toHaveLength(1000);

    for (let number = 1001; number <= 1500; number++) await storeIn(store, `after ${number}`);
    slow.socket.resume();
    const received = await slow.end();
    expect(received.match(/\n\.\n/g)).toHaveLength(10);
    expect(received.endsWith('after 1500\n.\n')).toBe(true);
  });
});

describe('limits', () => {
  test('rejects a connection over the total quota without affecting others', async () => {
    const running = await startServer({ limits: { total: 2 } });
    const [first, second] = [new TestClient(running), new TestClient(running)];
    for (const client of [first, second]) {
      await client.send('MSGGET\n');
      await client.until(`${APPLE}\n`);
    }
    const third = new TestClient(running);
    expect(await third.ended()).toBe('421 TOO MANY CONNECTIONS\n');
    expect(running.console.at(-1)).toMatch(/^\[!\] 421 TOO MANY CONNECTIONS: \('127\.0\.0\.1', /);

    await first.end();
    await expect.poll(() => running.console.at(-1)).toMatch(/^\[-\]/);
    const fourth = new TestClient(running);
    await fourth.send('MSGGET\n');
    await fourth.until(`${APPLE}\n`);
  });

  test('limits one source without affecting others', async () => {
    const running = await startServer({
      limits: { perSource: 1 },
      isTrustedProxy: () => true,
    });
    const from = async (address: string) => {
      const client = new TestClient(running);
      await client.send(`PROXY TCP6 ${address} 2001:db8::1 5000 26310\r\nMSGGET\n`);
      return client;
    };
    const first = await from('2001:db8:0:1::1');
    await first.until(`${APPLE}\n`);
    expect(await (await from('2001:db8:0:1::2')).ended()).toBe('421 TOO MANY CONNECTIONS\n');
    await (await from('2001:db8:0:2::1')).until(`${APPLE}\n`);
    await first.end();
    await expect.poll(() => running.console.at(-1)).toMatch(/^\[-\]/);
    await (await from('2001:db8:0:1::3')).until(`${APPLE}\n`);
  });

  test('closes an idle connection with a reply, but not a watcher', async () => {
    const running = await startServer({ idleTimeoutMs: IDLE_MS });
    const watcher = new TestClient(running);
    await watcher.send('MSGWATCH\n');
    const idle = new TestClient(running);
    await idle.send('MSGGET\n');
    expect(await idle.ended()).toBe(`200 OK\n${APPLE}\n421 IDLE TOO LONG\n`);
    await watcher.send('QUIT\n');
    expect(await watcher.ended()).toBe(`200 OK\n${APPLE}\n200 OK\n`);
  });

  test('reads what a client sent during a suspension before it counts as idle', async () => {
    const client = new TestClient(await startServer({ idleTimeoutMs: IDLE_MS }));
    await client.send('MSGGET\n');
    await client.until(`200 OK\n${APPLE}\n`);
    await client.send('MSGGET\n');
    blockThread(2 * IDLE_MS);
    const answers = `200 OK\n${APPLE}\n`.repeat(2);
    expect(await client.ended()).toBe(`${answers}421 IDLE TOO LONG\n`);
  });

  test('reads a PROXY header sent during a suspension before its peer counts as idle', async () => {
    const running = await startServer({ idleTimeoutMs: IDLE_MS, isTrustedProxy: () => true });
    const client = new TestClient(running);
    await client.send('PROXY ');
    // The reply shows that the connection before it was accepted and read.
    const next = new TestClient(running);
    await next.send('PROXY UNKNOWN\r\nMSGGET\n');
    await next.until(`200 OK\n${APPLE}\n`);
    await client.send('TCP4 192.0.2.7 198.51.100.1 56324 26310\r\nMSGGET\n');
    blockThread(2 * IDLE_MS);
    expect(await client.ended()).toBe(`200 OK\n${APPLE}\n421 IDLE TOO LONG\n`);
  });

  test('does not count a client that waits for a store as idle until it is answered', async () => {
    const { store, release } = blockedStore();
    const running = await startServer({ store, idleTimeoutMs: IDLE_MS });
    const client = new TestClient(running);
    await client.send('MSGSTORE\nslow\n');
    // A later client is idle by now, so the first would be too if it counted as idle.
    expect(await new TestClient(running).ended()).toBe('421 IDLE TOO LONG\n');
    release();
    expect(await client.ended()).toBe('200 OK\n200 OK\n421 IDLE TOO LONG\n');
  });

  test('does not count a client as idle if its store completes right after a suspension', async () => {
    const { store, called, release } = blockedStore();
    const client = new TestClient(await startServer({ store, idleTimeoutMs: IDLE_MS }));
    await client.send('MSGSTORE\nslow\n');
    await called;
    // After immediates, timers run, including the idle timeout; only then this result arrives.
    setImmediate(() => {
      void stat('/').then(release);
      blockThread(2 * IDLE_MS);
    });
    await client.until('200 OK\n200 OK\n');
    await client.send('QUIT\n');
    expect(await client.ended()).toBe('200 OK\n200 OK\n200 OK\n');
  });

  test('closes an idle connection that might still send a PROXY header', async () => {
    const running = await startServer({
      idleTimeoutMs: IDLE_MS,
      isTrustedProxy: () => true,
    });
    expect(await new TestClient(running).ended()).toBe('421 IDLE TOO LONG\n');
  });
});

describe('a PROXY header', () => {
  const anna = proxyV2({ tlvs: [userTlv('anna')] }).toString('latin1');
  const HEADER = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 26310\r\n';
  const HEADERS = [
    ['version 1', HEADER],
    ['version 2', proxyV2().toString('latin1')],
  ] as const;
  const CUTS = [
    ['whole', (bytes: string) => [bytes]],
    ['byte by byte', (bytes: string) => [...bytes]],
  ] as const;

  test.each(
    HEADERS.flatMap(([version, header]) =>
      CUTS.map(([how, cut]) => ({ version, header, how, cut })),
    ),
  )('of $version names the client if its sender is trusted, sent $how', async ({ header, cut }) => {
    const running = await startServer({ isTrustedProxy: () => true });
    const client = new TestClient(running);
    await client.send(...cut(`${header}MSGGET\nQUIT\n`));
    expect(await client.end()).toBe(`200 OK\n${APPLE}\n200 OK\n`);
    await expect
      .poll(() => running.console.filter((line) => line.includes('192.0.2.7')))
      .toEqual([
        "Connected by ('192.0.2.7', 56324)",
        "Received:from ('192.0.2.7', 56324): MSGGET",
        "Received:from ('192.0.2.7', 56324): QUIT",
        "[-] Connection closed with ('192.0.2.7', 56324)",
      ]);
  });

  test.each(HEADERS)(
    'of %s is rejected if its sender is not trusted, and the log names the flag to change',
    async (_version, header) => {
      const running = await startServer({ isTrustedProxy: () => false });
      const client = new TestClient(running);
      await client.send(`${header}MSGSTORE\nowned\n`);
      expect(await client.ended()).toBe('400 UNKNOWN COMMAND\n');
      expect(running.server).toMatchObject({ storeCounts: { stored: 0 } });
      expect(running.console.filter((line) => line.startsWith('[!]'))).toEqual([
        expect.stringMatching(/^\[!\] PROXY rejected: \('127.0.0.1', \d+\); .*--trust-proxy/),
      ]);
    },
  );

  test.each(HEADERS)('of %s is rejected after another one', async (_version, header) => {
    const running = await startServer({ isTrustedProxy: () => true });
    const client = new TestClient(running);
    await client.send(`${proxyV2().toString('latin1')}${header}MSGSTORE\nowned\n`);
    expect(await client.ended()).toBe('400 UNKNOWN COMMAND\n');
    expect(running.server).toMatchObject({ storeCounts: { stored: 0 } });
  });

  test('of version 2 names the user, and each event reports the name', async () => {
    const events: ServerEvent[] = [];
    const running = await startServer({
      isTrustedProxy: () => true,
      log: (event) => events.push(event),
    });
    const client = new TestClient(running);
    await client.send(`${anna}MSGSTORE\nby anna\nQUIT\n`);
    expect(await client.end()).toBe('200 OK\n200 OK\n200 OK\n');
    await expect.poll(() => events.at(-1)?.event).toBe('closed');
    const peer = { host: '192.0.2.7', port: 56324, user: 'anna' };
    expect(events.slice(1)).toEqual([
      { event: 'connected', peer },
      { event: 'received', peer, line: 'MSGSTORE' },
      { event: 'received', peer, line: 'by anna' },
      { event: 'updated', peer, message: 'by anna' },
      { event: 'received', peer, line: 'QUIT' },
      { event: 'closed', peer },
    ]);
  });

  test('of version 2 makes its user the author of what they store', async () => {
    const running = await startServer({ isTrustedProxy: () => true });
    const client = new TestClient(running);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    await client.send(
      `${anna}MSGSTORE\nfirst\nMSGREPLACE\n1 second\nMSGPLAN\n${tomorrow}/ third\nQUIT\n`,
    );
    await client.end();
    const other = new TestClient(running);
    await other.send('MSGSTORE\nfourth\nMSGLIST\nQUIT\n');
    const lines = (await other.end()).split('\n').map((line) => line.split(' '));
    expect(lines.map(([, , , author, message]) => [message, author])).toEqual(
      expect.arrayContaining([
        ['first', 'anna'],
        ['second', 'anna'],
        ['third', 'anna'],
        ['fourth', '-'],
      ]),
    );
  });

  test('with an invalid name of a user is accepted without it, and that is logged once', async () => {
    const running = await startServer({ isTrustedProxy: () => true });
    const client = new TestClient(running);
    const header = proxyV2({ tlvs: [userTlv('\x1b[2J')] }).toString('latin1');
    await client.send(`${header}MSGSTORE\nnew\nMSGGET\nQUIT\n`);
    expect(await client.end()).toBe('200 OK\n200 OK\n200 OK\nnew\n200 OK\n');
    expect(running.console).toContain("Connected by ('192.0.2.7', 56324)");
    expect(running.console.filter((line) => line.startsWith('[!]'))).toEqual([
      "[!] User name ignored: ('192.0.2.7', 56324): not plain text of at most 256 bytes",
    ]);
  });

  test.each([
    ['malformed', proxyV2({ command: 0x22 })],
    ['longer than 4096 bytes', proxyV2({ length: 0xffff })],
    ['wrong checksum', proxyV2({ tlvs: [tlv(0x03, 'abcd')] })],
  ])('of version 2 is rejected if it is invalid: %s', async (reason, header) => {
    const running = await startServer({ isTrustedProxy: () => true });
    const client = new TestClient(running);
    await client.send(`${header.toString('latin1')}MSGGET\n`);
    expect(await client.ended()).toBe('400 UNKNOWN COMMAND\n');
    expect(running.console.at(-1)).toMatch(
      new RegExp(`^\\[!\\] PROXY header rejected: \\('127.0.0.1', \\d+\\): ${reason}$`),
    );
  });

  test('is trusted from any address after the key, and counts for the source it names', async () => {
    const limits = { perSource: 1 };
    const running = await startServer({ proxyKey: 'secret', limits });
    const keyed = (address: string) =>
      `PROXY-KEY secret\r\nPROXY TCP4 ${address} 127.0.0.1 1 2\r\n`;
    const clients: TestClient[] = [];
    for (const address of ['192.0.2.7', '192.0.2.8']) {
      const client = new TestClient(running);
      await client.send(`${keyed(address)}MSGGET\n`);
      await client.until(`${APPLE}\n`);
      clients.push(client);
    }
    const third = new TestClient(running);
    await third.send(keyed('192.0.2.7'));
    expect(await third.ended()).toBe('421 TOO MANY CONNECTIONS\n');
    await clients[0]?.send('QUIT\n');
    await clients[0]?.ended();
    await expect.poll(() => running.server.connections).toBe(1);
    const fourth = new TestClient(running);
    await fourth.send(`${keyed('192.0.2.7')}QUIT\n`);
    expect(await fourth.ended()).toBe('200 OK\n');
  });

  test('is trusted after the key even if the quota of its sender is used up', async () => {
    const limits = { perSource: 1 };
    const running = await startServer({ proxyKey: 'secret', limits });
    new TestClient(running);
    await expect.poll(() => running.console).toHaveLength(2);
    const client = new TestClient(running);
    await client.send('PROXY-KEY secret\r\nPROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\nQUIT\n');
    expect(await client.ended()).toBe('200 OK\n');
  });

  test('is awaited: a silent peer counts for its own source meanwhile', async () => {
    const limits = { perSource: 1 };
    const running = await startServer({ proxyKey: 'secret', limits });
    const silent = new TestClient(running);
    await expect.poll(() => running.console).toHaveLength(2);
    expect(await new TestClient(running).ended()).toBe('421 TOO MANY CONNECTIONS\n');
    await silent.send('MSGGET\n');
    await silent.until(`${APPLE}\n`);
  });

  test('is rejected after a wrong key', async () => {
    const running = await startServer({ proxyKey: 'secret' });
    const client = new TestClient(running);
    await client.send(`PROXY-KEY secreT\r\n${HEADER}MSGSTORE\nowned\n`);
    expect(await client.ended()).toBe('400 UNKNOWN COMMAND\n');
    expect(running.console.at(-1)).toMatch(/^\[!\] PROXY header rejected/);
  });

  test('is rejected if it is malformed', async () => {
    const running = await startServer({ isTrustedProxy: () => true });
    const client = new TestClient(running);
    await client.send('PROXY TCP4 nonsense\r\nMSGGET\n');
    expect(await client.ended()).toBe('400 UNKNOWN COMMAND\n');
    expect(running.console.at(-1)).toMatch(/^\[!\] PROXY header rejected/);
  });

  test('is optional for a trusted peer, even for a bare client', async () => {
    const running = await startServer({ isTrustedProxy: () => true });
    const bare = new TestClient(running);
    await bare.send('MSGGET');
    await bare.until(`${APPLE}\n`);
    const halfClosed = new TestClient(running);
    await halfClosed.send('MSGGET');
    expect(await halfClosed.end()).toBe(`200 OK\n${APPLE}\n`);
    expect(await new TestClient(running).end()).toBe('');
  });

  test('does not delay the console line and the closing reply of a silent peer while it is awaited', async () => {
    const running = await startServer({ isTrustedProxy: () => true });
    const silent = new TestClient(running);
    await expect.poll(() => running.console.at(-1)).toMatch(/^Connected by \('127\.0\.0\.1'/);
    await running.server.stop();
    expect(await silent.end()).toBe('421 SERVER SHUTTING DOWN\n');
    expect(running.console.filter((line) => line.startsWith('Connected'))).toHaveLength(1);
    await expect.poll(() => running.console.at(-1)).toMatch(/^\[-\] Connection closed with/);
  });
});

test('SHUTDOWN stops the server after every reply is sent, and notifies the other clients', async () => {
  const running = await startServer();
  const idle = new TestClient(running);
  const storing = new TestClient(running);
  await idle.send('MSGGET\n');
  await idle.until(`${APPLE}\n`);
  await storing.send('MSGSTORE\n');
  await storing.until('200 OK\n');

  const client = new TestClient(running);
  await client.send('SHUTDOWN\n123!abc\n');
  expect(await client.end()).toBe('300 PASSWORD REQUIRED\n200 OKAY\n');
  expect(await idle.end()).toBe(`200 OK\n${APPLE}\n421 SERVER SHUTTING DOWN\n`);
  expect(await storing.end()).toBe('200 OK\n421 SERVER SHUTTING DOWN\n');
  await running.server.stopped;
});

test('answers a client that connected just before the stop, then sends it 421', async () => {
  const running = await startServer();
  const fresh = new TestClient(running);
  await expect.poll(() => running.console.at(-1)).toMatch(/^Connected by/);
  const stopped = running.server.stop();
  await fresh.send('MSGGET\n');
  expect(await fresh.ended()).toBe(`200 OK\n${APPLE}\n421 SERVER SHUTTING DOWN\n`);
  fresh.socket.end();
  await stopped;
});

test('does not wait for a peer that never closes its side', async () => {
  const running = await startServer();
  const idle = new TestClient(running);
  await idle.send('MSGGET\n');
  await idle.until(`${APPLE}\n`);
  await running.server.stop();
  expect(await idle.ended()).toBe(`200 OK\n${APPLE}\n421 SERVER SHUTTING DOWN\n`);
});

test('rejects with the error of Node if the port is in use', async () => {
  const { port } = await startServer();
  const { server } = buildServer();
  await expect(server.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('listens on both addresses of localhost, with one console line, until it stops', async () => {
  const { server, console } = buildServer();
  onTestFinished(() => server.stop());
  const { host: listeningHost, port } = await server.listen('localhost', 0);
  expect(listeningHost).toBe('localhost');
  expect(console).toEqual([`TCP Server is listening on localhost:${port}`]);
  const clients = ['127.0.0.1', '::1'].map((host) => new TestClient({ host, port }));
  for (const client of clients) {
    await client.send('MSGGET\n');
    await client.until(`200 OK\n${APPLE}\n`);
  }
  await server.stop();
  for (const client of clients) {
    expect(await client.ended()).toBe(`200 OK\n${APPLE}\n421 SERVER SHUTTING DOWN\n`);
  }
  expect(await new TestClient({ host: '::1', port }).ended()).toBe('');
});
