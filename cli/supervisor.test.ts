import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { Supervisor, startCommand } from './supervisor.ts';

// What it does with real children: e2e/cli/up.spec.ts.
test('what was stopped before it started does not start', async () => {
  const start = () => startCommand('serve', [], {});
  const child = { name: 'motd serve', stopDeadlineMs: 1000, start };
  const supervisor = new Supervisor(child, () => {});
  supervisor.stop();
  expect(await supervisor.start()).toBeUndefined();
  await supervisor.ended;
});

function run(script: string) {
  return spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

test('what is killed before it listens is started again, like any other crash', async () => {
  const ready = { ready: { host: '127.0.0.1', port: 26310 } };
  const scripts = [
    "process.kill(process.pid, 'SIGKILL')",
    `process.send(${JSON.stringify(ready)}); process.on('SIGTERM', () => process.exit(0))`,
  ];
  const start = () => run(scripts.shift() ?? 'there is no third');
  const told: string[] = [];
  const child = { name: 'motd serve', stopDeadlineMs: 10_000, start };
  const supervisor = new Supervisor(child, (line) => told.push(line));
  expect(await supervisor.start()).toEqual(ready);
  expect(told).toEqual([
    'motd serve ended before it listened (SIGKILL); the next try is in 0.5 s.',
  ]);
  supervisor.stop();
  await supervisor.ended;
});

test('what ends by itself before it listens has said why, and is not started again', async () => {
  let starts = 0;
  const start = () => {
    starts += 1;
    return run('process.exit(2)');
  };
  const told: string[] = [];
  const child = { name: 'motd serve', stopDeadlineMs: 1000, start };
  const supervisor = new Supervisor(child, (line) => told.push(line));
  expect(await supervisor.start()).toBeUndefined();
  await supervisor.ended;
  expect([starts, told]).toEqual([1, []]);
});
