// A server on a Unix socket, whose peers have no address.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { addressMatcher } from '../access/source.ts';
import { buildServer, type TestServerOptions } from './server.harness.ts';

async function startOnSocket(options: TestServerOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'motd-server-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { server, console } = buildServer(options);
  onTestFinished(() => server.stop());
  const { path } = await server.listenOnPath({ path: join(folder, 's') });
  const send = (bytes: string) => text(connect({ path }).end(bytes));
  return { path, console, send };
}

test('serves its peers, and numbers them in the log', async () => {
  const { path, console, send } = await startOnSocket();
  expect(await send('MSGGET\n')).toMatch(/^200 OK\nAn apple/);
  await send('QUIT\n');
  await expect
    .poll(() => console)
    .toEqual([
      `Server is listening on unix:${path}`,
      "Connected by ('unix', 1)",
      "Received:from ('unix', 1): MSGGET",
      "[-] Connection closed with ('unix', 1)",
      "Connected by ('unix', 2)",
      "Received:from ('unix', 2): QUIT",
      "[-] Connection closed with ('unix', 2)",
    ]);
});

test('takes the client from a PROXY header only if unix is trusted', async () => {
  const header = 'PROXY TCP4 203.0.113.7 0.0.0.0 0 0\r\n';
  const trusting = await startOnSocket({ isTrustedProxy: addressMatcher(['unix']) });
  expect(await trusting.send(`${header}MSGGET\n`)).toMatch(/^200 OK\n/);
  expect(trusting.console).toContain("Received:from ('203.0.113.7', 0): MSGGET");
  const other = await startOnSocket({ isTrustedProxy: addressMatcher(['0.0.0.0/0', '::/0']) });
  expect(await other.send(`${header}MSGGET\n`)).toBe('400 UNKNOWN COMMAND\n');
});

test('counts all peers for one source', async () => {
  const { path, send } = await startOnSocket({ limits: { perSource: 1 } });
  const first = connect({ path });
  onTestFinished(() => void first.destroy());
  first.write('MSGGET\n');
  await once(first, 'data');
  expect(await send('MSGGET\n')).toBe('421 TOO MANY CONNECTIONS\n');
});

test('penalizes wrong passwords of all peers together', async () => {
  const { send } = await startOnSocket();
  for (let tries = 0; tries < 3; tries++) await send('SHUTDOWN\nwrong\n');
  expect(await send('SHUTDOWN\n123!abc\n')).toContain('421 TOO MANY WRONG PASSWORDS\n');
});
