// The units of deploy/systemd, and the scripts of the Debian package, under a real systemd.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { certificateFile, isWithoutEtcd, LocalEtcd } from '../../testing/etcd.ts';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { expect, test } from '../fixtures.ts';
import { canRunManager, Manager, SERVICES } from './systemd/manager.ts';
import { sendLines } from './systemd/sendLines.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const PASSWORD = 'the quick brown fox';
const STORE_PASSWORD = 'jumps over the dog';

const hasDebianScripts = spawnSync('deb-systemd-invoke').error === undefined;

test.skip(!canRunManager(), 'no systemd here, or no leave to run it');
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

test('a setting that the server rejects is reported once, also if systemd listens for it', async () => {
  const { manager, port } = await start();
  manager.do('start', 'motd-server.socket', 'motd-server.service');
  manager.configure('server', { MOTD_HISTORY: 'many' });
  expect(() => manager.do('restart', 'motd-server.service')).toThrow(/MOTD_HISTORY/);
  await expect.poll(() => stateOf(manager)).toEqual(['failed', 'inactive']);
  await expect(sendLines(port, 'MSGGET')).rejects.toThrow(/ECONNREFUSED/);
  expect(manager.output('server').match(/invalid value 'many'/g)).toHaveLength(1);

  manager.configure('server', { MOTD_HISTORY: 10 });
  manager.do('start', 'motd-server.socket', 'motd-server.service');
  expect(stateOf(manager)).toEqual(['active', 'active']);
  expect(await sendLines(port, 'MSGGET')).toBe(`200 OK\n${APPLE}\n`);
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

test('the Debian package restarts what runs, starts nothing, and stops all when removed', async () => {
  test.skip(!hasDebianScripts, 'no deb-systemd-invoke on this machine');
  const { manager, port } = await start();
  const [server = '', bridge = ''] = SERVICES;
  const script = (name: string, ...args: string[]) =>
    manager.run('sh', `/opt/motd-terminal/deploy/debian/${name}`, ...args);
  const states = () =>
    [...SERVICES, 'motd-server.socket'].map((unit) => manager.property(unit, 'ActiveState'));

  // Installed for the first time.
  script('postinst', 'configure', '');
  expect(states()).toEqual(['inactive', 'inactive', 'inactive']);

  manager.do('start', 'motd-server.socket', server);
  const before = manager.property(server, 'MainPID');
  script('prerm', 'upgrade', '1.0.1-1');
  expect(manager.property(server, 'MainPID')).toBe(before);
  script('postinst', 'configure', '1.0.0-1');
  expect(manager.property(server, 'MainPID')).not.toBe(before);
  expect(states()).toEqual(['active', 'inactive', 'active']);

  manager.do('start', bridge);
  script('prerm', 'remove');
  script('postrm', 'remove');
  expect(states()).toEqual(['inactive', 'inactive', 'inactive']);
  await expect(sendLines(port, 'MSGGET')).rejects.toThrow(/ECONNREFUSED/);
});

test('a newer Debian package is installed even if its server does not start', async () => {
  test.skip(!hasDebianScripts, 'no deb-systemd-invoke on this machine');
  const { manager, port } = await start();
  manager.do('start', 'motd-server.service');
  manager.configure('server', { MOTD_PORT: port, MOTD_HISTORY: 'many' });
  manager.run('sh', '/opt/motd-terminal/deploy/debian/postinst', 'configure', '1.0.0-1');
  expect(stateOf(manager)[0]).toBe('failed');
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
