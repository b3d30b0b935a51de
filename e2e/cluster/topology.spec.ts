// `npm run topology`: everything on loopback, as in docs/cluster.md, and nothing left afterward.

import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isWithoutEtcd } from '../../testing/etcd.ts';
import { freePort } from '../../testing/freePort.ts';
import { childrenOf, commandLine, isRunning } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { isWithoutHaproxy } from '../balancer.ts';
import { expect, PageTerminal, QUICK, store, test } from '../fixtures.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/topology.mjs', import.meta.url));
const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';

/** The temporary folder of this test: other runs have others. */
let temporary = '';
test.beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'motd-'));
});
test.afterEach(() => rmSync(temporary, { recursive: true }));

function run(...flags: string[]): Program {
  return new Program(process.execPath, [SCRIPT, ...flags], { TMPDIR: temporary });
}

/** Starts everything on ports of its own, and resolves once it runs. */
async function startTopology() {
  const [port, httpPort] = [await freePort(), await freePort()];
  const topology = run('--port', `${port}`, '--http-port', `${httpPort}`);
  await topology.waitForOutput(/Ctrl-C ends them all\.\n/);
  return { topology, port, httpPort };
}

function serversOf({ process: { pid = 0 } }: Program): number[] {
  return childrenOf(pid).filter((child) => commandLine(child).includes('serve'));
}

function skipIfLacking(): void {
  test.skip(isWithoutEtcd || isWithoutHaproxy, 'no etcd or no HAProxy on this machine');
}

// One test at a time: each starts more programs than a machine has cores.
test.describe.configure({ mode: 'default' });

const folders = () => readdirSync(temporary).filter((name) => name.startsWith('motd-topology-'));

test('serves the page and the messages while a server and an etcd are killed; Ctrl-C leaves nothing', async ({
  page,
}) => {
  skipIfLacking();
  test.setTimeout(120_000);
  const { topology, port, httpPort } = await startTopology();
  const children = childrenOf(topology.process.pid ?? 0);
  const processes = new Map(
    [...topology.stdout.matchAll(/^ +(\w+) +process (\d+),/gm)].map(([, name = '', pid]) => [
      name,
      Number(pid),
    ]),
  );
  expect([...processes.keys()]).toEqual([
    ...['server1', 'server2', 'server3'],
    ...['etcd1', 'etcd2', 'etcd3'],
  ]);
  expect([...processes.values()].filter(isRunning)).toHaveLength(6);

  await store('For all of them', port);
  await topology.waitForOutput(
    /(server\d \| Server: MOTD updated to: For all of them\n[\s\S]*){3}/,
  );
  await page.goto(`http://127.0.0.1:${httpPort}/`);
  const terminal = new PageTerminal(page);
  await terminal.expectText(PROMPT);
  await terminal.type('MSGGET');
  await terminal.expectText(`Client: MSGGET\nServer: 200 OK\nFor all of them\n${PROMPT}`);

  process.kill(processes.get('etcd2') ?? 0, 'SIGKILL');
  await topology.waitForOutput(/^etcd2 has ended \(SIGKILL\)\.$/m);
  await store('With two of three', port);
  await topology.waitForOutput(
    /(server\d \| Server: MOTD updated to: With two of three\n[\s\S]*){3}/,
  );
  process.kill(processes.get('server3') ?? 0, 'SIGKILL');
  await topology.waitForOutput(
    /^server3 has ended \(SIGKILL\)\.\n[\s\S]*server3 \| TCP Server is listening/m,
  );
  const get = Program.motd(['get', '127.0.0.1', String(port)]);
  expect(await get.exitCode(), get.stderr).toBe(0);
  expect(get.stdout).toBe('With two of three\n');

  const readyz = async () => (await fetch(`http://127.0.0.1:${httpPort}/readyz`)).text();
  expect(await readyz()).toBe('ready\n');
  for (const server of serversOf(topology)) process.kill(server, 'SIGTERM');
  await expect.poll(readyz).toBe('not ready: --ready-url answered 503: no message server is up\n');

  children.push(...childrenOf(topology.process.pid ?? 0));
  topology.process.kill('SIGINT');
  expect(await topology.exitCode()).toBe(0);
  expect(topology.stdout).toMatch(/^Ending …$/m);
  expect(children.filter(isRunning)).toEqual([]);
  expect(folders()).toEqual([]);
});

