// Real nc (netcat-openbsd) against a real server.

import { Program } from '../../testing/programs.ts';
import { test as base, expect, QUICK, startServer } from '../fixtures.ts';
import { consoleOf, goldens } from '../golden/golden.ts';

// A server with default settings: it trusts no PROXY header.
const test = base.extend({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads there which fixtures one needs.
  server: async ({}, use) => use(await startServer(0, ['--trust-proxy', 'none'])),
});

// Empty if scripts/tools.mjs found none and could not install one; CI always has one.
const netcat = process.env['MOTD_TEST_NETCAT'] ?? 'nc';
const APPLE = 'An apple a day keeps the doctor away.';

test.skip(netcat === '' && process.env['CI'] === undefined, 'no nc with -N on this machine');

for (const golden of goldens) {
  test(`reproduces case ${golden.name}`, QUICK, async ({ server }) => {
    const nc = new Program(netcat, ['-N', '127.0.0.1', String(server.port)]);
    nc.input(golden.typed.map((line) => `${line}\n`).join(''));
    expect(await nc.exitCode()).toBe(0);
    expect(nc.stdout).toBe(golden.replies);

    // nc closes the connection after the case; the recorded consoles end before that.
    const closing = golden.console.at(-1)?.startsWith('[-]') ? [] : ['[-] Connection closed with'];
    const expected = [...golden.console, ...closing];
    await server.program.waitForOutput(/\[-\] Connection closed with .*\n/);
    const [, peerPort] = await server.program.waitForOutput(
      /Connected by \('127\.0\.0\.1', (\d+)\)/,
    );
    await server.program.stop();
    const written = server.program.stdout.trimEnd().split('\n');
    expect(written.slice(0, golden.console.length)).toEqual(
      consoleOf(golden, server.port, peerPort ?? ''),
    );
    expect(written).toHaveLength(expected.length);
  });
}

test('SHUTDOWN stops the server with status 0', QUICK, async ({ server }) => {
  const nc = new Program(netcat, ['-N', '127.0.0.1', String(server.port)]).input(
    'SHUTDOWN\n123!abc\n',
  );
  expect(await nc.exitCode()).toBe(0);
  expect(nc.stdout).toBe('300 PASSWORD REQUIRED\n200 OKAY\n');
  expect(await server.program.exitCode()).toBe(0);
  expect(server.program.stderr).toBe('');
});

test('answers a command without an LF: printf MSGGET | nc', QUICK, async ({ server }) => {
  const nc = new Program(netcat, ['-N', '127.0.0.1', String(server.port)]).input('MSGGET');
  await nc.exitCode();
  expect(nc.stdout).toBe('200 OK\nAn apple a day keeps the doctor away.\n');
});

test('answers a command without an LF while the client keeps its side open', async ({ server }) => {
  const nc = new Program(netcat, ['127.0.0.1', String(server.port)]);
  nc.process.stdin?.write('MSGGET');
  await nc.waitForOutput(/^200 OK\nAn apple a day keeps the doctor away\.\n$/);
});

/** Bytes that C programs, PowerShell and .NET send in addition to the line. */
const AROUND_A_LINE: [what: string, sent: string, answered: string][] = [
  ['the NUL behind a string', 'MSGGET\0', `200 OK\n${APPLE}\n`],
  ['CR NUL', 'MSGGET\r\0', `200 OK\n${APPLE}\n`],
  [
    'buffers filled up with NULs',
    ['MSGSTORE\n', 'hello\n', 'MSGGET\n'].map((line) => line.padEnd(64, '\0')).join(''),
    '200 OK\n200 OK\n200 OK\nhello\n',
  ],
  ['a byte order mark', '\u{feff}MSGGET\r\n', `200 OK\n${APPLE}\n`],
  ['a NUL inside a message', 'MSGSTORE\na\0b\n', '200 OK\n422 NOT PLAIN TEXT\n'],
  ['a byte order mark in a message', 'MSGSTORE\n\u{feff}MSGGET\n', '200 OK\n422 NOT PLAIN TEXT\n'],
];

for (const [what, sent, answered] of AROUND_A_LINE) {
  test(`answers ${what} while the client keeps its side open`, QUICK, async ({ server }) => {
    const nc = new Program(netcat, ['127.0.0.1', String(server.port)]);
    nc.process.stdin?.write(sent);
    const pattern = answered.replaceAll('.', '\\.');
    await nc.waitForOutput(new RegExp(`^${pattern}$`));
    // Nothing else was answered before the next command.
    nc.process.stdin?.write('\nQUIT\n');
    await nc.waitForOutput(new RegExp(`^${pattern}200 OK\n$`));
  });
}
