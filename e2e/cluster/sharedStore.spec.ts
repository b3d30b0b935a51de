// Several servers that share one message.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWithoutEtcd, LocalEtcd } from '../../testing/etcd.ts';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { expect, type ListeningProgram, QUICK } from '../fixtures.ts';
import { StoringClient } from '../reliability/storingClient.ts';
import { test as base } from '../reliability/storingServer.ts';

interface SharedStoreServers {
  etcd: LocalEtcd;
  /** A `--store` that no other test uses. */
  store: string;
}

const test = base.extend<SharedStoreServers>({
  etcd: async ({ cleanup: _ }, use) => {
    base.skip(isWithoutEtcd, 'no etcd on this machine');
    const etcd = await LocalEtcd.start({ members: 1 });
    await use(etcd);
    await etcd.close();
  },
  store: async ({ etcd }, use) => use(`etcd://${etcd.endpoints.join(',')}/motd`),
});

async function serve(store: string, flags: string[] = []): Promise<ListeningProgram> {
  const program = Program.motd(['serve', '--port', '0', '--store', store, ...flags]);
  const [, port] = await program.waitForOutput(/listening on 127\.0\.0\.1:(\d+)\n/);
  return { program, port: Number(port) };
}

async function run(...args: string[]): Promise<{ status: number | null; output: string }> {
  const program = Program.motd(args);
  const status = await program.exitCode();
  return { status, output: program.stdout + program.stderr };
}

const get = (port: number) => run('get', '127.0.0.1', String(port));
const set = (message: string, port: number) =>
  run('set', '--timeout', '20', '-m', message, '127.0.0.1', String(port));

