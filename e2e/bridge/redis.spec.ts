// docs/targets.md, "Try it with redis", with a real redis-server.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { codeBlock, replaceParts } from '../../testing/docs.ts';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { expect, QUICK, startBridgeTo, test } from '../fixtures.ts';
import { startGuideBridge } from './targetsGuide.ts';

const PAGE = 'docs/targets.md';
const HEADING = 'Try it with redis';

// Empty if scripts/tools.mjs found none and could not install one; CI always has one.
const redisServer = process.env['MOTD_TEST_REDIS'] ?? 'redis-server';
test.skip(redisServer === '' && process.env['CI'] === undefined, 'no redis-server on this machine');

interface Redis {
  program: Program;
  /** The port of the bridge in front of it. */
  bridgePort: number;
}

/** Starts redis as docs/targets.md does, and a bridge with the target `redis`. */
async function startRedis(): Promise<Redis> {
  const port = await freePort();
  const script = replaceParts(codeBlock(PAGE, HEADING, 'sh'), [
    ['redis-server', `exec ${redisServer}`],
    ['6390', String(port)],
  ]);
  const program = new Program('sh', ['-c', script]);
  await program.waitForOutput(/Ready to accept connections/);
  const bridgePort = await startGuideBridge([HEADING, 'sh', 1], [['6390', String(port)]]);
  return { program, bridgePort };
}

/** A WebSocket client that collects the bytes redis sends. */
class Client {
  readonly webSocket: WebSocket;
  #received = Buffer.alloc(0);
  #onReceived: () => void = () => {};

  constructor(port: number, protocols: string[] = []) {
    this.webSocket = new WebSocket(`ws://127.0.0.1:${port}/ws/redis`, protocols);
    this.webSocket.on('message', (data: Buffer) => {
      this.#received = Buffer.concat([this.#received, data]);
      this.#onReceived();
    });
  }

  static async open(port: number, protocols?: string[]): Promise<Client> {
    const client = new Client(port, protocols);
    await once(client.webSocket, 'open');
    return client;
  }

  /** Sends a command. @returns The reply, which must have `replyBytes` bytes. */
  async request(command: string | Buffer, replyBytes: number): Promise<Buffer> {
    expect(String(this.#received)).toBe('');
    this.webSocket.send(command);
    await new Promise<void>((resolve) => {
      this.#onReceived = () => {
        if (this.#received.length >= replyBytes) resolve();
      };
    });
    const reply = this.#received;
    this.#received = Buffer.alloc(0);
    return reply;
  }

  async closes(): Promise<[number, string]> {
    const [code, reason] = await once(this.webSocket, 'close');
    return [code, String(reason)];
  }
}

/**
 * A command as an array of bulk strings
 * (https://redis.io/docs/latest/develop/reference/protocol-spec/).
 */
function command(...words: (string | Buffer)[]): Buffer {
  const parts = words.map((word) => {
    const bytes = Buffer.from(word);
    return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}

test('runs the program of docs/targets.md, with the output given there', QUICK, async () => {
  const { bridgePort } = await startRedis();
  const script = replaceParts(codeBlock(PAGE, HEADING, 'sh', 2), [['8080', String(bridgePort)]]);
  const program = new Program('sh', ['-c', script]);
  expect(await program.exitCode()).toBe(0);
  expect(program.stderr).toBe('');
  expect(program.stdout.replaceAll('\r\n', '\n')).toBe(codeBlock(PAGE, HEADING, ''));
});

test('runs the commands of docs/targets.md in the browser’s console', QUICK, async ({ page }) => {
  const { program, bridgePort } = await startRedis();
  const printed: string[] = [];
  page.on('console', (message) => printed.push(message.text().trim()));
  await page.goto(`http://127.0.0.1:${bridgePort}/`);
  const developer = await page.context().newCDPSession(page);
  const type = (expression: string) =>
    developer.send('Runtime.evaluate', { expression, replMode: true });
  await type(codeBlock(PAGE, HEADING, 'js'));
  await expect.poll(() => printed).toEqual(['+PONG']);
  await type("redis.send('SET greeting hello\\r\\nGET greeting\\r\\n')");
  await expect.poll(() => printed.join('\n')).toMatch(/\+OK\r?\n\$5\r?\nhello$/);
  await program.stop();
  await expect.poll(() => printed.at(-1)).toBe('1000 redis closed the connection');
});

test('relays a value of any bytes, in text or binary frames', async () => {
  const { bridgePort } = await startRedis();
  const value = Buffer.from(Array.from({ length: 65_536 }, (_, index) => (index * 7) % 256));
  for (const protocols of [[], ['binary'], ['base64', 'binary']]) {
    const client = await Client.open(bridgePort, protocols);
    expect(client.webSocket.protocol).toBe(protocols.at(-1) ?? '');
    expect(String(await client.request('PING\r\n', 7))).toBe('+PONG\r\n');
    expect(String(await client.request(command('SET', 'bytes', value), 5))).toBe('+OK\r\n');
    const reply = Buffer.concat([Buffer.from('$65536\r\n'), value, Buffer.from('\r\n')]);
    expect((await client.request(command('GET', 'bytes'), reply.length)).equals(reply)).toBe(true);
  }
});

test('answers 10,000 commands sent in one message, in order', async () => {
  const { bridgePort } = await startRedis();
  const client = await Client.open(bridgePort);
  const numbers = Array.from({ length: 10_000 }, (_, index) => index + 1);
  const expected = numbers.map((number) => `:${number}\r\n`).join('');
  const reply = await client.request('INCR counter\r\n'.repeat(10_000), expected.length);
  expect(String(reply)).toBe(expected);
  // One message each, which the bridge may have to buffer.
  for (let times = 1; times < 10_000; times++) client.webSocket.send('DECR counter\r\n');
  const down = numbers.map((number) => `:${10_000 - number}\r\n`).join('');
  expect(String(await client.request('DECR counter\r\n', down.length))).toBe(down);
});

test('connects to a Unix socket', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'motd-redis-'));
  const socket = join(folder, 'redis.sock');
  const program = new Program(redisServer, ['--port', '0', '--unixsocket', socket, '--save', '']);
  void program.exitCode().then(() => rm(folder, { recursive: true, force: true }));
  await program.waitForOutput(/ready to accept connections/i);
  const bridgePort = await startBridgeTo(`redis=unix:${socket}`);
  const client = await Client.open(bridgePort);
  expect(String(await client.request('PING\r\n', 7))).toBe('+PONG\r\n');
  const closing = client.closes();
  await program.stop();
  expect(await closing).toEqual([1000, 'redis closed the connection']);
  const reason = 'redis has no socket at its path: is it running?';
  expect(await new Client(bridgePort).closes()).toEqual([1014, reason]);
});

test('reports a redis that stops, and one that is not running', async () => {
  const { program, bridgePort } = await startRedis();
  const client = await Client.open(bridgePort);
  const closing = client.closes();
  await program.stop();
  expect(await closing).toEqual([1000, 'redis closed the connection']);
  const reason = 'redis refused the connection: is it running?';
  expect(await new Client(bridgePort).closes()).toEqual([1014, reason]);
});
