// `--tls-client-ca`: who reaches the bridge, and under which name.

import { copyFileSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { Program } from '../../testing/programs.ts';
import { type TlsFile, tlsFile } from '../../testing/tlsFile.ts';
import { expect, QUICK, test } from '../fixtures.ts';

const TLS = ['--tls-cert', tlsFile('cert'), '--tls-key', tlsFile('key')];

interface Identity {
  cert?: Buffer;
  key?: Buffer;
}

function identity(cert: TlsFile, key: TlsFile = 'client-key'): Identity {
  return { cert: readFileSync(tlsFile(cert)), key: readFileSync(tlsFile(key)) };
}

const ANNA = identity('client');
const SELF_SIGNED = identity('renewed', 'renewed-key');

/** @returns The bridge and its port. */
async function startUp(flags: readonly string[]) {
  const ports = ['--port', '0', '--http-port', '0'];
  const program = Program.motd(['up', ...ports, ...TLS, ...flags]);
  const [, port] = await program.waitForOutput(/^Open https:\/\/127\.0\.0\.1:(\d+)/m);
  return { program, port: Number(port) };
}

async function get(port: number, path: string, client: Identity) {
  const options = { host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false };
  const sent = request({ ...options, ...client }).end();
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) =>
    sent.on('response', resolve).on('error', reject),
  );
  return { status: response.statusCode, body: await text(response) };
}

/** Stores a message, and waits until the target has closed. */
async function store(port: number, message: string, client: Identity): Promise<void> {
  const webSocket = new WebSocket(`wss://127.0.0.1:${port}/ws`, {
    rejectUnauthorized: false,
    ...client,
  });
  webSocket.on('open', () => webSocket.send(`MSGSTORE\n${message}\nQUIT\n`));
  await new Promise((resolve, reject) => webSocket.on('close', resolve).on('error', reject));
}

for (const [how, flags, tag] of [
  ['one process', [], QUICK],
  ['several workers', ['--workers', '2'], {}],
] as const) {
  test(`a certificate of the CA is required, and names the user: ${how}`, tag, async () => {
    const { program, port } = await startUp(['--tls-client-ca', tlsFile('client-ca'), ...flags]);
    expect((await get(port, '/', ANNA)).status).toBe(200);
    await store(port, 'By certificate', ANNA);
    await program.waitForOutput(/^Connected by \('127\.0\.0\.1', \d+\) as anna$/m);
    const history = JSON.parse((await get(port, '/message/history.json', ANNA)).body);
    expect(JSON.stringify(history)).toContain('"anna"');

    // No request reaches the bridge, not even a health check.
    for (const client of [{}, SELF_SIGNED, identity('client-expired')]) {
      await expect(get(port, '/healthz', client)).rejects.toThrow();
      await expect(store(port, 'Refused', client)).rejects.toThrow();
    }
    expect(await get(port, '/', identity('client-nameless'))).toEqual({
      status: 403,
      body: 'Rejected: the client certificate has no single Common Name of plain text.\n',
    });
    expect((await get(port, '/healthz', identity('client-nameless'))).status).toBe(200);

    const metrics = (await get(port, '/metrics', ANNA)).body;
    const refused = 'motd_bridge_client_certificates_refused_total';
    for (const reason of ['missing', 'untrusted', 'expired'])
      expect(metrics).toContain(`${refused}{reason="${reason}"} 2\n`);
    expect(metrics).toContain('motd_bridge_rejections_total{reason="user"} 1\n');
  });

  test(`SIGHUP replaces the CA, also for clients that resume a TLS session: ${how}`, async () => {
    const ca = test.info().outputPath('ca.pem');
    copyFileSync(tlsFile('client-ca'), ca);
    const { program, port } = await startUp(['--tls-client-ca', ca, ...flags]);
    expect((await get(port, '/', ANNA)).status).toBe(200);
    const session = await sessionOf(port, ANNA);
    expect((await get(port, '/', { ...ANNA, session } as Identity)).status).toBe(200);
    copyFileSync(tlsFile('renewed'), ca);
    process.kill(program.process.pid ?? 0, 'SIGHUP');
    await program.waitForOutput(/^The certificate was reloaded\.$/m);
    for (let times = 0; times < 4; times++) {
      await expect(get(port, '/', ANNA)).rejects.toThrow();
      await expect(get(port, '/', { ...ANNA, session } as Identity)).rejects.toThrow();
      expect((await get(port, '/', SELF_SIGNED)).status).toBe(200);
    }
  });
}

/** A TLS session that can be resumed. */
function sessionOf(port: number, client: Identity): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, rejectUnauthorized: false, agent: false };
    const sent = request({ ...options, ...client }).on('error', reject);
    sent.on('socket', (socket) => socket.on('session', resolve));
    sent.on('response', (response) => response.resume()).end();
  });
}

test('needs a certificate of its own, and a CA that can be read', async () => {
  const failure = async (flags: string[]) => {
    const program = Program.motd(['bridge', '--http-port', '0', ...flags]);
    return [await program.exitCode(), program.stderr];
  };
  expect(await failure(['--tls-client-ca', tlsFile('client-ca')])).toEqual([
    2,
    'motd: --tls-client-ca needs --tls-cert and --tls-key [missing-flag]\n',
  ]);
  const key = tlsFile('key');
  expect(await failure([...TLS, '--tls-client-ca', key])).toEqual([
    1,
    expect.stringContaining(
      `motd: no certificate (PEM) in ${key}; check --tls-client-ca [invalid-tls-file]\n`,
    ),
  ]);
});
