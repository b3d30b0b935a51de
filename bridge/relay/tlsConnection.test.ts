// Targets with TLS, through a whole bridge.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { isLinux, KEEPALIVE_TIMER, tcpTimer } from '../../testing/procFs.ts';
import { type TlsFile, tlsFile } from '../../testing/tlsFile.ts';
import {
  deferred,
  echo,
  type RunningBridge,
  startBridge,
  startTarget,
  type TestBridgeSettings,
  TestPeer,
} from '../bridge.harness.ts';
import { TargetCas } from './targetCas.ts';

const CA = readFileSync(tlsFile('ca'));

const KEY = readFileSync(tlsFile('key'));

const pem = (name: TlsFile) => readFileSync(tlsFile(name));

/** Node offers only newer ones by default. */
const OLD = {
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1.1',
  ciphers: 'DEFAULT@SECLEVEL=0',
} as const;

/** Starts a TLS server whose certificate CA signed. @returns Its port. */
async function startTlsTarget(
  serve: (socket: TLSSocket) => void = echo,
  options: TlsOptions = {},
  listenAt: { port: number; host: string } | { path: string } = { port: 0, host: '127.0.0.1' },
): Promise<number> {
  const server = createTlsServer(
    { cert: pem('signed'), key: KEY, allowHalfOpen: true, ...options },
    serve,
  );
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})));
  server.on('secureConnection', (socket) => socket.on('error', () => {}));
  server.on('tlsClientError', () => {});
  server.listen(listenAt);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return portOf(server);
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function startTlsBridge(
  target: number | string,
  settings: TestBridgeSettings = {},
): Promise<RunningBridge> {
  const targetCas = new TargetCas(CA);
  return startBridge({ irc: target }, { tlsName: '127.0.0.1', targetCas, ...settings });
}

async function metricsOf({ host, port }: RunningBridge): Promise<string> {
  return (await fetch(`http://${host}:${port}/metrics`)).text();
}

/** Every byte value, in an order that repeats late. */
const CONTENT = Buffer.from(
  Array.from({ length: 1_000_003 }, (_, index) => (index * 7 + (index >> 8)) % 256),
);

describe('a target with TLS', () => {
  test.each([undefined, 1, 2] as const)(
    'gets and sends every byte, with PROXY header %s',
    async (proxyVersion) => {
      const port = await startTlsTarget();
      const front = proxyVersion && (await startHeaderStripper(port, proxyVersion));
      const bridge = await startTlsBridge(front?.port ?? port, { proxyVersion });
      const peer = new TestPeer(bridge);
      await peer.opened();
      for (let at = 0; at < CONTENT.length; at += 50_000)
        peer.webSocket.send(CONTENT.subarray(at, at + 50_000));
      await peer.untilBytes(CONTENT.length);
      expect(peer.received.equals(CONTENT)).toBe(true);
      if (proxyVersion === 1) expect(front?.header()).toMatch(/^PROXY TCP4 127\.0\.0\.1 .*\r\n$/);
    },
  );

  test('ends the session with 1000, after its last byte', async () => {
    const bridge = await startTlsBridge(await startTlsTarget((socket) => socket.end(CONTENT)));
    const peer = new TestPeer(bridge);
    expect(await peer.closed()).toEqual({ code: 1000, reason: 'irc closed the connection' });
    expect(peer.received.equals(CONTENT)).toBe(true);
  });

  test('gets the end of the stream, after the last byte of the browser', async () => {
    const received = deferred<Buffer>();
    const port = await startTlsTarget((socket) => {
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('end', () => {
        received.resolve(Buffer.concat(chunks));
        socket.end();
      });
    });
    const peer = new TestPeer(await startTlsBridge(port));
    await peer.opened();
    peer.webSocket.send(CONTENT);
    peer.webSocket.close();
    expect((await received.promise).equals(CONTENT)).toBe(true);
  });

  test.skipIf(!isLinux)('is probed while it is silent', async () => {
    const accepted = deferred<TLSSocket>();
    const port = await startTlsTarget(accepted.resolve);
    new TestPeer(await startTlsBridge(port));
    const { remotePort } = await accepted.promise;
    await expect.poll(() => tcpTimer(remotePort, port)).toBe(KEEPALIVE_TIMER);
  });

  test('may listen on a Unix socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'motd-tls-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'socket');
    await startTlsTarget(echo, {}, { path });
    const peer = new TestPeer(await startTlsBridge(path, { tlsName: 'localhost' }));
    await peer.opened();
    peer.webSocket.send('hello');
    await peer.untilBytes(5);
  });

  test.each([
    ['localhost', 'localhost'],
    ['localhost.', 'localhost'],
    ['127.0.0.1', false],
  ])('is asked for the name %s as %s, and for no ALPN protocol', async (tlsName, servername) => {
    const accepted = deferred<TLSSocket>();
    const port = await startTlsTarget(accepted.resolve, { ALPNProtocols: ['http/1.1'] });
    new TestPeer(await startTlsBridge(port, { tlsName }));
    const socket = await accepted.promise;
    expect(socket.servername).toBe(servername);
    expect(socket.alpnProtocol).toBe(false);
  });
});

