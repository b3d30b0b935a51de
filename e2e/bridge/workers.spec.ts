// `motd bridge --workers`: several processes that act as one bridge.

import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import { FIRST_PASSWORD_HASH, SECOND_PASSWORD_HASH } from '../../testing/passwordHash.ts';
import {
  childrenOf,
  commandLine,
  connectionsTo,
  isLinux,
  isRunning,
  NEEDS_LINUX,
  processesWith,
} from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { responseTo } from '../../testing/rawHttp.ts';
import { upgradeRequest } from '../../testing/rawWebSocket.ts';
import { startTcpService } from '../../testing/tcpService.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import {
  test as base,
  expect,
  type ListeningProgram,
  QUICK,
  startBridgeWith,
} from '../fixtures.ts';
import { copyPrivately, writePrivately } from '../privateFiles.ts';

const WORKERS = 2;

const test = base.extend<{ echo: number }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads there which fixtures one needs.
  echo: async ({}, use) => {
    const service = await startTcpService((socket) => socket.pipe(socket), { allowHalfOpen: true });
    await use(service.port);
    service.close();
  },
});

test.skip(!isLinux, NEEDS_LINUX);

interface Bridge extends ListeningProgram {
  pid: number;
  workers: number[];
}

async function startWorkers(echo: number, flags: string[] = []): Promise<Bridge> {
  const target = ['--target', `echo=127.0.0.1:${echo}`];
  const bridge = await startBridgeWith(...target, '--workers', String(WORKERS), ...flags);
  const pid = bridge.program.process.pid ?? 0;
  const workers = childrenOf(pid);
  expect(workers).toHaveLength(WORKERS);
  return { ...bridge, pid, workers };
}

