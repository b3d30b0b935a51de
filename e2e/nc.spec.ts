// Real nc (netcat-openbsd) against a real server.

import { test as base, expect, startServer } from './fixtures.ts';
import { consoleOf, goldens } from './golden/golden.ts';
import { Program } from './programs.ts';

// A server as it is by default: it believes no PROXY line.
const test = base.extend({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads there which fixtures one needs.
  server: async ({}, use) => use(await startServer(0, ['--trust-proxy', 'none'])),
});

// Empty where scripts/tools.mjs found none and could install none; CI always has one.
const netcat = process.env['MOTD_TEST_NETCAT'] ?? 'nc';
test.skip(netcat === '' && process.env['CI'] === undefined, 'no nc with -N on this machine');

for (const golden of goldens) {
  test(`case ${golden.name}`, async ({ server }) => {
    const nc = new Program(netcat, ['-N', '127.0.0.1', String(server.port)]);
    nc.input(golden.typed.map((line) => `${line}\n`).join(''));
    expect(await nc.exits()).toBe(0);
    expect(nc.stdout).toBe(golden.replies);

    // nc closes after the case; the cases themselves end where the original's screen did.
    const closing = golden.console.at(-1)?.startsWith('[-]') ? [] : ['[-] Connection closed with'];
    const expected = [...golden.console, ...closing];
    await server.program.says(/\[-\] Connection closed with .*\n/);
    const [, peerPort] = await server.program.says(/Connected by \('127\.0\.0\.1', (\d+)\)/);
    const written = server.program.stdout.trimEnd().split('\n');
    expect(written.slice(0, golden.console.length)).toEqual(
      consoleOf(golden, server.port, peerPort ?? ''),
    );
    expect(written).toHaveLength(expected.length);
  });
}

test('SHUTDOWN ends the server with status 0', async ({ server }) => {
  const nc = new Program(netcat, ['-N', '127.0.0.1', String(server.port)]).input(
    'SHUTDOWN\n123!abc\n',
  );
  expect(await nc.exits()).toBe(0);
  expect(nc.stdout).toBe('300 PASSWORD REQUIRED\n200 OKAY\n');
  expect(await server.program.exits()).toBe(0);
  expect(server.program.stderr).toBe('');
});

test('a command without an LF is answered: printf MSGGET | nc', async ({ server }) => {
  const nc = new Program(netcat, ['-N', '127.0.0.1', String(server.port)]).input('MSGGET');
  await nc.exits();
  expect(nc.stdout).toBe('200 OK\nAn apple a day keeps the doctor away.\n');
});

test('so is one from a client that keeps its side open', async ({ server }) => {
  const nc = new Program(netcat, ['127.0.0.1', String(server.port)]);
  nc.process.stdin?.write('MSGGET');
  await nc.says(/^200 OK\nAn apple a day keeps the doctor away\.\n$/);
});
