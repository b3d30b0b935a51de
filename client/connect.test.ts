import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { isLinux, KEEPALIVE_TIMER, tcpTimer } from '../testing/procFs.ts';
import { tlsFile } from '../testing/tlsFile.ts';
import { openConnection } from './connect.ts';

test.skipIf(!isLinux)('probes a silent server, also over TLS', async () => {
  const ca = readFileSync(tlsFile('cert'));
  const server = createServer({ cert: ca, key: readFileSync(tlsFile('key')) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const socket = await openConnection({ host: '127.0.0.1', port, tls: { ca } });
  onTestFinished(() => void socket.destroy());
  await expect.poll(() => tcpTimer(socket.localPort, port)).toBe(KEEPALIVE_TIMER);
});

test('rejects when the system refuses immediately, also if it is called from a timer', async () => {
  // The limited broadcast address (RFC 919, section 7): no TCP connection can be opened to it.
  const destination = { host: '255.255.255.255', port: 1 };
  const error = await new Promise((resolve) => {
    setTimeout(() => openConnection(destination).catch(resolve));
  });
  expect(error).toMatchObject({ syscall: 'connect' });
});
