// `--targets-file`: what a bridge offers, and how SIGHUP changes it.

import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { childrenOf } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { startTcpService } from '../../testing/tcpService.ts';
import {
  test as base,
  expect,
  type ListeningProgram,
  QUICK,
  startBridgeWith,
  startServer,
} from '../fixtures.ts';
import { reloadTargets } from '../reload.ts';

const WORKERS = ['--workers', '2'];

/** A service that repeats what it gets behind its name. */
const test = base.extend<{ services: Record<'first' | 'second', number> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads there which fixtures one needs.
  services: async ({}, use) => {
    const start = (name: string) =>
      startTcpService((socket) => socket.on('data', (data) => socket.write(`${name} ${data}`)));
    const [first, second] = await Promise.all([start('first'), start('second')]);
    await use({ first: first.port, second: second.port });
    first.close();
    second.close();
  },
});

test.skip(process.platform === 'win32', 'there is no SIGHUP');

const file = () => test.info().outputPath('targets.txt');

const install = (...lines: string[]) => writeFileSync(file(), `${lines.join('\n')}\n`);

const start = (flags: readonly string[] = []) =>
  startBridgeWith('--targets-file', file(), ...flags);

async function open({ port }: ListeningProgram, path: string): Promise<WebSocket> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  await once(webSocket, 'open');
  return webSocket;
}

async function answer(webSocket: WebSocket): Promise<string> {
  webSocket.send('hello');
  const [data] = await once(webSocket, 'message');
  return String(data);
}

/** Of several new connections, so that each worker is asked. */
async function answersAt(bridge: ListeningProgram, path: string): Promise<Set<string>> {
  const answers = new Set<string>();
  for (let times = 0; times < 4; times++) {
    const webSocket = await open(bridge, path);
    answers.add(await answer(webSocket));
    webSocket.terminate();
  }
  return answers;
}

async function get(
  { port }: ListeningProgram,
  path: string,
): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { connection: 'close' },
  });
  return { status: response.status, body: await response.text() };
}

for (const [how, flags, tag] of [
  ['one process', [], QUICK],
  ['several workers', WORKERS, {}],
] as const) {
  test(
    `SIGHUP switches new sessions to the new list, and keeps open ones: ${how}`,
    tag,
    async ({ services: { first, second } }) => {
      install(`kept=127.0.0.1:${first}`, `old=127.0.0.1:${first} # goes`);
      const bridge = await start([...flags, '--target', `flag=127.0.0.1:${second}`]);
      const early = await open(bridge, '/ws/old');
      expect(await answer(early)).toBe('first hello');
      expect(await answersAt(bridge, '/ws')).toEqual(new Set(['second hello']));

      install(`kept=127.0.0.1:${second}`, `new=127.0.0.1:${first}`);
      expect(await reloadTargets(bridge.program)).toBe(
        'The list of targets was reloaded: 3 targets.\n',
      );
      expect(await answer(early)).toBe('first hello');
      expect(await answersAt(bridge, '/ws/kept')).toEqual(new Set(['second hello']));
      expect(await answersAt(bridge, '/ws/new')).toEqual(new Set(['first hello']));
      for (let times = 0; times < 4; times++) {
        expect((await get(bridge, '/ws/old')).status).toBe(404);
        const { body } = await get(bridge, '/targets.json');
        const names = JSON.parse(body).targets.map(({ name }: { name: string }) => name);
        expect(names).toEqual(['flag', 'kept', 'new']);
      }
      const metrics = (await get(bridge, '/metrics')).body;
      expect(metrics).toContain('motd_bridge_sessions{target="old"} 1\n');
      expect(metrics).toContain('motd_bridge_sessions_opened_total{target="new"} 4\n');
      early.terminate();
      expect(await bridge.program.stop()).toBe(0);
      expect(bridge.program.stderr).toBe('');
    },
  );

  test(`a bad file changes nothing, and the operator learns which line is bad: ${how}`, async ({
    services: { first },
  }) => {
    install(`a=127.0.0.1:${first}`);
    const bridge = await start(flags);
    const failed = '[!] The list of targets was not reloaded:';
    for (const [lines, problem] of [
      [['a=h:1', '', 'b=h'], `${file()}:3: not a target: 'h' is neither HOST:PORT`],
      [['a=h:1', 'a=h:2'], `${file()}:2: repeats the name 'a' of line 1; check`],
      [
        ['a=-h:1'],
        `${file()}:1: a host cannot start with '-'; check --targets-file [invalid-file]\n`,
      ],
      [['# none'], `no targets in ${file()}; check --targets-file [invalid-file]\n`],
      [
        ['#'.repeat(10_000_000)],
        `${file()} has more than 1000000 bytes; check --targets-file [input-too-large]\n`,
      ],
    ] as const) {
      install(...lines);
      const report = await reloadTargets(bridge.program);
      expect(report.startsWith(`${failed} ${problem}`), report).toBe(true);
      expect(report).toMatch(/^[^\n]+\n$/);
    }
    rmSync(file());
    expect(await reloadTargets(bridge.program)).toBe(
      `${failed} no such file: ${file()}; check --targets-file [file-not-found]\n`,
    );
    expect(await answersAt(bridge, '/ws/a')).toEqual(new Set(['first hello']));
  });

  test(`a bad file is one error at the start: ${how}`, async () => {
    install('a=h:1', 'b=h');
    const program = Program.motd(['bridge', '--targets-file', file(), ...flags]);
    expect(await program.exitCode()).toBe(1);
    expect(program.stderr).toMatch(
      /^motd: \S+targets\.txt:2: not a target: [^\n]+ \[invalid-file\]\n$/,
    );
    expect(program.stdout).toBe('');
  });
}

