// `npm run topology`: the whole of it on loopback, as README says; and nothing left when it is over.

import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { haproxyCommand } from './balancer.ts';
import { isWithoutEtcd } from './etcd.ts';
import { expect, store, Terminal, test } from './fixtures.ts';
import { freePort } from './freePort.ts';
import { Program } from './programs.ts';

const SCRIPT = fileURLToPath(new URL('../scripts/topology.mjs', import.meta.url));
const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';

function run(...flags: string[]): Program {
  return new Program(process.execPath, [SCRIPT, ...flags]);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('motd-topology-'));

test('the page and the messages, one server and one etcd killed; Ctrl-C leaves nothing', async ({
  page,
}) => {
  const isLacking = isWithoutEtcd || haproxyCommand === '';
  test.skip(isLacking && process.env['CI'] === undefined, 'no etcd or no HAProxy on this machine');
  test.setTimeout(120_000);
  const before = folders();
  const [port, httpPort] = [await freePort(), await freePort()];
  const topology = run('--port', `${port}`, '--http-port', `${httpPort}`);
  await topology.says(/Ctrl-C ends them all\.\n/);
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
  await topology.says(/(server\d \| Server: MOTD updated to: For all of them\n[\s\S]*){3}/);
  await page.goto(`http://127.0.0.1:${httpPort}/`);
  const terminal = new Terminal(page);
  await terminal.shows(PROMPT);
  await terminal.type('MSGGET');
  await terminal.shows(`Client: MSGGET\nServer: 200 OK\nFor all of them\n${PROMPT}`);

  process.kill(processes.get('etcd2') ?? 0, 'SIGKILL');
  await topology.says(/^etcd2 has ended \(SIGKILL\)\.$/m);
  await store('With two of three', port);
  process.kill(processes.get('server3') ?? 0, 'SIGKILL');
  await topology.says(
    /^server3 has ended \(SIGKILL\)\.\n[\s\S]*server3 \| TCP Server is listening/m,
  );
  const get = Program.motd(['get', '127.0.0.1', String(port)]);
  expect(await get.exits(), get.stderr).toBe(0);
  expect(get.stdout).toBe('With two of three\n');

  topology.process.kill('SIGINT');
  expect(await topology.exits()).toBe(0);
  expect([...processes.values()].filter(isRunning)).toEqual([]);
  expect(folders().filter((name) => !before.includes(name))).toEqual([]);
});

test('what is missing is said in one line', async () => {
  const topology = new Program(process.execPath, [SCRIPT], { PATH: '/nowhere' });
  expect(await topology.exits()).toBe(1);
  expect(topology.stderr).toBe(
    'There is no etcd here; Debian has it in the package etcd-server.\n',
  );
});
