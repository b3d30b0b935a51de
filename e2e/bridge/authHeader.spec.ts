// `--auth-header`: the name of the user from the proxy that has authenticated them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { freePort } from '../../testing/freePort.ts';
import { Program, runMotd } from '../../testing/programs.ts';
import { expect, QUICK, test } from '../fixtures.ts';
import { nginx, startProxy } from '../proxies.ts';

const AUTHORIZATION = `Basic ${Buffer.from('jürgen:secret').toString('base64')}`;

test('nginx names the user, whatever the client claims', QUICK, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'motd-'));
  const passwords = join(folder, 'passwords');
  writeFileSync(passwords, 'jürgen:{PLAIN}secret\n');
  const port = await freePort();
  const flags = ['--base-path', '/motd', '--trust-proxy', '127.0.0.1'];
  const program = Program.motd([
    ...['up', '--port', '0', '--http-port', '0', '--auth-header', 'X-Remote-User', ...flags],
    ...['--workers', '2'],
  ]);
  const [, bridgePort] = await program.waitForOutput(/^Open http:\/\/127\.0\.0\.1:(\d+)/m);
  await startProxy(nginx, { port, bridgePort: Number(bridgePort), passwords });

  const headers = { authorization: AUTHORIZATION, 'x-remote-user': 'root' };
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/motd/ws`, { headers });
  webSocket.on('open', () => webSocket.send('MSGSTORE\nBy nginx\nQUIT\n'));
  await new Promise((resolve) => webSocket.on('close', resolve));
  await program.waitForOutput(/ as jürgen$/m);
  expect(program.stdout).not.toContain('root');

  const page = (at: unknown, path: string) =>
    fetch(`http://127.0.0.1:${at}/motd${path}`, { headers });
  expect((await page(port, '/')).status).toBe(200);
  expect((await page(bridgePort, '/healthz')).status).toBe(200);
  rmSync(folder, { recursive: true });
});

test('needs a proxy that is trusted, and excludes a users file', async () => {
  const start = (...flags: string[]) => runMotd(['bridge', '--http-port', '0', ...flags]);
  const header = ['--auth-header', 'X-Remote-User'];
  for (const proxies of [[], ['--trust-proxy', 'none']])
    expect(await start(...header, ...proxies)).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'motd: --auth-header needs --trust-proxy: only a proxy may name the user [missing-flag]\n',
    });
  const both = await start(...header, '--trust-proxy', '127.0.0.1', '--users-file', 'users');
  expect([both.status, both.stderr]).toEqual([2, expect.stringContaining('cannot be used with')]);
  for (const name of ['X Remote', 'Cookie', 'x_user', '']) {
    const { status, stderr } = await start('--auth-header', name);
    expect([status, stderr]).toEqual([2, expect.stringContaining('such as X-Remote-User')]);
  }
});
