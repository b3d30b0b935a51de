import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { Supervisor, startCommand } from './supervisor.ts';

// Tested with real commands in e2e/cli/up.spec.ts.
test('does not start a child after stop', async () => {
  const start = () => startCommand('serve', {});
  const childOptions = { name: 'motd serve', stopDeadlineMs: 1000, start };
  const supervisor = new Supervisor(childOptions, () => {});
  supervisor.stop();
  expect(await supervisor.start()).toBeUndefined();
  await supervisor.ended;
});

function run(script: string) {
  return spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

test('restarts a child that was killed before it was ready', async () => {
  const ready = { ready: { host: '127.0.0.1', port: 26310 } };
  const scripts = [
    "process.kill(process.pid, 'SIGKILL')",
    `process.send(${JSON.stringify(ready)}); process.on('SIGTERM', () => process.exit(0))`,
  ];
  const start = () => run(scripts.shift() ?? 'throw new Error("a third start")');
  const lines: string[] = [];
  const childOptions = { name: 'motd serve', stopDeadlineMs: 10_000, start };
  const supervisor = new Supervisor(childOptions, (line) => lines.push(line));
  expect(await supervisor.start()).toEqual(ready);
  expect(lines).toEqual(['motd serve exited before it was ready (SIGKILL); restarting in 0.5 s.']);
  supervisor.stop();
  await supervisor.ended;
});

test('rejects the start of a child that the system cannot start', async () => {
  const start = () => spawn('/nonexistent', { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const childOptions = { name: 'motd serve', stopDeadlineMs: 1000, start };
  const supervisor = new Supervisor(childOptions, () => {});
  await expect(supervisor.start()).rejects.toMatchObject({
    shortCode: 'system-limit',
    message: expect.stringMatching(/^cannot start motd serve: spawn \/nonexistent ENOENT; raise /),
  });
  await supervisor.ended;
});

test('does not restart a child that exited before it was ready', async () => {
  let starts = 0;
  const start = () => {
    starts += 1;
    return run('process.exit(2)');
  };
  const lines: string[] = [];
  const childOptions = { name: 'motd serve', stopDeadlineMs: 1000, start };
  const supervisor = new Supervisor(childOptions, (line) => lines.push(line));
  expect(await supervisor.start()).toBeUndefined();
  await supervisor.ended;
  expect([starts, lines]).toEqual([1, []]);
});
