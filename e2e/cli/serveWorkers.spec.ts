// `motd serve --workers`: several processes that are one server.

import { once } from 'node:events';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { connect } from 'node:tls';
import {
  childrenOf,
  commandLine,
  connectionsTo,
  isLinux,
  isRunning,
  isSuspended,
  listeningPorts,
  NEEDS_LINUX,
  processesWith,
} from '../../testing/procFs.ts';
import { Program, runMotd } from '../../testing/programs.ts';
import { scaled } from '../../testing/scale.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import { expect, QUICK } from '../fixtures.ts';
import { consoleOf, goldens } from '../golden/golden.ts';
import { historyFaults, type Operation, sequentialFaults, stalenessMs } from '../linearizable.ts';
import { copyPrivately } from '../privateFiles.ts';
import { pidOf, RawClient, test } from '../reliability/rawClient.ts';

const WORKERS = 2;
const APPLE = 'An apple a day keeps the doctor away.';
const PASSWORD = '123!abc';
const FULL = '421 TOO MANY CONNECTIONS';

test.skip(!isLinux, NEEDS_LINUX);

interface Server {
  program: Program;
  port: number;
  pid: number;
  /** Oldest first. */
  workers: number[];
}

async function start(flags: string[] = [], env?: Record<string, string>): Promise<Server> {
  const program = Program.motd(['serve', '--port', '0', '--workers', `${WORKERS}`, ...flags], env);
  const [, port] = await program.waitForOutput(/listening on \S+:(\d+)\n/);
  const pid = pidOf(program);
  const workers = childrenOf(pid);
  expect(workers).toHaveLength(WORKERS);
  return { program, port: Number(port), pid, workers };
}

/** Runs something while all workers but one are suspended, and so accept no connection. */
async function withOnly<Result>(
  { workers }: Server,
  index: number,
  run: () => Promise<Result>,
): Promise<Result> {
  const others = workers.filter((_, at) => at !== index);
  for (const pid of others) process.kill(pid, 'SIGSTOP');
  try {
    return await run();
  } finally {
    for (const pid of others) process.kill(pid, 'SIGCONT');
  }
}

/** A client that was accepted by a worker: its first reply proves it. */
function connectTo(server: Server, index: number, source?: string): Promise<RawClient> {
  return withOnly(server, index, async () => {
    const client = await RawClient.connect(server.port, source === undefined ? {} : { source });
    await client.request('MSGGET\n', 2);
    return client;
  });
}

/** Tries again while connections that were closed a moment ago still count. */
async function connectWhenFree(server: Server, index: number): Promise<RawClient> {
  const clients: RawClient[] = [];
  await expect(async () => {
    clients.push(await connectTo(server, index));
  }).toPass();
  const [client] = clients;
  if (client === undefined) throw new Error('no client');
  return client;
}

async function connectToEach(server: Server): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (const index of server.workers.keys()) clients.push(await connectTo(server, index));
  return clients;
}

async function read(client: RawClient): Promise<string> {
  const [status, message = ''] = await client.request('MSGGET\n', 2);
  expect(status).toBe('200 OK');
  return message;
}

async function store(client: RawClient, message: string): Promise<void> {
  expect(await client.request(`MSGSTORE\n${message}\n`, 2)).toEqual(['200 OK', '200 OK']);
}

/** Connects simultaneously. @returns The first reply of each. */
async function connectMany(server: Server, count: number, source?: string): Promise<string[]> {
  const clients = await RawClient.connectMany(
    count,
    server.port,
    source === undefined ? {} : { source },
  );
  return Promise.all(
    clients.map(async (client) => {
      const [reply = ''] = await client.request('MSGGET\n', 1);
      return reply;
    }),
  );
}

function accepted(replies: readonly string[]): number {
  for (const reply of replies) expect(['200 OK', FULL]).toContain(reply);
  return replies.filter((reply) => reply === '200 OK').length;
}

