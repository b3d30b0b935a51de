// A stored message must be a copy: in V8, a slice of a string keeps the whole string in memory, and
// a peer chooses the size of the chunk that it sends with each message.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { isWithoutEtcd, LocalEtcd } from '../../testing/etcd.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const MESSAGES = 1000;
const MESSAGE_BYTES = 27;
/** The most bytes that libuv reads from a socket in one call. */
const CHUNK_BYTES = 65_536;
const CLIENTS = 20;
/** The messages need less than 1 MB; their chunks would need 65 MB. */
const MAX_GROWTH_BYTES = 20e6;

/** Loaded into the server: answers every IPC message with the used bytes of the heap. */
const REPORT_HEAP = `data:text/javascript,${encodeURIComponent(`
  process.on('message', () => {
    globalThis.gc();
    process.send({ heapUsed: process.memoryUsage().heapUsed });
  });
  process.channel.unref();
`)}`;

let etcd: LocalEtcd | undefined;
beforeAll(async () => {
  if (!isWithoutEtcd) etcd = await LocalEtcd.start({ members: 1 });
});
afterAll(() => etcd?.close());

const STORES: [name: string, url: () => string][] = [
  ['memory', () => 'memory:'],
  ['file', () => `file:${newFolder()}`],
];
if (!isWithoutEtcd) STORES.push(['etcd', () => `etcd://${etcd?.endpoints}/memory`]);

test.each(STORES)(
  '%s: a short message does not keep its 64 KiB chunk in memory',
  async (_name, url) => {
    const { program, port } = await startServer(url());
    const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => openConnection(port)));
    // One message per client first, so that the memory for the connections is not measured.
    await storeFrom(sockets, CLIENTS);
    const before = await heapBytesOf(program);
    await storeFrom(sockets, MESSAGES);
    const growth = (await heapBytesOf(program)) - before;
    expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
    expect(await storedCount(port)).toBe(MESSAGES);
  },
  60_000,
);

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'motd-memory-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function startServer(store: string): Promise<{ program: ChildProcess; port: number }> {
  const args = ['serve', '--port', '0', '--store', store, '--log', 'silent'];
  const program = fork(MAIN, args, {
    execArgv: ['--expose-gc', '--import', REPORT_HEAP],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  onTestFinished(async () => {
    program.kill('SIGKILL');
    if (program.exitCode === null && program.signalCode === null) await once(program, 'exit');
  });
  const { ready } = await reportOf(program, 'ready');
  return { program, port: portIn(ready) };
}

async function heapBytesOf(program: ChildProcess): Promise<number> {
  program.send('heap');
  const { heapUsed } = await reportOf(program, 'heapUsed');
  return Number(heapUsed);
}

/** Returns the next IPC message that has a property. */
async function reportOf(program: ChildProcess, name: string): Promise<Record<string, unknown>> {
  for (;;) {
    const [report]: unknown[] = await once(program, 'message');
    if (typeof report === 'object' && report !== null && name in report) return { ...report };
  }
}

/** The port in a `ready` report (cli/lifecycle.ts). */
function portIn(endpoint: unknown): number {
  if (typeof endpoint === 'object' && endpoint !== null && 'port' in endpoint) {
    return Number(endpoint.port);
  }
  throw new Error('no port in the ready report');
}

async function openConnection(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}

async function storeFrom(sockets: readonly Socket[], count: number): Promise<void> {
  let number = 0;
  const work = async (socket: Socket) => {
    while (number < count) await store(socket, `message ${++number} `.padEnd(MESSAGE_BYTES, '.'));
  };
  await Promise.all(sockets.map(work));
}

async function store(socket: Socket, message: string): Promise<void> {
  socket.write(`MSGSTORE\n${message}\n`.padEnd(CHUNK_BYTES, '\n'));
  let received = '';
  while (received !== '200 OK\n200 OK\n') {
    const [chunk] = await once(socket, 'data');
    received += String(chunk);
    if (!'200 OK\n200 OK\n'.startsWith(received)) throw new Error(`received ${received}`);
  }
}

async function storedCount(port: number): Promise<number> {
  const socket = await openConnection(port);
  socket.end('MSGHIST\n');
  let received = '';
  for await (const chunk of socket) received += String(chunk);
  return received.split('\n').filter((line) => line.includes(' message ')).length;
}