describe('a target with TLS is rejected with 1014', () => {
  afterEach(() => vi.unstubAllEnvs());

  const withCertificate = (name: TlsFile) => () => startTlsTarget(echo, { cert: pem(name) });
  const requiringCertificate = (version: 'TLSv1.2' | 'TLSv1.3') => () =>
    startTlsTarget(echo, {
      requestCert: true,
      rejectUnauthorized: true,
      ca: CA,
      minVersion: version,
      maxVersion: version,
    });

  test.each([
    ['expired', 'has an expired certificate', withCertificate('expired')],
    ['not_yet_valid', 'has a certificate that is not valid yet', withCertificate('future')],
    ['wrong_name', 'has a certificate for another name', withCertificate('elsewhere')],
    ['self_signed', 'has an untrusted certificate: self-signed', withCertificate('cert')],
    ['client_certificate', 'requires a client certificate', requiringCertificate('TLSv1.2')],
    ['client_certificate', 'requires a client certificate', requiringCertificate('TLSv1.3')],
    ['tls_version', 'supports no TLS version from 1.2', () => startTlsTarget(echo, OLD)],
    [
      'tls_rejected',
      'rejected the TLS handshake',
      () => startTlsTarget(echo, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }),
    ],
    ['not_tls', 'does not speak TLS', () => startTarget((socket) => socket.write('400 WHAT?\n'))],
    [
      'tls_closed',
      'closed the connection in the TLS handshake: does it speak TLS?',
      () => startTarget((socket) => socket.end()),
    ],
    [
      'tls_closed',
      'closed the connection in the TLS handshake: does it speak TLS?',
      () => startTarget((socket) => socket.once('data', () => socket.resetAndDestroy())),
    ],
    [
      'tls_timed_out',
      'did not complete the TLS handshake in time: does it speak TLS?',
      () => startTarget(() => {}),
    ],
  ])('and the reason %s: irc %s', async (failure, reason, start) => {
    const timeout = failure === 'tls_timed_out' ? { connectTimeoutMs: 100 } : {};
    const outcomes: (string | null)[] = [];
    const onTargetOutcome = (_target: string, outcome: string | null) => outcomes.push(outcome);
    const bridge = await startTlsBridge(await start(), { ...timeout, onTargetOutcome });
    const peer = new TestPeer(bridge);
    peer.webSocket.on('open', () => peer.webSocket.send('hello'));
    expect(await peer.closed()).toEqual({ code: 1014, reason: `irc ${reason}` });
    expect(outcomes).toEqual([expect.stringContaining(`irc ${reason}`)]);
    expect(await metricsOf(bridge)).toContain(
      `motd_bridge_target_failures_total{target="irc",reason="${failure}"} 1\n`,
    );
  });

  test('if no CA of --target-ca signed its certificate', async () => {
    const targetCas = new TargetCas(pem('other'));
    const bridge = await startTlsBridge(await startTlsTarget(), { targetCas });
    const reason = 'irc has an untrusted certificate: its CA is unknown';
    expect(await new TestPeer(bridge).closed()).toEqual({ code: 1014, reason });
  });

  test('even if NODE_TLS_REJECT_UNAUTHORIZED is 0', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const bridge = await startTlsBridge(await startTlsTarget(echo, { cert: pem('cert') }));
    expect(await new TestPeer(bridge).closed()).toMatchObject({ code: 1014 });
  });

  test('before it gets a byte of the browser', async () => {
    const received: Buffer[] = [];
    const port = await startTlsTarget((socket) => socket.on('data', (b) => received.push(b)), {
      cert: pem('cert'),
    });
    const peer = new TestPeer(await startTlsBridge(port));
    peer.webSocket.on('open', () => peer.webSocket.send('secret'));
    await peer.closed();
    expect(received).toEqual([]);
  });
});

describe('/readyz', () => {
  const statusOf = async ({ host, port }: RunningBridge) => {
    const response = await fetch(`http://${host}:${port}/readyz`);
    return [response.status, await response.text()];
  };

  test('completes the handshake with a target', async () => {
    const bridge = await startTlsBridge(await startTlsTarget((socket) => socket.resume()));
    expect(await statusOf(bridge)).toEqual([200, 'ready\n']);
  });

  test.each([
    ['has an expired certificate', { cert: pem('expired') }],
    ['requires a client certificate', { requestCert: true, ca: CA }],
  ])('is 503 if the target %s', async (reason, options) => {
    const bridge = await startTlsBridge(await startTlsTarget(echo, options));
    expect(await statusOf(bridge)).toEqual([503, `not ready: irc ${reason}\n`]);
  });
});

/** Takes the PROXY header of each connection, and passes on what follows. */
async function startHeaderStripper(
  port: number,
  version: 1 | 2,
): Promise<{ port: number; header: () => string }> {
  let header = '';
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.once('readable', () => {
      const bytes: Buffer = socket.read();
      const headerBytes = version === 1 ? bytes.indexOf('\n') + 1 : 16 + bytes.readUInt16BE(14);
      header = bytes.subarray(0, headerBytes).toString('latin1');
      socket.unshift(bytes.subarray(headerBytes));
      const inner = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      inner.on('error', () => {});
      socket.pipe(inner).pipe(socket);
      onTestFinished(() => void inner.destroy());
    });
    onTestFinished(() => void socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: portOf(server), header: () => header };
}
