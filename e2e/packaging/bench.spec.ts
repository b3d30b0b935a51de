// The benchmark itself: a part in its quick form, and what is left of it after Ctrl-C.

import { fileURLToPath } from 'node:url';
import { descendantsOf, isLinux, isRunning, NEEDS_LINUX } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { expect, QUICK, test } from '../fixtures.ts';

const MAIN = fileURLToPath(new URL('../../dist/bench/main.js', import.meta.url));

test('measures a part beside at least one other program', QUICK, async () => {
  const { status, stdout, stderr } = await new Program(process.execPath, [
    ...[MAIN, '--quick', 'logins'],
  ]).result();
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/\| MOTD Terminal \| [\d.]+ k? ?logins\/s/);
  expect(stdout).toMatch(/\| minimal Node \| [\d.]+ k? ?logins\/s/);
});

test('names the parts if it is asked for one that does not exist', async () => {
  const bench = new Program(process.execPath, [MAIN, 'none']);
  expect(await bench.exitCode()).toBe(1);
  expect(bench.stderr).toMatch(/^unknown part 'none'; choose from page, get, /);
});

test('ends all that it started after Ctrl-C', async () => {
  test.skip(!isLinux, NEEDS_LINUX);
  const bench = new Program(process.execPath, [MAIN, 'logins']);
  const pid = bench.process.pid ?? 0;
  await expect.poll(() => descendantsOf(pid).length).toBeGreaterThanOrEqual(2);
  const started = descendantsOf(pid);
  bench.process.kill('SIGINT');
  expect(await bench.exitCode()).toBe(130);
  await expect.poll(() => started.filter(isRunning)).toEqual([]);
});
