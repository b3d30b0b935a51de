// The units of deploy/systemd: the reports of systemd's own tools about them, and their behavior
// under a real systemd.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { certificateFile, isWithoutEtcd, LocalEtcd } from '../../testing/etcd.ts';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { expect, QUICK, test } from '../fixtures.ts';
import { canRunManager, Manager, UNITS } from './systemd/manager.ts';

const SERVICES = ['motd-server.service', 'motd-bridge.service'];

const APPLE = 'An apple a day keeps the doctor away.';
const PASSWORD = 'the quick brown fox';
const STORE_PASSWORD = 'jumps over the dog';

/**
 * systemd's scale goes from 0, nothing can be reached, to 100; a service without hardening has
 * about 96.
 */
const MAX_EXPOSURE = 15;

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
const hasActivate = spawnSync('systemd-socket-activate', ['--version']).status === 0;
const hasManager = canRunManager();

/** Sends lines to a server and half-closes. @returns Everything that it answered. */
async function sendLines(port: number, ...lines: string[]): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(lines.map((line) => `${line}\n`).join(''));
  return text(socket);
}

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

/** The settings of a file, as systemd reads them. */
/** @param withSuggested Includes those that are commented out. */
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

test.describe('under systemd', () => {
  test.skip(!hasManager, 'no systemd here, or no leave to run it');
  // One test at a time: two systemd instances would share control groups, and one would remove
  // those of the other's services.
  test.describe.configure({ mode: 'default' });

  async function start() {
    const [port, httpPort] = [await freePort(), await freePort()];
    const settings = { port, httpPort, password: PASSWORD, storePassword: STORE_PASSWORD };
    const manager = await Manager.start(test.info().outputPath('systemd'), settings);
    return { manager, port, httpPort };
  }

  const stateOf = (manager: Manager) =>
    ['server.service', 'server.socket'].map((unit) =>
      manager.property(`motd-${unit}`, 'ActiveState'),
    );

  test('the server answers once it has started, keeps its messages, and is restarted after a crash', async () => {
    const { manager, port } = await start();
    manager.do('start', 'motd-server.service');
    expect(await sendLines(port, 'MSGGET')).toBe(`200 OK\n${APPLE}\n`);
    expect(manager.property('motd-server.service', 'LimitCORE')).toBe('0');
    expect(manager.property('motd-server.service', 'StatusText')).toBe(
      `Listening on 127.0.0.1:${port}`,
    );
    // A credential is a secret, whatever its mode.
    expect(manager.output('server')).not.toContain('warning');
    const stored = await sendLines(port, 'MSGSTORE', STORE_PASSWORD, 'Kept');
    expect(stored).toBe('300 PASSWORD REQUIRED\n200 OK\n200 OK\n');
    manager.do('restart', 'motd-server.service');
    expect(await sendLines(port, 'MSGGET')).toBe('200 OK\nKept\n');

    manager.do('kill', '--signal=KILL', '--kill-whom=main', 'motd-server.service');
    await expect.poll(() => manager.property('motd-server.service', 'NRestarts')).toBe('1');
    await expect.poll(() => stateOf(manager)[0]).toBe('active');
    expect(await sendLines(port, 'MSGGET')).toBe('200 OK\nKept\n');
  });

  test('accepts settings with CRLF line ends', async () => {
    const { manager, port } = await start();
    const settings = readFileSync(test.info().outputPath('systemd', 'etc', 'server.env'), 'utf8');
    expect(settings).toContain('\n');
    manager.install('server.env', settings.replaceAll('\n', '\r\n'));
    manager.do('start', 'motd-server.service');
    expect(await sendLines(port, 'MSGGET')).toBe(`200 OK\n${APPLE}\n`);
  });

  test('SHUTDOWN stops the server for good', async () => {
    const { manager, port } = await start();
    manager.do('start', 'motd-server.service');
    expect(await sendLines(port, 'SHUTDOWN', PASSWORD)).toBe('300 PASSWORD REQUIRED\n200 OKAY\n');
    await expect.poll(() => stateOf(manager)[0]).toBe('inactive');
    expect(manager.property('motd-server.service', 'Result')).toBe('success');
    expect(manager.property('motd-server.service', 'NRestarts')).toBe('0');
  });

  test('SHUTDOWN stops the server for good if systemd listens for it', async () => {
    const { manager, port } = await start();
    manager.do('start', 'motd-server.socket');
    expect(await sendLines(port, 'SHUTDOWN', PASSWORD)).toBe('300 PASSWORD REQUIRED\n200 OKAY\n');
    await expect.poll(() => stateOf(manager)).toEqual(['inactive', 'inactive']);
    const refused = connect(port, '127.0.0.1');
    const [error] = await once(refused, 'error');
    expect(error.code).toBe('ECONNREFUSED');
  });

  test('invalid flags fail the start, without a restart', async () => {
    const { manager, port } = await start();
    manager.configure('server', { MOTD_PORT: port, MOTD_HISTORY: 'many' });
    expect(() => manager.do('start', 'motd-server.service')).toThrow(/MOTD_HISTORY|history/);
    expect(stateOf(manager)[0]).toBe('failed');
    expect(manager.property('motd-server.service', 'NRestarts')).toBe('0');
  });

  test('a missing password file is named, and starts no server', async () => {
    const { manager } = await start();
    rmSync(test.info().outputPath('systemd', 'etc', 'store.hash'));
    manager.do('start', 'motd-server.socket');
    expect(() => manager.do('start', 'motd-server.service')).toThrow(/Assertion failed/);
    expect(manager.systemctl('status', 'motd-server.service')).toContain(
      'AssertPathExists=/run/motd/store.hash was not met',
    );
  });

  test('a reload with nothing to reload ends neither the server nor the bridge', async () => {
    const { manager, port, httpPort } = await start();
    manager.do('start', 'motd-server.service', 'motd-bridge.service');
    manager.do('reload', 'motd-server.service', 'motd-bridge.service');
    expect(await sendLines(port, 'MSGGET')).toBe(`200 OK\n${APPLE}\n`);
    expect((await fetch(`http://127.0.0.1:${httpPort}/readyz`)).status).toBe(200);
    for (const service of SERVICES)
      expect(manager.property(service, 'ActiveState'), service).toBe('active');
  });

  test('a restart fails no connection if systemd listens', async () => {
    const { manager, port } = await start();
    manager.do('start', 'motd-server.socket');
    let isOver = false;
    let answered = 0;
    const answer = new RegExp(`^200 OK\\n${APPLE}\\n(421 SERVER SHUTTING DOWN\\n)?$`);
    const request = async () => {
      while (!isOver) {
        // A peer that has not closed yet may get a notice after its answer that the server is
        // shutting down.
        expect(await sendLines(port, 'MSGGET')).toMatch(answer);
        answered++;
      }
    };
    const requests = Promise.all(Array.from({ length: 4 }, request));
    const ended = requests.catch(() => {});
    // One more within ten seconds would exceed systemd's StartLimitBurst=.
    for (let restarts = 0; restarts < 4; restarts++) {
      const restart = new Program(
        'nsenter',
        manager.nsenterArguments('systemctl', 'restart', 'motd-server'),
      );
      expect(await Promise.race([restart.exitCode(), requests])).toBe(0);
      const before = answered;
      await expect.poll(() => answered).toBeGreaterThan(before + 20);
    }
    isOver = true;
    await ended;
    await requests;
  });

  test("works with an etcd store and a load balancer's health checks", async () => {
    test.skip(isWithoutEtcd, 'no etcd on this machine');
    const { manager, port } = await start();
    const healthPort = await freePort();
    const cluster = await LocalEtcd.start({ members: 1 });
    try {
      manager.configure('server', {
        MOTD_HOST: '127.0.0.1',
        MOTD_PORT: port,
        MOTD_STORE: `etcd://${cluster.endpoints}/systemd`,
        MOTD_HEALTH_PORT: healthPort,
      });
      manager.do('start', 'motd-server.service');
      const stored = await sendLines(port, 'MSGSTORE', STORE_PASSWORD, 'In etcd');
      expect(stored).toBe('300 PASSWORD REQUIRED\n200 OK\n200 OK\n');
      expect((await fetch(`http://127.0.0.1:${healthPort}/readyz`)).status).toBe(200);
      manager.do('restart', 'motd-server.service');
      expect(await sendLines(port, 'MSGGET')).toBe('200 OK\nIn etcd\n');
    } finally {
      await cluster.close();
    }
  });

  test("works with an etcd that requires TLS and a user's password", async () => {
    test.skip(isWithoutEtcd, 'no etcd on this machine');
    const { manager, port } = await start();
    const cluster = await LocalEtcd.start({ members: 1, tls: true, rootPassword: PASSWORD });
    try {
      await cluster.gateway.addUser('motd', STORE_PASSWORD, '/systemd/');
      manager.install('etcd.password', `${STORE_PASSWORD}\n`);
      manager.install('etcd-ca.pem', readFileSync(certificateFile, 'utf8'));
      manager.configure('server', {
        MOTD_HOST: '127.0.0.1',
        MOTD_PORT: port,
        MOTD_STORE: `etcds://${cluster.endpoints}/systemd`,
      });
      manager.dropIn('motd-server.service', 'etcd.conf');
      manager.do('start', 'motd-server.service');
      const stored = await sendLines(port, 'MSGSTORE', STORE_PASSWORD, 'In etcd');
      expect(stored).toBe('300 PASSWORD REQUIRED\n200 OK\n200 OK\n');
      expect(await cluster.gateway.range('/systemd/entries/')).toHaveLength(1);
      manager.do('stop', 'motd-server.service');
    } finally {
      await cluster.close();
    }
  });

  test('reloads the certificate', async () => {
    const { manager, port } = await start();
    manager.configure('server', {
      MOTD_PORT: port,
      MOTD_TLS_CERT: '/opt/motd-terminal/testing/tls/cert.pem',
      MOTD_TLS_KEY: '/opt/motd-terminal/testing/tls/key.pem',
    });
    manager.do('start', 'motd-server.service');
    manager.do('reload', 'motd-server.service');
    await expect.poll(() => manager.output('server')).toContain('The certificate was reloaded.\n');
  });

  test('the bridge serves the page and reaches the server, with several workers', async () => {
    const { manager, port, httpPort } = await start();
    manager.configure('bridge', {
      MOTD_TARGET: `motd=127.0.0.1:${port}+proxy`,
      MOTD_HTTP_PORT: httpPort,
      MOTD_WORKERS: 2,
    });
    manager.do('start', 'motd-server.service');
    manager.do('start', 'motd-bridge.service');
    const get = async (path: string) => (await fetch(`http://127.0.0.1:${httpPort}${path}`)).status;
    expect(await get('/')).toBe(200);
    expect(await get('/readyz')).toBe(200);
    manager.do('stop', 'motd-server.service');
    await expect.poll(() => get('/readyz')).toBe(503);
    manager.do('stop', 'motd-bridge.service');
    expect(manager.property('motd-bridge.service', 'Result')).toBe('success');
  });
});
