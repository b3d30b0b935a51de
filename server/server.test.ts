import { once } from 'node:events';
import { expect, test } from 'vitest';
import { consoleOf, goldens } from '../e2e/golden/golden.ts';
import { APPLE, buildServer, memoryStore, startServer, TestClient } from './server.harness.ts';

const cases = [
  { how: 'whole', cut: (bytes: string) => [bytes] },
  { how: 'byte by byte', cut: (bytes: string) => [...bytes] },
].flatMap((way) => goldens.map((golden) => ({ ...way, golden, name: golden.name })));

test.each(cases)('case $name over a socket, $how: replies and console', async ({ cut, golden }) => {
  const running = await startServer();
  const client = new TestClient(running);
  await client.send(...cut(golden.typed.map((line) => `${line}\n`).join('')));
  await client.until(golden.replies);
  const { localPort = 0 } = client.socket;
  const replies = golden.isOpen ? client.received : await client.end();
  if (!golden.isOpen) await once(client.socket, 'close');

  expect(replies).toBe(golden.replies);
  await expect.poll(() => running.console).toEqual(consoleOf(golden, running.port, localPort));
});

test('a client that half-closes is answered, then closed', async () => {
  const client = new TestClient(await startServer());
  await client.send('MSGGET');
  expect(await client.end()).toBe(`200 OK\n${APPLE}\n`);
});

test('a client that never sends an LF is answered', async () => {
  const client = new TestClient(await startServer());
  await client.send('MSGSTORE');
  await client.until('200 OK\n');
  await client.send('a bare message');
  await client.until('200 OK\n200 OK\n');
  await client.send('MSGGET');
  await client.until('200 OK\na bare message\n');
});

test('pipelined commands are answered in order', async () => {
  const client = new TestClient(await startServer());
  await client.send('MSGSTORE\none\nMSGGET\nMSGSTORE\ntwo\nMSGGET\nFOO\nQUIT\n');
  expect(await client.ended()).toBe(
    '200 OK\n200 OK\n200 OK\none\n200 OK\n200 OK\n200 OK\ntwo\n400 UNKNOWN COMMAND\n200 OK\n',
  );
});

test('what is pipelined behind a store waits for it', async () => {
  const memory = memoryStore();
  let finish = () => {};
  const slow = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const store = {
    ...memory,
    get message() {
      return memory.message;
    },
    store: (message: string) => slow.then(() => memory.store(message)),
  };
  const running = await startServer({ store });
  const client = new TestClient(running);
  await client.send('MSGSTORE\nslow\nMSGGET\n');
  await client.until('200 OK\n');
  const other = new TestClient(running);
  await other.send('MSGGET\n');
  await other.until(`200 OK\n${APPLE}\n`);
  expect(client.received).toBe('200 OK\n');

  finish();
  await client.until('200 OK\n200 OK\n200 OK\nslow\n');
});

test('a store that fails is answered with 503, told on the console, and reading goes on', async () => {
  const store = { ...memoryStore(), store: () => Promise.reject(new Error('disk full')) };
  const running = await startServer({ store });
  const client = new TestClient(running);
  await client.send('MSGSTORE\nlost\nMSGGET\n');
  await client.until(`200 OK\n503 STORE UNAVAILABLE\n200 OK\n${APPLE}\n`);
  expect(running.console).toContain('[!] MOTD not stored: Error: disk full');
});

test('many clients at once each hold their own conversation', async () => {
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

test('what a peer goes on sending after QUIT does not cost it the replies', async () => {
  const client = new TestClient(await startServer({ store: memoryStore('m'.repeat(4000)) }));
  client.socket.write('MSGGET\n'.repeat(1000));
  client.socket.write(`QUIT\n${'x'.repeat(1024 * 1024)}`);
  const replies = await client.ended();
  expect(replies).toHaveLength(1000 * (7 + 4001) + 7);
});

test('a line of 10 MB is refused once, and the conversation goes on', async () => {
  const client = new TestClient(await startServer());
  await client.send('x'.repeat(10 * 1024 * 1024), '\nMSGGET\n');
  await client.until(`413 LINE TOO LONG\n200 OK\n${APPLE}\n`);
});

test('binary garbage is answered, and nobody else notices', async () => {
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

test('a peer that resets the connection in the middle of a store takes nothing with it', async () => {
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

test('a peer that pipelines and does not read holds up nobody, and gets every reply in the end', async () => {
  const running = await startServer({ store: memoryStore('m'.repeat(4000)) });
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

test('SHUTDOWN ends the server once every reply has left, and says so to the others', async () => {
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

test('a peer that never closes its side does not hold up the end', async () => {
  const running = await startServer();
  const idle = new TestClient(running);
  await idle.send('MSGGET\n');
  await idle.until(`${APPLE}\n`);
  await running.server.stop();
  expect(await idle.ended()).toBe(`200 OK\n${APPLE}\n421 SERVER SHUTTING DOWN\n`);
});

test('a port that is taken is refused with what Node says of it', async () => {
  const { port } = await startServer();
  const { server } = buildServer();
  await expect(server.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
