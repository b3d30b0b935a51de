import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Target } from '../../bridge/relay/targets.ts';
import { CliError } from '../cliError.ts';
import { readTargetsFile } from './targetsFile.ts';

const motd: Target = { name: 'motd', address: { host: '127.0.0.1', port: 26310 } };
const redis: Target = { name: 'redis', address: { host: '::1', port: 6379 } };
const pg: Target = { name: 'pg', address: { path: '/run/pg#1' }, proxyVersion: 1 };

function fileWith(content: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'motd-targets-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'targets.txt');
  writeFileSync(file, content);
  return file;
}

test('reads a target from each line, without comments and blank lines', () => {
  const file = fileWith(
    '# services\n\n  redis=[::1]:6379\t# a cache\n#old=127.0.0.1:1\npg=unix:/run/pg#1+proxy',
  );
  expect(readTargetsFile(file, [])).toEqual([redis, pg]);
});

test('accepts CRLF and a byte order mark', () => {
  expect(readTargetsFile(fileWith('\uFEFFredis=[::1]:6379\r\n\r\n'), [])).toEqual([redis]);
});

test('puts the targets of the flags first', () => {
  expect(readTargetsFile(fileWith('redis=[::1]:6379'), [motd])).toEqual([motd, redis]);
});

test.each([
  ['a=h:1\n\nb=h\n', ':3: not a target: '],
  ['a=h:1 b=h:2\n', ':1: not a target: '],
  ['# one\na=-oProxyCommand=x:22\n', ":2: a host cannot start with '-'"],
  ['a=h:1\nb=h:2\na=h:3\n', ":3: repeats the name 'a' of line 1"],
  ['a=h:1\nmotd=h:2\n', ":2: repeats the name 'motd' of --target"],
])('names the file, the line and the problem of %j', (content, problem) => {
  const file = fileWith(content);
  const read = () => readTargetsFile(file, [motd]);
  expect(read).toThrow(`${file}${problem}`);
  expect(read).toThrow('; check --targets-file');
});

test.each(['', '\n# none\n'])(
  'rejects a file without targets, also beside --target: %j',
  (content) => {
    const file = fileWith(content);
    expect(() => readTargetsFile(file, [motd])).toThrow(
      `no targets in ${file}; check --targets-file`,
    );
  },
);

test.each([
  ['a file that is not UTF-8', () => fileWith(Buffer.from([0x61, 0xff]))],
  ['a file of 10 MB', () => fileWith(Buffer.alloc(10_000_000, '#'))],
  ['a device without end', () => '/dev/zero'],
  ['a folder', () => tmpdir()],
  ['a file that does not exist', () => join(tmpdir(), 'motd-no-such-file')],
])('rejects %s in one line', (_what, file) => {
  const read = () => readTargetsFile(file(), []);
  expect(read).toThrow(CliError);
  expect(read).toThrow(/^[^\n]+$/);
});
