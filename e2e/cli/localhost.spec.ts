// `--host localhost` listens on every address of localhost: clients that use 127.0.0.1, as motd's
// do, and browsers that use ::1 first can both connect.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { WebSocket } from 'ws';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { expect, PageTerminal, QUICK, startServer, test } from '../fixtures.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const HOSTS = ['127.0.0.1', '::1', 'localhost'];

const authority = (host: string, port: number) =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Starts a program, and finds its port. */
async function start(...args: string[]): Promise<{ program: Program; port: number }> {
  const program = Program.motd(args);
  const [, port] = await program.waitForOutput(/listening on (?:http:\/\/)?localhost:(\d+)\n/);
  return { program, port: Number(port) };
}

async function expectMessage(port: number): Promise<void> {
  for (const host of HOSTS) {
    const get = Program.motd(['get', '--host', host, '--port', `${port}`]);
    expect(await get.exitCode(), get.stderr).toBe(0);
    expect(get.stdout).toBe(`${APPLE}\n`);
  }
}

async function expectWebSocket(port: number): Promise<void> {
  for (const host of HOSTS) {
    const origin = `http://${authority(host, port)}`;
    const webSocket = new WebSocket(`${origin.replace('http', 'ws')}/ws`, { origin });
    await once(webSocket, 'open');
    webSocket.send('MSGGET\n');
    const [reply] = await once(webSocket, 'message');
    expect(String(reply)).toBe(`200 OK\n${APPLE}\n`);
    webSocket.terminate();
  }
}

test('motd serve listens on 127.0.0.1 and ::1, with its health port too', async () => {
  const healthPort = await freePort();
  const health = ['--health-host', 'localhost', '--health-port', `${healthPort}`];
  const { program, port } = await start('serve', '--host', 'localhost', '--port', '0', ...health);
  await expectMessage(port);
  for (const host of HOSTS) {
    const response = await fetch(`http://${authority(host, healthPort)}/readyz`);
    expect(await response.text()).toBe('ready\n');
  }
  expect(await program.stop()).toBe(0);
  expect(program.stderr).toBe('');
});

for (const workers of ['1', '2']) {
  test(`motd bridge with ${workers} worker(s) listens on both, and stops`, async ({ server }) => {
    const { program, port } = await start(
      ...['bridge', '--http-host', 'localhost', '--http-port', '0', '--workers', workers],
      ...['--target', `motd=localhost:${server.port}+proxy`],
    );
    await expectWebSocket(port);
    expect(await program.stop()).toBe(0);
    expect(program.stderr).toBe('');
  });
}

test(
  'motd up accepts localhost for both ports with the default password',
  QUICK,
  async ({ page }) => {
    const program = Program.motd([
      ...['up', '--host', 'localhost', '--port', '0', '--http-host', 'localhost'],
      ...['--http-port', '0', '--workers', '2', '--public-origin', 'http://localhost.:8080'],
    ]);
    const [, address = '', httpPort, port] = await program.waitForOutput(
      /^Open (http:\/\/localhost:(\d+)) in a browser, or run: nc localhost (\d+)\n/m,
    );
    await expectMessage(Number(port));
    await expectWebSocket(Number(httpPort));
    for (const origin of [address, `http://[::1]:${httpPort}`]) {
      await page.goto(origin);
      await new PageTerminal(page).expectText('Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):');
    }
    expect(await program.stop()).toBe(0);
    expect(program.stderr).toBe('');
  },
);

test('reports a port in use if another program uses it on ::1 only', async () => {
  const other = createServer().listen(0, '::1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  for (const [command, flag] of [
    ['serve', '--port'],
    ['bridge', '--http-port'],
  ] as const) {
    const program = Program.motd([
      command,
      flag.replace('port', 'host'),
      'localhost',
      flag,
      `${port}`,
    ]);
    expect(await program.exitCode()).toBe(1);
    expect(program.stderr).toBe(
      `motd: port ${port} is already in use on localhost; choose another with ${flag} [port-in-use]\n`,
    );
  }
  other.close();
});

test('rejects the default password on any other name or address', async () => {
  for (const host of ['0.0.0.0', '::', 'localhost.example']) {
    const program = Program.motd(['serve', '--host', host, '--port', '0']);
    expect(await program.exitCode()).toBe(1);
    expect(program.stderr).toMatch(/^motd: the default password is public; /);
  }
});

test('listens on 127.0.0.1 only, and reports that', async () => {
  const { program, port } = await startServer();
  const get = Program.motd(['get', '--host', '::1', '--port', `${port}`]);
  expect(await get.exitCode()).toBe(1);
  await program.stop();
  expect(program.stdout).toBe(`TCP Server is listening on 127.0.0.1:${port}\n`);
});

/** Runs a command in a network namespace whose loopback interface has no IPv6. */
const WITHOUT_IPV6 = [
  ...['unshare', '--user', '--map-root-user', '--net', 'sh', '-c'],
  'ip link set lo up && echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && exec "$@"',
  'sh',
];

test('listens on 127.0.0.1 as localhost on a machine without IPv6', async () => {
  const [command = '', ...rest] = WITHOUT_IPV6;
  const { status } = spawnSync(command, [...rest, 'true']);
  test.skip(status !== 0, 'not allowed to make a network namespace');
  for (const [args, line] of [
    [
      ['serve', '--host', 'localhost', '--port', '26310'],
      'TCP Server is listening on 127.0.0.1:26310',
    ],
    [
      ['bridge', '--http-host', 'localhost', '--http-port', '0', '--workers', '2'],
      /^Bridge is listening on http:\/\/127\.0\.0\.1:\d+$/m,
    ],
  ] as const) {
    const program = Program.motdUnder(WITHOUT_IPV6, [...args]);
    await program.waitForOutput(typeof line === 'string' ? new RegExp(`^${line}$`, 'm') : line);
    expect(await program.stop()).toBe(0);
  }
});
