// The server for the original client (PROTOCOL.md, "The original client"), over real sockets.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { type ConnectionOptions, connect as connectTls, createSecureContext } from 'node:tls';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Endpoint } from '../access/endpoint.ts';
import { tlsFile } from '../testing/tlsFile.ts';
import { APPLE, startServer, TestClient } from './server.harness.ts';

// A slow machine would send the rest of a reply before the client has read the status.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
});

/** Lets the time pass between a status and the rest of the reply (outbox.ts). */
function passTime(): void {
  vi.advanceTimersByTime(200);
}

/** A client that reads one segment at a time, as `recv` does while nothing more has arrived. */
class OriginalClient {
  readonly #segments: AsyncIterator<string>;
  readonly #socket;

  constructor({ host, port }: Endpoint, tls?: ConnectionOptions) {
    const socket = tls ? connectTls({ host, port, ...tls }) : connect({ host, port });
    this.#socket = socket.setNoDelay().setEncoding('latin1');
    this.#segments = this.#socket[Symbol.asyncIterator]();
    onTestFinished(() => {
      this.#socket.destroy();
    });
  }

  send(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  async recv(): Promise<string | undefined> {
    const { value } = await this.#segments.next();
    return value;
  }

  /** @returns What follows a status. */
  recvRest(): Promise<string | undefined> {
    passTime();
    return this.recv();
  }

  async ask(text: string): Promise<string | undefined> {
    this.send(text);
    return this.recv();
  }
}

test('sends the status by itself, and the message a moment later', async () => {
  const client = new OriginalClient(await startServer({ compat: 'original' }));
  expect(await client.ask('MSGGET')).toBe('200 OK\n');
  expect(await client.recvRest()).toBe(`${APPLE}\n`);
});

test('sends both at once without the option', async () => {
  const client = new OriginalClient(await startServer());
  expect(await client.ask('MSGGET\n')).toBe(`200 OK\n${APPLE}\n`);
});

test('takes what one read returns as a line, in every state', async () => {
  const client = new OriginalClient(await startServer({ compat: 'original' }));
  expect(await client.ask('FOO')).toBe('400 UNKNOWN COMMAND\n');
  expect(await client.ask('MSGSTORE')).toBe('200 OK\n');
  expect(await client.ask('QUIT')).toBe('EXPECTED MOTD, RECEIVED COMMAND\n');
  expect(await client.ask('SHUTDOWN')).toBe('300 PASSWORD REQUIRED\n');
  expect(await client.ask('321!qwe')).toBe('301 WRONG PASSWORD\n');
  expect(await client.ask('QUIT')).toBe('200 OK\n');
  expect(await client.recv()).toBeUndefined();
});

test('still takes it as a line after the client has sent an LF', async () => {
  const client = new OriginalClient(await startServer({ compat: 'original' }));
  expect(await client.ask('MSGSTORE\n')).toBe('200 OK\n');
  expect(await client.ask('a bare message')).toBe('200 OK\n');
  expect(await client.ask('MSGGET\r\n')).toBe('200 OK\n');
  expect(await client.recvRest()).toBe('a bare message\n');
});

test('takes a bare message of the maximum length, sent at once', async () => {
  const client = new OriginalClient(await startServer({ compat: 'original' }));
  const message = 'm'.repeat(4096);
  await client.ask('MSGSTORE');
  expect(await client.ask(message)).toBe('200 OK\n');
  await client.ask('MSGGET');
  expect(await client.recvRest()).toBe(`${message}\n`);
});

test('answers several lines of one read in order, and the rest of it as a line', async () => {
  const client = new TestClient(await startServer({ compat: 'original' }));
  await client.send('MSGSTORE\none\nMSGGET\nMSGSTORE\ntwo\nQUIT');
  await client.until('200 OK\n200 OK\n200 OK\n');
  passTime();
  expect(await client.ended()).toBe('200 OK\n200 OK\n200 OK\none\n200 OK\n200 OK\n200 OK\n');
});

test('watches and sends the history in the same way', async () => {
  const running = await startServer({ compat: 'original' });
  const [watcher, other] = [new OriginalClient(running), new OriginalClient(running)];
  expect(await watcher.ask('MSGWATCH')).toBe('200 OK\n');
  expect(await watcher.recvRest()).toBe(`${APPLE}\n`);
  await other.ask('MSGSTORE');
  await other.ask('stored meanwhile');
  expect(await watcher.recv()).toBe('stored meanwhile\n');
  expect(await watcher.ask('MSGHIST')).toBe('200 OK\n');
  expect(await watcher.recvRest()).toMatch(/^\d{4}-\S+Z stored meanwhile\n\.\n$/);
});

test('sends a watcher what is stored between the status and the message after both', async () => {
  const running = await startServer({ compat: 'original' });
  const [watcher, other] = [new TestClient(running), new OriginalClient(running)];
  await other.ask('MSGSTORE');
  await watcher.send('MSGWATCH');
  await watcher.until('200 OK\n');
  await other.ask('stored in between');
  passTime();
  await watcher.until('stored in between\n');
  expect(watcher.received).toBe(`200 OK\n${APPLE}\nstored in between\n`);
});

test('answers a client that half-closes in between, and one behind a proxy', async () => {
  const running = await startServer({ compat: 'original', isTrustedProxy: () => true });
  const client = new TestClient(running);
  await client.send('PROXY TCP4 192.0.2.7 192.0.2.1 58400 26310\r\n', '\xef\xbb\xbfMSGGET');
  client.socket.end();
  await client.until('200 OK\n');
  passTime();
  expect(await client.ended()).toBe(`200 OK\n${APPLE}\n`);
  expect(running.console).toContain("Received:from ('192.0.2.7', 58400): MSGGET");
});

test('does so over TLS, too', async () => {
  const [cert, key] = [readFileSync(tlsFile('cert')), readFileSync(tlsFile('key'))];
  const tls = createSecureContext({ cert, key });
  const running = await startServer({ compat: 'original', tls });
  const client = new OriginalClient(running, { ca: cert, servername: 'localhost' });
  expect(await client.ask('MSGSTORE')).toBe('200 OK\n');
  expect(await client.ask('a bare message')).toBe('200 OK\n');
  expect(await client.ask('MSGGET')).toBe('200 OK\n');
  expect(await client.recvRest()).toBe('a bare message\n');
});

test('ignores what telnet negotiates', async () => {
  const client = new OriginalClient(await startServer({ compat: 'original' }));
  client.send('\xff\xfb\x1f');
  expect(await client.ask('MSGGET\r\n')).toBe('200 OK\n');
  expect(await client.recvRest()).toBe(`${APPLE}\n`);
});

test('answers the command before a stop, and then sends the reason why it closes', async () => {
  const running = await startServer({ compat: 'original' });
  const client = new TestClient(running);
  await client.send('MSGGET');
  await client.until('200 OK\n');
  void running.server.stop();
  passTime();
  expect(await client.ended()).toBe(`200 OK\n${APPLE}\n421 SERVER SHUTTING DOWN\n`);
});

test('forgets a client that closes before the message', async () => {
  const running = await startServer({ compat: 'original' });
  const client = new TestClient(running);
  await client.send('MSGGET');
  await client.until('200 OK\n');
  client.socket.resetAndDestroy();
  await expect.poll(() => running.server.connections).toBe(0);
});
