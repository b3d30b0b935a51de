// Where an installed `motd` keeps its messages (docs/install.md, "Where the messages are").

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Program } from '../../testing/programs.ts';
import { ROOT } from '../../testing/root.ts';
import { expect, QUICK, test } from '../fixtures.ts';

const MOTD = fileURLToPath(new URL('dist/cli/main.js', ROOT));
const LISTENING = /^TCP Server is listening on 127\.0\.0\.1:\d+\n$/;

/** Runs `motd` in a folder, as a user whose data is in another one. */
function startIn(folder: string, data: string, ...args: string[]): Program {
  mkdirSync(folder, { recursive: true });
  return new Program(process.execPath, [MOTD, ...args], { XDG_DATA_HOME: data }, folder);
}

test.skip(process.platform !== 'linux', 'other systems have other folders');

test(
  'serve names the folder of the user’s data, and adds nothing to its console',
  QUICK,
  async () => {
    const data = test.info().outputPath('data');
    const server = startIn(test.info().outputPath('work'), data, 'serve', '--port', '0');
    await server.waitForOutput(LISTENING);
    expect(server.stderr).toBe(`The messages are in ${join(data, 'motd')}\n`);
    expect(await server.stop()).toBe(0);
    expect(existsSync(join(data, 'motd/messages.log'))).toBe(true);
  },
);

test('serve names no folder that the operator has named', async () => {
  const folder = test.info().outputPath('work');
  const args = ['serve', '--port', '0', '--store', 'file:messages'];
  const server = startIn(folder, test.info().outputPath('data'), ...args);
  await server.waitForOutput(LISTENING);
  expect(server.stderr).toBe('');
  expect(await server.stop()).toBe(0);
});

for (const command of ['serve', 'up']) {
  test(`${command} names the flag for the messages of a checkout in this folder`, async () => {
    const folder = test.info().outputPath('work');
    const ports = command === 'up' ? ['--port', '0', '--http-port', '0'] : ['--port', '0'];
    mkdirSync(join(folder, 'motd-data'), { recursive: true });
    writeFileSync(join(folder, 'motd-data/messages.log'), '');
    const program = startIn(folder, test.info().outputPath('data'), command, ...ports);
    const all = () => program.stdout + program.stderr;
    await expect.poll(all).toContain('to use them: --store file:./motd-data\n');
    expect(await program.stop()).toBe(0);
  });
}

test('a server that drains lets the next one wait for its messages', async () => {
  const folder = test.info().outputPath('work');
  const args = ['serve', '--port', '0', '--store', 'file:messages'];
  const first = startIn(folder, folder, ...args, '--drain', '60');
  await first.waitForOutput(LISTENING);
  const address = () => readFileSync(join(folder, 'messages/server.lock'), 'utf8');
  await expect.poll(address).toMatch(/^\{.*\}\n$/);
  first.process.kill('SIGTERM');
  await expect.poll(address).toBe('');
  const second = startIn(folder, folder, ...args);
  first.process.kill('SIGTERM');
  expect(await first.exitCode()).toBe(0);
  await second.waitForOutput(LISTENING);
});
