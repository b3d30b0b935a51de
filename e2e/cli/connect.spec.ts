// `motd connect`, the original TCPClient, with its input in a pipe.

import { Program } from '../../testing/programs.ts';
import { expect, QUICK, test } from '../fixtures.ts';
import { goldens } from '../golden/golden.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN): ';

for (const golden of goldens) {
  test(`reproduces case ${golden.name} exactly`, QUICK, async ({ server }) => {
    const client = Program.motd(['connect', '127.0.0.1', String(server.port)]);
    client.input(golden.typed.map((line) => `${line}\n`).join(''));
    expect(await client.exitCode()).toBe(0);
    // At the end of its input it leaves the prompt, and ends the line.
    expect(client.stdout).toBe(golden.isOpen ? `${golden.screen}\n` : golden.screen);
    expect(client.stderr).toBe('');
  });
}

for (const golden of goldens) {
  test(`reproduces case ${golden.name} exactly with --mask-password, except for the passwords`, async ({
    server,
  }) => {
    const client = Program.motd(['connect', '--mask-password', '127.0.0.1', String(server.port)]);
    client.input(golden.typed.map((line) => `${line}\n`).join(''));
    expect(await client.exitCode()).toBe(0);
    expect(client.stdout).toBe(masked(golden.isOpen ? `${golden.screen}\n` : golden.screen));
  });
}

test('MOTD_MASK_PASSWORD masks passwords, with any value', async ({ server }) => {
  const address = ['127.0.0.1', String(server.port)];
  const client = Program.motd(['connect', ...address], { MOTD_MASK_PASSWORD: '0' });
  client.input('SHUTDOWN\nhidden\n');
  expect(await client.exitCode()).toBe(0);
  expect(client.stdout).toContain('Enter shutdown password: ••••••\nClient: ••••••\nServer: 301');
});

test('accepts lines one by one, each after its prompt', async ({ server }) => {
  const client = Program.motd(['connect', '127.0.0.1', String(server.port)]);
  await client.waitForOutput(/QUIT, SHUTDOWN\): $/);
  client.process.stdin?.write('MSGSTORE\n');
  await client.waitForOutput(/Enter new message of the day: $/);
  client.process.stdin?.write('one by one\n');
  await client.waitForOutput(/Client: one by one\nServer: 200 OK\nEnter command .*: $/);
  client.input('MSGGET\n');
  expect(await client.exitCode()).toBe(0);
  expect(client.stdout.endsWith(`Server: 200 OK\none by one\n${PROMPT}\n`)).toBe(true);
});

test('accepts a last line without LF', QUICK, async ({ server }) => {
  const client = Program.motd(['connect', '127.0.0.1', String(server.port)]).input('QUIT');
  expect(await client.exitCode()).toBe(0);
  expect(client.stdout).toBe(`${PROMPT}QUIT\nClient: QUIT\nServer: 200 OK\n`);
});

test('escapes control characters in the input', async ({ server }) => {
  const client = Program.motd(['connect', '127.0.0.1', String(server.port)]);
  client.input('MSGSTORE\n\x1b[31mred\nQUIT\n');
  expect(await client.exitCode()).toBe(0);
  expect(client.stdout).toContain(
    'day: ^[[31mred\nClient: ^[[31mred\nServer: 422 NOT PLAIN TEXT\n',
  );
});

test('prompts again for each of ten thousand blank lines', async ({ server }) => {
  const client = Program.motd(['connect', '127.0.0.1', String(server.port)]);
  client.input('\n'.repeat(10_000));
  expect(await client.exitCode()).toBe(0);
  expect(client.stdout).toBe(`${PROMPT}\n`.repeat(10_001));
});

test('shows the reply of a server that stops and a lost connection, and exits with status 1', async ({
  server,
}) => {
  const client = Program.motd(['connect', '127.0.0.1', String(server.port)]);
  await client.waitForOutput(/SHUTDOWN\): $/);
  await server.program.stop();
  expect(await client.exitCode()).toBe(1);
  expect(client.stdout).toBe(
    `${PROMPT}\nServer: 421 SERVER SHUTTING DOWN\n[the server closed the connection]\n`,
  );
});

test('reports a lost connection if the server dies', QUICK, async ({ server }) => {
  const client = Program.motd(['connect', '127.0.0.1', String(server.port)]);
  await client.waitForOutput(/SHUTDOWN\): $/);
  server.program.process.kill('SIGKILL');
  expect(await client.exitCode()).toBe(1);
  expect(client.stdout).toMatch(
    /\n\[the (server closed the connection|connection was lost: \w+)\]\n$/,
  );
});

test('exits silently if standard output is closed', async ({ server }) => {
  const client = Program.motd(['connect', '127.0.0.1', String(server.port)]);
  client.process.stdout?.destroy();
  client.input('MSGGET\nMSGGET\n');
  await client.exitCode();
  expect(client.stderr).toBe('');
});

/** The conversation, with every password as bullets. */
function masked(screen: string): string {
  return screen.replace(
    /(?<=password: )(.*)\nClient: \1\n/g,
    (_, password) => `${'•'.repeat(password.length)}\nClient: ${'•'.repeat(password.length)}\n`,
  );
}
