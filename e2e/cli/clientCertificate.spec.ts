// `--tls-cert` and `--tls-key` of the clients: the certificate that they present.

import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { freePort } from '../../testing/freePort.ts';
import { Program, type ProgramResult, runMotd } from '../../testing/programs.ts';
import { type TlsFile, tlsFile } from '../../testing/tlsFile.ts';
import { waitForHttp } from '../../testing/waitForHttp.ts';
import { haproxyCommand } from '../balancer.ts';
import { expect, QUICK, test } from '../fixtures.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const CA = ['--tls-ca', tlsFile('cert')];

const printed = (message: string): ProgramResult => ({
  status: 0,
  stdout: `${message}\n`,
  stderr: '',
});
const failed = (error: string, code: string, status = 1): ProgramResult => ({
  status,
  stdout: '',
  stderr: `motd: ${error} [${code}]\n`,
});

/** A copy of a key that only its owner can read. */
function keyFile(name: TlsFile): string {
  const file = test.info().outputPath(`${name}.pem`);
  copyFileSync(tlsFile(name), file);
  chmodSync(file, 0o600);
  return file;
}

function presenting(cert: TlsFile, key: TlsFile = 'client-key'): string[] {
  return ['--tls-cert', tlsFile(cert), '--tls-key', keyFile(key)];
}

/** Starts `motd up` with a bridge that requires a certificate. */
async function startUp() {
  const tls = ['--tls-cert', tlsFile('cert'), '--tls-key', keyFile('key')];
  const ports = ['--port', '0', '--http-port', '0'];
  const program = Program.motd([
    ...['up', ...ports, ...tls],
    ...['--tls-client-ca', tlsFile('client-ca')],
  ]);
  const [, port] = await program.waitForOutput(/^Open https:\/\/127\.0\.0\.1:(\d+)/m);
  return { program, url: `wss://localhost:${port}/ws` };
}

test('every client reaches a bridge that requires a certificate', QUICK, async () => {
  const { program, url } = await startUp();
  const at = ['--url', url, ...CA, ...presenting('client')];
  expect(await runMotd(['get', ...at])).toEqual(printed(APPLE));
  const watch = Program.motd(['watch', ...at]);
  await watch.waitForOutput(/^An apple .*\n/);
  expect((await runMotd(['set', '-m', 'By certificate', ...at])).status).toBe(0);
  await watch.waitForOutput(/\nBy certificate\n$/);
  await program.waitForOutput(/^Connected by \('127\.0\.0\.1', \d+\) as anna$/m);
  const dialogue = await runMotd(['connect', ...at], 'MSGGET\nQUIT\n');
  expect(dialogue.stdout).toContain('\nBy certificate\n');

  const env = {
    MOTD_URL: url,
    MOTD_TLS_CA: tlsFile('cert'),
    MOTD_TLS_CLIENT_CERT: tlsFile('client'),
    MOTD_TLS_CLIENT_KEY: keyFile('client-key'),
    // Those of a server in the same shell.
    MOTD_TLS_CERT: tlsFile('other'),
    MOTD_TLS_KEY: 'missing',
  };
  expect(await runMotd(['get'], '', env)).toEqual(printed('By certificate'));
});

test('an error states that the bridge requires a certificate, or does not accept it', async () => {
  const { url } = await startUp();
  const get = (...flags: string[]) => runMotd(['get', '--url', url, ...CA, ...flags]);
  expect(await get()).toEqual(
    failed(
      `${url} requires a client certificate; pass one with --tls-cert and --tls-key`,
      'client-certificate',
    ),
  );
  const reset = `${url}: the bridge reset the connection; it may not accept the certificate of --tls-cert`;
  expect(await get(...presenting('client-expired'))).toEqual(failed(reset, 'client-certificate'));
  expect(await get(...presenting('renewed', 'renewed-key'))).toEqual(
    failed(reset, 'client-certificate'),
  );
  expect(await get(...presenting('client-nameless'))).toEqual(
    failed(
      `${url}: the bridge replied 403: the client certificate has no single Common Name of plain text`,
      'bridge-rejected',
    ),
  );
});

