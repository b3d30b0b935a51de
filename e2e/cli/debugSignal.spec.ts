// SIGUSR1, on which Node opens a debugger that every user of the machine can use.

import { freePort } from '../../testing/freePort.ts';
import { descendantsOf } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { expect, test } from '../fixtures.ts';

test.skip(process.platform !== 'linux', 'processes are found in /proc');

/** The port of a debugger: not 9229, which another test may use. */
async function debuggerPort(): Promise<{ NODE_OPTIONS: string }> {
  return { NODE_OPTIONS: `--inspect-port=${await freePort()}` };
}

const DEBUGGER = /Debugger listening|Starting inspector/;

const COMMANDS: { args: string[]; ready: RegExp; others: number }[] = [
  { args: ['serve', '--port', '0'], ready: /listening on/, others: 0 },
  {
    args: ['bridge', '--target', 'motd=127.0.0.1:9', '--http-port', '0', '--workers', '2'],
    ready: /listening on http/,
    others: 2,
  },
  { args: ['up', '--port', '0', '--http-port', '0'], ready: /http:/, others: 2 },
];

for (const { args, ready, others } of COMMANDS) {
  test(`SIGUSR1 opens no debugger in any process of motd ${args[0]}`, async () => {
    const store = `file:${test.info().outputPath('store')}`;
    const program = Program.motd(args, { MOTD_STORE: store, ...(await debuggerPort()) });
    await program.waitForOutput(ready);
    const pid = program.process.pid ?? 0;
    const pids = [pid, ...descendantsOf(pid)];
    expect(pids).toHaveLength(1 + others);
    for (const each of pids) process.kill(each, 'SIGUSR1');
    await plainNodeOpensDebugger();
    expect(program.process.exitCode).toBe(null);
    expect(await program.stop()).toBe(0);
    expect(program.stderr).not.toMatch(DEBUGGER);
  });
}

test('SIGUSR1 opens no debugger in a client that waits', async ({ server }) => {
  const args = ['watch', '127.0.0.1', String(server.port)];
  const watch = Program.motd(args, await debuggerPort());
  await watch.waitForOutput(/An apple/);
  watch.process.kill('SIGUSR1');
  await plainNodeOpensDebugger();
  await watch.stop();
  expect(watch.stderr).not.toMatch(DEBUGGER);
});

/** Resolves once a plain Node process, signaled after motd, has opened its debugger. */
async function plainNodeOpensDebugger(): Promise<void> {
  const script = "setInterval(() => {}, 1000); console.log('started')";
  const plain = new Program(process.execPath, ['-e', script], await debuggerPort());
  await plain.waitForOutput(/started/);
  plain.process.kill('SIGUSR1');
  await plain.waitForStderr(DEBUGGER);
  await plain.kill();
}
