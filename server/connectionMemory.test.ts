// Text kept between chunks must be a copy: in V8, a long slice of a string keeps the whole string
// in memory.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { startServer, TestClient } from './server.harness.ts';

const CHUNK_BYTES = 64 * 1024;
/** With one chunk kept per connection, the growth is 14 MB. */
const MAX_GROWTH_MB = 8;

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

function heapMb(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

test('keeps no chunk in memory for an idle connection', async () => {
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
  expect(heapMb() - before).toBeLessThan(MAX_GROWTH_MB);
});
