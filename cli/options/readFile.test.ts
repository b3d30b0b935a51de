import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readFile } from './readFile.ts';

function pathIn(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'motd-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}

function fileWith(content: string): string {
  const file = pathIn('file');
  writeFileSync(file, content);
  return file;
}

test('reads a file of any length up to the limit', () => {
  for (const length of [0, 1, 65_536, 200_000]) {
    const content = 'x'.repeat(length);
    expect(String(readFile(fileWith(content), '--file', 200_000))).toBe(content);
  }
  const file = fileWith('xxxx');
  expect(() => readFile(file, '--file', 3)).toThrow(`${file} has more than 3 bytes; check --file`);
});

test('rejects a folder, and a file that does not exist', () => {
  expect(() => readFile(tmpdir(), '--file')).toThrow('it is a folder (EISDIR); check --file');
  const file = pathIn('none');
  expect(() => readFile(file, '--file')).toThrow(`no such file: ${file}; check --file`);
});

test.skipIf(process.platform === 'win32')('rejects a device', () => {
  for (const device of ['/dev/zero', '/dev/null'])
    expect(() => readFile(device, '--file')).toThrow(
      `${device} is not a regular file; check --file`,
    );
});

test.skipIf(process.platform === 'win32')('rejects a named pipe, with or without a writer', () => {
  const pipe = pathIn('pipe');
  spawnSync('mkfifo', [pipe]);
  const rejection = `${pipe} is not a regular file; check --file`;
  expect(() => readFile(pipe, '--file')).toThrow(rejection);
  const writer = spawn('sh', ['-c', `exec cat > ${pipe}`], { stdio: ['pipe', 'ignore', 'ignore'] });
  onTestFinished(() => {
    writer.kill();
  });
  expect(() => readFile(pipe, '--file')).toThrow(rejection);
});
