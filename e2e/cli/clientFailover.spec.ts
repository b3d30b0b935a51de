// Clients that know several servers: they use the first one that answers.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { isWithoutEtcd, LocalEtcd } from '../../testing/etcd.ts';
import { freePort } from '../../testing/freePort.ts';
import { Program, type ProgramResult, runMotd } from '../../testing/programs.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { startTcpService } from '../../testing/tcpService.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import { expect, type ListeningProgram, QUICK, startServer, store, test } from '../fixtures.ts';

/** For servers that never answer: the client waits until this timeout. */
const NO_ANSWER_S = '5';

const PROC_NET_TCP = '/proc/net/tcp';
/** The kernel's TCP_SYN_SENT (proc_pid_net(5)). */
const SYN_SENT = '02';

const frozen = new Set<Program>();
const open = new Set<{ destroy(): void }>();

test.afterEach(() => {
  for (const program of frozen) program.process.kill('SIGCONT');
  frozen.clear();
  for (const socket of open) socket.destroy();
  open.clear();
});

function printed(stdout: string): ProgramResult {
  return { status: 0, stdout, stderr: '' };
}

function at(...ports: number[]): string {
  return ports.map((port) => `127.0.0.1:${port}`).join(',');
}

function startWithMessage(message: string, flags: string[] = []): Promise<ListeningProgram> {
  return startServer(0, ['--message', message, ...flags]);
}

/**
 * Stops a server: the kernel accepts connections for it, but nothing is answered until it
 * continues.
 */
function freeze(program: Program): void {
  program.process.kill('SIGSTOP');
  frozen.add(program);
}

function connectionTo(port: number): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  open.add(socket);
  return socket;
}

async function frozenServer(): Promise<number> {
  const { program, port } = await startServer();
  freeze(program);
  return port;
}

/** A server whose listen queue is full: the kernel drops every SYN (listen(2)). */
async function unreachableServer(): Promise<number> {
  const script = `const server = require('node:net').createServer().listen(
    { port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`;
  const program = new Program(process.execPath, ['-e', script]);
  const [, port] = await program.waitForOutput(/^(\d+)\n/);
  freeze(program);
  for (let count = 0; count < 8; count++) connectionTo(Number(port));
  const hex = Number(port).toString(16).toUpperCase().padStart(4, '0');
  const dropped = new RegExp(`^ *\\d+: \\S+ 0100007F:${hex} ${SYN_SENT} `, 'm');
  await expect.poll(() => readFileSync(PROC_NET_TCP, 'latin1')).toMatch(dropped);
  return Number(port);
}

/** A server that sends a byte now and then, and never an LF. */
async function drippingServer(): Promise<number> {
  const service = await startTcpService((socket) => {
    const dripping = setInterval(() => socket.write('2'), 60);
    socket.on('close', () => clearInterval(dripping));
  });
  open.add({ destroy: service.close });
  return service.port;
}

async function fullServer(): Promise<number> {
  const { program, port } = await startServer(0, ['--max-connections', '1']);
  connectionTo(port);
  await program.waitForOutput(/Connected by/);
  return port;
}

/**
 * A server that sends one of these replies for each chunk it gets. @returns Its port, and the lines
 * it received.
 */
async function scriptedServer(...replies: string[]) {
  const receivedLines: string[] = [];
  const service = await startTcpService((socket) => {
    socket.on('data', (chunk: Buffer) => {
      receivedLines.push(...chunk.toString().trimEnd().split('\n'));
      const reply = replies.shift();
      if (reply !== undefined) socket.write(reply);
    });
  });
  open.add({ destroy: service.close });
  return { port: service.port, receivedLines };
}

for (const [state, startDead] of [
  ['is down', freePort],
  ['is frozen', frozenServer],
  ['cannot be reached', unreachableServer],
  ['is full', fullServer],
  ['is another service', async () => (await scriptedServer(...Array(9).fill('SSH-2.0\n'))).port],
] as const) {
  test(`if the first server ${state}, the next one serves every client`, QUICK, async () => {
    test.skip(startDead === unreachableServer && !existsSync(PROC_NET_TCP), 'needs Linux');
    const dead = await startDead();
    const { port } = await startWithMessage('second');
    const servers = at(dead, port);

    expect(await runMotd(['get', servers])).toEqual(printed('second\n'));
    const connected = await runMotd(['connect', servers], 'MSGGET\nQUIT\n');
    expect(connected).toMatchObject({ status: 0, stderr: '' });
    expect(connected.stdout).toContain('Server: 200 OK\nsecond\n');
    expect(await runMotd(['set', '-m', 'new', servers])).toEqual(printed(''));
    const { stdout, ...rest } = await runMotd(['history', servers]);
    expect(rest).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^\S+Z new\n$/);

    const watch = Program.motd(['watch', servers]);
    await watch.waitForOutput(/^new\n$/);
    await store('newer', port);
    await watch.waitForOutput(/^new\nnewer\n$/);
    await watch.stop();
    expect(watch.stderr).toBe('');
  });
}