/** Opens a session with the echo target. Rejects if the upgrade is rejected. */
async function open({ port }: Bridge, options: ClientOptions = {}): Promise<WebSocket> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/ws/echo`, options);
  await once(webSocket, 'open');
  webSocket.on('error', () => {});
  return webSocket;
}

function openMany(bridge: Bridge, count: number): Promise<WebSocket[]> {
  return Promise.all(Array.from({ length: count }, () => open(bridge)));
}

/**
 * Opens sessions one after another, so that they are spread over the workers. Of many opened
 * simultaneously, a worker without CPU time accepts few.
 */
async function openInTurn(bridge: Bridge, count: number): Promise<WebSocket[]> {
  const sessions: WebSocket[] = [];
  while (sessions.length < count) sessions.push(await open(bridge));
  return sessions;
}

async function isAlive(webSocket: WebSocket): Promise<boolean> {
  if (webSocket.readyState !== WebSocket.OPEN) return false;
  webSocket.send('still there');
  const [what] = await Promise.race([once(webSocket, 'message'), once(webSocket, 'close')]);
  return String(what) === 'still there';
}

async function codeAt(webSocket: WebSocket): Promise<number> {
  const [code] = await once(webSocket, 'close');
  return code;
}

/** Each request uses a new connection, and so reaches the next worker. */
async function get({ port }: Bridge, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(10_000),
  });
  return { status: response.status, body: await response.text() };
}

async function metric(bridge: Bridge, name: string): Promise<number> {
  const { body } = await get(bridge, '/metrics');
  const line = body.split('\n').find((it) => it.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

const OPENED = 'motd_bridge_sessions_opened_total{target="echo"}';
const OPEN = 'motd_bridge_sessions{target="echo"}';
const TO_BROWSER = 'motd_bridge_relayed_bytes_total{target="echo",to="browser"}';

test('spreads sessions over the workers, and gives none to the primary', async ({ echo }) => {
  const bridge = await startWorkers(echo);
  const sessions = await openInTurn(bridge, 20);
  // Only an answer proves that the target is connected.
  for (const session of sessions) expect(await isAlive(session)).toBe(true);
  const sessionsOf = (pid: number) => connectionsTo(echo, pid);
  for (const pid of bridge.workers) expect(sessionsOf(pid)).toBeGreaterThanOrEqual(5);
  expect(bridge.workers.map(sessionsOf).reduce((sum, count) => sum + count)).toBe(20);
  expect(sessionsOf(bridge.pid)).toBe(0);
  expect(await metric(bridge, OPEN)).toBe(20);
  expect(await bridge.program.stop()).toBe(0);
  expect(bridge.program.stdout).toMatch(/^Bridge is listening on http:\S+\n$/);
  expect(bridge.program.stderr).toBe('');
});

test('serves the metrics of all workers from every worker', QUICK, async ({ echo }) => {
  const bridge = await startWorkers(echo);
  const sessions = await openMany(bridge, 10);
  for (const session of sessions) expect(await isAlive(session)).toBe(true);
  for (let request = 0; request < 2 * WORKERS; request++) {
    expect(await metric(bridge, OPENED)).toBe(10);
    expect(await metric(bridge, TO_BROWSER)).toBe(10 * 'still there'.length);
    expect(await metric(bridge, 'motd_bridge_workers')).toBe(WORKERS);
  }
  for (const session of sessions) session.close();
  await expect.poll(() => metric(bridge, OPEN)).toBe(0);
  expect(await metric(bridge, 'motd_bridge_websocket_closes_total{code="1005"}')).toBe(10);
});

test('restarts a killed worker and keeps the sessions of the others', QUICK, async ({ echo }) => {
  const bridge = await startWorkers(echo);
  const sessions = await openInTurn(bridge, 20);
  expect(await metric(bridge, OPENED)).toBe(20);
  const [victim = 0] = bridge.workers;
  process.kill(victim, 'SIGKILL');
  await bridge.program.waitForOutput(
    /^Bridge worker \d exited unexpectedly \(SIGKILL\); restarting in 0\.5 s\.$/m,
  );
  const alive = (await Promise.all(sessions.map(isAlive))).filter((is) => is).length;
  expect(alive).toBeGreaterThanOrEqual(5);
  expect(alive).toBeLessThanOrEqual(15);
  // Immediately, before the worker is back.
  expect(await metric(bridge, OPEN)).toBe(alive);
  expect(await metric(bridge, OPENED)).toBe(20);
  expect(await isAlive(await open(bridge))).toBe(true);

  await bridge.program.waitForOutput(/^Bridge worker \d was restarted\.$/m);
  const [other, restarted = 0] = childrenOf(bridge.pid).filter((pid) => pid !== victim);
  expect([...bridge.workers, restarted]).toContain(other);
  expect(await Promise.all((await openInTurn(bridge, 10)).map(isAlive))).not.toContain(false);
  expect(connectionsTo(echo, restarted)).toBeGreaterThan(0);
  expect(await metric(bridge, OPENED)).toBe(31);
  expect(await metric(bridge, 'motd_bridge_worker_exits_total')).toBe(1);
  expect(await bridge.program.stop()).toBe(0);
  expect(bridge.program.stdout.match(/listening/g)).toHaveLength(1);
});

test('restarts all workers on the same port if all are killed', async ({ echo }) => {
  const bridge = await startWorkers(echo);
  for (let round = 1; round <= 2; round++) {
    for (const pid of childrenOf(bridge.pid)) process.kill(pid, 'SIGKILL');
    await bridge.program.waitForOutput(new RegExp(`(was restarted\\.[^]*?){${round * WORKERS}}`));
    expect((await get(bridge, '/healthz')).status).toBe(200);
  }
  const [one = 0] = childrenOf(bridge.pid);
  process.kill(one, 'SIGKILL');
  await bridge.program.waitForOutput(new RegExp(`(was restarted\\.[^]*?){${2 * WORKERS + 1}}`));
  const sessions = await openMany(bridge, 10);
  expect(await metric(bridge, OPEN)).toBe(sessions.length);
});

test('does not delay other workers or /metrics if a worker hangs', async ({ echo }) => {
  const bridge = await startWorkers(echo);
  const sessions = await openMany(bridge, 10);
  expect(await metric(bridge, OPENED)).toBe(10);
  const [hanging = 0] = bridge.workers;
  process.kill(hanging, 'SIGSTOP');
  try {
    // The hanging worker may already have been assigned one connection; Node assigns it no second
    // one.
    const [first, second] = [metric(bridge, OPENED), metric(bridge, OPENED)];
    first.catch(() => {});
    second.catch(() => {});
    expect(await Promise.any([first, second])).toBe(10);
    for (let request = 0; request < 3; request++) expect(await metric(bridge, OPEN)).toBe(10);
    expect(await metric(bridge, 'motd_bridge_workers')).toBe(WORKERS - 1);
  } finally {
    process.kill(hanging, 'SIGCONT');
  }
  await expect.poll(() => metric(bridge, 'motd_bridge_workers')).toBe(WORKERS);
  expect(await Promise.all(sessions.map(isAlive))).not.toContain(false);
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal}: closes every session with 1001, exits with status 0, and leaves no process`, async ({
    echo,
  }) => {
    const bridge = await startWorkers(echo);
    const sessions = await openMany(bridge, 10);
    const codes = Promise.all(sessions.map(codeAt));
    process.kill(bridge.pid, signal);
    expect(await bridge.program.exitCode()).toBe(0);
    expect(await codes).toEqual(sessions.map(() => 1001));
    expect(bridge.workers.filter(isRunning)).toEqual([]);
    expect(bridge.program.stdout).not.toContain('unexpectedly');
    expect(bridge.program.stderr).toBe('');
  });
}

