// Peers that a PROXY header names, over sockets.

import { describe, expect, test } from 'vitest';
import { proxyV2, tlv, userTlv } from '../testing/proxyV2.ts';
import type { ServerEvent } from './events.ts';
import { APPLE, startServer, TestClient } from './server.harness.ts';

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