test('contacts no other server while the first one answers', async () => {
  // On a busy machine the first server may answer too late: then try again.
  await expect(async () => {
    const { port } = await startWithMessage('first');
    const other = await startWithMessage('second');
    const servers = at(port, other.port);
    expect(await runMotd(['get', servers])).toEqual(printed('first\n'));
    expect(await runMotd(['set', '-m', 'new', servers])).toEqual(printed(''));
    expect((await runMotd(['history', servers])).stdout).toMatch(/^\S+Z new\n$/);
    expect((await runMotd(['connect', servers], 'MSGGET\nQUIT\n')).stdout).toContain('\nnew\n');
    expect(await runMotd(['get', at(other.port)])).toEqual(printed('second\n'));
    await other.program.waitForOutput(/: MSGGET\n/);
    expect(other.program.stdout.match(/Connected/g)).toHaveLength(1);
  }).toPass();
});

test('accepts servers as arguments, in a flag and in the environment', async () => {
  const dead = await freePort();
  const { port } = await startWithMessage('second');
  const ofBoth = at(dead, port);
  const expected = printed('second\n');
  expect(await runMotd(['get', '--host', ofBoth])).toEqual(expected);
  expect(await runMotd(['get'], '', { MOTD_HOST: ofBoth })).toEqual(expected);
  expect(await runMotd(['get', `127.0.0.1:${dead},127.0.0.1`, `${port}`])).toEqual(expected);
  expect(await runMotd(['get', `127.0.0.1:${dead},localhost`, '--port', `${port}`])).toEqual(
    expected,
  );
  expect(await runMotd(['get', at(port)])).toEqual(expected);
});

test('names every server in one line, with status 1, if none answers', async () => {
  const gone = await freePort();
  const full = await fullServer();
  const silent = await frozenServer();
  const drips = await drippingServer();
  const all = at(gone, full, silent, drips);
  const { status, stdout, stderr } = await runMotd(['get', '--timeout', NO_ANSWER_S, all]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr.replace(/\d\.\d s/g, 'N s').replace(/\d+ bytes?/, 'N bytes')).toBe(
    `motd: no server answered: ${at(gone)} refused the connection; ` +
      `${at(full)} replied: 421 TOO MANY CONNECTIONS; ${at(silent)} sent nothing in N s; ` +
      `${at(drips)} sent N bytes and no complete reply in N s [no-server]\n`,
  );
  const set = await runMotd(['set', '-m', 'x', at(gone, full)]);
  expect(set.status).toBe(1);
  expect(set.stderr).toMatch(
    /^motd: no server accepted the message: .*refused.*; .* replied: 421 TOO MANY.* \[no-server\]\n$/,
  );
  const connected = await runMotd(['connect', at(gone, full)]);
  expect(connected).toMatchObject({ status: 1, stdout: '' });
  expect(connected.stderr).toMatch(
    /^motd: no server answered: .*refused.*; .* replied: 421.* \[no-server\]\n$/,
  );
  // `connect` checks a server before it uses it, and allows 10 s for that.
  const dripped = await runMotd(['connect', at(gone, drips)]);
  expect(dripped.stderr).toMatch(
    /; [\d.:]+ sent \d+ bytes and no complete reply in \d+\.\d s \[no-server\]\n$/,
  );
});

test('set: stores nothing on a server that it gave up', async () => {
  const first = await startWithMessage('first');
  const second = await startWithMessage('second');
  freeze(first.program);
  expect(await runMotd(['set', '-m', 'new', at(first.port, second.port)])).toEqual(printed(''));
  first.program.process.kill('SIGCONT');
  await first.program.waitForOutput(/Received:from \S+ \d+\): MSGSTORE\n/);
  await first.program.waitForOutput(/Connection closed/);
  expect(await runMotd(['history', at(first.port)])).toEqual(printed(''));
  expect(await runMotd(['get', at(first.port)])).toEqual(printed('first\n'));
});

