// The writer process of an LMDB store dies while nothing is stored: killed by a signal, or by the
// kernel when memory is short.

import { childrenOf, isLinux, NEEDS_LINUX } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { expect, QUICK } from '../fixtures.ts';
import { pidOf, portOf, RawClient, test } from './rawClient.ts';
import { canTrace } from './strace.ts';

test.skip(!isLinux, NEEDS_LINUX);

async function start(flags: readonly string[] = []) {
  const folder = `lmdb:${test.info().outputPath('data')}`;
  const program = Program.motd(['serve', '--port', '0', '--store', folder, ...flags]);
  const client = await RawClient.connect(await portOf(program));
  const writers = () => childrenOf(pidOf(program));
  const store = (message: string) => client.request(`MSGSTORE\n${message}\n`, 2);
  return { program, client, writers, store };
}

test('replaces a dead writer process before the next store', QUICK, async () => {
  const { program, client, writers, store } = await start();
  expect(await store('before')).toEqual(['200 OK', '200 OK']);
  for (let round = 1; round <= 2; round++) {
    const [writer = 0] = writers();
    process.kill(writer, 'SIGKILL');
    await expect.poll(() => writers().filter((pid) => pid !== writer)).toHaveLength(1);
    expect(await store(`after ${round}`)).toEqual(['200 OK', '200 OK']);
  }
  expect(await client.request('MSGHIST\n', 5)).toEqual([
    '200 OK',
    expect.stringMatching(/ before$/),
    expect.stringMatching(/ after 1$/),
    expect.stringMatching(/ after 2$/),
    '.',
  ]);
  expect(program.stdout).not.toContain('[!]');
});

test("answers the next store without a 503, however soon it follows the writer's death", async () => {
  const { writers, store, client } = await start();
  for (let round = 0; round < 5; round++) {
    for (const writer of writers()) process.kill(writer, 'SIGKILL');
    expect(await store(`message ${round}`)).toEqual(['200 OK', '200 OK']);
  }
  expect(await client.request('MSGHIST\n', 7)).toHaveLength(7);
});

test('loses nothing if the writer dies between commit and answer, even if the commit dropped all older messages', async () => {
  test.skip(!canTrace, 'no strace on this machine, or it may not trace');
  const { client, writers, store } = await start(['--history', '1']);
  expect(await store('one')).toEqual(['200 OK', '200 OK']);
  const [writer = 0] = writers();
  // Pages are written by other calls: its first write(2) is the answer.
  const strace = new Program('strace', [
    ...['-f', '-e', 'trace=write', '-e', 'inject=write:signal=SIGKILL', '-p', String(writer)],
  ]);
  await strace.waitForStderr(new RegExp(`Process ${writer} attached`));
  expect(await store('two')).toEqual(['200 OK', '200 OK']);
  await strace.exitCode();
  expect(writers()).not.toContain(writer);
  expect(await store('three')).toEqual(['200 OK', '200 OK']);
  expect(await client.request('MSGHIST\n', 3)).toEqual([
    '200 OK',
    expect.stringMatching(/ three$/),
    '.',
  ]);
});

test('does not replace a dead writer while the server stops', async () => {
  const { program, writers } = await start();
  const [writer = 0] = writers();
  process.kill(writer, 'SIGKILL');
  expect(await program.stop()).toBe(0);
  expect(program.stderr).toBe('');
});
