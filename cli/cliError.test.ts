import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  connectError,
  describeConnectError,
  fileError,
  listenError,
  socketFileError,
} from './cliError.ts';

const errorWithCode = (code: string) => Object.assign(new Error('failed'), { code });

test.each([
  [
    'EADDRINUSE',
    'port-in-use',
    'port 26310 is already in use on 127.0.0.1; choose another with --http-port',
  ],
  [
    'EACCES',
    'port-not-allowed',
    'no permission to listen on port 26310; choose one above 1023 with --http-port',
  ],
  [
    'EADDRNOTAVAIL',
    'foreign-address',
    '127.0.0.1 is not an address of this machine; check --http-host',
  ],
  ['EAI_AGAIN', 'unknown-host', 'unknown host name: 127.0.0.1; check --http-host'],
  ['EIO', 'cannot-listen', 'cannot listen on 127.0.0.1, port 26310: EIO; check --http-host'],
])('names the flag to change if listening fails with %s', (code, shortCode, message) => {
  const error = listenError(errorWithCode(code), { host: '127.0.0.1', port: 26310 }, '--http-port');
  expect(error).toMatchObject({ name: 'CliError', shortCode, message });
});

test.each(['EMFILE', 'ENFILE'])('names no flag if no file can be opened: %s', (code) => {
  const error = errorWithCode(code);
  for (const described of [
    listenError(error, { host: '127.0.0.1', port: 26310 }, '--port'),
    socketFileError(error, '/run/motd.sock', '--socket'),
    fileError(error, 'users', '--users-file'),
  ]) {
    expect(described).toMatchObject({
      shortCode: 'system-limit',
      message: 'out of file descriptors: failed; raise the limit of open files (ulimit -n)',
    });
  }
});

test.each([
  [
    'ECONNREFUSED',
    'connection-refused',
    'refused the connection',
    ' (ECONNREFUSED); check that the server is running there',
  ],
  ['ENOTFOUND', 'unknown-host', 'has an unknown host name', ' (ENOTFOUND); check --host'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'not-tls', 'does not speak TLS', '; leave out --tls'],
  [
    'SELF_SIGNED_CERT_IN_CHAIN',
    'untrusted-certificate',
    'has an untrusted certificate',
    '; pass its CA with --tls-ca',
  ],
])('describes a connection that fails with %s', (code, shortCode, predicate, advice) => {
  const error = connectError(errorWithCode(code), 'motd.example:26310');
  const message = `motd.example:26310 ${predicate}${advice}`;
  expect(error).toMatchObject({ name: 'CliError', shortCode, message });
  expect(describeConnectError(errorWithCode(code))).toBe(predicate);
});

test.each([
  ['--tls-ca', '; leave out --tls-ca'],
  ['MOTD_TLS', '; unset MOTD_TLS'],
])('names what turned on TLS if the server does not speak it: %s', (tlsSwitch, advice) => {
  const error = connectError(
    errorWithCode('ERR_SSL_WRONG_VERSION_NUMBER'),
    'a:1',
    'tcp',
    tlsSwitch,
  );
  expect(error).toMatchObject({ message: `a:1 does not speak TLS${advice}` });
});

test('describes an unknown error by its code', () => {
  expect(describeConnectError(errorWithCode('EBADF'))).toBe('cannot be reached (EBADF)');
});

test.each([
  ['ENOENT', 'file-not-found', 'no such file: users; check --users-file'],
  [
    'EACCES',
    'unreadable-file',
    'cannot read users: permission denied (EACCES); check --users-file',
  ],
])('names the flag to check if reading a file fails with %s', (code, shortCode, message) => {
  const error = fileError(errorWithCode(code), 'users', '--users-file');
  expect(error).toMatchObject({ shortCode, message });
});

test('returns an error without a code unchanged: it is a bug', () => {
  const bug = new Error('a bug');
  expect(listenError(bug, { host: '::1', port: 1 }, '--port')).toBe(bug);
  expect(connectError(bug, 'a:1')).toBe(bug);
  expect(fileError(bug, 'users', '--users-file')).toBe(bug);
  expect(() => describeConnectError(bug)).toThrow(bug);
});

test('a code of wrong usage always has status 2: no CliError has it that is not a UsageError', () => {
  const source = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');
  const [, codes = ''] = /type UsageShortCode =([^;]*);/.exec(source('shortCodes.ts')) ?? [];
  const usage: readonly string[] = codes.match(/[a-z][a-z0-9-]+/g) ?? [];
  expect(usage).toContain('unknown-flag');
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
  const others = files
    .filter((file) => /(?<!\.test)\.ts$/.test(file))
    .flatMap((file) => [...source(file).matchAll(/new CliError\(\s*'([a-z0-9-]+)'/g)])
    .map(([, code = '']) => code);
  expect(others).toContain('invalid-file');
  expect(others.filter((code) => usage.includes(code))).toEqual([]);
});
