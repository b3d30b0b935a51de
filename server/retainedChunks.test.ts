// What outlives its chunk keeps nothing of it: in V8, a long enough slice of a string keeps the whole.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { openLmdbStore } from '../dist/server/lmdbStore.js';
import { memoryStore, startServer, TestClient } from './server.harness.ts';
import type { MessageStore } from './store.ts';

const MESSAGES = 500;
const CHUNK_BYTES = 64 * 1024;
/** It was 32 MB, all chunks together; a message takes a few hundred bytes. */
const MOST_MB = 8;

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

function heapMb(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

async function lmdbStore(): Promise<MessageStore> {
  const folder = mkdtempSync(join(tmpdir(), 'motd-chunks-'));
  const store = await openLmdbStore(folder, { initialMessage: 'a', historyLimit: MESSAGES });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  return store;
}

test.each([
  ['memory', async () => memoryStore()],
  ['lmdb', lmdbStore],
])('a store in %s keeps messages, and not the chunks they came in', async (_name, open) => {
  const store = await open();
  const client = new TestClient(await startServer({ store }));
  const send = async (number: number) => {
    const lines = `MSGSTORE\nmessage number ${String(number).padStart(12, '0')}\n`;
    await client.send(lines.padEnd(CHUNK_BYTES, '\n'));
    await client.until('200 OK\n200 OK\n');
    client.received = '';
  };
  await send(0);
  const before = heapMb();
  for (let number = 1; number <= MESSAGES; number++) await send(number);
  expect(heapMb() - before).toBeLessThan(MOST_MB);
  expect(store.message).toBe('message number 000000000500');
});

test('an idle connection keeps nothing of the last chunk it sent', async () => {
  const running = await startServer();
  const clients: TestClient[] = [];
  const before = heapMb();
  for (let number = 0; number < 200; number++) {
    const client = new TestClient(running);
    await client.send('\n'.repeat(CHUNK_BYTES), 'MSGGET\nMSGSTORE\nhalf a message of some length');
    await client.until('200 OK\n');
    client.received = '';
    clients.push(client);
  }
  expect(heapMb() - before).toBeLessThan(MOST_MB);
});
