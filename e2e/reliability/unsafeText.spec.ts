// Bytes that would control a terminal, sent wherever bytes can be sent, by clients and by a hostile
// server.

import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { firstUnsafe, hostileTexts } from '../../testing/hostileText.ts';
import { passwordHash } from '../../testing/passwordHash.ts';
import { Program } from '../../testing/programs.ts';
import { proxyV2, userTlv } from '../../testing/proxyV2.ts';
import { record } from '../../testing/record.ts';
import { expect, PageTerminal, QUICK, startBridge } from '../fixtures.ts';
import { writePrivately } from '../privateFiles.ts';
import { RawClient, test } from './rawClient.ts';

const MESSAGE = 'harmless';
const LF = Buffer.from('\n');

for (const log of ['console', 'json'] as const) {
  test(
    `unsafe text is not stored, run or accepted, and --log ${log} escapes it`,
    QUICK,
    async () => {
      const files = { stdout: outputPath('stdout'), stderr: outputPath('stderr') };
      const { server, port } = await startServerWritingTo(files, log);
      const author = await RawClient.connect(port);
      await author.request(`MSGSTORE\n${MESSAGE}\n`, 2);
      const before = await author.request('MSGGET\nMSGHIST\n', 5);

      const unexpectedReplies: string[] = [];
      const expected = (name: string, lines: string[], replies: string[]) => {
        if (lines.join('\n') !== replies.join('\n'))
          unexpectedReplies.push(`${name}: ${lines.join(', ')}`);
      };
      for (const [at, { name, bytes }] of hostileTexts.entries()) {
        const message = Buffer.concat([Buffer.from('MSGSTORE\n'), bytes, LF]);
        expected(`${name}, as a message`, await author.request(message, 2), [
          '200 OK',
          '422 NOT PLAIN TEXT',
        ]);
        const command = Buffer.concat([bytes, LF]);
        expected(`${name}, as a command`, await author.request(command, 1), [
          '400 UNKNOWN COMMAND',
        ]);

        // Each from a source of its own: the third wrong password would block the source.
        const client = await RawClient.connect(port, { source: `10.0.${at >> 8}.${at & 255}` });
        const password = Buffer.concat([Buffer.from('SHUTDOWN\n'), bytes, LF]);
        expected(`${name}, as a password`, await client.request(password, 2), [
          '300 PASSWORD REQUIRED',
          '301 WRONG PASSWORD',
        ]);
        await client.disconnect();

        const bridge = await RawClient.connect(port);
        bridge.send(Buffer.concat([proxyV2({ tlvs: [userTlv(bytes)] }), Buffer.from('QUIT\n')]));
        expected(`${name}, as a user`, await bridge.remainingLines(), ['200 OK']);

        for (const [before, after] of PROXY_HEADERS) {
          const proxy = await RawClient.connect(port);
          proxy.send(Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]));
          const lines = await proxy.remainingLines();
          expected(`${name}, in ${before}`, lines, ['400 UNKNOWN COMMAND']);
        }
      }
      expect(unexpectedReplies).toEqual([]);

      const after = await author.request('MSGGET\nMSGHIST\n', 5);
      expect(after).toEqual(before);
      await author.request('SHUTDOWN\n123!abc\n', 2);
      expect(await server.exitCode()).toBe(0);
      const written = readFileSync(files.stdout);
      expect(firstUnsafe(written)).toBe('');
      expect(readFileSync(files.stderr).toString()).toBe('');
      // The log has been written.
      expect(written.toString().split('\n').length).toBeGreaterThan(hostileTexts.length * 5);
      record(
        'unsafe text',
        `${hostileTexts.length} sequences, each as a message, a command, a password, a user and in ` +
          `${PROXY_HEADERS.length} PROXY headers: none stored, run or accepted; --log ${log}: ` +
          `${written.length} bytes, no control character among them but LF`,
      );
    },
  );
}

