// `motd bridge --record`, and what reads the files: docs/targets.md, "Record sessions".

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { freePort } from '../../testing/freePort.ts';
import { isLinux, NEEDS_LINUX } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { startTcpService } from '../../testing/tcpService.ts';
import { expect, QUICK, startBridgeWith, startServer, test } from '../fixtures.ts';

// Empty if scripts/tools.mjs found none and could not install one; CI always has one.
const redisServer = process.env['MOTD_TEST_REDIS'] ?? 'redis-server';
const asciinema = process.env['MOTD_TEST_ASCIINEMA'] ?? 'asciinema';
const isMissing = (command: string) => command === '' && process.env['CI'] === undefined;

async function startRecording(target: string, folder: string, flags: string[] = []) {
  const { program, port } = await startBridgeWith('--target', target, '--record', folder, ...flags);
  return { program, url: `ws://127.0.0.1:${port}/ws` };
}

/** Sends lines, and resolves with everything received once the target has closed. */
async function converse(url: string, text: string): Promise<string> {
  const webSocket = new WebSocket(url);
  const received: Buffer[] = [];
  webSocket.on('message', (data: Buffer) => received.push(data));
  webSocket.on('open', () => webSocket.send(text));
  await once(webSocket, 'close');
  return String(Buffer.concat(received));
}

/** Checks every line of a file against asciicast v2. @returns What a player shows. */
function playable(file: string, title: string): string {
  const content = readFileSync(file, 'utf8');
  expect(content.endsWith('\n')).toBe(true);
  const [header, ...events] = content
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line));
  const timestamp = expect.any(Number);
  expect(header).toEqual({ version: 2, width: 80, height: 24, timestamp, title });
  let last = 0;
  for (const event of events) {
    expect(event).toEqual([
      expect.any(Number),
      expect.stringMatching(/^[om]$/),
      expect.any(String),
    ]);
    expect(event[0]).toBeGreaterThanOrEqual(last);
    last = event[0];
  }
  return events.map(([, code, data]) => (code === 'o' ? data : '')).join('');
}

function casts(folder: string): string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}

