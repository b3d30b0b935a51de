// `npm run dev`, in a copy of the repository: the program and the page follow each change.

import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { replaceParts } from '../../testing/docs.ts';
import { freePort } from '../../testing/freePort.ts';
import { descendantsOf, isRunning } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { ROOT } from '../../testing/root.ts';
import { expect, PageTerminal, test } from '../fixtures.ts';

/** A copy of the repository, with the installed packages of this one. */
class Copy {
  readonly folder = test.info().outputPath('copy');

  constructor() {
    const skipped = /^(?:\.git|node_modules|dist|test-results|motd-data|gallery)$/;
    for (const name of readdirSync(ROOT)) {
      if (skipped.test(name)) continue;
      cpSync(new URL(name, ROOT), join(this.folder, name), { recursive: true });
    }
    const packages = new URL('node_modules/', ROOT);
    mkdirSync(join(this.folder, 'node_modules'));
    for (const name of readdirSync(packages)) {
      if (name === '.dev') continue;
      symlinkSync(new URL(name, packages), join(this.folder, 'node_modules', name));
    }
  }

  move(from: string, to: string): void {
    renameSync(join(this.folder, from), join(this.folder, to));
  }

  edit(file: string, from: string, to: string): void {
    const path = join(this.folder, file);
    writeFileSync(path, replaceParts(readFileSync(path, 'utf8'), [[from, to]]));
  }
}

/** @returns What the server replies to `QUIT`; empty while it is being restarted. */
async function replyOf(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.end('QUIT\n');
  return (await socket.toArray().catch(() => [])).join('');
}

test('npm run dev follows changes of the server and the page, until Ctrl-C', async ({ page }) => {
  const copy = new Copy();
  const [port, httpPort] = [await freePort(), await freePort()];
  const flags = ['--port', String(port), '--http-port', String(httpPort), '--store', 'memory:'];
  const dev = new Program('npm', ['--prefix', copy.folder, 'run', 'dev', '--', ...flags]);
  await dev.waitForOutput(/^Open http/m);
  await page.goto(`http://127.0.0.1:${httpPort}/`);
  const terminal = new PageTerminal(page);
  await terminal.expectCommandPrompt();

  // As Git does for a moment, from one branch to another.
  copy.move('feed', 'feed.away');
  await dev.waitForStderr(/ENOENT|UNRESOLVED|Could not resolve/);
  copy.move('feed.away', 'feed');

  copy.edit('web/index.html', '<button id="try-now"', '<b id="edited"></b><button id="try-now"');
  await expect(page.locator('#edited')).toBeAttached();

  copy.edit(
    'protocol/commands.ts',
    'export const COMMANDS',
    'this is no TypeScript; const COMMANDS',
  );
  await dev.waitForStderr(/PARSE_ERROR|Expected/);
  await terminal.expectCommandPrompt();
  await terminal.type('MSGGET');
  await expect.poll(() => terminal.text()).toContain('Server: 200 OK');

  copy.edit(
    'protocol/commands.ts',
    'this is no TypeScript; const COMMANDS',
    'export const COMMANDS',
  );
  copy.edit('protocol/replies.ts', "'200 OK'", "'200 FINE'");
  await expect.poll(() => replyOf(port)).toBe('200 FINE\n');

  const descendants = descendantsOf(dev.process.pid ?? 0);
  expect(descendants.length).toBeGreaterThan(3);
  // As a terminal does.
  for (const pid of descendants) process.kill(pid, 'SIGINT');
  await dev.exitCode();
  await expect.poll(() => descendants.filter(isRunning)).toEqual([]);
});
