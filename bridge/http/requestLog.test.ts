import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { startBridge } from '../bridge.harness.ts';

/** What a bridge logs of a request, which it gets through a trusted proxy. */
async function logged(path: string, headers: Record<string, string>) {
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
  await fetch(`http://${bridge.host}:${bridge.port}${path}`, { headers });
  return lines.map((line) => JSON.parse(line).req).find((request) => request !== undefined);
}

test('logs the address of a client without the port that its proxy appended', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.7:51234' };
  const expected = { method: 'GET', url: '/healthz', remoteAddress: '203.0.113.7' };
  expect(await logged('/healthz', headers)).toMatchObject(expected);
});

test('logs 250 characters of a URL and of a host', async () => {
  const path = `/${'x'.repeat(249)}`;
  const host = 'h'.repeat(250);
  const headers = (sent: string) => ({ 'x-forwarded-host': sent });
  expect(await logged(path, headers(host))).toMatchObject({ url: path, host });
  const cut = { url: `${path}…`, host: `${host}…` };
  expect(await logged(`${path}y`, headers(`${host}y`))).toMatchObject(cut);
});
