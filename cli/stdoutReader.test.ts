import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';

const MODULE = new URL('../dist/cli/stdoutReader.js', import.meta.url).href;

/** Goes on for ever, and reports each line of its input. */
const SCRIPT = `
  import { exitWhenReaderLeaves } from '${MODULE}';
  exitWhenReaderLeaves();
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

/** Has it write a line; then it runs, and looks. */
async function hasIt(child: ChildProcess, write: string, to: Socket): Promise<void> {
  child.stdin?.write(`${write}\n`);
  const [chunk] = await once(to, 'data');
  expect(String(chunk)).toBe(`${write}\n`);
}

describe.skipIf(process.platform !== 'linux')('a command', () => {
  test('ends if the reader of its pipe goes, and not before', async () => {
    spawnSync('mkfifo', [fifo]);
    const reading = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const reader = new Socket({ fd: reading });
    const writing = openSync(fifo, constants.O_WRONLY);
    const child = start(writing);
    closeSync(writing);
    const ended = once(child, 'exit');
    for (const line of ['one', 'two', 'three']) await hasIt(child, line, reader);
    expect(child.exitCode).toBeNull();
    reader.destroy();
    expect(await ended).toEqual([0, null]);
  });

  test('ends if the other end of its socket is closed, and not if it sends no more', async () => {
    const child = start('pipe');
    const ended = once(child, 'exit');
    const { stdout } = child;
    if (!(stdout instanceof Socket)) throw new Error('not a socket');
    await hasIt(child, 'one', stdout);
    stdout.end();
    await hasIt(child, 'two', stdout);
    stdout.destroy();
    expect(await ended).toEqual([0, null]);
  });

  test('takes nothing from a pipe that it could read itself', async () => {
    spawnSync('mkfifo', [fifo]);
    const both = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const child = start(both);
    const reader = new Socket({ fd: both, readable: true, writable: false });
    for (let line = 0; line < 20; line++) await hasIt(child, `${line}`, reader);
    expect(child.exitCode).toBeNull();
    reader.destroy();
  });
});