test.describe('a server behind HAProxy, which verifies clients', () => {
  test.skip(haproxyCommand === '' && process.env['CI'] === undefined, 'no HAProxy here');

  /** @returns The port of HAProxy. */
  async function startProxy(serverPort: number, version: string): Promise<string> {
    const [port, readyPort] = [await freePort(), await freePort()];
    const pair = test.info().outputPath('pair.pem');
    writeFileSync(
      pair,
      readFileSync(tlsFile('cert'), 'utf8') + readFileSync(tlsFile('key'), 'utf8'),
    );
    const verify = `ca-file ${tlsFile('client-ca')} verify required ssl-max-ver ${version}`;
    const file = test.info().outputPath('haproxy.cfg');
    writeFileSync(
      file,
      `defaults
  mode tcp
  timeout connect 9s
  timeout client 9s
  timeout server 9s
listen motd
  bind 127.0.0.1:${port} ssl crt ${pair} ${verify}
  server motd 127.0.0.1:${serverPort}
listen ready
  mode http
  bind 127.0.0.1:${readyPort}
  http-request return status 200
`,
    );
    new Program(haproxyCommand, ['-db', '-f', file]);
    await waitForHttp(`http://127.0.0.1:${readyPort}/`);
    return String(port);
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    test(`accepts a certificate of its CA alone: ${version}`, async ({ server }) => {
      const port = await startProxy(server.port, version);
      const get = (...flags: string[]) => runMotd(['get', 'localhost', port, ...CA, ...flags]);
      expect(await get(...presenting('client'))).toEqual(printed(APPLE));
      const rejected = `localhost:${port} rejected the client certificate; check --tls-cert`;
      expect(await get(...presenting('client-expired'))).toEqual(
        failed(rejected, 'client-certificate'),
      );
      expect(await get(...presenting('renewed', 'renewed-key'))).toEqual(
        failed(rejected, 'client-certificate'),
      );
      const { status, stderr } = await get();
      // In TLS 1.2 there is no alert for it (RFC 8446, section 6.2).
      const missing = version === 'TLSv1.3' ? 'requires a client certificate' : 'rejected the TLS';
      expect([status, stderr]).toEqual([1, expect.stringContaining(missing)]);
    });
  }
});

test('a certificate in a variable alone does not turn on TLS', async ({ server }) => {
  const env = {
    MOTD_TLS_CLIENT_CERT: tlsFile('client'),
    MOTD_TLS_CLIENT_KEY: keyFile('client-key'),
  };
  const where = `127.0.0.1:${server.port}`;
  expect(await runMotd(['get', where], '', env)).toEqual(printed(APPLE));
  for (const [flags, variables, advice] of [
    [['--tls'], {}, 'leave out --tls'],
    [CA, { MOTD_TLS: '1' }, 'leave out --tls-ca'],
    [presenting('client'), {}, 'leave out --tls-cert'],
    [[], { MOTD_TLS: '1' }, 'unset MOTD_TLS'],
    [[], { MOTD_TLS_CA: tlsFile('cert') }, 'unset MOTD_TLS_CA'],
  ] as const) {
    const error = failed(`${where} does not speak TLS; ${advice}`, 'not-tls');
    expect(await runMotd(['get', ...flags, where], '', { ...env, ...variables })).toEqual(error);
  }
});

test('an error names the flag of a file that cannot be used', async () => {
  const get = (...flags: string[]) => runMotd(['get', '--tls', ...flags]);
  const [cert, key, other] = [tlsFile('client'), keyFile('client-key'), keyFile('key')];
  const encrypted = test.info().outputPath('encrypted.pem');
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
  });
  writeFileSync(encrypted, privateKey, { mode: 0o600 });
  for (const [flags, error, code] of [
    [['--tls-cert', cert], 'TLS needs both --tls-cert and --tls-key', 'missing-flag'],
    [['--tls-key', key], 'TLS needs both --tls-cert and --tls-key', 'missing-flag'],
    [
      ['--tls-cert', cert, '--tls-key', other],
      `the key in ${other} does not match the certificate in ${cert}; check --tls-key`,
      'invalid-tls-file',
    ],
    [
      ['--tls-cert', cert, '--tls-key', encrypted],
      `no unencrypted private key (PEM) in ${encrypted}; check --tls-key`,
      'invalid-tls-file',
    ],
    [
      ['--tls-cert', key, '--tls-key', key],
      `no certificate (PEM) in ${key}; check --tls-cert`,
      'invalid-tls-file',
    ],
    [
      ['--tls-cert', 'missing.pem', '--tls-key', key],
      'no such file: missing.pem; check --tls-cert',
      'file-not-found',
    ],
    [
      ['--tls-cert', cert, '--tls-key', 'missing.pem'],
      'no such file: missing.pem; check --tls-key',
      'file-not-found',
    ],
    [
      ['--tls-cert', '/', '--tls-key', key],
      'cannot read /: it is a folder (EISDIR); check --tls-cert',
      'unreadable-file',
    ],
  ] as const) {
    const status = code === 'missing-flag' ? 2 : 1;
    expect(await get(...flags)).toEqual(failed(error, code, status));
  }
});
