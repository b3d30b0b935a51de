// What is used in a terminal.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import headless from '@xterm/headless';
import { Program, runMotd } from '../../testing/programs.ts';
import { expect, QUICK, startServer, test } from '../fixtures.ts';
import { runInTerminal } from './terminal.ts';

test.skip(process.platform !== 'linux', 'script(1) takes other arguments elsewhere');

const CTRL_C = '\x03';
const CTRL_D = '\x04';
const BACKSPACE = '\x7f';
const CTRL_K = '\x0b';
const CTRL_U = '\x15';
const CTRL_Y = '\x19';
const CTRL_Z = '\x1a';
const UP = '\x1b[A';
const LEFT = '\x1b[D';
const HOME = '\x1b[H';
const DELETE = '\x1b[3~';

function connectTo(port: number, ...flags: string[]): string {
  return [process.execPath, 'dist/cli/main.js', 'connect', '127.0.0.1', port, ...flags].join(' ');
}

function connectInTerminal(port: number, ...flags: string[]): Program {
  return runInTerminal(connectTo(port, ...flags));
}

test('echoes each line once, as typed', QUICK, async ({ server }) => {
  const client = connectInTerminal(server.port);
  await client.waitForOutput(/^Enter command .*: $/);
  client.process.stdin?.write('MSGGET\r');
  await client.waitForOutput(
    /: MSGGET\nClient: MSGGET\nServer: 200 OK\nAn apple .*\nEnter command .*: $/,
  );
  client.process.stdin?.write('QUIT\r');
  expect(await client.exitCode()).toBe(0);
  expect(client.shown).toMatch(/: QUIT\nClient: QUIT\nServer: 200 OK\n$/);
});

test('set asks for the message, and names the server', QUICK, async ({ server }) => {
  const { port } = server;
  const client = runInTerminal(`${process.execPath} dist/cli/main.js set 127.0.0.1 ${port}`);
  await client.waitForOutput(new RegExp(`^New message for 127\\.0\\.0\\.1:${port}: $`));
  client.process.stdin?.write('typed\r');
  expect(await client.exitCode()).toBe(0);
  expect((await runMotd(['get', '127.0.0.1', String(port)])).stdout).toBe('typed\n');
});

/** Starts a server whose store password is `correct horse`. */
async function startGuardedServer() {
  const file = test.info().outputPath('password');
  writeFileSync(file, (await runMotd(['hash-password'], 'correct horse\n')).stdout);
  return startServer(0, ['--store-password-file', file]);
}

for (const [command, prompt, answer] of [
  ['set', /^New message for [\d.:]+: $/, 'typed\r'],
  ['set -m typed', undefined, ''],
] as const) {
  test(`${command} asks for the store password, and stores the message`, async () => {
    const server = await startGuardedServer();
    const at = ['127.0.0.1', String(server.port)];
    const client = runInTerminal(`${process.execPath} dist/cli/main.js ${command} ${at.join(' ')}`);
    if (prompt !== undefined) {
      await client.waitForOutput(prompt);
      client.process.stdin?.write(answer);
    }
    await client.waitForOutput(/Store password: $/);
    client.process.stdin?.write('correct horse\r');
    expect(await client.exitCode()).toBe(0);
    expect(client.shown).not.toContain('correct');
    expect((await runMotd(['get', ...at])).stdout).toBe('typed\n');
  });
}

test('set asks again for a wrong store password, and keeps the typed message', async () => {
  const server = await startGuardedServer();
  const at = ['127.0.0.1', String(server.port)];
  const set = `${process.execPath} dist/cli/main.js set ${at.join(' ')}`;
  const client = runInTerminal(`MOTD_STORE_PASSWORD=old ${set}`);
  await client.waitForOutput(/^New message for [\d.:]+: $/);
  client.process.stdin?.write('typed\r');
  await client.waitForOutput(/\nWrong password\. Store password: $/);
  client.process.stdin?.write('guess\r');
  await client.waitForOutput(/(?:\nWrong password\. Store password: ){2}$/);
  client.process.stdin?.write('\r');
  await client.waitForOutput(/\nStore password: $/);
  client.process.stdin?.write('correct horse\r');
  expect(await client.exitCode()).toBe(0);
  expect((await runMotd(['get', ...at])).stdout).toBe('typed\n');
});

