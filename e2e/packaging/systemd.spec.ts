// The units of deploy/systemd: the reports of systemd's own tools about them, their settings, and the
// socket that they pass. underSystemd.spec.ts runs them.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { expect, QUICK, test } from '../fixtures.ts';
import { SERVICES, UNITS } from './systemd/manager.ts';
import { sendLines } from './systemd/sendLines.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const PASSWORD = 'the quick brown fox';

/**
 * systemd's scale goes from 0, nothing can be reached, to 100; a service without hardening has
 * about 96.
 */
const MAX_EXPOSURE = 15;

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
const hasActivate = spawnSync('systemd-socket-activate', ['--version']).status === 0;

test.describe('systemd-analyze', () => {
  test.skip(!hasAnalyze, 'no systemd-analyze on this machine');

  test('finds nothing wrong with the units', QUICK, () => {
    const folder = test.info().outputPath('units');
    mkdirSync(folder);
    const files = [...SERVICES, 'motd-server.socket'].map((name) => {
      copyFileSync(join(UNITS, name), join(folder, name));
      return join(folder, name);
    });
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], {
      encoding: 'utf8',
      // Only these units: those of the machine may have faults of their own.
      env: { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` },
    });
    // The path of Node may differ from Debian's.
    const faults = stderr.split('\n').filter((line) => line.includes('motd-'));
    const others = faults.filter(
      (line) => !/Command \/usr\/bin\/node is not executable/.test(line),
    );
    expect(others).toEqual([]);
  });

  for (const service of SERVICES) {
    test(`${service} has a low exposure`, () => {
      const { status, stdout } = spawnSync(
        'systemd-analyze',
        [
          'security',
          '--offline=true',
          '--no-pager',
          `--threshold=${MAX_EXPOSURE}`,
          join(UNITS, service),
        ],
        { encoding: 'utf8' },
      );
      expect(stdout).toMatch(/Overall exposure level/);
      expect(status, stdout).toBe(0);
    });
  }
});

for (const service of SERVICES) {
  test(`${service} leaves no core dump, which would hold its passwords and keys`, () => {
    expect(readFileSync(join(UNITS, service), 'utf8')).toMatch(/^LimitCORE=0$/m);
  });
}

for (const [file, command] of [
  ['server.env', 'serve'],
  ['etcd.env', 'serve'],
  ['bridge.env', 'bridge'],
] as const) {
  test(`${file} contains only variables that motd ${command} accepts`, async () => {
    const settings = settingsIn(file, { withSuggested: true });
    expect(Object.keys(settings).length).toBeGreaterThan(0);
    const help = Program.motd([command, '--help'], settings);
    expect(await help.exitCode(), help.stderr).toBe(0);
    const helpText = help.stdout.replace(/\s+/g, ' ');
    for (const name of Object.keys(settings)) expect(helpText).toContain(`env: ${name})`);
  });
}

for (const file of ['server.env', 'etcd.env'] as const) {
  test(`with ${file}, the server trusts the client addresses from the bridge of bridge.env`, async () => {
    const [port, httpPort] = [await freePort(), await freePort()];
    const server = Program.motd(['serve', '--password', PASSWORD], {
      ...settingsIn(file),
      MOTD_PORT: String(port),
      // The files that the units name are elsewhere.
      MOTD_STORE: 'memory:',
      MOTD_HEALTH_HOST: '127.0.0.1',
      MOTD_HEALTH_PORT: '0',
    });
    const { MOTD_TARGET = '', ...settings } = settingsIn('bridge.env');
    const bridge = Program.motd(['bridge', '--http-port', String(httpPort)], {
      ...settings,
      MOTD_TARGET: MOTD_TARGET.replace(':26310', `:${port}`),
    });
    await Promise.all([
      server.waitForOutput(/"event":"listening"/),
      bridge.waitForOutput(/Server listening/),
    ]);
    const webSocket = new WebSocket(`ws://127.0.0.1:${httpPort}/ws`);
    const pieces: string[] = [];
    webSocket.on('message', (data) => pieces.push(String(data)));
    await once(webSocket, 'open');
    webSocket.send('MSGGET\nQUIT\n');
    await once(webSocket, 'close');
    expect(pieces.join('')).toBe(`200 OK\n${APPLE}\n200 OK\n`);
  });
}

/**
 * The settings of a file, as systemd reads them.
 *
 * @param withSuggested Includes those that are commented out.
 */
function settingsIn(file: string, { withSuggested = false } = {}): Record<string, string> {
  const lines = readFileSync(join(UNITS, file), 'utf8').split('\n');
  const settings = lines
    .map((line) => (withSuggested ? line.replace(/^#(?=MOTD_)/, '') : line))
    .filter((line) => line.startsWith('MOTD_'));
  return Object.fromEntries(settings.map(pairOf));
}

function pairOf(line: string): [string, string] {
  const [name = '', value = ''] = line.split(/=(.*)/s);
  return [name, value];
}

test.describe('a socket that is passed', () => {
  test.skip(!hasActivate, 'no systemd-socket-activate on this machine');

  function activate(where: string, ...flags: string[]): Program {
    const main = join(UNITS, '../../dist/cli/main.js');
    const serve = [process.execPath, main, 'serve', '--store', 'memory:', ...flags];
    return new Program('systemd-socket-activate', ['--listen', where, ...serve]);
  }

  test('is used, and a peer that connected before the start is answered', QUICK, async () => {
    const port = await freePort();
    const program = activate(`127.0.0.1:${port}`, '--password', PASSWORD);
    await program.waitForStderr(/Listening on/);
    expect(await sendLines(port, 'MSGGET')).toBe(`200 OK\n${APPLE}\n`);
    await program.waitForOutput(new RegExp(`TCP Server is listening on 127\\.0\\.0\\.1:${port}\n`));
  });

  test('may have any address, so the default password is rejected', async () => {
    const port = await freePort();
    const program = activate(`127.0.0.1:${port}`);
    await program.waitForStderr(/Listening on/);
    connect(port, '127.0.0.1').on('error', () => {});
    expect(await program.exitCode()).toBe(1);
    expect(program.stderr).toMatch(
      /\nmotd: the default password is public; .* \[weak-password\]\n$/,
    );
  });

  test('has to be a TCP socket', async () => {
    const path = test.info().outputPath('unix');
    const program = activate(path, '--password', PASSWORD);
    await program.waitForStderr(/Listening on/);
    connect(path).on('error', () => {});
    expect(await program.exitCode()).toBe(1);
    expect(program.stderr).toMatch(
      /\nmotd: cannot listen on the socket from the service manager: .* \[service-manager\]\n$/,
    );
  });
});
