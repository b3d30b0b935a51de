import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { startBridge } from '../bridge.harness.ts';

test('logs the address of a client without the port that its proxy appended', async () => {
  const lines: string[] = [];
  const stream = new Writable({
    write: (line, _encoding, done) => {
      lines.push(String(line));
      done();
    },
  });
  const bridge = await startBridge(
    { none: 1 },
    { logger: pino(stream), isTrustedProxy: () => true },
  );
  await fetch(`http://${bridge.host}:${bridge.port}/healthz`, {
    headers: { 'x-forwarded-for': '203.0.113.7:51234' },
  });
  expect(lines.map((line) => JSON.parse(line).req)).toContainEqual(
    expect.objectContaining({ method: 'GET', url: '/healthz', remoteAddress: '203.0.113.7' }),
  );
});