test('shuts down gracefully after a signal to the whole process group, such as Ctrl-C', async ({
  echo,
}) => {
  const program = Program.motdUnder(
    ['setsid'],
    ['bridge', '--target', `echo=127.0.0.1:${echo}`, '--http-port', '0', '--workers', '2'],
  );
  const [, port] = await program.waitForOutput(/listening on http:\/\/127\.0\.0\.1:(\d+)\n/);
  const pid = program.process.pid ?? 0;
  const bridge = { program, port: Number(port), pid, workers: childrenOf(pid) };
  const sessions = await openMany(bridge, 10);
  const codes = Promise.all(sessions.map(codeAt));
  process.kill(-pid, 'SIGINT');
  expect(await program.exitCode()).toBe(0);
  expect(await codes).toEqual(sessions.map(() => 1001));
  expect(program.stdout).not.toContain('unexpectedly');
});

test('leaves no worker if the primary is killed', async ({ echo }) => {
  const bridge = await startWorkers(echo);
  const sessions = await openMany(bridge, 10);
  await bridge.program.kill();
  await expect.poll(() => bridge.workers.filter(isRunning)).toEqual([]);
  for (const session of sessions) session.terminate();
});

test('leaves no worker if the primary is killed while they start', async ({ echo }) => {
  const target = `echo=127.0.0.1:${echo}`;
  const flags = ['--target', target, '--http-port', '0', '--workers', '2'];
  const mark = test.info().outputDir;
  const program = Program.motd(['bridge', ...flags], { MARK: mark });
  const started = () => processesWith(`MARK=${mark}`);
  await expect.poll(() => started().length, { intervals: [5] }).toBeGreaterThan(1);
  await program.kill();
  await expect.poll(started).toEqual([]);
});

test('reports a port in use once', async ({ echo }) => {
  const { port } = await startWorkers(echo);
  const flags = ['--http-port', String(port), '--workers', '2'];
  const second = Program.motd(['bridge', ...flags]);
  expect(await second.exitCode()).toBe(1);
  expect(second.stderr).toBe(
    `motd: port ${port} is already in use on 127.0.0.1; choose another with --http-port [port-in-use]\n`,
  );
  expect(second.stdout).toBe('');
});

