// `motd get`, `set`, `watch` and `history`, as scripts and login shells use them.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { freePort } from '../../testing/freePort.ts';
import { Program, runMotd } from '../../testing/programs.ts';
import { startTcpService, type TcpService } from '../../testing/tcpService.ts';
import { expect, QUICK, startServer, test } from '../fixtures.ts';

/**
 * For servers that never answer. A busy machine needs part of it to start the program and connect.
 */
const TIMEOUT_S = '4';

const services = new Set<TcpService>();
test.afterEach(() => {
  for (const service of services) service.close();
  services.clear();
});

/** Starts a server that passes each connection to `greet`. @returns Its port. */
async function foreignServer(greet: (socket: Socket) => void): Promise<string> {
  const service = await startTcpService(greet);
  services.add(service);
  return String(service.port);
}

/** Sends a byte now and then, and never an LF. */
function drip(socket: Socket): void {
  const dripping = setInterval(() => socket.write('2'), 200);
  socket.on('close', () => clearInterval(dripping));
}

/** How many times a process has called write, with zero bytes or more (proc_pid_io(5)). */
function writesOf({ process: { pid } }: Program): number {
  return Number(/^syscw: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1]);
}

const quiet = { status: 0, stderr: '' };

test(
  'get prints the message that set stored, and history ends with it',
  QUICK,
  async ({ server }) => {
    const at = ['127.0.0.1', String(server.port)];
    expect(await runMotd(['get', ...at])).toEqual({
      ...quiet,
      stdout: 'An apple a day keeps the doctor away.\n',
    });
    expect(await runMotd(['set', '-m', 'Grüße', ...at])).toEqual({ ...quiet, stdout: '' });
    expect(await runMotd(['set', ...at], 'from a pipe\n')).toEqual({ ...quiet, stdout: '' });
    expect(await runMotd(['get', ...at])).toEqual({ ...quiet, stdout: 'from a pipe\n' });
    const { stdout } = await runMotd(['history', ...at]);
    expect(stdout).toMatch(/^\S+Z Grüße\n\S+Z from a pipe\n$/);
  },
);

for (const [mistake, args, input, pattern, expected] of [
  ['a message that is a command', ['-m', 'QUIT'], '', /the server replied: EXPECTED MOTD/, 1],
  ['a message of two lines', [], 'a\nb\n', /one line of plain text/, 2],
  ['an empty message', [], '\n', /one line of plain text.*-m/, 2],
  ['no message at all', [], '', /one line of plain text.*-m/, 2],
  ['an empty -m', ['-m', ''], '', /one line of plain text/, 2],
  ['a message that drives a terminal', [], '\x1b[2J\n', /one line of plain text/, 2],
  ['a message that is too long', [], `${'é'.repeat(2050)}\n`, /1 to 4096 bytes, and has 4100; /, 2],
  ['a message that is not UTF-8', [], Buffer.from([0x61, 0xe9, 0x0a]), /not UTF-8; convert it/, 2],
] as const) {
  test(
    `set: rejects ${mistake} in one line, with status ${expected}`,
    QUICK,
    async ({ server }) => {
      const { status, stdout, stderr } = await runMotd(
        ['set', '--port', `${server.port}`, ...args],
        input,
      );
      expect({ status, stdout }).toEqual({ status: expected, stdout: '' });
      expect(stderr).toMatch(/^motd: .* \[[a-z0-9-]+\]\n$/);
      expect(stderr).toMatch(pattern);
    },
  );
}

for (const [fault, args, input, code] of [
  ['set: the host is unknown', ['set', 'Maintenance'], 'x\n', 'unknown-host'],
  ['set: no host of several is known', ['set', 'Maintenance,soon'], 'x\n', 'no-server'],
  ['set: no message is passed', ['set', 'Maintenance'], '', 'invalid-message'],
  [
    'plan: no message is passed',
    ['plan', '--until', '20:00', 'Maintenance'],
    '',
    'invalid-message',
  ],
] as const) {
  test(`names the argument that is taken for the host, and -m once; ${fault}`, async () => {
    const host = args.at(-1);
    const { stderr } = await runMotd([...args], input);
    expect(stderr).toMatch(
      new RegExp(`; '${host}' is taken for the host(?:; pass .* -m)? \\[${code}\\]\n$`),
    );
    expect(stderr.match(/-m\b/g)).toHaveLength(1);
  });
}

