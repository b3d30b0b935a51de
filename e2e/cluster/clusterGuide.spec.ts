// docs/cluster.md, "Try it on one laptop": its commands, with ports and a folder of the test.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeBlock, replaceParts } from '../../testing/docs.ts';
import { etcdCommand, isWithoutEtcd } from '../../testing/etcd.ts';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { expect, test } from '../fixtures.ts';

const PAGE = 'docs/cluster.md';
const HEADING = 'Try it on one laptop';

test.skip(isWithoutEtcd, 'no etcd on this machine');

interface Ports {
  etcd: number;
  /** The port of the server that `npm start` runs. */
  first: number;
  /** The port of its page. */
  page: number;
  second: number;
}

/** Runs the block of this number in the section. */
function type(block: number, edits: readonly (readonly [string, string])[]): Program {
  return new Program('sh', ['-c', replaceParts(codeBlock(PAGE, HEADING, 'sh', block), edits)]);
}

function startEtcd({ etcd }: Ports, folder: string, peerPort: number): Program {
  const [client, peer] = [`http://127.0.0.1:${etcd}`, `http://127.0.0.1:${peerPort}`];
  const own = [
    ...['--listen-client-urls', client, '--advertise-client-urls', client],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
    ...['--initial-cluster', `default=${peer}`],
  ];
  return type(0, [
    ['etcd --data-dir /tmp/motd-etcd', `exec ${etcdCommand} --data-dir ${folder} ${own.join(' ')}`],
  ]);
}

async function readiness({ page }: Ports): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${page}/readyz`);
  return `${response.status} ${await response.text()}`;
}

test('two servers share one message, and survive a stop and restart of etcd', async () => {
  test.slow();
  const folder = mkdtempSync(join(tmpdir(), 'motd-guide-'));
  const ports = {
    etcd: await freePort(),
    first: await freePort(),
    page: await freePort(),
    second: await freePort(),
  };
  const peerPort = await freePort();
  const store = ['2379', String(ports.etcd)] as const;
  const second = ['26311', String(ports.second)] as const;

  const etcd = startEtcd(ports, join(folder, 'etcd'), peerPort);
  const health = () => fetch(`http://127.0.0.1:${ports.etcd}/health`).then(({ status }) => status);
  await expect.poll(() => health().catch(() => 0)).toBe(200);

  const up = type(1, [
    ['npm start --', `exec npm start -- --port ${ports.first} --http-port ${ports.page}`],
    store,
  ]);
  await up.waitForOutput(/^Open http/m);
  const server = type(2, [['npm run', 'exec npm run'], store, second]);
  await server.waitForOutput(/listening on/);

  const client = type(3, [second, ['26310', String(ports.first)]]);
  expect(await client.exitCode(), client.stderr).toBe(0);
  expect(client.stdout).toMatch(/^One message, two servers$/m);

  etcd.process.kill('SIGINT');
  await etcd.exitCode();
  await up.waitForOutput(/\[!\] Store unavailable/);
  await server.waitForOutput(/\[!\] Store unavailable/);
  await expect.poll(() => readiness(ports)).toMatch(/^503 not ready: .*the store is unavailable/);

  startEtcd(ports, join(folder, 'etcd'), peerPort);
  await up.waitForOutput(/Store recovered/);
  await server.waitForOutput(/Store recovered/);
  await expect.poll(() => readiness(ports)).toBe('200 ready\n');
  await Promise.all([...Program.running].map((program) => program.stop()));
  rmSync(folder, { recursive: true, force: true });
});