test.describe('the limits hold for all workers together', () => {
  /** Opens `count` sessions simultaneously. @returns Those that were accepted. */
  async function openAccepted(bridge: Bridge, count: number, options: ClientOptions = {}) {
    const tries = Array.from({ length: count }, () => open(bridge, options));
    const outcomes = await Promise.allSettled(tries);
    const rejections = outcomes.filter(({ status }) => status === 'rejected');
    for (const rejection of rejections) expect(String(Object.values(rejection))).toContain('503');
    return outcomes.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
  }

  test('enforces --max-sessions exactly, even after a worker is killed', async ({ echo }) => {
    const bridge = await startWorkers(echo, ['--max-sessions', '7']);
    const sessions = await openAccepted(bridge, 30);
    expect(sessions).toHaveLength(7);
    expect(await openAccepted(bridge, 5)).toHaveLength(0);
    sessions[0]?.close();
    await expect.poll(() => metric(bridge, OPEN)).toBe(6);
    expect(await openAccepted(bridge, 5)).toHaveLength(1);

    const [victim = 0] = bridge.workers;
    process.kill(victim, 'SIGKILL');
    await bridge.program.waitForOutput(/was restarted\.$/m);
    const left = await metric(bridge, OPEN);
    expect(await openAccepted(bridge, 10)).toHaveLength(7 - left);
  });

  test('enforces --max-sessions-per-source', async ({ echo }) => {
    const flags = ['--max-sessions-per-source', '3', '--trust-proxy', '127.0.0.1'];
    const bridge = await startWorkers(echo, flags);
    for (const client of ['192.0.2.1', '192.0.2.2']) {
      const headers = { 'x-forwarded-for': client };
      expect(await openAccepted(bridge, 12, { headers })).toHaveLength(3);
    }
  });

  test('uses no quota for a rejected or failed upgrade', async ({ echo }) => {
    const bridge = await startWorkers(echo, ['--max-sessions', '2']);
    for (let tries = 0; tries < 10; tries++) {
      expect((await get(bridge, '/ws/echo')).status).toBe(426);
      // The bridge acquires the quota before ws finds that the key is missing.
      const noKey = upgradeRequest('/ws/echo', { 'Sec-WebSocket-Key': undefined });
      // The failed upgrades of earlier rounds may still count for a moment.
      await expect(async () => {
        expect(await responseTo(bridge.port, noKey)).toMatch(/^HTTP\/1\.1 400 /);
      }).toPass();
      connectTcp(bridge.port, '127.0.0.1').end(upgradeRequest('/ws/echo')).destroySoon();
    }
    // A worker may handle the last of these only now. In the end exactly two sessions are free.
    for (let opened = 0; opened < 2; opened++)
      await expect(async () => expect(await openAccepted(bridge, 1)).toHaveLength(1)).toPass();
    expect(await openAccepted(bridge, 5)).toHaveLength(0);
  });

  test('blocks a source after wrong passwords', async ({ echo }) => {
    const file = test.info().outputPath('users');
    writePrivately(file, `anna:${FIRST_PASSWORD_HASH}\n`);
    const bridge = await startWorkers(echo, ['--users-file', file]);
    const statusWith = async (password: string) => {
      const authorization = `Basic ${Buffer.from(`anna:${password}`).toString('base64')}`;
      const headers = { authorization, connection: 'close' };
      return (await fetch(`http://127.0.0.1:${bridge.port}/`, { headers })).status;
    };
    expect(await statusWith('first password')).toBe(200);
    for (let tries = 0; tries < 3; tries++) expect(await statusWith('guess')).toBe(401);
    for (let tries = 0; tries < 2 * WORKERS; tries++) {
      expect(await statusWith('first password')).toBe(429);
    }
  });
});

const FIRST = readFileSync(tlsFile('cert'));
const SECOND = readFileSync(tlsFile('renewed'));

