// `npm run topology`: the setup of deploy/container, on this machine and without containers: three
// etcd members, three message servers, a bridge, and HAProxy with the same haproxy.cfg. Ctrl-C ends
// all of them. Nothing is left behind, even after SIGKILL (reaper.mjs).

import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitWithParent } from './exitWithParent.mjs';
import { fail, prepare } from './prepare.mjs';
import { ProcessGroup } from './processGroup.mjs';
import { portsFromArguments } from './topologyPorts.mjs';

const MOTD = 'dist/cli/main.js';
const HAPROXY_CFG = 'deploy/container/haproxy.cfg';
const HOST = '127.0.0.1';
const MEMBERS = [1, 2, 3];

/** As in deploy/container/compose.yaml. */
const DRAIN_SECONDS = 3;

/** How long etcd may take to elect a leader, and a server to be ready. */
const READY_TIMEOUT_MS = 30_000;
const RESTART_DELAY_MS = 1000;
/** npm passes on a Ctrl-C that the terminal has sent to this process already. */
const SAME_CTRL_C_MS = 500;

const { port, httpPort } = portsFromArguments();
prepare();
exitWithParent();
// Available once the build is done.
/** @type {typeof import('../testing/freePort.ts')} */
const { freePort, listenOnce, reservePort } = await importCompiled('freePort');
/** @type {typeof import('../testing/etcdArguments.ts')} */
const { etcdArguments } = await importCompiled('etcdArguments');
/** @type {typeof import('../testing/haproxyConfiguration.ts')} */
const { haproxyConfiguration } = await importCompiled('haproxyConfiguration');
/** @type {typeof import('../testing/waitForHttp.ts')} */
const { waitForHttp } = await importCompiled('waitForHttp');

await requireFree(port, '--port');
await requireFree(httpPort, '--http-port');
const etcd = find('etcd', 'etcd-server');
const haproxy = find('haproxy', 'haproxy');

let isStarting = true;
/** @type {(reason: Error) => void} */
let failStart = () => {};
const startFailed = new Promise((_, reject) => {
  failStart = reject;
});
const programs = new ProcessGroup('motd-topology-', (message, name) => {
  if (isStarting) failStart(new Error(`${message}${programs.lastLinesOf(name)}`));
  else console.log(`${message}.`);
});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));
let killsFromMs = Number.POSITIVE_INFINITY;
process.on('SIGINT', () => {
  if (performance.now() > killsFromMs) programs.killAll();
  killsFromMs = Math.min(killsFromMs, performance.now() + SAME_CTRL_C_MS);
  void end(0);
});

await Promise.race([start(), startFailed]).catch(async (/** @type {unknown} */ error) => {
  if (programs.isEnding) return;
  console.error(error instanceof Error ? error.message : error);
  await end(1);
});
isStarting = false;

async function start() {
  const endpoints = await startEtcd();
  const servers = [];
  for (const number of MEMBERS) {
    const server = {
      name: `server${number}`,
      port: await freePort(),
      healthPort: await freePort(),
    };
    startServer(server, endpoints);
    servers.push(server);
  }
  const ports = {
    port,
    httpPort,
    proxyPort: await freePort(),
    metricsPort: await freePort(),
    bridgePort: await freePort(),
  };
  startMotd('bridge', [
    'bridge',
    ...['--http-host', HOST, '--http-port', String(ports.bridgePort)],
    ...['--target', `motd=${HOST}:${ports.proxyPort}+proxy`, '--trust-proxy', HOST],
    ...['--ready-url', `http://${HOST}:${ports.metricsPort}/readyz`],
  ]);
  await Promise.all(
    servers.map(({ name, healthPort }) =>
      waitUntilReady(name, `http://${HOST}:${healthPort}/readyz`),
    ),
  );
  const file = join(programs.folder, 'haproxy.cfg');
  writeFileSync(file, haproxyConfiguration(readFileSync(HAPROXY_CFG, 'utf8'), ports, servers));
  programs.start('haproxy', haproxy, ['-db', '-f', file], 'log');
  const metrics = `http://${HOST}:${ports.metricsPort}/metrics`;
  await waitUntilReady('haproxy', metrics, (text) => passedChecksIn(text) === servers.length + 1);
  printAddresses(servers, endpoints, metrics);
}

/** @returns {Promise<string[]>} `HOST:PORT` of each member. */
async function startEtcd() {
  const members = [];
  for (const number of MEMBERS) {
    members.push({
      name: `etcd${number}`,
      clientPort: await freePort(),
      peerPort: await freePort(),
    });
  }
  for (const member of members) {
    const args = etcdArguments(member, members, { folder: programs.folder });
    programs.start(member.name, etcd, [...args, '--auto-compaction-retention', '1h'], 'log');
  }
  const endpoints = members.map(({ clientPort }) => `${HOST}:${clientPort}`);
  await Promise.all(
    members.map(({ name }, index) => waitUntilReady(name, `http://${endpoints[index]}/health`)),
  );
  return endpoints;
}