test('leaves nothing after SIGKILL', async () => {
  skipIfLacking();
  test.setTimeout(120_000);
  const { topology } = await startTopology();
  const children = childrenOf(topology.process.pid ?? 0);
  // Three etcd, three servers, a bridge, HAProxy, and the reaper.
  expect(children).toHaveLength(9);
  await topology.kill();
  await expect.poll(() => children.filter(isRunning)).toEqual([]);
  expect(folders()).toEqual([]);
});

test('kills hanging programs at a second Ctrl-C', async () => {
  skipIfLacking();
  test.setTimeout(120_000);
  const { topology } = await startTopology();
  const children = childrenOf(topology.process.pid ?? 0);
  const [hanging = 0] = serversOf(topology);
  process.kill(hanging, 'SIGSTOP');
  topology.process.kill('SIGINT');
  await topology.waitForOutput(/^Ending …$/m);
  // A copy of the first Ctrl-C, as npm sends it, does not count as a second.
  topology.process.kill('SIGINT');
  const pressAgain = () => topology.process.kill('SIGINT') && topology.process.exitCode === null;
  await expect.poll(pressAgain).toBe(false);
  expect(await topology.exitCode()).toBe(0);
  expect(children.filter(isRunning)).toEqual([]);
  expect(folders()).toEqual([]);
});

test('reports a port in use before it starts anything', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const free = await freePort();
  for (const [flag, other] of [
    ['--port', '--http-port'],
    ['--http-port', '--port'],
  ] as const) {
    const topology = run(flag, `${port}`, other, `${free}`);
    expect(await topology.exitCode()).toBe(1);
    expect(topology.stderr).toBe(
      `port ${port} is already in use on 127.0.0.1; choose another with -- ${flag}\n`,
    );
    expect(topology.stdout).toBe('');
  }
  server.close();
  expect(folders()).toEqual([]);
});

for (const [flags, error] of [
  [['--port', 'abc'], "--port 'abc' is not a port from 1 to 65535\n"],
  [['--port', '0'], "--port '0' is not a port from 1 to 65535\n"],
  [['--http-port', '99999'], "--http-port '99999' is not a port from 1 to 65535\n"],
  [
    ['--port', '2000', '--http-port', '2000'],
    '--port and --http-port are both 2000; choose another for one of them\n',
  ],
] as const) {
  test(`rejects ${flags.join(' ')} in one line`, async () => {
    const topology = run(...flags);
    expect(await topology.exitCode()).toBe(1);
    expect(topology.stderr).toBe(error);
  });
}

test('--help prints the usage', QUICK, async () => {
  const topology = run('--help');
  expect(await topology.exitCode()).toBe(0);
  expect(topology.stdout).toMatch(/^Usage: npm run topology -- /);
});

test('stops with the last output of a program that ends during the start', async () => {
  skipIfLacking();
  test.setTimeout(120_000);
  const bin = test.info().outputPath('haproxy');
  const script = '[ "$1" = --version ] || { echo "it cannot be done" >&2; exit 3; }';
  writeFileSync(bin, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const topology = new Program(
    process.execPath,
    [SCRIPT, '--port', `${await freePort()}`, '--http-port', `${await freePort()}`],
    {
      TMPDIR: temporary,
      PATH: [test.info().outputDir, process.env['PATH']].join(delimiter),
    },
  );
  expect(await topology.exitCode()).toBe(1);
  expect(topology.stderr).toBe('haproxy has ended (status 3)\nit cannot be done\n');
  expect(folders()).toEqual([]);
});

test('reports a missing program in one line', async () => {
  const ports = ['--port', `${await freePort()}`, '--http-port', `${await freePort()}`];
  const topology = new Program(process.execPath, [SCRIPT, ...ports], { PATH: '/nowhere' });
  expect(await topology.exitCode()).toBe(1);
  expect(topology.stderr).toBe('etcd is not installed; on Debian: apt-get install etcd-server\n');
});