test('set: a server whose store is gone answers 503, and the next one stores', async () => {
  const folder = test.info().outputPath('store');
  const broken = await startServer(0, ['--store', `file:${folder}`]);
  rmSync(folder, { recursive: true });
  const alone = await runMotd(['set', '-m', 'new', at(broken.port)]);
  const advice =
    /503 STORE UNAVAILABLE; the message is not in force, but may .*: check with motd get/;
  expect(alone.stderr).toMatch(/^motd: .* \[store-unavailable\]\n$/);
  expect(alone.stderr).toMatch(advice);
  const none = await runMotd(['set', '-m', 'new', at(broken.port, await freePort())]);
  expect(none.stderr).toMatch(/^motd: no server accepted the message: .* \[store-unavailable\]\n$/);
  expect(none.stderr.match(/ 503 STORE UNAVAILABLE/g)).toHaveLength(1);
  expect(
    none.stderr.match(/; the message is not in force, but may still be stored /g),
  ).toHaveLength(1);
  const { port } = await startWithMessage('second');
  expect(await runMotd(['set', '-m', 'new', at(broken.port, port)])).toEqual(printed(''));
  expect(await runMotd(['get', at(port)])).toEqual(printed('new\n'));
});

test('set and watch skip a server that is cut off from its etcd', async () => {
  test.skip(isWithoutEtcd, 'no etcd on this machine');
  const cluster = await LocalEtcd.start({ members: 1 });
  try {
    const link = await cluster.link();
    const cutOff = await startServer(0, ['--store', `etcd://${link.endpoints}/several`]);
    const other = await startServer(0, ['--store', `etcd://${cluster.endpoints}/several`]);
    const servers = at(cutOff.port, other.port);
    expect(await runMotd(['set', '-m', 'before', servers])).toEqual(printed(''));
    const watch = Program.motd(['watch', servers]);
    await watch.waitForOutput(/^before\n$/);

    link.cut('rejects');
    await cutOff.program.waitForOutput(/\[!\] Store unavailable/);
    expect(await runMotd(['set', '-m', 'after', servers])).toEqual(printed(''));
    expect(await runMotd(['get', servers])).toEqual(printed('before\n'));
    await cutOff.program.stop();
    await watch.waitForOutput(/^before\nafter\n$/);
    expect((await runMotd(['history', servers])).stdout).toMatch(/^\S+Z before\n\S+Z after\n$/);
  } finally {
    await cluster.close();
  }
});

