import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { tlsFile } from '../../testing/tlsFile.ts';
import {
  echo,
  type RunningBridge,
  startBridge,
  startEchoBridge,
  startTarget,
  TestPeer,
} from '../bridge.harness.ts';
import { replaceCertificate } from './httpServer.ts';

const FIRST = {
  cert: readFileSync(tlsFile('cert')),
  key: readFileSync(tlsFile('key')),
  minVersion: 'TLSv1.2',
} as const;
const SECOND = {
  cert: readFileSync(tlsFile('renewed')),
  key: readFileSync(tlsFile('renewed-key')),
  minVersion: 'TLSv1.2',
} as const;

async function secureBridge(host = '127.0.0.1'): Promise<RunningBridge> {
  return startBridge({ motd: await startTarget(echo) }, { host, tls: FIRST });
}

/** Performs the TLS handshake; fails if the certificate is not the expected one. */
async function handshake(
  { port, host }: RunningBridge,
  { cert }: { cert: Buffer },
  version: SecureVersion = 'TLSv1.3',
): Promise<TLSSocket> {
  const versions = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
  const socket = connect({ port, host, ca: cert, servername: 'localhost', ...versions });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'secureConnect');
  return socket;
}

function pageStatus({ port, host }: RunningBridge, { cert }: { cert: Buffer }): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get({ port, host, ca: cert, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
  });
}

test('serves the page and its WebSockets over TLS', async () => {
  const bridge = await secureBridge();
  expect(await pageStatus(bridge, FIRST)).toBe(200);
  const peer = new TestPeer(bridge, '/ws', { scheme: 'wss', ca: FIRST.cert });
  await peer.opened();
  peer.webSocket.send('hello');
  await peer.untilBytes(5);
  expect(peer.received.toString()).toBe('hello');
});

test('accepts TLS 1.2 and 1.3, and nothing older', async () => {
  const bridge = await secureBridge();
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    expect((await handshake(bridge, FIRST, version)).getProtocol()).toBe(version);
  }
  await expect(handshake(bridge, FIRST, 'TLSv1.1')).rejects.toThrow(/protocol version/);
});

test('closes a connection that does not use TLS, and serves others', async () => {
  const bridge = await secureBridge();
  const plain = connectTcp(bridge.port, bridge.host);
  plain.on('error', () => {});
  plain.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(plain, 'close');
  expect(await pageStatus(bridge, FIRST)).toBe(200);
});

test('stops despite a handshake that never ends, and closes sessions gracefully', async () => {
  const bridge = await secureBridge();
  const silent = connectTcp(bridge.port, bridge.host);
  silent.on('error', () => {});
  await once(silent, 'connect');
  silent.write('\x16');
  const peer = new TestPeer(bridge, '/ws', { scheme: 'wss', ca: FIRST.cert });
  await peer.opened();
  const closed = peer.closed();
  const silentClosed = once(silent, 'close');
  await bridge.app.close();
  expect(await closed).toEqual({ code: 1001, reason: 'the bridge is stopping' });
  await silentClosed;
}, 5_000);

test('uses a replaced certificate for new connections, and keeps open ones', async () => {
  const bridge = await secureBridge();
  const early = new TestPeer(bridge, '/ws', { scheme: 'wss', ca: FIRST.cert });
  await early.opened();

  replaceCertificate(bridge.app, SECOND);
  await handshake(bridge, SECOND);
  await expect(handshake(bridge, FIRST)).rejects.toThrow(/self-signed|verify/);
  await expect(handshake(bridge, SECOND, 'TLSv1.1')).rejects.toThrow(/protocol version/);
  early.webSocket.send('still here');
  await early.untilBytes(10);
  expect(early.received.toString()).toBe('still here');
});

test('does not resume a TLS session with the old certificate', async () => {
  const bridge = await secureBridge();
  const first = await handshake(bridge, FIRST, 'TLSv1.2');
  const session = first.getSession();
  replaceCertificate(bridge.app, SECOND);
  const { port, host } = bridge;
  const later = connect({ port, host, ca: SECOND.cert, session, maxVersion: 'TLSv1.2' });
  onTestFinished(() => {
    later.destroy();
  });
  await once(later, 'secureConnect');
  expect(later.isSessionReused()).toBe(false);
  expect(later.getPeerX509Certificate()?.toString()).toBe(SECOND.cert.toString());
});

test('replaces the certificate on both addresses of localhost', async () => {
  const bridge = await secureBridge('localhost');
  replaceCertificate(bridge.app, SECOND);
  for (const host of ['127.0.0.1', '::1']) await handshake({ ...bridge, host }, SECOND);
});

test('throws if a certificate is replaced without TLS', async () => {
  const { app } = await startEchoBridge();
  expect(() => replaceCertificate(app, SECOND)).toThrow('does not use TLS');
});
