// A folder of `--record` that is full: sessions go on, and the log reports it once.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { isLinux, NEEDS_LINUX } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { startTcpService } from '../../testing/tcpService.ts';
import { expect, test } from '../fixtures.ts';
import { withSmallDisk } from './smallDisk.ts';
import { canTrace, inject } from './strace.ts';

const FAILED = /^\[!\] Sessions are not recorded: ENOSPC: no space left on device, write$/gm;
const RECOVERED = /^Sessions are recorded again\.$/gm;

/** More than fits into the small disk below. */
const LINE = `${'x'.repeat(60_000)}\n`;

async function startBridge(folder: string, log: string, flags: string[] = []) {
  const service = await startTcpService((socket) => {
    socket.on('data', () => socket.write(LINE));
  });
  const program = Program.motd([
    ...['bridge', '--target', `chatty=127.0.0.1:${service.port}`, '--http-port', '0'],
    ...['--record', folder, '--log', log, ...flags],
  ]);
  return { program, service };
}

/** Sessions that ask for a line, each over and over. */
class Sessions {
  readonly #webSockets: WebSocket[] = [];
  #received = 0;

  static async open(port: string, count: number): Promise<Sessions> {
    const sessions = new Sessions();
    for (let opened = 0; opened < count; opened++) {
      const webSocket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
      webSocket.on('message', (data: Buffer) => {
        sessions.#received += data.length;
      });
      await once(webSocket, 'open');
      sessions.#webSockets.push(webSocket);
    }
    return sessions;
  }

  /** Resolves when every session has received a line. */
  async ask(): Promise<void> {
    const expected = this.#received + this.#webSockets.length * LINE.length;
    for (const webSocket of this.#webSockets) webSocket.send('more\n');
    await expect.poll(() => this.#received).toBe(expected);
  }
}

function expectWholeLines(folder: string): void {
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.cast'))) {
    const content = readFileSync(join(folder, name), 'utf8');
    if (content === '') continue;
    expect(content.endsWith('\n')).toBe(true);
    for (const line of content.slice(0, -1).split('\n')) JSON.parse(line);
  }
}

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

test('a full disk is reported once by all workers, and its end once', async () => {
  test.skip(!isLinux, NEEDS_LINUX);
  const folder = test.info().outputPath('disk');
  await withSmallDisk(folder, '64k', async () => {
    const filler = join(folder, 'filler');
    writeFileSync(filler, Buffer.alloc(32 * 1024));
    const { program, service } = await startBridge(folder, 'console', ['--workers', '2']);
    const [, port = ''] = await program.waitForOutput(/127\.0\.0\.1:(\d+)\n/);
    const sessions = await Sessions.open(port, 6);
    await sessions.ask();
    await program.waitForOutput(/Sessions are not recorded/);
    for (let times = 0; times < 5; times++) await sessions.ask();

    spawnSync('mount', ['-o', 'remount,size=64m', folder]);
    rmSync(filler);
    await expect(async () => {
      await sessions.ask();
      expect(count(program.stdout, RECOVERED)).toBe(1);
    }).toPass();
    await program.stop();
    expect(count(program.stdout, FAILED)).toBe(1);
    expect(count(program.stdout, RECOVERED)).toBe(1);
    expectWholeLines(folder);
    service.close();
  });
});

test('a disk that fails is reported once in JSON, and its end once', async () => {
  test.skip(!canTrace, 'no strace on this machine, or it may not trace');
  const folder = test.info().outputPath('recordings');
  const { program, service } = await startBridge(folder, 'json', ['--ping-interval', '3600']);
  const [, port = ''] = await program.waitForOutput(
    /Server listening at http:\/\/127\.0\.0\.1:(\d+)/,
  );
  const sessions = await Sessions.open(port, 3);
  const strace = await inject(program, 'pwrite64:error=ENOSPC');
  await sessions.ask();
  await program.waitForOutput(/"event":"recordingFailed"/);
  await sessions.ask();
  await strace.stop();
  await expect(async () => {
    await sessions.ask();
    expect(program.stdout).toContain('"event":"recordingRecovered"');
  }).toPass();
  await program.stop();
  const events = program.stdout
    .split('\n')
    .flatMap((line) => /"event":"(\w+)"/.exec(line)?.[1] ?? []);
  expect(events).toEqual(['recordingFailed', 'recordingRecovered']);
  expectWholeLines(folder);
  service.close();
});
