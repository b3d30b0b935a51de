// TLS on the TCP port and in every client.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { Program, runMotd } from '../../testing/programs.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import { expect, QUICK, startServer, test } from '../fixtures.ts';

const CERT = tlsFile('cert');
const TLS = ['--tls-cert', CERT, '--tls-key', tlsFile('key')];
const APPLE = 'An apple a day keeps the doctor away.\n';

async function openTls(port: number, opening = ''): Promise<TLSSocket> {
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  if (opening !== '') socket.write(opening);
  const tls = connect({ socket, ca: readFileSync(CERT), host: '127.0.0.1' });
  await once(tls, 'secureConnect');
  return tls;
}

async function textFrom(socket: TLSSocket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

test('every client uses TLS, and verifies the server', QUICK, async () => {
  const { port } = await startServer(0, TLS);
  const at = ['--tls-ca', CERT, 'localhost', String(port)];
  expect(await runMotd(['get', ...at])).toEqual({ status: 0, stdout: APPLE, stderr: '' });
  expect((await runMotd(['set', '-m', 'sealed', ...at])).status).toBe(0);
  expect((await runMotd(['history', ...at])).stdout).toMatch(/Z sealed\n$/);
  expect((await runMotd(['connect', ...at], 'MSGGET\nQUIT\n')).stdout).toContain('\nsealed\n');
  const watch = Program.motd(['watch', ...at]);
  await watch.waitForOutput(/^sealed\n$/);
});

for (const [doubt, args, pattern] of [
  ['its CA is unknown', ['--tls'], /has an untrusted certificate; .*--tls-ca/],
  [
    'another CA is given',
    ['--tls-ca', tlsFile('other')],
    /has an untrusted certificate; .*--tls-ca/,
  ],
] as const) {
  test(`rejects a certificate if ${doubt}`, async () => {
    const { port } = await startServer(0, TLS);
    const { status, stdout, stderr } = await runMotd(['get', ...args, 'localhost', String(port)]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^motd: .* \[[a-z0-9-]+\]\n$/);
    expect(stderr).toMatch(pattern);
  });
}

test('reports a server without TLS', async ({ server }) => {
  const { status, stderr } = await runMotd(['get', '--tls', '127.0.0.1', String(server.port)]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^motd: \S+ does not speak TLS; leave out --tls \[not-tls\]\n$/);
});

test('accepts pipelined commands, a half-close and a PROXY header before the handshake', async () => {
  const { port, program } = await startServer(0, TLS);
  const client = await openTls(port, 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 26310\r\n');
  client.end('MSGGET\nMSGGET');
  expect(await textFrom(client)).toBe(`200 OK\n${APPLE}200 OK\n${APPLE}`);
  await program.waitForOutput(/\[-\] Connection closed with \('192\.0\.2\.7', 56324\)\n/);
});

test('closes a connection without TLS and logs it; other peers are unaffected', async () => {
  const { port, program } = await startServer(0, TLS);
  const plain = connectTcp(port, '127.0.0.1');
  plain.on('error', () => {});
  plain.write('MSGGET\n');
  await once(plain, 'close');
  await program.waitForOutput(/\[!\] TLS handshake failed: \('127\.0\.0\.1', \d+\): .*\n\[-\]/);
  const client = await openTls(port);
  client.end('QUIT\n');
  expect(await textFrom(client)).toBe('200 OK\n');
});

test('frees the quota immediately if a peer disconnects before the handshake', async () => {
  const { port, program } = await startServer(0, [...TLS, '--max-connections', '1']);
  const visitor = connectTcp(port, '127.0.0.1');
  await once(visitor, 'connect');
  visitor.end();
  await program.waitForOutput(/\[!\] TLS handshake failed: .*: the peer closed the connection\n/);
  const client = await openTls(port);
  client.end('QUIT\n');
  expect(await textFrom(client)).toBe('200 OK\n');
});

test('closes the connection if invalid TLS follows the handshake', async () => {
  const { port, program } = await startServer(0, TLS);
  const toServer = connectTcp(port, '127.0.0.1');
  toServer.on('error', () => {});
  const relay = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(toServer).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const client = await openTls((relay.address() as AddressInfo).port);
  client.on('error', () => {});
  client.write('MSGGET\n');
  await program.waitForOutput(/: MSGGET\n/);
  toServer.write('\x55'.repeat(100_000));
  await program.waitForOutput(/\n\[-\] Connection closed/);
  client.destroy();
  relay.close();
});

test('a handshake that never ends does not delay a shutdown', async () => {
  const { port, program } = await startServer(0, TLS);
  const silent = connectTcp(port, '127.0.0.1');
  silent.on('error', () => {});
  silent.write('\x16');
  await program.waitForOutput(/Connected by/);
  expect(await program.stop()).toBe(0);
});

for (const [mistake, args, pattern, expected] of [
  [
    'a key without its certificate',
    ['--tls-key', tlsFile('key')],
    /needs both --tls-cert and --tls-key/,
    2,
  ],
  [
    'a missing file',
    ['--tls-cert', 'none.pem', '--tls-key', CERT],
    /no such file: none\.pem; check --tls-cert/,
    1,
  ],
  [
    'a file that is not a key',
    ['--tls-cert', CERT, '--tls-key', CERT],
    /no unencrypted private key .*cert\.pem; check --tls-key/,
    1,
  ],
  [
    'a key of another certificate',
    ['--tls-cert', tlsFile('other'), '--tls-key', tlsFile('key')],
    /does not match the certificate .*check --tls-key/,
    1,
  ],
] as const) {
  test(`rejects ${mistake} with one line and status ${expected}`, async () => {
    const { status, stderr } = await runMotd(['serve', '--port', '0', ...args]);
    expect(status).toBe(expected);
    expect(stderr).toMatch(/^motd: .* \[[a-z0-9-]+\]\n$/);
    expect(stderr).toMatch(pattern);
  });
}