test('set gives up after three wrong store passwords; the server rejects the next one', async () => {
  const server = await startGuardedServer();
  const set = `${process.execPath} dist/cli/main.js set -m typed 127.0.0.1 ${server.port}`;
  const client = runInTerminal(set);
  for (const asked of [1, 2, 3]) {
    await client.waitForOutput(new RegExp(`(?:Store password: [^]*){${asked}}$`));
    client.process.stdin?.write('guess\r');
  }
  expect(await client.exitCode()).toBe(1);
  expect(client.shown).toMatch(
    /301 WRONG PASSWORD; check MOTD_STORE_PASSWORD \[wrong-password\]\n$/,
  );
  const next = await runMotd([
    'set',
    '-m',
    'typed',
    '--store-password',
    'guess',
    '127.0.0.1',
    String(server.port),
  ]);
  expect(next.stderr).toMatch(
    /421 TOO MANY WRONG PASSWORDS; wait 5 s, longer .* \[wrong-password\]\n$/,
  );
});

test('Tab completes flags and their values in bash', async () => {
  const shell = runInTerminal('PS1="ready> " bash --norc --noprofile -i');
  const main = `${process.execPath} dist/cli/main.js`;
  await shell.waitForOutput(/ready> $/);
  shell.process.stdin?.write(`motd() { echo "got: $*"; }; eval "$(${main} completion bash)"\r`);
  await shell.waitForOutput(/\nready> $/);
  shell.process.stdin?.write('motd serve --log=js\t--hist\t5\r');
  await shell.waitForOutput(/got: serve --log=json --history 5\n/);
  shell.process.stdin?.write('exit\r');
  await shell.exitCode();
});