/** An environment in which workers suspend themselves at their start, when they should hang. */
function hangingWorkers() {
  const [mark, script] = [test.info().outputPath('hang'), test.info().outputPath('hang.cjs')];
  const isHanging = `process.env.MOTD_SERVER_WORKER && fs.existsSync(${JSON.stringify(mark)})`;
  writeFileSync(
    script,
    `const fs = require('node:fs'); if (${isHanging}) process.kill(process.pid, 'SIGSTOP');`,
  );
  return {
    env: { NODE_OPTIONS: `--require ${script}` },
    setHanging(hangs: boolean) {
      if (hangs) writeFileSync(mark, '');
      else rmSync(mark);
    },
  };
}

function healthPort({ pid, port }: Server): number {
  const other = listeningPorts(pid).find((one) => one !== port);
  if (other === undefined) throw new Error('no health port');
  return other;
}

async function ask(port: number, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { connection: 'close' },
  });
  return { status: response.status, body: await response.text() };
}

async function metric(port: number, name: string): Promise<number> {
  const { body } = await ask(port, '/metrics');
  const line = body.split('\n').find((it) => it.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

for (const golden of goldens) {
  test(
    `case ${golden.name}: sends the replies and logs the lines of the original`,
    QUICK,
    async () => {
      const server = await start();
      const client = await RawClient.connect(server.port);
      const { localPort = 0 } = client.socket;
      client.send(golden.typed.map((line) => `${line}\n`).join(''));
      const expected = golden.replies.split('\n').slice(0, -1);
      expect(await client.nextLines(expected.length)).toEqual(expected);
      if (!golden.isOpen) expect(await client.remainingLines()).toEqual([]);
      const console = consoleOf(golden, server.port, localPort).map((line) => `${line}\n`);
      await expect.poll(() => server.program.stdout).toBe(console.join(''));
    },
  );
}

test('accepts in every worker, and not in the primary', QUICK, async () => {
  const server = await start();
  const clients = await connectToEach(server);
  for (const client of clients) expect(await read(client)).toBe(APPLE);
  const ports = clients.map(({ socket }) => socket.localPort ?? 0);
  expect(ports.map((port) => server.workers.map((pid) => connectionsTo(port, pid)))).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

test(
  'a message stored through one worker is read through every other after the reply',
  QUICK,
  async () => {
    const server = await start();
    const clients = await connectToEach(server);
    for (let round = 0; round < scaled(50, 1000); round++) {
      const [writer, reader] = round % 2 === 0 ? clients : clients.toReversed();
      if (writer === undefined || reader === undefined) throw new Error('no client');
      await store(writer, `message ${round}`);
      expect(await read(reader)).toBe(`message ${round}`);
      expect(await read(writer)).toBe(`message ${round}`);
    }
  },
);

test('loses no message, and reads none that was replaced before, under load', QUICK, async () => {
  const folder = test.info().outputPath('data');
  const server = await start(['--store', `file:${folder}`, '--history', '100000']);
  const clients: RawClient[] = [];
  while (clients.length < 8) clients.push(...(await connectToEach(server)));
  const operations: Operation[] = [];
  const end = performance.now() + scaled(2000, 20_000);
  const operate = async (connection: RawClient, index: number) => {
    const client = `client ${index}`;
    for (let count = 0; performance.now() < end; count++) {
      const startedAt = performance.now();
      if (index < clients.length / 2 && count % 2 === 0) {
        const message = `${client} ${count}`;
        await store(connection, message);
        const endedAt = performance.now();
        const outcome = 'acknowledged';
        operations.push({ kind: 'store', client, message, startedAt, endedAt, outcome });
      } else {
        const message = await read(connection);
        operations.push({ kind: 'read', client, message, startedAt, endedAt: performance.now() });
      }
    }
  };
  await Promise.all(clients.map(operate));

  const [last] = await connectToEach(server);
  last?.send('MSGHIST\nQUIT\n');
  const lines = (await last?.remainingLines()) ?? [];
  // `200 OK`, lines with a time, `.`, `200 OK`.
  const history = lines.slice(1, -2).map((line) => line.slice(line.indexOf(' ') + 1));
  const stores = operations.filter((one) => one.kind === 'store');
  const reads = operations.filter((one) => one.kind === 'read');
  expect(stores.length).toBeGreaterThan(10);
  const register = { initial: APPLE, history };
  expect(historyFaults(register, stores)).toEqual([]);
  expect(sequentialFaults(register, operations)).toEqual([]);
  expect(stalenessMs(register, stores, reads).filter((ms) => ms > 0)).toEqual([]);
});

test('sends the watchers of every worker each message, in order', QUICK, async () => {
  const server = await start();
  const clients = await connectToEach(server);
  for (const client of clients)
    expect(await client.request('MSGWATCH\n', 2)).toEqual(['200 OK', APPLE]);
  const writer = await RawClient.connect(server.port);
  const messages = Array.from({ length: 20 }, (_, index) => `message ${index}`);
  for (const message of messages) await store(writer, message);
  for (const client of clients) expect(await client.nextLines(20)).toEqual(messages);
});

test.describe('the limits hold for all workers together', () => {
  test('enforces --max-connections exactly, even after a worker is killed', QUICK, async () => {
    const server = await start(['--max-connections', '7']);
    expect(accepted(await connectMany(server, 20))).toBe(7);
    await RawClient.disconnectAll();
    const kept = await connectWhenFree(server, 1);
    await connectWhenFree(server, 0);
    const [victim = 0] = server.workers;
    process.kill(victim, 'SIGKILL');
    await server.program.waitForOutput(/was restarted\.$/m);
    expect(accepted(await connectMany(server, 10))).toBe(6);
    expect(await read(kept)).toBe(APPLE);
  });

  test('grants all but the share of a worker that hangs', async () => {
    const server = await start(['--max-connections', '5']);
    expect(await withOnly(server, 1, async () => accepted(await connectMany(server, 9)))).toBe(3);
    let granted = 3;
    await expect
      .poll(async () => {
        granted += accepted(await connectMany(server, 9));
        return granted;
      })
      .toBe(5);
  });

  test('enforces --max-connections-per-source, also for clients of a proxy', QUICK, async () => {
    const flags = ['--max-connections-per-source', '3', '--trust-proxy', '127.0.0.1'];
    const server = await start(flags);
    for (const source of ['192.0.2.1', '2001:db8::1'])
      expect(accepted(await connectMany(server, 12, source))).toBe(3);
  });

  test(
    'blocks a source after three wrong passwords, whichever worker got them',
    QUICK,
    async () => {
      const server = await start(['--trust-proxy', '127.0.0.1']);
      const [source, other] = ['192.0.2.1', '192.0.2.2'];
      for (const index of [0, 1, 0]) {
        const client = await connectTo(server, index, source);
        expect(await client.request('SHUTDOWN\nguess\n', 2)).toEqual([
          '300 PASSWORD REQUIRED',
          '301 WRONG PASSWORD',
        ]);
      }
      const blocked = await connectTo(server, 1, source);
      expect(await blocked.request(`SHUTDOWN\n${PASSWORD}\n`, 2)).toEqual([
        '300 PASSWORD REQUIRED',
        '421 TOO MANY WRONG PASSWORDS',
      ]);
      const owner = await connectTo(server, 1, other);
      expect(await owner.request(`SHUTDOWN\n${PASSWORD}\n`, 2)).toEqual([
        '300 PASSWORD REQUIRED',
        '200 OKAY',
      ]);
      expect(await server.program.exitCode()).toBe(0);
    },
  );
});

test(
  'restarts a killed worker with the message, and keeps the connections of the others',
  QUICK,
  async () => {
    const server = await start();
    const [lost, kept] = await connectToEach(server);
    if (lost === undefined || kept === undefined) throw new Error('no client');
    await store(lost, 'still there');
    const [victim = 0] = server.workers;
    process.kill(victim, 'SIGKILL');
    await lost.closed;
    await server.program.waitForOutput(
      /^Server worker 1 exited unexpectedly \(SIGKILL\); restarting in 0\.5 s\.$/m,
    );
    expect(await read(kept)).toBe('still there');
    await store(kept, 'stored meanwhile');
    await server.program.waitForOutput(/^Server worker 1 was restarted\.$/m);
    const restarted = { ...server, workers: childrenOf(server.pid) };
    for (const client of await connectToEach(restarted))
      expect(await read(client)).toBe('stored meanwhile');
    expect(await read(kept)).toBe('stored meanwhile');
  },
);

test('kills a worker that hangs, so that a store does not wait for it', async () => {
  const server = await start();
  const [hanging, writer] = await connectToEach(server);
  if (hanging === undefined || writer === undefined) throw new Error('no client');
  const [victim = 0] = server.workers;
  process.kill(victim, 'SIGSTOP');
  await store(writer, 'stored');
  expect(isRunning(victim)).toBe(false);
  await server.program.waitForOutput(
    new RegExp(`^Server worker, process ${victim}, does not respond; killing it\\.$`, 'm'),
  );
  await hanging.closed;
  await server.program.waitForOutput(/^Server worker 1 was restarted\.$/m);
  const restarted = { ...server, workers: childrenOf(server.pid) };
  for (const client of await connectToEach(restarted)) expect(await read(client)).toBe('stored');
});

for (const index of [0, 1]) {
  test(
    `SHUTDOWN through worker ${index + 1} stops all: every reply is sent, and the status is 0`,
    QUICK,
    async () => {
      const server = await start(['--store', `file:${test.info().outputPath('data')}`]);
      const clients = await connectToEach(server);
      const [owner, other] = index === 0 ? clients : clients.toReversed();
      if (owner === undefined || other === undefined) throw new Error('no client');
      await store(other, 'the last');
      owner.send(`SHUTDOWN\n${PASSWORD}\n`);
      expect(await owner.remainingLines()).toEqual(['300 PASSWORD REQUIRED', '200 OKAY']);
      expect(await other.remainingLines()).toEqual(['421 SERVER SHUTTING DOWN']);
      expect(await server.program.exitCode()).toBe(0);
      expect(server.workers.filter(isRunning)).toEqual([]);
      expect(server.program.stdout).not.toContain('unexpectedly');
      expect(server.program.stderr).toBe('');
      const again = await start(['--store', `file:${test.info().outputPath('data')}`]);
      const [client] = await connectToEach(again);
      expect(client && (await read(client))).toBe('the last');
    },
  );
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal}: closes every connection with 421, and exits with status 0`, async () => {
    const server = await start();
    const clients = await connectToEach(server);
    process.kill(server.pid, signal);
    for (const client of clients)
      expect(await client.remainingLines()).toEqual(['421 SERVER SHUTTING DOWN']);
    expect(await server.program.exitCode()).toBe(0);
    expect(server.workers.filter(isRunning)).toEqual([]);
    expect(server.program.stdout).not.toContain('unexpectedly');
  });
}

test('a stop request while the first worker hangs at its start: kills it, and exits with status 0', async () => {
  const { env, setHanging } = hangingWorkers();
  setHanging(true);
  const program = Program.motd(['serve', '--port', '0', '--workers', '2'], env);
  const pid = pidOf(program);
  await expect.poll(() => childrenOf(pid).map(isSuspended)).toEqual([true]);
  process.kill(pid, 'SIGTERM');
  expect(await program.exitCode()).toBe(0);
});

test('/healthz and /readyz: 503 while no worker responds, or none runs', async () => {
  const { env, setHanging } = hangingWorkers();
  const server = await start(['--health-port', '0'], env);
  const health = healthPort(server);
  const signal = (name: NodeJS.Signals, workers: number[]) => {
    for (const pid of workers) process.kill(pid, name);
  };
  const expectReason = async (reason: string) => {
    const why = `cannot accept connections: ${reason}\n`;
    expect(await ask(health, '/healthz')).toEqual({ status: 503, body: why });
    expect(await ask(health, '/readyz')).toEqual({ status: 503, body: `not ready: ${why}` });
  };
  const [first = 0, second = 0] = server.workers;
  signal('SIGSTOP', [first]);
  expect(await ask(health, '/readyz')).toEqual({ status: 200, body: 'ready\n' });
  signal('SIGSTOP', [second]);
  await expectReason('no worker responds');
  signal('SIGCONT', server.workers);
  expect(await ask(health, '/readyz')).toEqual({ status: 200, body: 'ready\n' });
  setHanging(true);
  signal('SIGKILL', server.workers);
  await expect.poll(() => childrenOf(server.pid).map(isSuspended)).toEqual([true, true]);
  await expectReason('no worker is running');
  setHanging(false);
  signal('SIGCONT', childrenOf(server.pid));
  await expect.poll(() => ask(health, '/readyz')).toEqual({ status: 200, body: 'ready\n' });
});

test('--drain: serves on after a signal to the whole process group, until the second one', async () => {
  const flags = ['--workers', `${WORKERS}`, '--drain', '60', '--health-port', '0', '--port', '0'];
  const program = Program.motdUnder(['setsid'], ['serve', '--store', 'memory:', ...flags]);
  const [, port] = await program.waitForOutput(/listening on \S+:(\d+)\n/);
  const pid = pidOf(program);
  const server = { program, port: Number(port), pid, workers: childrenOf(pid) };
  const health = healthPort(server);
  expect(await ask(health, '/readyz')).toEqual({ status: 200, body: 'ready\n' });
  process.kill(-pid, 'SIGTERM');
  await expect
    .poll(() => ask(health, '/readyz'))
    .toEqual({ status: 503, body: 'not ready: the server is stopping\n' });
  for (const client of await connectToEach(server)) expect(await read(client)).toBe(APPLE);
  process.kill(-pid, 'SIGTERM');
  expect(await program.exitCode()).toBe(0);
});

test('SIGHUP: every worker uses the new certificate, and keeps its connections', async () => {
  const [cert, key] = [test.info().outputPath('cert.pem'), test.info().outputPath('key.pem')];
  copyFileSync(tlsFile('cert'), cert);
  copyPrivately(tlsFile('key'), key);
  const server = await start(['--tls-cert', cert, '--tls-key', key]);
  const openTls = async (index: number, ca: 'cert' | 'renewed') => {
    const socket = connect({ port: server.port, host: '127.0.0.1', ca: readFileSync(tlsFile(ca)) });
    await withOnly(server, index, () => once(socket, 'secureConnect'));
    return socket;
  };
  const before = [await openTls(0, 'cert'), await openTls(1, 'cert')];
  copyFileSync(tlsFile('renewed'), cert);
  copyPrivately(tlsFile('renewed-key'), key);
  process.kill(server.pid, 'SIGHUP');
  await server.program.waitForOutput(/^The certificate was reloaded\.$/m);
  for (const index of [0, 1]) (await openTls(index, 'renewed')).destroy();
  for (const socket of before) {
    socket.write('QUIT\n');
    expect(String(await once(socket, 'data'))).toBe('200 OK\n');
    socket.destroy();
  }
});

test('sums the metrics of all workers, also of one that was killed', QUICK, async () => {
  const server = await start(['--health-port', '0']);
  const health = healthPort(server);
  const clients = await connectToEach(server);
  for (const [index, client] of clients.entries()) await store(client, `message ${index}`);
  expect(await metric(health, 'motd_server_connections')).toBe(2);
  expect(await metric(health, 'motd_server_stores_total{outcome="stored"}')).toBe(2);
  expect(await metric(health, 'motd_server_message_number')).toBe(2);
  expect(await metric(health, 'motd_server_workers')).toBe(2);
  const [victim = 0] = server.workers;
  process.kill(victim, 'SIGKILL');
  await clients[0]?.closed;
  await expect.poll(() => metric(health, 'motd_server_connections')).toBe(1);
  expect(await metric(health, 'motd_server_stores_total{outcome="stored"}')).toBe(2);
  expect(await metric(health, 'motd_server_worker_exits_total')).toBe(1);
  expect((await ask(health, '/healthz')).status).toBe(200);
});

test('writes whole lines to the log, however many workers write', async () => {
  const server = await start();
  const message = 'x'.repeat(3000);
  const talk = async () => {
    const client = await RawClient.connect(server.port);
    client.send(`${'MSGGET\n'.repeat(50)}MSGSTORE\n${message}\nQUIT\n`);
    await client.closed;
  };
  await Promise.all(Array.from({ length: scaled(20, 200) }, talk));
  await server.program.stop();
  const lines = server.program.stdout.split('\n').slice(1, -1);
  const line =
    /^(Connected by \(.*\)|Received:from \('127\.0\.0\.1', \d+\): (MSGGET|MSGSTORE|QUIT|x{3000})|Server: MOTD updated to: x{3000}|\[-\] Connection closed with \(.*\))$/;
  expect(lines.filter((one) => !line.test(one))).toEqual([]);
});

test('reports a port in use once', QUICK, async () => {
  const { port } = await start();
  const second = await runMotd(['serve', '--port', String(port), '--workers', '2']);
  expect(second).toEqual({
    status: 1,
    stdout: '',
    stderr: `motd: port ${port} is already in use on 127.0.0.1; choose another with --port [port-in-use]\n`,
  });
});

test('auto is one worker for each processor', async () => {
  const program = Program.motd(['serve', '--port', '0'], { MOTD_SERVER_WORKERS: 'auto' });
  await program.waitForOutput(/listening/);
  const cores = availableParallelism();
  expect(childrenOf(pidOf(program))).toHaveLength(cores === 1 ? 0 : cores);
});

test('starts no other process by default', QUICK, async () => {
  const program = Program.motd(['serve', '--port', '0'], { MOTD_WORKERS: '4' });
  await program.waitForOutput(/listening/);
  expect(childrenOf(pidOf(program))).toEqual([]);
});

for (const value of ['0', '-1', 'many', '257', '']) {
  test(`rejects --workers '${value}' in one line`, async () => {
    const { status, stdout, stderr } = await runMotd(['serve', `--workers=${value}`]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^motd: .*--workers.*auto, or a whole number from 1 to 256 \[invalid-value\]\n$/,
    );
  });
}

test('motd up passes --server-workers to its server, and --workers to its bridge', async () => {
  const flags = ['--port', '0', '--http-port', '0', '--server-workers', '2'];
  const program = Program.motd(['up', ...flags]);
  await program.waitForOutput(/^Open /m);
  const children = childrenOf(pidOf(program));
  const byCommand = (name: string) => children.find((pid) => commandLine(pid).includes(name)) ?? 0;
  expect(childrenOf(byCommand('serve'))).toHaveLength(2);
  expect(childrenOf(byCommand('bridge'))).toEqual([]);
  expect(await program.stop()).toBe(0);
});

test('leaves no worker if the primary is killed', async () => {
  const mark = test.info().outputDir;
  const server = await start([], { MARK: mark });
  const clients = await connectToEach(server);
  await server.program.kill();
  for (const client of clients) await client.closed;
  await expect.poll(() => processesWith(`MARK=${mark}`)).toEqual([]);
});