for (const workers of [1, 2]) {
  test(`--log json of a bridge with ${workers} worker(s) escapes unsafe text in requests`, async () => {
    const bridge = Program.motd(
      ['bridge', '--http-port', '0', '--trust-proxy', '127.0.0.1', '--log', 'json'],
      { MOTD_WORKERS: String(workers) },
    );
    const [, port] = await bridge.waitForOutput(/Server listening at http:\/\/127\.0\.0\.1:(\d+)/);
    const requests = hostileTexts.map(({ bytes }) => bytes.toString('latin1'));
    for (const text of requests) {
      const request = `GET / HTTP/1.1\r\nHost: ${text}\r\nX-Forwarded-For: ${text}\r\nConnection: close\r\n\r\n`;
      await sendRequest(Number(port), request);
    }
    // In JSON, escaped text keeps its meaning. Node accepts no other control character in a header.
    const isTaken = (text: string) => /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
    // Two workers write in any order.
    await expect
      .poll(() => hostsIn(bridge.stdout).toSorted())
      .toEqual(requests.filter(isTaken).toSorted());
    expect(await bridge.stop()).toBe(0);
    expect(firstUnsafe(Buffer.from(bridge.stdout))).toBe('');
    expect(bridge.stderr).toBe('');
  });
}

for (const command of ['get', 'set', 'history', 'watch'] as const) {
  test(`motd ${command} escapes unsafe text in a rejection`, async () => {
    const rejection = Buffer.concat(hostileTexts.map(({ bytes }) => bytes));
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(Buffer.concat([rejection, LF]));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    const client = Program.motd([command, '127.0.0.1', port]).input('x');
    await client.waitForStderr(/the server replied: a\\x.*\n/);
    await client.stop();
    server.close();
    expect(firstUnsafe(Buffer.from(client.stdout + client.stderr))).toBe('');
  });
}

// To cover another client, add a line: its arguments, and its input for all of the sequences.
for (const [client, args, input] of [
  ['motd connect', ['connect'], `${'MSGGET\n'.repeat(hostileTexts.length)}QUIT\n`],
  ['motd history', ['history'], 'MSGHIST\n'],
  ['motd watch', ['watch'], 'MSGWATCH\n'],
] as const) {
  test(`${client} escapes everything a hostile server sends`, QUICK, async () => {
    const hostile = await HostileServer.start(hostileTexts.map(({ bytes }) => bytes));
    const file = outputPath('stdout');
    const command = 'exec "$0" dist/cli/main.js "$@" > "$OUTPUT"';
    const program = new Program(
      'sh',
      ['-c', command, process.execPath, ...args, '127.0.0.1', String(hostile.port)],
      { OUTPUT: file },
    ).input(input);
    // `watch` would reconnect.
    if (client === 'motd watch') {
      await program.waitForStderr(/trying again/);
      program.process.kill('SIGTERM');
    }
    await program.exitCode();
    const written = readFileSync(file);
    expect(firstUnsafe(written)).toBe('');
    expect(firstUnsafe(Buffer.from(program.stderr))).toBe('');
    // Each sequence was printed, in some form.
    expect(written.toString().match(/a.*b\n/g)?.length).toBeGreaterThanOrEqual(hostileTexts.length);
    expect(hostile.received).toBe(input);
    await hostile.stop();
  });
}

test('the page escapes everything a hostile server sends, and answers no terminal query', async ({
  page,
}) => {
  const hostile = await HostileServer.start([
    Buffer.concat(hostileTexts.map(({ bytes }) => Buffer.concat([bytes, Buffer.from(' ')]))),
  ]);
  const bridge = await startBridge(hostile.port);
  await page.goto(`http://127.0.0.1:${bridge.port}/`);
  const terminal = new PageTerminal(page);
  await expect.poll(() => terminal.flow()).toContain('SHUTDOWN):');
  await terminal.type('MSGGET');
  // The prompt after the answer, not the one before it.
  await expect.poll(() => terminal.flow()).toMatch(/a\^\[.*SHUTDOWN\):$/);
  await terminal.type('QUIT');
  await expect.poll(() => terminal.flow()).toContain('[sessionended;pressEntertostartanother]');

  const shown = await terminal.flow();
  for (const text of ['a^[]0;ownedb', 'a^[[5n^[[6n^[[?6nb', 'a\\u{202e}b', 'a^[P$q"p^[\\']) {
    expect(shown).toContain(text);
  }
  expect(firstUnsafe(Buffer.from(shown))).toBe('');
  const message = (await page.locator('#message').textContent()) ?? '';
  expect(message).toContain('a^[]0;ownedb');
  expect(firstUnsafe(Buffer.from(message))).toBe('');
  expect(firstUnsafe(Buffer.from(await page.title()))).toBe('');
  // If the terminal answered a query, the answer would be typed text. (The message above the
  // terminal is watched on connections of its own.)
  const sentLines = hostile.received
    .split('\n')
    .filter((line) => !/^PROXY TCP4 .*\r$|^MSGINFO$|^MSGWATCH$/.test(line));
  expect(sentLines).toEqual(['MSGGET', 'QUIT', '']);
  await hostile.stop();
});