test('a restarted worker offers what the others offer', async ({ services }) => {
  install(`a=127.0.0.1:${services.first}`);
  const bridge = await start(WORKERS);
  install(`b=127.0.0.1:${services.second}`);
  await reloadTargets(bridge.program);
  install('broken');
  for (const pid of childrenOf(bridge.program.process.pid ?? 0)) process.kill(pid, 'SIGKILL');
  await bridge.program.waitForOutput(/was restarted\.\n(.*\n)*.*was restarted\.\n/);
  expect(await answersAt(bridge, '/ws/b')).toEqual(new Set(['second hello']));
});

test('a worker that does not respond is reported, and switches when it does', async ({
  services,
}) => {
  install(`a=127.0.0.1:${services.first}`);
  const bridge = await start(WORKERS);
  const [stalled = 0] = childrenOf(bridge.program.process.pid ?? 0);
  process.kill(stalled, 'SIGSTOP');
  install(`b=127.0.0.1:${services.second}`);
  expect(await reloadTargets(bridge.program)).toBe(
    '[!] The list of targets was not reloaded: a worker does not respond; ' +
      'the other workers use the new list\n',
  );
  process.kill(stalled, 'SIGCONT');
  expect(await answersAt(bridge, '/ws/b')).toEqual(new Set(['second hello']));
});

test('the feed follows its target to a new address, and its target cannot be removed', async ({
  server,
}) => {
  const other = await startServer(0, ['--message', 'From the other server']);
  install(`motd=127.0.0.1:${server.port}`);
  const bridge = await start(['--feed', 'motd']);
  const message = async () => (await get(bridge, '/message')).body;
  expect(await message()).toMatch(/^An apple/);
  install(`motd=127.0.0.1:${other.port}`);
  await reloadTargets(bridge.program);
  await expect.poll(message).toBe('From the other server\n');
  install(`another=127.0.0.1:${server.port}`);
  expect(await reloadTargets(bridge.program)).toBe(
    '[!] The list of targets was not reloaded: ' +
      "--feed: no target has the name 'motd'; use one of: another [invalid-value]\n",
  );
  expect((await get(bridge, '/ws/motd')).status).toBe(426);
});
