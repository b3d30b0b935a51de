// A server behind a real HAProxy that sends PROXY headers of version 2.

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { codeBlock, replaceParts } from '../../testing/docs.ts';
import { freePort } from '../../testing/freePort.ts';
import { proxyV2, userTlv } from '../../testing/proxyV2.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import { expect, QUICK, startBridgeTo, startServer, test } from '../fixtures.ts';
import { haproxy, startHaproxy } from '../proxies.ts';

const APPLE = 'An apple a day keeps the doctor away.';

const needsHaproxy = () =>
  test.skip(haproxy.command === '' && process.env['CI'] === undefined, 'no HAProxy');

/** A client certificate for this name, and its key. */
const CERTIFICATE = { cert: readFileSync(tlsFile('cert')), key: readFileSync(tlsFile('key')) };
const COMMON_NAME = 'localhost';

/** One that is not signed by an authority that HAProxy trusts. */
const UNKNOWN_CERTIFICATE = {
  cert: readFileSync(tlsFile('renewed')),
  key: readFileSync(tlsFile('renewed-key')),
};

const TIMEOUTS = 'timeout connect 1s\n timeout client 1m\n timeout server 1m';

/** HAProxy without TLS. @returns Its port. */
async function startPlain(serverPort: number, toServer: string, bind = ''): Promise<number> {
  const port = await freePort();
  const lines = [
    'listen motd',
    'mode tcp',
    TIMEOUTS,
    `bind 127.0.0.1:${port} ${bind}`,
    `server motd 127.0.0.1:${serverPort} ${toServer}\n`,
  ];
  await startHaproxy(lines.join('\n '), port);
  return port;
}

/** HAProxy with the configuration of docs/server.md. @returns Its port. */
async function startWithCertificates(serverPort: number, verify = 'required'): Promise<number> {
  const port = await freePort();
  const own = test.info().outputPath('motd.pem');
  writeFileSync(own, `${readFileSync(tlsFile('cert'))}${readFileSync(tlsFile('key'))}`);
  const configuration = replaceParts(
    codeBlock('docs/server.md', 'Behind a load balancer', 'haproxy'),
    [
      ['bind :26310', `bind 127.0.0.1:${port}`],
      ['/etc/haproxy/motd.pem', own],
      ['/etc/haproxy/users-ca.pem', tlsFile('cert')],
      ['verify required', `verify ${verify}`],
      ['127.0.0.1:26311', `127.0.0.1:${serverPort}`],
    ],
  );
  await startHaproxy(configuration, port);
  return port;
}

/** Sends MSGGET and QUIT. @returns The client's own port. */
async function converse(socket: Socket): Promise<number | undefined> {
  const { localPort } = socket;
  socket.end('MSGGET\nQUIT\n');
  expect(await text(socket)).toBe(`200 OK\n${APPLE}\n200 OK\n`);
  return localPort;
}

async function converseOver(port: number): Promise<number | undefined> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return converse(socket);
}

async function converseOverTls(port: number, options: ConnectionOptions) {
  const socket = connectTls({ port, host: '127.0.0.1', ca: CERTIFICATE.cert, ...options });
  await once(socket, 'secureConnect');
  return converse(socket);
}

for (const [options, flags] of [
  ['send-proxy-v2', []],
  ['send-proxy-v2 proxy-v2-options crc32c,unique-id,authority', []],
  ['send-proxy-v2-ssl-cn', ['--workers', '2']],
] as const) {
  test(`takes the client address from HAProxy: ${[options, ...flags].join(' ')}`, async () => {
    needsHaproxy();
    const server = await startServer(0, [...flags]);
    const port = await startPlain(server.port, options);
    const clientPort = await converseOver(port);
    await server.program.waitForOutput(
      new RegExp(`^Connected by \\('127\\.0\\.0\\.1', ${clientPort}\\)$`, 'm'),
    );
  });
}

for (const [how, flags, tag] of [
  ['one process', [], QUICK],
  ['several workers', ['--workers', '2'], {}],
] as const) {
  test(`takes the user from the client certificate at HAProxy: ${how}`, tag, async () => {
    needsHaproxy();
    const server = await startServer(0, [...flags]);
    const port = await startWithCertificates(server.port);
    const clientPort = await converseOverTls(port, CERTIFICATE);
    await server.program.waitForOutput(
      new RegExp(`^Connected by \\('127\\.0\\.0\\.1', ${clientPort}\\) as ${COMMON_NAME}$`, 'm'),
    );
  });
}

test('takes no user from a certificate that HAProxy accepts without verifying it', async () => {
  needsHaproxy();
  const server = await startServer();
  const port = await startWithCertificates(
    server.port,
    'optional ca-ignore-err all crt-ignore-err all',
  );
  for (const certificate of [UNKNOWN_CERTIFICATE, {}]) {
    const clientPort = await converseOverTls(port, certificate);
    await server.program.waitForOutput(
      new RegExp(`^Connected by \\('127\\.0\\.0\\.1', ${clientPort}\\)$`, 'm'),
    );
  }
  expect(server.program.stdout).not.toContain(COMMON_NAME);
});

test('rejects HAProxy if its address is not trusted', async () => {
  needsHaproxy();
  const server = await startServer(0, ['--trust-proxy', 'none']);
  const port = await startPlain(server.port, 'send-proxy-v2');
  const socket = connect(port, '127.0.0.1');
  socket.end('MSGSTORE\nowned\n');
  expect(await text(socket)).toBe('400 UNKNOWN COMMAND\n');
  await server.program.waitForOutput(/^\[!\] PROXY rejected: .*--trust-proxy$/m);
  expect(server.program.stdout).not.toContain('owned');
});

test('rejects a header that names a user if its sender is not trusted', async () => {
  const server = await startServer(0, ['--trust-proxy', '192.0.2.1']);
  const socket = connect(server.port, '127.0.0.1');
  const header = proxyV2({ tlvs: [userTlv('anna')] });
  socket.end(Buffer.concat([header, Buffer.from('MSGSTORE\nowned\n')]));
  expect(await text(socket)).toBe('400 UNKNOWN COMMAND\n');
  await server.program.waitForOutput(/^\[!\] PROXY rejected: /m);
  expect(server.program.stdout).not.toMatch(/anna|owned/);
});

test('HAProxy accepts the header of the bridge', async () => {
  needsHaproxy();
  const server = await startServer();
  const port = await startPlain(server.port, 'send-proxy-v2', 'accept-proxy');
  const bridgePort = await startBridgeTo(`motd=127.0.0.1:${port}+proxy-v2`);
  const webSocket = new WebSocket(`ws://127.0.0.1:${bridgePort}/ws`);
  const [{ socket }] = await once(webSocket, 'upgrade');
  await server.program.waitForOutput(
    new RegExp(`^Connected by \\('127\\.0\\.0\\.1', ${socket.localPort}\\)$`, 'm'),
  );
  webSocket.terminate();
});