test('records a message server: its replies, and neither password nor command', QUICK, async () => {
  const folder = join(test.info().outputPath(), 'new', 'recordings');
  const server = await startServer();
  const { program, url } = await startRecording(`motd=127.0.0.1:${server.port}`, folder);
  await converse(url, 'MSGGET\nSHUTDOWN\nsecret-guess\nQUIT\n');
  await program.stop();

  const [file = '', ...others] = casts(folder);
  expect(others).toEqual([]);
  expect(playable(file, 'motd')).toBe(
    '200 OK\r\nAn apple a day keeps the doctor away.\r\n' +
      '300 PASSWORD REQUIRED\r\n301 WRONG PASSWORD\r\n200 OK\r\n',
  );
  expect(readFileSync(file, 'utf8')).not.toMatch(/secret-guess|MSGGET|QUIT/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('asciinema plays the recording of a redis session', async () => {
  test.skip(isMissing(redisServer), 'no redis-server on this machine');
  test.skip(isMissing(asciinema), 'no asciinema on this machine');
  const folder = test.info().outputPath('recordings');
  const port = await freePort();
  const redis = new Program(redisServer, ['--port', String(port), '--save', '']);
  await redis.waitForOutput(/Ready to accept connections/);
  const { program, url } = await startRecording(`redis=127.0.0.1:${port}`, folder);
  const sent = 'SET k "é€😀"\r\nGET k\r\nECHO "\\xff"\r\nQUIT\r\n';
  const received = await converse(url, sent);
  await program.stop();

  const [file = ''] = casts(folder);
  expect(playable(file, 'redis')).toBe(received);
  // It needs a terminal, which script(1) provides, and writes to a file here.
  const played = test.info().outputPath('played');
  const { status, stdout } = spawnSync(
    'script',
    ['-qec', `${asciinema} cat ${file} > ${played}`, '/dev/null'],
    { encoding: 'utf8' },
  );
  expect(status, stdout).toBe(0);
  expect(readFileSync(played, 'utf8')).toBe(received);
});

test('workers record into one folder, each session in a file of its own', async () => {
  test.skip(!isLinux, NEEDS_LINUX);
  const folder = test.info().outputPath('recordings');
  const service = await startTcpService((socket) => {
    socket.once('data', (data) => socket.end(`you are ${data}\n`));
  });
  const flags = ['--workers', '2', '--record-max-bytes', '1000000'];
  const { program, url } = await startRecording(`greeter=127.0.0.1:${service.port}`, folder, flags);
  const names = Array.from({ length: 20 }, (_, index) => `guest-${index}`);
  await Promise.all(names.map((name) => converse(url, name)));
  // The last lines are gathered for a moment before they are written.
  await expect(async () => {
    const metrics = await (await fetch(new URL('/metrics', url.replace('ws:', 'http:')))).text();
    expect(metrics).toMatch(/^motd_bridge_recordings 0$/m);
    const [, bytes] = /^motd_bridge_recording_written_bytes_total (\d+)$/m.exec(metrics) ?? [];
    expect(Number(bytes)).toBe(sum(casts(folder).map((file) => statSync(file).size)));
    expect(casts(folder)).toHaveLength(names.length);
    expect(metrics).toMatch(/^motd_bridge_recording_dropped_bytes_total\{reason="memory"\} 0$/m);
  }).toPass();
  await program.stop();
  const shown = casts(folder).map((file) => playable(file, 'greeter'));
  expect(shown.sort()).toEqual(names.map((name) => `you are ${name}\r\n`).sort());
  service.close();
});

test.describe('does not start', () => {
  async function errorOf(folder: string): Promise<string> {
    const args = ['bridge', '--http-port', '0', '--record', folder];
    const { status, stdout, stderr } = await Program.motd(args).result();
    expect(status, stdout).toBe(1);
    expect(stderr).toMatch(/^motd: [^\n]*--record[^\n]* \[recording-folder\]\n$/);
    return stderr;
  }

  test('if the folder cannot be created', async () => {
    const inFile = join(process.execPath, 'recordings');
    expect(await errorOf(inFile)).toMatch(/cannot create the folder of --record: ENOTDIR: /);
  });

  test('if there is a file at that path, or a link to nothing', async () => {
    const link = test.info().outputPath('link');
    symlinkSync(test.info().outputPath('nothing'), link);
    for (const path of [process.execPath, link])
      expect(await errorOf(path)).toBe(
        `motd: ${path} exists, and is not a folder; choose another one with --record [recording-folder]\n`,
      );
  });

  test('if there is a link in a loop', async () => {
    const link = test.info().outputPath('link');
    symlinkSync(link, link);
    expect(await errorOf(link)).toMatch(
      /^motd: cannot create the folder of --record: ELOOP: .* \[recording-folder\]\n$/,
    );
  });

  test('if there is a link into a folder that may not be read', async () => {
    test.skip(process.getuid?.() === 0, 'root may read every folder');
    const [link, folder] = [test.info().outputPath('link'), test.info().outputPath('private')];
    mkdirSync(folder, { mode: 0 });
    symlinkSync(join(folder, 'recordings'), link);
    expect(await errorOf(link)).toMatch(
      /^motd: cannot create the folder of --record: EACCES: .* \[recording-folder\]\n$/,
    );
  });

  test('if no file can be created in the folder, or no folder below /proc', async () => {
    test.skip(!isLinux, NEEDS_LINUX);
    expect(await errorOf('/proc')).toMatch(/cannot write into the folder of --record: ENOENT: /);
    expect(await errorOf('/proc/x')).toMatch(/cannot create the folder of --record: ENOENT: /);
  });
});

test('leaves nothing in the folder at a start', async () => {
  const folder = test.info().outputPath('recordings');
  await startRecording('redis=127.0.0.1:1', folder);
  expect(readdirSync(folder)).toEqual([]);
});

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