/**
 * @param {{ name: string, port: number, healthPort: number }} server
 * @param {string[]} endpoints
 */
function startServer({ name, port: ownPort, healthPort }, endpoints) {
  startMotd(name, [
    'serve',
    ...['--host', HOST, '--port', String(ownPort)],
    ...['--health-host', HOST, '--health-port', String(healthPort)],
    ...['--store', `etcd://${endpoints.join(',')}/motd`, '--drain', String(DRAIN_SECONDS)],
    ...['--trust-proxy', HOST],
  ]);
}

/**
 * @param {string} name
 * @param {string[]} args
 */
function startMotd(name, args) {
  const child = programs.start(name, process.execPath, [MOTD, ...args], 'pipe');
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      console.log(`${name} | ${line}`);
      if (isStarting) appendFileSync(programs.logFileOf(name), `${line}\n`);
    });
  }
  child.once('close', async (status) => {
    // Stopped by SHUTDOWN or SIGTERM: it stays down, as under a service manager.
    if (status === 0 || isStarting || programs.isEnding) return;
    await sleep(RESTART_DELAY_MS);
    if (!programs.isEnding) startMotd(name, args);
  });
}

/**
 * @param {{ name: string, port: number, healthPort: number }[]} servers
 * @param {string[]} endpoints
 * @param {string} metrics
 */
function printAddresses(servers, endpoints, metrics) {
  const serverLines = servers.map(
    (server) =>
      `  ${server.name}  process ${programs.pidOf(server.name)}, ${HOST}:${server.port}, ` +
      `http://${HOST}:${server.healthPort}/readyz`,
  );
  const etcdLines = endpoints.map((endpoint, index) => {
    const name = `etcd${index + 1}`;
    return `  ${name}    process ${programs.pidOf(name)}, ${endpoint}`;
  });
  console.log(
    [
      '',
      `HAProxy serves the page at http://${HOST}:${httpPort} and the messages at ${HOST}:${port}.`,
      'Behind it:',
      ...serverLines,
      'They store the message in:',
      ...etcdLines,
      `HAProxy's metrics: ${metrics}`,
      'Kill any of these processes to see the others take over. Ctrl-C ends them all.',
      '',
    ].join('\n'),
  );
}

/**
 * Ends HAProxy first, then the servers and the bridge, then etcd.
 *
 * @param {number} status
 */
async function end(status) {
  if (programs.isEnding) return;
  console.log('Ending …');
  const isEtcd = (/** @type {string} */ name) => name.startsWith('etcd');
  await programs.end(
    (name) => (name === 'haproxy' ? 0 : isEtcd(name) ? 2 : 1),
    (name) => {
      // On SIGTERM, etcd would spend seconds on electing a leader. Its data is deleted anyway.
      if (isEtcd(name)) return ['SIGKILL'];
      // The second signal ends the drain: no client is left to switch to another server. The two
      // signals differ, because two equal ones may arrive as one.
      return name.startsWith('server') ? ['SIGTERM', 'SIGINT'] : ['SIGTERM'];
    },
  );
  process.exit(status);
}

/**
 * How many servers HAProxy has checked and found healthy.
 *
 * @param {string} metrics
 */
function passedChecksIn(metrics) {
  return metrics.match(/^haproxy_server_check_status\{.*state="L7OK"\} 1$/gm)?.length ?? 0;
}

/**
 * @param {string} name
 * @param {string} url
 * @param {(body: string) => boolean} [isReady] Whether the body of a 200 response means ready.
 */
async function waitUntilReady(name, url, isReady = () => true) {
  const check = () => {
    if (programs.isEnding) throw new Error('the programs are being stopped');
  };
  const options = { isReady, check, timeoutMs: READY_TIMEOUT_MS };
  await waitForHttp(url, options).catch((/** @type {Error} */ error) => {
    throw new Error(`${name}: ${error.message}${programs.lastLinesOf(name)}`);
  });
}

/**
 * Ends this process with an error if HAProxy could not listen on a port.
 *
 * @param {number} port
 * @param {string} flag
 */
async function requireFree(port, flag) {
  await listenOnce(port).catch((/** @type {NodeJS.ErrnoException} */ error) => {
    const reason =
      error.code === 'EADDRINUSE'
        ? `port ${port} is already in use on ${HOST}`
        : `cannot listen on ${HOST}:${port}: ${error.message}`;
    fail(`${reason}; choose another with -- ${flag}`);
  });
  reservePort(port);
}

/**
 * @param {string} name
 * @param {string} debianPackage
 */
function find(name, debianPackage) {
  // Debian installs servers in a folder that is only on root's PATH.
  const found = [name, `/usr/sbin/${name}`].find(
    (command) => spawnSync(command, ['--version']).error === undefined,
  );
  return found ?? fail(`${name} is not installed; on Debian: apt-get install ${debianPackage}`);
}

/** @param {string} name The name of a file in testing/, without its extension. */
async function importCompiled(name) {
  return import(new URL(`../dist/testing/${name}.js`, import.meta.url).href);
}
