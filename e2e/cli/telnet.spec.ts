// Real telnet clients against a real server, in a terminal that script(1) makes.

import { spawnSync } from 'node:child_process';
import { childrenOf } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { test as base, expect, QUICK, startServer } from '../fixtures.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const ESCAPE = '\x1d';
const CTRL_C = '\x03';

// Empty if scripts/tools.mjs found none and could not install one; CI always has one.
const telnet = process.env['MOTD_TEST_TELNET'] ?? 'telnet';
const test = base.extend({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads there which fixtures one needs.
  server: async ({}, use) => use(await startServer(0, ['--trust-proxy', 'none'])),
});
test.skip(process.platform !== 'linux', 'script(1) takes other arguments elsewhere');
test.skip(telnet === '' && process.env['CI'] === undefined, 'no telnet on this machine');

async function startTelnet(port: number): Promise<Program> {
  const line = `${telnet} 127.0.0.1 ${port}`;
  const program = new Program('script', ['--quiet', '--return', '--command', line, '/dev/null']);
  await program.waitForOutput(/Escape character is/);
  // telnet configures the terminal after printing this. Before that, the escape character would be
  // typed text.
  await expect.poll(() => terminalOf(program)).toContain(' eol = ^];');
  return program;
}

/** The settings of the terminal that script(1) has made (stty(1)). */
function terminalOf({ process: { pid = 0 } }: Program): string {
  const [child = 0] = childrenOf(pid);
  const { stdout } = spawnSync('stty', ['--file', `/proc/${child}/fd/0`, '--all']);
  return String(stdout);
}

/** Gives a command to telnet itself, such as to send a Telnet command. */
async function telnetCommand(program: Program, command: string): Promise<void> {
  program.process.stdin?.write(ESCAPE);
  await program.waitForOutput(/telnet> $/);
  program.process.stdin?.write(`${command}\r`);
}

test('holds a conversation line by line', async ({ server }) => {
  const client = await startTelnet(server.port);
  client.process.stdin?.write('MSGSTORE\r');
  await client.waitForOutput(/MSGSTORE\n200 OK\n$/);
  client.process.stdin?.write('Grüße\r');
  await client.waitForOutput(/Grüße\n200 OK\n$/);
  client.process.stdin?.write('MSGGET\r');
  await client.waitForOutput(/MSGGET\n200 OK\nGrüße\n$/);
  client.process.stdin?.write('QUIT\r');
  await client.waitForOutput(/QUIT\n200 OK\nConnection closed by foreign host\.\n$/);
});

test('negotiates, and sends each key by itself and CR NUL for Enter', QUICK, async ({ server }) => {
  const client = await startTelnet(server.port);
  await telnetCommand(client, 'mode character');
  // Until then, the terminal collects what is typed into lines.
  await expect.poll(() => terminalOf(client)).toContain(' -icanon ');
  client.process.stdin?.write('MSGSTORE\r');
  await client.waitForOutput(/200 OK\n$/);
  client.process.stdin?.write('hello\r');
  await client.waitForOutput(/200 OK\n(hello\n?)?200 OK\n$/);
  client.process.stdin?.write('MSGGET\r');
  await client.waitForOutput(/200 OK\nhello\n$/);
  await server.program.waitForOutput(/MOTD updated to: hello\n/);
});

for (const [what, command] of [
  ['Are You There', 'send ayt'],
  ['Synch', 'send synch'],
  ['a request to change an option', 'send do echo'],
]) {
  test(`sends ${what} before a command`, async ({ server }) => {
    const client = await startTelnet(server.port);
    await telnetCommand(client, command ?? '');
    client.process.stdin?.write('MSGGET\r');
    await client.waitForOutput(new RegExp(`200 OK\n${APPLE.replace('.', '\\.')}\n$`));
  });
}

test('sends Interrupt Process and asks for a timing mark for Ctrl-C', async ({ server }) => {
  const client = await startTelnet(server.port);
  client.process.stdin?.write(`${CTRL_C}MSGGET\r`);
  // telnet itself shows nothing more until its Timing Mark is answered (RFC 860).
  await server.program.waitForOutput(/Received:from \(.*\): MSGGET\n/);
});