test('set: names the word of a message without quotes that is taken for the host', async () => {
  const { stderr } = await runMotd(['set', '-m', 'Maintenance', 'tonight']);
  expect(stderr).toMatch(
    /; 'tonight' is taken for the host; put a message of several words in quotes \[unknown-host\]\n$/,
  );
});

test('set: reports only an unknown host for --host and a domain', async () => {
  for (const args of [
    ['--host', 'no-such-host'],
    ['-m', 'x', '--host', 'no-such-host'],
    ['no-such.invalid'],
  ]) {
    const { stderr } = await runMotd(['set', ...args], 'x\n');
    expect(stderr).toMatch(/; check --host \[unknown-host\]\n$/);
  }
});

for (const [trouble, greet, pattern] of [
  [
    'sends nothing',
    () => {},
    /^motd: no answer within 4 s: [\d.:]+ sent nothing; allow more with --timeout \[no-answer\]\n$/,
  ],
  [
    'sends a byte now and then',
    drip,
    /^motd: no answer within 4 s: [\d.:]+ sent \d+ bytes? and no complete reply; allow more with --timeout; if .* no line ends, use motd connect --compat original \[no-answer\]\n$/,
  ],
  [
    'closes immediately',
    (socket: Socket) => socket.end(),
    /the server closed .*; if .* pass --tls/,
  ],
  ['resets', (socket: Socket) => socket.resetAndDestroy(), /ECONNRESET/],
  ['is full', (socket: Socket) => socket.end('421 TOO MANY CONNECTIONS\n'), /421 TOO MANY/],
  [
    'stops in the middle',
    (socket: Socket) => socket.write('200 OK\nAn app'),
    /^motd: no answer within 4 s: [\d.:]+ sent 13 bytes and no complete reply; /,
  ],
  [
    'closes in the middle of its reply',
    (socket: Socket) => socket.end('200 O'),
    /: the server closed the connection after 5 bytes, without a complete reply; /,
  ],
  [
    'is another service',
    (socket: Socket) => socket.write('\x1b]0;SSH-2.0\x07\n'),
    /replied: \^\[\]0;SSH-2\.0\^G/,
  ],
] as const) {
  test(`get: prints only one line on stderr, with status 1, if the server ${trouble}`, async () => {
    const port = await foreignServer(greet);
    // The short timeout is for servers that never answer: it includes the start, which is slow on a
    // busy machine.
    const timeout = pattern.source.includes('no answer') ? TIMEOUT_S : '20';
    const { status, stdout, stderr } = await runMotd([
      'get',
      '--timeout',
      timeout,
      '127.0.0.1',
      port,
    ]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^motd: .* \[[a-z0-9-]+\]\n$/);
    expect(stderr).toMatch(pattern);
  });
}

test('reports a full disk behind standard output in one line, with status 1', async ({
  server,
}) => {
  test.skip(!existsSync('/dev/full'), 'there is no /dev/full');
  const at = ['127.0.0.1', String(server.port)];
  const get = new Program('sh', [
    '-c',
    'exec "$0" dist/cli/main.js get "$@" > /dev/full',
    process.execPath,
    ...at,
  ]);
  expect(await get.exitCode()).toBe(1);
  expect(get.stderr).toBe('motd: cannot write to standard output: ENOSPC [output-failed]\n');
});

for (const [command, pattern] of [
  [['set', '-m', 'x'], /: no answer within 4 s: [\d.:]+ sent \d+ bytes? and no complete reply; /],
  [['history'], /: no answer within 4 s: [\d.:]+ sent \d+ bytes? and no complete reply; /],
  [['watch'], /: no answer within 4 s: [\d.:]+ sent \d+ bytes? and no complete reply; .*; trying/],
] as const) {
  test(`${command[0]}: reports a server that sends only a byte now and then`, async () => {
    const port = await foreignServer(drip);
    const program = Program.motd([...command, '--timeout', TIMEOUT_S, '127.0.0.1', port]);
    await program.waitForStderr(pattern);
    await program.stop();
  });
}