for (const [rule, replies, pattern, flags] of [
  [
    'no reply to the message',
    ['200 OK\n'],
    /may or may not be stored; check with motd get \[outcome-unknown\]\n$/,
    ['--timeout', NO_ANSWER_S],
  ],
  [
    'a wrong password',
    ['300 PASSWORD REQUIRED\n', '301 WRONG PASSWORD\n'],
    /301 WRONG PASSWORD; check MOTD_STORE_PASSWORD \[wrong-password\]\n$/,
    [],
  ],
  [
    'a rejected message',
    ['200 OK\n', '422 NOT PLAIN TEXT\n'],
    /422 NOT PLAIN TEXT \[server-rejected\]\n$/,
    [],
  ],
] as const) {
  test(`set: contacts no other server after ${rule}`, async () => {
    const { port, receivedLines } = await scriptedServer(...replies);
    const other = await startServer();
    const args = ['set', '-m', 'x', '--store-password', 'secret', ...flags];
    const { status, stderr } = await runMotd([...args, at(port, other.port)]);
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^motd: ${at(port)}: .*\n$`));
    expect(stderr).toMatch(pattern);
    expect(receivedLines).toContain('MSGSTORE');
    await store('at last', other.port);
    await other.program.waitForOutput(/updated to: at last\n/);
    expect(other.program.stdout.match(/updated/g)).toHaveLength(1);
  });
}

test('watch moves on as each server shuts down, and repeats no message', async () => {
  const servers = await Promise.all([0, 1, 2].map(() => startWithMessage('same')));
  const watch = Program.motd(['watch', at(...servers.map(({ port }) => port))]);
  await watch.waitForOutput(/^same\n$/);
  let printedSoFar = 'same\n';
  for (const [index, { program }] of servers.slice(0, 2).entries()) {
    await program.stop();
    const next = servers[index + 1];
    await next?.program.waitForOutput(/: MSGWATCH\n/);
    const message = `from the next server, ${index}`;
    for (const { port } of servers.slice(index + 1)) await store(message, port);
    printedSoFar += `${message}\n`;
    await watch.waitForOutput(new RegExp(`${message}\n$`));
  }
  await store('last', servers.at(-1)?.port ?? 0);
  await watch.waitForOutput(/last\n$/);
  await watch.stop();
  expect(watch.stdout).toBe(`${printedSoFar}last\n`);
  const lost = 'replied: 421 SERVER SHUTTING DOWN; connecting to the next server';
  expect(watch.stderr).toMatch(
    new RegExp(`^(motd: 127.0.0.1:\\d+: the server ${lost} \\[server-rejected\\]\n){2}$`),
  );
});

test('watch: does not print older messages from a server that lags behind', async () => {
  const { program, port } = await startWithMessage('now');
  const behind = await scriptedServer('200 OK\nlong ago\nbefore\nnow\nlater\n');
  const watch = Program.motd(['watch', at(port, behind.port)]);
  await watch.waitForOutput(/^now\n$/);
  await program.kill();
  await watch.waitForOutput(/later\n$/);
  expect(watch.stdout).toBe('now\nlater\n');
});

test('watch continues when one server is back after all were gone', async () => {
  const dead = await freePort();
  const { program, port } = await startServer(await freePort(), ['--message', 'before']);
  const watch = Program.motd(['watch', at(dead, port)]);
  await watch.waitForOutput(/^before\n$/);
  await program.stop();
  await watch.waitForStderr(/motd: no server answered: .*; trying again \[no-server\]\n/);
  await startServer(port, ['--message', 'after']);
  await watch.waitForOutput(/^before\nafter\n$/);
  expect(watch.stderr).toMatch(
    /^motd: .* SHUTTING DOWN; connecting to .*\nmotd: no server answered: .*; trying again \[no-server\]\n$/,
  );
});

test('watch gives up if no server knows MSGWATCH', async () => {
  const [one, other] = await Promise.all([1, 2].map(() => scriptedServer('400 UNKNOWN COMMAND\n')));
  const { status, stderr } = await runMotd(['watch', at(one?.port ?? 0, other?.port ?? 0)]);
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^motd: no server answered: .* replied: 400 UNKNOWN COMMAND; .* \[no-server\]\n$/,
  );
});

test('connect: does not fail over once the user has sent a command', async () => {
  const { program, port } = await startWithMessage('first');
  const other = await startWithMessage('second');
  const client = Program.motd(['connect', at(port, other.port)]);
  client.process.stdin?.write('MSGGET\n');
  await client.waitForOutput(/first\n.*SHUTDOWN\): $/);
  await program.stop();
  expect(await client.exitCode()).toBe(1);
  expect(client.stdout).toContain('Server: 421 SERVER SHUTTING DOWN\n');
  expect(client.stdout).not.toContain('second');
});

test('requires of every server a certificate for its own name', async () => {
  const flags = ['--tls-cert', tlsFile('cert'), '--tls-key', tlsFile('key')];
  const { port } = await startWithMessage('sealed', flags);
  const unsealed = await startWithMessage('not sealed');
  // Another loopback address, which no certificate names (RFC 1122, section 3.2.1.3).
  const misnamed = Program.motd(['serve', '--host', '127.0.0.2', '--port', '0', ...flags]);
  const [, misnamedAt] = await misnamed.waitForOutput(/listening on (127\.0\.0\.2:\d+)\n/);
  const wrong = `${misnamedAt},${at(unsealed.port)}`;
  const get = (hosts: string) => runMotd(['get', '--tls-ca', tlsFile('cert'), hosts]);

  expect(await get(`${wrong},localhost:${port}`)).toEqual(printed('sealed\n'));
  const { status, stderr } = await get(wrong);
  expect(status).toBe(1);
  expect(stderr).toBe(
    `motd: no server answered: ${misnamedAt} has a certificate for another name; ` +
      `${at(unsealed.port)} does not speak TLS [no-server]\n`,
  );
});

test('delays a login only briefly if the first server is dead', async () => {
  test.skip(!existsSync(PROC_NET_TCP), 'needs Linux');
  test.setTimeout(scaled(60_000, 300_000));
  const { port } = await startWithMessage('second');
  for (const [state, servers] of [
    ['is left out', at(port)],
    ['refuses', at(await freePort(), port)],
    ['is frozen', at(await frozenServer(), port)],
    ['drops every packet', at(await unreachableServer(), port)],
  ] as const) {
    const times: number[] = [];
    for (let round = 0; round < scaled(1, 30); round++) {
      const startedAt = performance.now();
      expect(await runMotd(['get', servers])).toEqual(printed('second\n'));
      times.push(performance.now() - startedAt);
    }
    const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
    const found = `if the first of two servers ${state}, it takes ${Math.round(median)} ms`;
    record('motd get, from start to end', found);
  }
});