/** Sends a request, byte for byte, and resolves once the connection has closed. */
async function sendRequest(port: number, request: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  socket.write(request, 'latin1');
  await once(socket, 'close');
}

/** The `Host` of each request in a bridge's log. */
function hostsIn(log: string): string[] {
  const lines = log.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line).req?.host).filter((host) => host !== undefined);
}

/** The text before and after the bytes in an invalid PROXY header. */
const PROXY_HEADERS: ReadonlyArray<readonly [string, string]> = [
  ['PROXY TCP4 ', ' 127.0.0.1 50000 26310\r\n'],
  ['PROXY TCP6 fe80::1%', ' ::1 50000 26310\r\n'],
  ['PROXY ', '\r\n'],
];

/**
 * Answers each MSGGET with the next of its texts, MSGHIST and MSGWATCH with all of them, and QUIT
 * with 200 OK.
 */
class HostileServer {
  /** Everything that clients have sent. */
  received = '';
  readonly port: number;
  readonly #tcp: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(tcp: Server, port: number, answers: readonly Buffer[]) {
    this.#tcp = tcp;
    this.port = port;
    let next = 0;
    tcp.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.setEncoding('latin1').on('data', (text: string) => {
        this.received += text;
        for (const [line] of text.matchAll(/MSGINFO|MSGGET|MSGHIST|MSGWATCH|QUIT/g)) {
          // As an older server, so that the answer to MSGWATCH is the message.
          if (line === 'MSGINFO') {
            socket.write('400 UNKNOWN COMMAND\n');
            continue;
          }
          const lines = line === 'MSGGET' ? [answers[next++] ?? LF] : answers;
          socket.write('200 OK\n');
          if (line === 'QUIT') continue;
          for (const bytes of lines) socket.write(Buffer.concat([bytes, LF]));
          if (line === 'MSGHIST') socket.write('.\n');
          if (line === 'MSGWATCH') socket.end();
        }
      });
    });
  }

  /** @param answers What each MSGGET is answered with, in turn. */
  static async start(answers: readonly Buffer[]): Promise<HostileServer> {
    const tcp = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const address = tcp.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return new HostileServer(tcp, port, answers);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#tcp.close();
    await once(this.#tcp, 'close');
  }
}

async function startServerWritingTo(
  { stdout, stderr }: { stdout: string; stderr: string },
  log: string,
): Promise<{ server: Program; port: number }> {
  const passwordFile = outputPath('password');
  writePrivately(passwordFile, `${passwordHash('123!abc')}\n`);
  const flags = [
    '--store',
    'memory:',
    '--log',
    log,
    '--password-file',
    passwordFile,
    '--trust-proxy',
    '127.0.0.1',
  ];
  const command = 'exec "$0" dist/cli/main.js serve --port 0 "$@" > "$STDOUT" 2> "$STDERR"';
  const env = { STDOUT: stdout, STDERR: stderr };
  const server = new Program('sh', ['-c', command, process.execPath, ...flags], env);
  let port = 0;
  await expect
    .poll(() => {
      const output = existsSync(stdout) ? readFileSync(stdout, 'utf8') : '';
      port = Number(/(?:127\.0\.0\.1:|"port":)(\d+).*\n/.exec(output)?.[1] ?? 0);
      return port;
    })
    .toBeGreaterThan(0);
  return { server, port };
}

function outputPath(name: string): string {
  return test.info().outputPath(name);
}