test('history: reports a server that stops in the middle of its list', async () => {
  const entry = '2026-11-22T17:00:00.000Z a';
  const port = await foreignServer((socket) => socket.write(`200 OK\n${entry}\n2026`));
  const { status, stdout, stderr } = await runMotd([
    'history',
    '--timeout',
    TIMEOUT_S,
    '127.0.0.1',
    port,
  ]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: `${entry}\n` });
  expect(stderr).toMatch(
    / sent 38 bytes and no complete reply; allow more with --timeout \[no-answer\]\n$/,
  );
});

for (const [how, rest] of [
  ['no reply', ''],
  ['half a reply', '200'],
] as const) {
  test(`set: reports that the message may be stored after ${how} to it`, async () => {
    const port = await foreignServer((socket) => socket.write(`200 OK\n${rest}`));
    const { status, stderr } = await runMotd([
      'set',
      '--timeout',
      TIMEOUT_S,
      '-m',
      'x',
      '127.0.0.1',
      port,
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^motd: [\d.:]+: the message was sent, but no complete reply arrived: it may or may not be stored; check with motd get \[outcome-unknown\]\n$/,
    );
  });
}

test('get: escapes control characters in the message', async () => {
  const port = await foreignServer((socket) =>
    socket.write('200 OK\n\x1b[2J\xc2\x9b31m\n', 'latin1'),
  );
  const { stdout } = await runMotd(['get', '127.0.0.1', port]);
  expect(stdout).toBe('^[[2J\\u{9b}31m\n');
});

test(
  'watch prints each message, and continues when the server is back',
  QUICK,
  async ({ server }) => {
    const at = ['127.0.0.1', String(server.port)];
    const watch = Program.motd(['watch', ...at]);
    await watch.waitForOutput(/^An apple .*\n$/);
    await runMotd(['set', '-m', 'one', ...at]);
    await watch.waitForOutput(/\none\n$/);

    await server.program.stop();
    const again = await startServer(server.port);
    await watch.waitForOutput(/\none\nAn apple .*\n$/);
    await runMotd(['set', '-m', 'two', ...at]);
    await watch.waitForOutput(/\ntwo\n$/);

    await watch.stop();
    expect(watch.stderr).toMatch(/^motd: .*; trying again \[server-rejected\]\n$/);
    await again.program.stop();
  },
);

test('watch: does not suggest TLS if the server sent something before it closed', async () => {
  const port = await foreignServer((socket) => socket.end('200 OK\na message\n'));
  const watch = Program.motd(['watch', '127.0.0.1', port]);
  await watch.waitForStderr(/trying again \[connection-closed\]\n/);
  await watch.waitForOutput(/^a message\n/);
  expect(watch.stderr).toMatch(
    /: the server closed the connection; trying again \[connection-closed\]\n/,
  );
  watch.process.kill('SIGTERM');
  await watch.exitCode();
});

/** Runs the command in a pipe of a real shell, which writes its status to standard error. */
function runInPipe(args: string[], reader: string): Program {
  const script = `{ "$@"; echo "status $?" >&2; } | ${reader}`;
  const command = [process.execPath, 'dist/cli/main.js', ...args];
  return new Program('sh', ['-c', script, 'sh', ...command]);
}

test.describe('a closed standard output', () => {
  test.skip(process.platform !== 'linux', 'only Linux reports it');

  test('ends watch, though no message is stored', QUICK, async ({ server }) => {
    const watch = runInPipe(['watch', '127.0.0.1', String(server.port)], 'head -1');
    expect(await watch.exitCode()).toBe(0);
    expect(watch.stdout).toBe('An apple a day keeps the doctor away.\n');
    expect(watch.stderr).toBe('status 0\n');
    expect((await runMotd(['history', '127.0.0.1', String(server.port)])).stdout).toBe('');
  });

  test('ends watch while no server answers', async () => {
    const watch = runInPipe(['watch', '127.0.0.1', String(await freePort())], 'true');
    await watch.exitCode();
    expect(watch.stderr).toMatch(/status 0\n$/);
  });

  test('ends connect while it waits for a command', async ({ server }) => {
    const connect = runInPipe(['connect', '127.0.0.1', String(server.port)], 'head -c 5');
    expect(await connect.exitCode()).toBe(0);
    expect(connect.stdout).toBe('Enter');
    expect(connect.stderr).toBe('status 0\n');
  });

  for (const [command, reader] of [
    ['get', 'true'],
    ['history', 'head -1'],
  ] as const) {
    test(`ends ${command} while it waits for the server`, async () => {
      const half = command === 'get' ? '' : '2026-11-22T17:00:00Z a\n2026';
      const port = await foreignServer((socket) => socket.write(`200 OK\n${half}`));
      const client = runInPipe([command, '--timeout', '600', '127.0.0.1', port], reader);
      await client.exitCode();
      expect(client.stderr).toBe('status 0\n');
    });
  }

  test('ends watch if standard output is a socket', async ({ server }) => {
    const watch = Program.motd(['watch', '127.0.0.1', String(server.port)]);
    await watch.waitForOutput(/^An apple/);
    watch.process.stdout?.destroy();
    expect(await watch.exitCode()).toBe(0);
  });
});

test('watch: continues if the reader half-closes standard output', async ({ server }) => {
  test.skip(process.platform !== 'linux', 'reads /proc');
  const at = ['127.0.0.1', String(server.port)];
  const watch = Program.motd(['watch', ...at]);
  await watch.waitForOutput(/^An apple/);
  const { stdout } = watch.process;
  // As sshd does with the socket that is a command's input and output, once its client sends no
  // more.
  expect(stdout).toBeInstanceOf(Socket);
  if (stdout instanceof Socket) stdout.end();
  for (const message of ['one', 'two']) {
    // `watch` writes zero bytes now and then, to find out whether a socket still has a reader.
    const before = writesOf(watch);
    await expect.poll(() => writesOf(watch)).toBeGreaterThan(before + 1);
    await runMotd(['set', '-m', message, ...at]);
    await watch.waitForOutput(new RegExp(`\n${message}\n$`));
  }
  await watch.stop();
});

test('watch continues if standard error is closed', async () => {
  const gone = await freePort();
  const watch = Program.motd(['watch', `127.0.0.1:${gone}`]);
  watch.process.stderr?.destroy();
  const late = await startServer(gone);
  await watch.waitForOutput(/^An apple/);
  await late.program.stop();
  const again = await startServer(gone);
  await runMotd(['set', '-m', 'one', '127.0.0.1', String(gone)]);
  await watch.waitForOutput(/\none\n$/);
  await watch.stop();
  await again.program.stop();
});

test('watch gives up if the server does not know MSGWATCH', async () => {
  const port = await foreignServer((socket) => socket.write('400 UNKNOWN COMMAND\n'));
  expect((await runMotd(['watch', '127.0.0.1', port])).status).toBe(1);
});

test('set sends the store password, and cannot store without it', QUICK, async () => {
  const hash = await runMotd(['hash-password'], 'correct horse\n');
  expect(hash).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\$scrypt\$\S+\n$/) });
  const file = test.info().outputPath('password');
  writeFileSync(file, hash.stdout);
  const server = await startServer(0, ['--store-password-file', file]);
  const at = ['127.0.0.1', String(server.port)];

  expect((await runMotd(['set', '-m', 'x', ...at])).stderr).toMatch(
    /; set MOTD_STORE_PASSWORD \[wrong-password\]\n$/,
  );
  const wrong = await runMotd(['set', '-m', 'x', '--store-password', 'wrong', ...at]);
  expect(wrong.stderr).toBe(
    `motd: ${at.join(':')}: the server replied: 301 WRONG PASSWORD; check MOTD_STORE_PASSWORD [wrong-password]\n`,
  );
  const right = await runMotd(['set', '-m', 'x', '--store-password', 'correct horse', ...at]);
  expect(right).toEqual({ ...quiet, stdout: '' });
  expect((await runMotd(['get', ...at])).stdout).toBe('x\n');
});

test('hash-password rejects a short password', async () => {
  const { status, stdout, stderr } = await runMotd(['hash-password'], '1234567\n');
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^motd: .*8 characters or more \[weak-password\]\n$/);
});