test('SIGHUP: applies the new certificate and users in all workers, and reports each once', async ({
  echo,
}) => {
  const outputs = ['cert.pem', 'key.pem', 'users'].map((name) => test.info().outputPath(name));
  const [cert = '', key = '', users = ''] = outputs;
  copyFileSync(tlsFile('cert'), cert);
  copyPrivately(tlsFile('key'), key);
  writePrivately(users, `anna:${FIRST_PASSWORD_HASH}\n`);
  const files = ['--tls-cert', cert, '--tls-key', key, '--users-file', users];
  const bridge = await startWorkers(echo, files);
  const expectCertificate = async (ca: Buffer) => {
    for (let times = 0; times < 2 * WORKERS; times++) {
      const socket = connect({ port: bridge.port, host: '127.0.0.1', ca });
      await once(socket, 'secureConnect');
      socket.destroy();
    }
  };
  const enter = async (password: string) => {
    const webSocket = new WebSocket(`wss://127.0.0.1:${bridge.port}/ws/echo`, {
      auth: `anna:${password}`,
      rejectUnauthorized: false,
    });
    await once(webSocket, 'open');
    return webSocket;
  };
  const early = await enter('first password');
  await expectCertificate(FIRST);

  copyFileSync(tlsFile('renewed'), cert);
  copyPrivately(tlsFile('renewed-key'), key);
  writePrivately(users, `anna:${SECOND_PASSWORD_HASH}\n`);
  process.kill(bridge.pid, 'SIGHUP');
  await bridge.program.waitForOutput(
    /^The certificate was reloaded\.\nThe list of users was reloaded\.$/m,
  );
  await expectCertificate(SECOND);
  // One after another, so that each worker gets some.
  const late: WebSocket[] = [];
  while (late.length < 4) late.push(await enter('second password'));
  await expect(enter('first password')).rejects.toThrow('401');

  // A restarted worker uses what the others use, not what the files contain now.
  writeFileSync(cert, 'broken');
  writeFileSync(users, 'broken');
  process.kill(bridge.workers[0] ?? 0, 'SIGKILL');
  await bridge.program.waitForOutput(/was restarted\.$/m);
  await expectCertificate(SECOND);
  expect(await Promise.all([early, ...late].map(isAlive))).toContain(true);
  process.kill(bridge.pid, 'SIGHUP');
  await bridge.program.waitForOutput(
    /^\[!\] The certificate was not reloaded: .*\n\[!\] The list of users/m,
  );
  await expectCertificate(SECOND);
  expect(await bridge.program.stop()).toBe(0);
  expect(bridge.program.stdout.match(/The certificate was reloaded/g)).toHaveLength(1);
  expect(bridge.program.stderr).toBe('');
});

test('--log json writes whole lines, whatever the URL and the host of a request are', async () => {
  const flags = ['--workers', String(WORKERS), '--trust-proxy', '127.0.0.1', '--log', 'json'];
  const { program, port } = await startBridgeWith(...flags);
  // Of the characters of a header, C1 needs most bytes in JSON: six.
  const [path, host] = ['x'.repeat(7000), '\x9b'.repeat(7000)];
  const head = `GET /${path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: ${host}\r\n`;
  const request = Buffer.from(`${head}Connection: close\r\n\r\n`, 'latin1');
  for (let times = 0; times < 2 * WORKERS; times++) await responseTo(port, request);
  expect(await program.stop()).toBe(0);
  const lines = program.stdout.split('\n').slice(0, -1);
  const urls = lines.flatMap((line) => JSON.parse(line).req?.url ?? []);
  expect(urls).toHaveLength(2 * WORKERS);
  // PIPE_BUF (pipe(7)): a longer line may be mixed with those of other workers.
  for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThan(4096);
});

test('motd up passes --workers on', async () => {
  const ports = ['--port', '0', '--http-port', '0'];
  const program = Program.motd(['up', ...ports, '--workers', String(WORKERS)]);
  const [, port] = await program.waitForOutput(/^Open http:\/\/127\.0\.0\.1:(\d+) /m);
  const children = childrenOf(program.process.pid ?? 0);
  const pid = children.find((child) => commandLine(child).at(-1) === 'bridge') ?? 0;
  const workers = childrenOf(pid);
  expect(workers).toHaveLength(WORKERS);

  const bridge = { program, port: Number(port), pid, workers };
  expect((await get(bridge, '/readyz')).status).toBe(200);
  process.kill(pid, 'SIGKILL');
  await program.waitForOutput(/^motd bridge exited unexpectedly \(SIGKILL\)/m);
  await program.waitForOutput(/Bridge is listening(.|\n)*Bridge is listening/);
  await expect.poll(() => workers.filter(isRunning)).toEqual([]);
  expect((await get(bridge, '/healthz')).status).toBe(200);
  expect(await program.stop()).toBe(0);
});
