import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';

const MODULE = new URL('../dist/node/cli/exitWhenReaderCloses.js', import.meta.url).href;

/** Runs forever, and prints each line of its input. */
const SCRIPT = `
  import { exitWhenReaderCloses } from '${MODULE}';
  exitWhenReaderCloses();
  setInterval(() => {}, 1000);
  process.stdin.on('data', (line) => process.stdout.write(line));
`;

let folder = '';
let fifo = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'motd-reader-'));
  fifo = join(folder, 'fifo');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Starts the script with this standard output. */
function start(stdout: number | 'pipe'): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT], {
    stdio: ['pipe', stdout, 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** Makes it write a line. After that, it runs and watches its reader. */
async function writeLine(child: ChildProcess, line: string, to: Socket): Promise<void> {
  child.stdin?.write(`${line}\n`);
  const [chunk] = await once(to, 'data');
  expect(String(chunk)).toBe(`${line}\n`);
}

describe.skipIf(process.platform !== 'linux')('a command', () => {
  test('exits when the reader closes its pipe, and not before', async () => {
    spawnSync('mkfifo', [fifo]);
    const reading = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const reader = new Socket({ fd: reading });
    const writing = openSync(fifo, constants.O_WRONLY);
    const child = start(writing);
    closeSync(writing);
    const ended = once(child, 'exit');
    for (const line of ['one', 'two', 'three']) await writeLine(child, line, reader);
    expect(child.exitCode).toBeNull();
    reader.destroy();
    expect(await ended).toEqual([0, null]);
  });

  test('exits when the other end of its socket is closed, but not when it is half-closed', async () => {
    const child = start('pipe');
    const ended = once(child, 'exit');
    const { stdout } = child;
    if (!(stdout instanceof Socket)) throw new Error('not a socket');
    await writeLine(child, 'one', stdout);
    stdout.end();
    await writeLine(child, 'two', stdout);
    stdout.destroy();
    expect(await ended).toEqual([0, null]);
  });

  test('reads nothing from a pipe that is open for reading and writing', async () => {
    spawnSync('mkfifo', [fifo]);
    const both = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const child = start(both);
    const reader = new Socket({ fd: both, readable: true, writable: false });
    for (let line = 0; line < 20; line++) await writeLine(child, `${line}`, reader);
    expect(child.exitCode).toBeNull();
    reader.destroy();
  });
});
