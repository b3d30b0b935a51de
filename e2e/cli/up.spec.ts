// `motd up`, which `npm start` runs: the server and the bridge as two processes.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { passwordHash } from '../../testing/passwordHash.ts';
import {
  childrenOf,
  commandLine,
  descendantsOf,
  isRunning,
  isSuspended,
  processesWith,
  readProcFile,
} from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { expect, PageTerminal, QUICK, test } from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';

interface RunningUp {
  program: Program;
  page: string;
  port: string;
}

async function startUp(
  flags: readonly string[] = [],
  environment?: Record<string, string>,
): Promise<RunningUp> {
  const store = `file:${test.info().outputPath('data')}`;
  const ports = ['--port', '0', '--http-port', '0'];
  const program = Program.motd(['up', ...ports, '--store', store, ...flags], environment);
  const [, page = '', port = ''] = await program.waitForOutput(
    /^Open (http:\S+) in a browser, or run: nc 127\.0\.0\.1 (\d+)\n/m,
  );
  return { program, page, port };
}

async function runConnect(port: string, lines: string): Promise<string> {
  const client = Program.motd(['connect', '127.0.0.1', port]).input(lines);
  await client.exitCode();
  return client.stdout;
}

/** The processes that a process has started, by their command: `serve`, `bridge`. */
function childrenByCommand(parent = 0): Map<string, number> {
  return new Map(childrenOf(parent).map((pid) => [commandLine(pid).at(-1) ?? '', pid]));
}

/**
 * The names of motd's own variables, and of those of a service manager, in the environment of a
 * process.
 */
function variablesIn(pid: number | undefined): string[] {
  const variables = readProcFile(pid ?? 0, 'environ').split('\0');
  const names = variables.map((variable) => variable.split('=', 1)[0] ?? '');
  return names.filter((name) => /^(MOTD|NOTIFY)_/.test(name)).toSorted();
}

function usersFile(): string {
  const file = test.info().outputPath('users');
  writeFileSync(file, `anna:${passwordHash('password')}\n`);
  return file;
}

test('prints the addresses, and both reach the same message', QUICK, async ({ page }) => {
  const up = await startUp();
  await page.goto(up.page);
  const terminal = new PageTerminal(page);
  await terminal.expectText(PROMPT);
  await terminal.type('MSGSTORE');
  await terminal.type('from the page');
  await terminal.expectText(`Server: 200 OK\n${PROMPT}`);
  expect(await runConnect(up.port, 'MSGGET\nQUIT\n')).toContain('Server: 200 OK\nfrom the page\n');
  expect(await up.program.stop()).toBe(0);
  expect(up.program.stderr).toBe('');
});

test('the server accepts the client address from its bridge, and from no other process', async () => {
  const { program, page, port } = await startUp();
  const webSocket = new WebSocket(`${page.replace('http', 'ws')}/ws`);
  const [{ socket }] = await once(webSocket, 'upgrade');
  await program.waitForOutput(
    new RegExp(`^Connected by \\('127\\.0\\.0\\.1', ${socket.localPort}\\)$`, 'm'),
  );
  webSocket.terminate();

  const forger = connect(Number(port), '127.0.0.1');
  forger.write('PROXY TCP4 192.0.2.7 127.0.0.1 5000 26310\r\nMSGSTORE\nowned\n');
  expect(await text(forger)).toBe('400 UNKNOWN COMMAND\n');
  await program.waitForOutput(/^\[!\] PROXY rejected: \('127\.0\.0\.1', \d+\)/m);
  await program.stop();
  expect(program.stdout).not.toContain('192.0.2.7');
  expect(program.stdout).not.toContain('owned');
});

test(
  'SHUTDOWN stops the server for good; the page stays and reports it',
  QUICK,
  async ({ page }) => {
    const up = await startUp();
    await runConnect(up.port, 'SHUTDOWN\n123!abc\n');
    await up.program.waitForOutput(
      /^The server was shut down and stays down; the page keeps running\./m,
    );
    await page.goto(up.page);
    await new PageTerminal(page).expectText('[reconnecting; press Enter to try now]');
    expect(await new PageTerminal(page).text()).toContain('motd refused the connection');
    expect(await up.program.stop()).toBe(0);
  },
);

test('the page shows how to start the server again after SHUTDOWN', async ({ page }) => {
  const up = await startUp();
  await page.goto(up.page);
  const terminal = new PageTerminal(page);
  await terminal.type('SHUTDOWN');
  await terminal.expectText('Enter shutdown password:');
  await terminal.type('123!abc');
  await expect.poll(() => terminal.flow()).toContain('stop`nodedist/cli/main.jsup`withCtrl-C');
  await up.program.waitForOutput(/press Ctrl-C, then run node dist\/cli\/main\.js up\./);
  await up.program.stop();
});

