import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { consoleOf, goldens } from '../e2e/golden/golden.ts';
import {
  APPLE,
  blockedStore,
  buildServer,
  memoryStore,
  startServer,
  TestClient,
} from './server.harness.ts';
import type { HistoryRecord } from './stores/record.ts';
import { storeIn } from './stores/store.harness.ts';

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

test('logs an unknown command without its text, which may hold a password', async () => {
  const running = await startServer();
  const client = new TestClient(running);
  await client.send('SHUTDOWN 123!abc\n123!abc\nQUIT\n');
  expect(await client.ended()).toBe(`${'400 UNKNOWN COMMAND\n'.repeat(2)}200 OK\n`);
  const lines = running.console.map((line) => line.replace(/\(.*\)/, 'PEER'));
  expect(lines.slice(2, 5)).toEqual([
    'Unknown command from PEER',
    'Unknown command from PEER',
    'Received:from PEER: QUIT',
  ]);
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