async function readiness(port: string, query = ''): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz${query}`);
  return `${response.status} ${await response.text()}`;
}

test(
  'a message stored through one server reaches the other, and its watchers',
  QUICK,
  async ({ store }) => {
    const one = await serve(store);
    const other = await serve(store);
    const watch = Program.motd(['watch', '127.0.0.1', String(other.port)]);
    await watch.waitForOutput(/An apple a day/);

    expect(await set('Maintenance at 18:00', one.port)).toEqual({ status: 0, output: '' });
    await watch.waitForOutput(/Maintenance at 18:00\n/);
    await other.program.waitForOutput(/Server: MOTD updated to: Maintenance at 18:00\n/);
    expect(await get(other.port)).toEqual({ status: 0, output: 'Maintenance at 18:00\n' });
    const { output } = await run('history', '127.0.0.1', String(other.port));
    expect(output).toMatch(/^\S+Z Maintenance at 18:00\n$/);
  },
);

test('serves reads without etcd, answers stores with 503, reports the state, and recovers by itself', async ({
  etcd,
  store,
}) => {
  const healthPort = String(await freePort());
  const { program, port } = await serve(store, ['--health-port', healthPort]);
  await set('before', port);
  expect(await readiness(healthPort)).toBe('200 ready\n');

  etcd.pause(0);
  await program.waitForOutput(/\[!\] Store unavailable: 127\.0\.0\.1:\d+: .*; reads continue\n/);
  expect(await get(port)).toEqual({ status: 0, output: 'before\n' });
  const rejected = await set('not now', port);
  expect(rejected.status).toBe(1);
  expect(rejected.output).toMatch(/503 STORE UNAVAILABLE/);
  expect(await readiness(healthPort)).toMatch(/^503 not ready: the store is unavailable/);
  expect(await readiness(healthPort, '?exclude=store')).toBe('200 ready\n');

  etcd.resume(0);
  await program.waitForOutput(/Store recovered after \d+\.\d s\n/);
  expect(await readiness(healthPort)).toBe('200 ready\n');
  expect(await set('after', port)).toEqual({ status: 0, output: '' });
  expect(await get(port)).toEqual({ status: 0, output: 'after\n' });
});

test('reports that it waits for etcd at the start, and then which endpoints it tried', async ({
  etcd,
  store,
}) => {
  await etcd.kill(0);
  const { status, output } = await run('serve', '--port', '0', '--store', store);
  expect(status).toBe(1);
  const refused = `${etcd.endpoints}: connect ECONNREFUSED ${etcd.endpoints}`;
  expect(output).toBe(
    `[!] Waiting for the store: ${refused}\n` +
      `motd: cannot use etcd: ${refused}; check --store [etcd-unusable]\n`,
  );
});

test('copies a history from a file to etcd and back, complete, in order and with its times', async ({
  store,
  folder,
}) => {
  const local = `file:${join(folder, 'data')}`;
  const before = await serve(local);
  for (const message of ['one', 'two', 'three']) await set(message, before.port);
  const { output: history } = await run('history', '127.0.0.1', String(before.port));

  await before.program.stop();

  expect(await run('copy-store', local, store)).toEqual({
    status: 0,
    output: `Copied 3 messages from ${local} to ${store}.\n`,
  });
  expect(await run('copy-store', local, store)).toEqual({
    status: 0,
    output: `Copied 0 messages from ${local} to ${store}; 3 were there before.\n`,
  });
  const after = await serve(store);
  expect((await run('history', '127.0.0.1', String(after.port))).output).toBe(history);

  expect(await set('four', after.port)).toEqual({ status: 0, output: '' });
  const back = `file:${join(folder, 'back')}`;
  expect(await run('copy-store', store, back)).toEqual({
    status: 0,
    output: `Copied 4 messages from ${store} to ${back}.\n`,
  });
  expect(await set('five', after.port)).toEqual({ status: 0, output: '' });
  expect(await run('copy-store', store, back)).toEqual({
    status: 0,
    output: `Copied 1 message from ${store} to ${back}; 4 were there before.\n`,
  });
  const other = await run('copy-store', local, back);
  expect(other.status).toBe(1);
  expect(other.output).toBe(
    `motd: ${back} holds another history; pass an empty store as TO [other-history]\n`,
  );
});

test('copies windows and cancellations, under the numbers that they get', async ({
  store,
  folder,
}) => {
  const local = `file:${join(folder, 'data')}`;
  const before = await serve(local, ['--history', '2']);
  const client = await StoringClient.connect(before.port);
  for (const message of ['a', 'b']) await client.store(message);
  await client.change('MSGPLAN', '2032-01-01T12:00Z/2032-01-01T13:00Z planned');
  await client.change('MSGPLAN', '2032-01-01T12:00Z/ canceled');
  for (const message of ['c', 'd']) await client.store(message);
  await client.change('MSGCANCEL', '4');
  const { lines } = await client.entries();
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['3', '6']);
  client.close();
  await before.program.stop();

  expect((await run('copy-store', local, store)).status).toBe(0);
  const after = await StoringClient.connect((await serve(store)).port);
  const withoutNumbers = (entries: string[]) => entries.map((line) => line.replace(/^\d+ /, ''));
  expect(withoutNumbers((await after.entries()).lines)).toEqual(withoutNumbers(lines));
  after.close();
});

test('copies entries with windows at the limit of a line, byte for byte', async ({
  store,
  folder,
}) => {
  const [from, to] = ['from', 'to'].map((name) => join(folder, name));
  const { program, port } = await serve(`file:${from}`);
  const client = await StoringClient.connect(port);
  const window = '2032-01-01T12:00Z/2032-01-01T13:00Z ';
  for (const text of ['x', '"', '\\', '漢', '👩🏽‍💻', 'a\tb']) {
    const message = text.repeat((4096 - window.length) / Buffer.byteLength(text));
    expect(await client.change('MSGPLAN', `${window}${message}`)).toMatch(/^200 OK \d+$/);
  }
  client.close();
  await program.stop();

  expect((await run('copy-store', `file:${from}`, store)).status).toBe(0);
  expect((await run('copy-store', store, `file:${to}`)).status).toBe(0);
  const records = (name = '') => readFileSync(join(name, 'messages.log')).subarray(2 * 4096);
  expect(records(to)).toEqual(records(from));
});

const INVALID_USES: [rule: string, args: string[], output: RegExp][] = [
  [
    'a missing folder',
    ['copy-store', 'file:nowhere', 'file:b'],
    /file:nowhere: no such folder; check its URL \[store-not-found\]\n$/,
  ],
  [
    'a memory store as the source of a copy',
    ['copy-store', 'memory:', 'file:b'],
    /memory: is not persistent; .* \[invalid-store-url\]\n$/,
  ],
  [
    'a URL without a prefix',
    ['serve', '--store', 'etcd://a:1'],
    /no key prefix in etcd:\/\/a:1; .*--store.* \[invalid-store-url\]\n$/,
  ],
  [
    'a user without a password',
    ['serve', '--etcd-user', 'me'],
    /--etcd-password-file \[missing-flag\]\n$/,
  ],
  [
    'a certificate without its key',
    ['serve', '--etcd-cert', 'x'],
    /both --etcd-cert and --etcd-key \[missing-flag\]\n$/,
  ],
  [
    'a missing CA file',
    ['serve', '--etcd-ca', 'x'],
    /no such file: x; check --etcd-ca \[file-not-found\]\n$/,
  ],
];

for (const [rule, args, output] of INVALID_USES) {
  base(`rejects ${rule} in one line`, async () => {
    const failed = await run(...args);
    const isUsage = /missing-flag|invalid-store-url/.test(output.source);
    expect(failed.status).toBe(isUsage ? 2 : 1);
    expect(failed.output).toMatch(output);
    expect(failed.output).toMatch(/^motd: .*\n$/);
  });
}

base('reports a health port in use, and opens nothing else', async ({ server }) => {
  const { status, output } = await run(
    ...['serve', '--port', '0', '--store', 'memory:', '--health-port', String(server.port)],
  );
  expect(status).toBe(1);
  expect(output).toBe(
    `motd: port ${server.port} is already in use on 127.0.0.1; choose another with --health-port [port-in-use]\n`,
  );
});

test('servers with several workers share the message, and an outage of the store', async ({
  etcd,
  store,
}) => {
  const health = String(await freePort());
  const one = await serve(store, ['--workers', '2', '--health-port', health]);
  const other = await serve(store, ['--workers', '2']);
  expect((await set('for all', one.port)).status).toBe(0);
  await expect.poll(async () => (await get(other.port)).output).toBe('for all\n');
  await etcd.killAll();
  await expect.poll(() => readiness(health)).toMatch(/^503 not ready: the store is unavailable/);
  expect(await readiness(health, '?exclude=store')).toBe('200 ready\n');
  expect((await set('lost', one.port)).output).toContain('503 STORE UNAVAILABLE');
  for (const { port } of [one, other]) expect((await get(port)).output).toBe('for all\n');
});