test('copy-store shows its progress while it takes long, and removes it', async () => {
  const folder = test.info().outputPath('store');
  const first = Program.motd(['serve', '--port', '0', '--store', `file:${folder}`]);
  const [, port = ''] = await first.waitForOutput(/listening on 127\.0\.0\.1:(\d+)\n/);
  expect((await runMotd(['set', '-m', 'x', '127.0.0.1', port])).status).toBe(0);
  await first.stop();
  // Each look at the clock is two seconds after the one before.
  const slow = 'let t=0;performance.now=()=>t+=2000';
  const command = `${process.execPath} --import="data:text/javascript,${slow}" dist/cli/main.js`;
  const copy = runInTerminal(`${command} copy-store file:${folder} file:${folder}-copy`);
  expect(await copy.exitCode()).toBe(0);
  expect(copy.stdout).toMatch(/^\r\x1b\[KCopying: 0 %\r\x1b\[KCopied 1 message from .*\r\n$/);
});

test('the up-arrow recalls a command, never a password', QUICK, async ({ server }) => {
  const client = connectInTerminal(server.port);
  await client.waitForOutput(/^Enter command .*: $/);
  client.process.stdin?.write('SHUTDOWN\r');
  await client.waitForOutput(/Enter shutdown password: $/);
  client.process.stdin?.write('a secret\r');
  await client.waitForOutput(/Server: 301 WRONG PASSWORD\nEnter command .*: $/);
  client.process.stdin?.write('a secret\r');
  await client.waitForOutput(/\n\[to try again, type SHUTDOWN first\]\nEnter command .*: $/);
  client.process.stdin?.write(`${UP}\r`);
  await client.waitForOutput(/301(.|\n)*Client: SHUTDOWN\nServer: 300 PASSWORD REQUIRED\n.*: $/);
  client.process.stdin?.write(CTRL_C);
  await client.exitCode();
  // Twice, each once as typed, once as `Client: a secret`.
  expect(client.shown.match(/a secret/g)).toHaveLength(4);
});

test('moves a half-typed line to the next prompt when the reply arrives', async () => {
  const slow = createServer((socket) => {
    socket.once('data', async () => {
      await client.waitForOutput(/Client: MSGGET\nMSX$/);
      socket.write('200 OK\nat last\n');
      socket.on('data', (line) => socket.end(line));
    });
  });
  slow.listen(0, '127.0.0.1');
  await once(slow, 'listening');
  const client = connectInTerminal((slow.address() as AddressInfo).port);
  await client.waitForOutput(/^Enter command .*: $/);
  client.process.stdin?.write('MSGGET\rMSX');
  await client.waitForOutput(/at last\nEnter command .*: MSX$/);
  client.process.stdin?.write(`${BACKSPACE}GGET\r`);
  await client.waitForOutput(/Client: MSGGET\nServer: MSGGET\n/);
  expect(await client.exitCode()).toBe(1);
  slow.close();
});

test('shows lines typed ahead at their prompts, and a half-typed one at the last', async () => {
  const { server, port, accepted } = await startTcpServer();
  const client = connectInTerminal(port);
  const socket = await accepted;
  await client.waitForOutput(/Enter command .*: $/);
  client.process.stdin?.write('FOO\rBAR\rMSG');
  await once(socket, 'data');
  await client.waitForOutput(/BAR\nMSG$/);
  socket.write('400 UNKNOWN COMMAND\n');
  await client.waitForOutput(
    /Server: 400 UNKNOWN COMMAND\n\[commands: .*--help\]\nEnter command .*: BAR\nClient: BAR\n$/,
  );
  socket.write('400 UNKNOWN COMMAND\n');
  await client.waitForOutput(
    /BAR\nServer: 400 UNKNOWN COMMAND\n\[commands: .*--help\]\nEnter command .*: MSG$/,
  );
  socket.end();
  expect(await client.exitCode()).toBe(1);
  server.close();
});

test('prints unexpected server lines above a line that wraps', async () => {
  const { server, port, accepted } = await startTcpServer();
  const client = runInTerminal(connectTo(port), 30);
  const socket = await accepted;
  await client.waitForOutput(/Enter command .*: $/);
  client.process.stdin?.write('half a line, to the');
  await client.waitForOutput(/to the$/);
  // Separately: readline counts rows only for a key that arrives alone.
  client.process.stdin?.write('s');
  await client.waitForOutput(/to thes$/);
  socket.write('by the way\n');
  await client.waitForOutput(/by the way\nEnter command .*thes$/);
  socket.end();
  expect(await client.exitCode()).toBe(1);
  const line = ['Enter command (MSGGET, MSGSTOR', 'E, QUIT, SHUTDOWN): half a lin', 'e, to thes'];
  expect(await screenOf(client, 30)).toEqual([
    ...line,
    'Server: by the way',
    ...line,
    '[the server closed the connect',
    'ion]',
  ]);
  server.close();
});

test('Ctrl-D typed ahead exits after the lines before it', async ({ server }) => {
  const client = connectInTerminal(server.port);
  await client.waitForOutput(/^Enter command .*: $/);
  client.process.stdin?.write(`MSGGET\r${CTRL_D}`);
  expect(await client.exitCode()).toBe(0);
  expect(client.shown).toMatch(/Server: 200 OK\nAn apple .*\nEnter command .*: \n$/);
});

test('Ctrl-D exits with status 0, Ctrl-C with the shell’s 130', async ({ server }) => {
  for (const [key, status] of [
    [CTRL_D, 0],
    [CTRL_C, 130],
  ] as const) {
    const client = connectInTerminal(server.port);
    await client.waitForOutput(/SHUTDOWN\): /);
    client.process.stdin?.write(key);
    expect(await client.exitCode()).toBe(status);
  }
});

test.describe('with --mask-password', () => {
  const PASSWORD_PROMPT = 'Enter shutdown password: ';

  test(
    'shows a password as bullets while it is typed and after it was sent',
    QUICK,
    async ({ server }) => {
      const client = await askedForPassword(server.port);
      client.process.stdin?.write('123!bx');
      await client.waitForOutput(/: •{6}$/);
      client.process.stdin?.write(`${BACKSPACE}c${LEFT}${LEFT}`);
      await client.waitForOutput(/•{6}Enter shutdown password: •{6}$/);
      client.process.stdin?.write('a');
      await client.waitForOutput(/: •{7}$/);
      client.process.stdin?.write('\r');
      expect(await client.exitCode()).toBe(0);
      expect(await screenOf(client)).toEqual([
        'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN): SHUTDOWN',
        'Client: SHUTDOWN',
        'Server: 300 PASSWORD REQUIRED',
        `${PASSWORD_PROMPT}•••••••`,
        'Client: •••••••',
        'Server: 200 OKAY',
      ]);
      // Nothing else on the screen contains any of these.
      expect(client.stdout).not.toMatch(/123|!|abc/);
    },
  );

  test('neither the up-arrow nor Ctrl-Y recalls a password', async ({ server }) => {
    const client = await askedForPassword(server.port);
    client.process.stdin?.write(`hidden-1${CTRL_U}`);
    client.process.stdin?.write(`hidden-2${HOME}${CTRL_K}`);
    client.process.stdin?.write('hidden-3\r');
    await client.waitForOutput(/301 WRONG PASSWORD\nEnter command .*: $/);
    client.process.stdin?.write(`${UP}${CTRL_Y}\r`);
    await client.waitForOutput(/301(.|\n)*Client: SHUTDOWN\nServer: 300 PASSWORD REQUIRED\n/);
    client.process.stdin?.write(CTRL_C);
    expect(await client.exitCode()).toBe(130);
    expect(client.stdout).not.toContain('hidden');
  });

  test('hides text typed ahead, which may be a password', async () => {
    const { server, port, accepted } = await startTcpServer();
    const client = connectInTerminal(port, '--mask-password');
    const socket = await accepted;
    await client.waitForOutput(/Enter command .*: $/);
    client.process.stdin?.write('SHUTDOWN\rhidden-1\rhidd');
    await once(socket, 'data');
    socket.write('300 PASSWORD REQUIRED\n');
    await client.waitForOutput(/Client: •{8}\n$/);
    socket.write('300 PASSWORD REQUIRED\n');
    await client.waitForOutput(
      /•{8}\nServer: 300 PASSWORD REQUIRED\nEnter shutdown password: •{4}$/,
    );
    client.process.stdin?.write('en-2\r');
    await client.waitForOutput(/: •{8}\nClient: •{8}\n$/);
    socket.end();
    expect(await client.exitCode()).toBe(1);
    expect(client.stdout).not.toContain('hidd');
    server.close();
  });

  test('prints unexpected server lines above the password', async () => {
    const { server, port, accepted } = await startTcpServer();
    const client = connectInTerminal(port, '--mask-password');
    const socket = await accepted;
    await client.waitForOutput(/Enter command .*: $/);
    client.process.stdin?.write('SHUTDOWN\r');
    await once(socket, 'data');
    socket.write('300 PASSWORD REQUIRED\n');
    await client.waitForOutput(/password: $/);
    client.process.stdin?.write('hidden');
    await client.waitForOutput(/•{6}$/);
    socket.write('by the way\n');
    await client.waitForOutput(/•{6}\nServer: by the way\nEnter shutdown password: •{6}$/);
    client.process.stdin?.write('\r');
    expect(String(await once(socket, 'data'))).toBe('hidden\n');
    socket.end();
    expect(await client.exitCode()).toBe(1);
    expect(client.stdout).not.toContain('hidden');
    server.close();
  });

  test('wraps a password longer than a row, which can be edited', async ({ server }) => {
    const client = runInTerminal(connectTo(server.port, '--mask-password'), 30);
    await client.waitForOutput(/Enter command .*: $/);
    client.process.stdin?.write('SHUTDOWN\r');
    await client.waitForOutput(/password: $/);
    // 25 columns of prompt and 35 bullets: exactly two rows, and then fewer.
    for (const character of 'hidden-'.repeat(5)) client.process.stdin?.write(character);
    await client.waitForOutput(/•{35} ?$/);
    client.process.stdin?.write(`${HOME}${DELETE}`);
    await client.waitForOutput(/password: •{34}$/);
    client.process.stdin?.write('\r');
    await client.waitForOutput(/301 WRONG PASSWORD\nEnter command .*: $/);
    client.process.stdin?.write(CTRL_D);
    expect(await client.exitCode()).toBe(0);
    expect(await screenOf(client, 30)).toEqual([
      'Enter command (MSGGET, MSGSTOR',
      'E, QUIT, SHUTDOWN): SHUTDOWN',
      'Client: SHUTDOWN',
      'Server: 300 PASSWORD REQUIRED',
      `${PASSWORD_PROMPT}•••••`,
      '•'.repeat(29),
      `Client: ${'•'.repeat(22)}`,
      '•'.repeat(12),
      'Server: 301 WRONG PASSWORD',
      'Enter command (MSGGET, MSGSTOR',
      'E, QUIT, SHUTDOWN):',
    ]);
    expect(client.stdout).not.toContain('hidden');
  });

  test('shows bullets after Ctrl-Z and fg', async ({ server }) => {
    const client = runInTerminal('PS1="ready> " bash --norc --noprofile -i');
    await client.waitForOutput(/ready> $/);
    client.process.stdin?.write(`${connectTo(server.port, '--mask-password')}\r`);
    await client.waitForOutput(/Enter command .*: $/);
    client.process.stdin?.write('SHUTDOWN\r');
    await client.waitForOutput(/password: $/);
    client.process.stdin?.write('hidd');
    await client.waitForOutput(/: •{4}$/);
    client.process.stdin?.write(CTRL_Z);
    await client.waitForOutput(/Stopped(.|\n)*ready> $/);
    client.process.stdin?.write('fg\r');
    await client.waitForOutput(/ready> fg\n(.|\n)*: •{4}$/);
    client.process.stdin?.write('en\r');
    await client.waitForOutput(/Client: •{6}\nServer: 301 WRONG PASSWORD\n/);
    client.process.stdin?.write(CTRL_C);
    await client.waitForOutput(/ready> $/);
    client.process.stdin?.write('exit 0\r');
    expect(await client.exitCode()).toBe(0);
    expect(client.stdout).not.toContain('hidd');
  });

  test('Ctrl-C exits with 130, Ctrl-D with 0', async ({ server }) => {
    for (const [keys, status] of [
      [`hidden${CTRL_C}`, 130],
      [CTRL_D, 0],
    ] as const) {
      const client = await askedForPassword(server.port);
      client.process.stdin?.write(keys);
      expect(await client.exitCode()).toBe(status);
      expect(client.stdout).not.toContain('hidden');
    }
  });

  test('is rejected if the terminal itself would echo the password', async ({ server }) => {
    const client = runInTerminal(`${connectTo(server.port, '--mask-password')} | cat`);
    await client.waitForOutput(/^motd: --mask-password needs a terminal on standard output.*\n$/);
    await client.exitCode();
  });

  async function askedForPassword(port: number): Promise<Program> {
    const client = connectInTerminal(port, '--mask-password');
    await client.waitForOutput(/^Enter command .*: $/);
    client.process.stdin?.write('SHUTDOWN\r');
    await client.waitForOutput(/Enter shutdown password: $/);
    return client;
  }
});

/** A server that one client connects to, and that sends what the test writes to the socket. */
async function startTcpServer(): Promise<{
  server: Server;
  port: number;
  accepted: Promise<Socket>;
}> {
  const server = createServer();
  const accepted = once(server, 'connection').then(([socket]) => socket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, accepted };
}

/** The non-empty rows of the screen, after everything written has been drawn. */
async function screenOf(program: Program, columns = 80): Promise<string[]> {
  const terminal = new headless.Terminal({ cols: columns, rows: 24, allowProposedApi: true });
  await new Promise<void>((drawn) => terminal.write(program.stdout, drawn));
  const { active } = terminal.buffer;
  const rows = Array.from({ length: active.length }, (_, row) => active.getLine(row));
  return rows
    .map((row) => row?.translateToString(true).trimEnd() ?? '')
    .filter((row) => row !== '');
}

test('does not send a line that is not UTF-8, and prompts again', async ({ server }) => {
  const client = connectInTerminal(server.port);
  await client.waitForOutput(/^Enter command .*: $/);
  client.process.stdin?.write('MSGSTORE\r');
  await client.waitForOutput(/Enter new message of the day: $/);
  client.process.stdin?.write(Buffer.from('caf\xe9\r', 'latin1'));
  await client.waitForOutput(
    /\[not sent: the line is not UTF-8\]\nEnter new message of the day: $/,
  );
  client.process.stdin?.write('café\r');
  await client.waitForOutput(/Client: café\nServer: 200 OK\n/);
});