test.describe('its processes', () => {
  test.skip(process.platform !== 'linux', 'finding them needs /proc');

  for (const [command, signal, how] of [
    ['serve', 'SIGKILL', 'SIGKILL'],
    ['bridge', 'SIGKILL', 'SIGKILL'],
    ['bridge', 'SIGTERM', 'status 0'],
  ] as const) {
    test(`restarts ${command} after ${signal}, on the same port`, async ({ page }) => {
      const up = await startUp();
      await runConnect(up.port, 'MSGSTORE\nkept\nQUIT\n');
      const pid = childrenByCommand(up.program.process.pid).get(command);
      if (pid === undefined) throw new Error(`no ${command} runs`);
      process.kill(pid, signal);
      await up.program.waitForOutput(
        new RegExp(`^motd ${command} exited unexpectedly \\(${how}\\); restarting`, 'm'),
      );
      await up.program.waitForOutput(/listening(.|\n)*listening(.|\n)*listening/);
      await page.goto(up.page);
      await new PageTerminal(page).expectText(PROMPT);
      expect(await runConnect(up.port, 'MSGGET\nQUIT\n')).toContain('Server: 200 OK\nkept\n');
      expect(await up.program.stop()).toBe(0);
    });
  }

  for (const [how, flags, environment] of [
    ['as a flag', ['--password', 'a very secret word'], {}],
    ['in the environment', [], { MOTD_PASSWORD: 'a very secret word' }],
  ] as const) {
    test(`only the server gets the password given ${how}`, async () => {
      const up = await startUp(flags, environment);
      const server = childrenByCommand(up.program.process.pid).get('serve');
      const descendants = descendantsOf(up.program.process.pid ?? 0);
      // The server and the bridge.
      expect(descendants).toHaveLength(2);
      const pidsWithSecretIn = (file: string) =>
        descendants.filter((pid) => readProcFile(pid, file).includes('secret'));
      expect(pidsWithSecretIn('environ')).toEqual([server]);
      expect(pidsWithSecretIn('cmdline')).toEqual([]);
      expect(readProcFile(up.program.process.pid ?? 0, 'cmdline')).toMatch(/motd|main\.js/);
      expect(readProcFile(up.program.process.pid ?? 0, 'cmdline')).not.toContain('secret');
      expect(await runConnect(up.port, 'SHUTDOWN\na very secret word\n')).toContain('200 OKAY');
    });
  }

  test('each gets the variables of its own flags, and no other MOTD variables', async () => {
    const up = await startUp(['--workers', '2', '--max-lifetime', '99999'], {
      MOTD_MAX_LIFETIME: '1',
      MOTD_HISTORY: '7',
      MOTD_USERS_FILE: usersFile(),
      // For neither of them.
      MOTD_TIMEOUT: '1',
      NOTIFY_SOCKET: '/nowhere',
    });
    const children = childrenByCommand(up.program.process.pid);
    const ofServer = variablesIn(children.get('serve'));
    // The bridge gets its own later than its environment: its workers show them.
    const workers = descendantsOf(children.get('bridge') ?? 0);
    expect(ofServer).toEqual(['MOTD_HISTORY', 'MOTD_PORT', 'MOTD_PROXY_KEY', 'MOTD_STORE']);
    expect(descendantsOf(children.get('serve') ?? 0)).toEqual([]);
    expect(variablesIn(children.get('bridge'))).toEqual(['MOTD_PREPARED']);
    const ofBridge = [
      'FEED',
      'HTTP_PORT',
      'MAX_LIFETIME',
      'PROXY_KEY',
      'START_COMMAND',
      'TARGET',
      'USERS_FILE',
      'WORKERS',
    ];
    const ofWorker = ['BRIDGE_WORKER', ...ofBridge].map((name) => `MOTD_${name}`);
    expect(workers.map(variablesIn)).toEqual([ofWorker, ofWorker]);
    for (const worker of workers)
      expect(readProcFile(worker, 'environ')).toContain('LIFETIME=99999\0');
  });

  test('starts the bridge again if it was killed while the server starts', async () => {
    // Suspends the server at its start.
    const script = test.info().outputPath('suspend.cjs');
    writeFileSync(script, "if (process.argv[2] === 'serve') process.kill(process.pid, 'SIGSTOP');");
    const flags = ['--port', '0', '--http-port', '0'];
    const program = Program.motd(['up', ...flags], { NODE_OPTIONS: `--require ${script}` });
    const child = (name: string) => childrenByCommand(program.process.pid).get(name) ?? 0;
    await expect.poll(() => isSuspended(child('serve'))).toBe(true);
    const prepared = child('bridge');
    process.kill(prepared, 'SIGKILL');
    await expect.poll(() => isRunning(prepared)).toBe(false);
    process.kill(child('serve'), 'SIGCONT');
    const [, page = ''] = await program.waitForOutput(/^Open (http:\S+)/m);
    expect((await fetch(page)).status).toBe(200);
    expect(await program.stop()).toBe(0);
  });

  test('leaves none if the server cannot start', async () => {
    const { port } = await startUp();
    const mark = test.info().outputDir;
    const second = Program.motd(['up', '--port', port, '--http-port', '0'], { MARK: mark });
    expect(await second.exitCode()).toBe(1);
    expect(second.stderr).toBe(
      `motd: port ${port} is already in use on 127.0.0.1; choose another with --port [port-in-use]\n`,
    );
    await expect.poll(() => processesWith(`MARK=${mark}`)).toEqual([]);
  });

  test('leaves none if it is killed while they start', async () => {
    const mark = test.info().outputDir;
    const program = Program.motd(['up', '--port', '0', '--http-port', '0'], { MARK: mark });
    const started = () => processesWith(`MARK=${mark}`);
    await expect.poll(() => started().length, { intervals: [5] }).toBeGreaterThan(1);
    await program.kill();
    await expect.poll(started).toEqual([]);
  });

  test('leaves none if npm start is stopped', QUICK, async () => {
    const npm = new Program('npm', ['start', '--', '--port', '0', '--http-port', '0']);
    await npm.waitForOutput(/^Open http/m);
    const descendants = descendantsOf(npm.process.pid ?? 0);
    expect(descendants.length).toBeGreaterThan(2);
    npm.process.kill('SIGTERM');
    await npm.exitCode();
    await expect.poll(() => descendants.filter(isRunning)).toEqual([]);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    test(`leaves none after ${signal}, even with a page open`, async ({ page }) => {
      const up = await startUp();
      await page.goto(up.page);
      await new PageTerminal(page).expectText(PROMPT);
      const children = [...childrenByCommand(up.program.process.pid).values()];
      expect(children).toHaveLength(2);
      up.program.process.kill(signal);
      expect(await up.program.exitCode()).toBe(signal === 'SIGKILL' ? null : 0);
      await expect.poll(() => children.filter(isRunning)).toEqual([]);
    });
  }
});

test("the bridge asks the server's health port if there is one", async () => {
  const ports = ['--port', '0', '--http-port', '0'];
  const program = Program.motd(['up', ...ports], { MOTD_HEALTH_PORT: '0' });
  const [, page = '', port = ''] = await program.waitForOutput(/^Open (http:\S+) in .* (\d+)\n/m);
  const readyz = () => fetch(new URL('/readyz', page));
  expect(await (await readyz()).text()).toBe('ready\n');
  await runConnect(port, 'SHUTDOWN\n123!abc\n');
  await program.waitForOutput(/stays down/);
  await expect.poll(async () => (await readyz()).text()).toMatch(/; --ready-url failed: /);
});

test('rejects the default password if the page accepts other machines', async () => {
  const up = Program.motd(['up', '--port', '0', '--http-port', '0', '--http-host', '0.0.0.0']);
  expect(await up.exitCode()).toBe(1);
  expect(up.stderr).toMatch(
    /^motd: the default password is public; set --password or --password-file .*0\.0\.0\.0 \[weak-password\]\n$/,
  );
  expect(up.stdout).toBe('');
});

test('rejects the default password if a proxy accepts other machines', async () => {
  const up = Program.motd(['up', '--port', '0', '--public-origin', 'https://motd.example']);
  expect(await up.exitCode()).toBe(1);
  expect(up.stderr).toMatch(
    /^motd: the default password is public; .* for --public-origin https:\/\/motd\.example \[weak-password\]\n$/,
  );
});

for (const [ports, flags] of [
  ['the same ports', (first: RunningUp) => [first.port, new URL(first.page).port]],
  ['other ports', () => ['0', '0']],
] as const) {
  test(`a second one with the same store and ${ports} names the first one`, async () => {
    const first = await startUp();
    const store = `file:${test.info().outputPath('data')}`;
    const [port = '', httpPort = ''] = flags(first);
    const args = ['--port', port, '--http-port', httpPort, '--store', store];
    const second = Program.motd(['up', ...args]);
    expect(await second.exitCode()).toBe(1);
    expect(second.stderr).toBe(
      `motd: a server with ${store} is already running at 127.0.0.1:${first.port}; ` +
        'open its page or stop it, or choose others with --store, --port and --http-port [store-in-use]\n',
    );
  });
}

test('exits with status 1 if the port of the page is in use', async () => {
  const first = await startUp();
  const port = new URL(first.page).port;
  const second = Program.motd(['up', '--port', '0', '--http-port', port]);
  expect(await second.exitCode()).toBe(1);
  expect(second.stderr).toBe(
    `motd: port ${port} is already in use on 127.0.0.1; choose another with --http-port [port-in-use]\n`,
  );
});
