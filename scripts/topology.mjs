// `npm run topology`: what deploy/container describes, on this machine and without containers: three
// etcd, three message servers, a bridge, and HAProxy in front with the same haproxy.cfg. Ctrl-C ends
// all of it, and nothing is left. `-- --port 2000 --http-port 8081` has it elsewhere.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { endWithParent } from './endWithParent.mjs';
import { fail, prepare } from './prepare.mjs';

const MOTD = 'dist/cli/main.js';
const HAPROXY_CFG = 'deploy/container/haproxy.cfg';
const HOST = '127.0.0.1';
const MEMBERS = [1, 2, 3];

/** As in deploy/container/compose.yaml. */
const DRAIN_SECONDS = 3;

const ASK_AGAIN_AFTER_MS = 100;
/** How long etcd may take to agree on a leader, and a server to be ready. */
const PATIENCE_MS = 30_000;
const START_AGAIN_AFTER_MS = 1000;
/** Longer than a peer may take for its last replies, or a target to finish. */
const END_DEADLINE_MS = 40_000;

/** @typedef {{ name: string, child: import('node:child_process').ChildProcess }} Part */

const { port, httpPort } = portsAskedFor();
prepare();
endWithParent();
const etcd = find('etcd', 'etcd-server');
const haproxy = find('haproxy', 'haproxy');

const folder = mkdtempSync(join(tmpdir(), 'motd-topology-'));
/** In the order they end in. @type {Map<string, Part>} */
const running = new Map();
let isEnding = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));

await start().catch(async (/** @type {unknown} */ error) => {
  console.error(error instanceof Error ? error.message : error);
  await end(1);
});

async function start() {
  const endpoints = await startEtcd();
  const servers = [];
  for (const number of MEMBERS) {
    const at = { name: `server${number}`, port: await freePort(), healthPort: await freePort() };
    startServer(at, endpoints);
    servers.push(at);
  }
  const proxyPort = await freePort();
  const metricsPort = await freePort();
  const bridgePort = await freePort();
  startMotd('bridge', [
    'bridge',
    ...['--http-host', HOST, '--http-port', String(bridgePort)],
    ...['--target', `motd=${HOST}:${proxyPort}+proxy`, '--trust-proxy', HOST],
  ]);
  await Promise.all(servers.map((server) => answers(`http://${HOST}:${server.healthPort}/readyz`)));
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, haproxyConfiguration(servers, { proxyPort, bridgePort, metricsPort }));
  launch('haproxy', haproxy, ['-db', '-f', file], logTo('haproxy'));
  const metrics = `http://${HOST}:${metricsPort}/metrics`;
  await answers(metrics, (text) => checksPassedIn(text) === servers.length + 1);
  tell(servers, endpoints, metrics);
}

/** @returns {Promise<string[]>} Where its members are. */
async function startEtcd() {
  /** @type {{ name: string, client: string, peer: string }[]} */
  const members = [];
  for (const number of MEMBERS) {
    const [client, peer] = [await freePort(), await freePort()];
    members.push({ name: `etcd${number}`, client: `${HOST}:${client}`, peer: `${HOST}:${peer}` });
  }
  const cluster = members.map(({ name, peer }) => `${name}=http://${peer}`).join(',');
  for (const { name, client, peer } of members) {
    const flags = Object.entries({
      name,
      'data-dir': join(folder, name),
      'initial-cluster': cluster,
      'listen-client-urls': `http://${client}`,
      'advertise-client-urls': `http://${client}`,
      'listen-peer-urls': `http://${peer}`,
      'initial-advertise-peer-urls': `http://${peer}`,
      'auto-compaction-retention': '1h',
    }).flatMap(([flag, value]) => [`--${flag}`, value]);
    launch(name, etcd, flags, logTo(name));
  }
  await Promise.all(members.map(({ client }) => answers(`http://${client}/health`)));
  return members.map(({ client }) => client);
}

/**
 * @param {{ name: string, port: number, healthPort: number }} at
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
  const child = launch(name, process.execPath, [MOTD, ...args], 'pipe');
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => console.log(`${name} | ${line}`));
  }
  child.once('close', async (status) => {
    // SHUTDOWN, or somebody's SIGTERM: it stays down, as it would under a service manager.
    if (status === 0 || isEnding) return;
    await sleep(START_AGAIN_AFTER_MS);
    if (!isEnding) startMotd(name, args);
  });
}

/**
 * @param {string} name
 * @param {string} command
 * @param {string[]} args
 * @param {'pipe' | number} output A file descriptor, or to be read by us.
 */
function launch(name, command, args, output) {
  const child = spawn(command, args, { stdio: ['ignore', output, output] });
  const part = { name, child };
  running.set(name, part);
  child.once('error', (error) => console.error(`${name}: ${error.message}`));
  child.once('close', (status, signal) => {
    running.delete(name);
    if (!isEnding) console.log(`${name} has ended (${signal ?? `status ${status}`}).`);
  });
  return child;
}

/**
 * @param {{ port: number, healthPort: number }[]} servers
 * @param {{ proxyPort: number, bridgePort: number, metricsPort: number }} ports
 */
function haproxyConfiguration(servers, { proxyPort, bridgePort, metricsPort }) {
  let text = readFileSync(HAPROXY_CFG, 'utf8');
  /** @type {[string, string][]} */
  const edits = [
    ['bind :26310', `bind ${HOST}:${port}`],
    ['bind :26311', `bind ${HOST}:${proxyPort}`],
    ['bind :8080', `bind ${HOST}:${httpPort}`],
    ['bind :8404', `bind ${HOST}:${metricsPort}`],
    ['bridge:8080', `${HOST}:${bridgePort}`],
  ];
  for (const [index, server] of servers.entries()) {
    const name = `server${index + 1}`;
    edits.push([
      `${name}:26310 check port 26320`,
      `${HOST}:${server.port} check port ${server.healthPort}`,
    ]);
  }
  for (const [from, to] of edits) {
    if (!text.includes(from)) throw new Error(`there is no '${from}' in ${HAPROXY_CFG}`);
    text = text.replace(from, to);
  }
  return text;
}

/**
 * @param {{ name: string, port: number, healthPort: number }[]} servers
 * @param {string[]} endpoints
 * @param {string} metrics
 */
function tell(servers, endpoints, metrics) {
  const pidOf = (/** @type {string} */ name) => running.get(name)?.child.pid;
  const lines = servers.map(
    (server) =>
      `  ${server.name}  process ${pidOf(server.name)}, ${HOST}:${server.port}, ` +
      `http://${HOST}:${server.healthPort}/readyz`,
  );
  const members = endpoints.map(
    (endpoint, index) => `  etcd${index + 1}    process ${pidOf(`etcd${index + 1}`)}, ${endpoint}`,
  );
  console.log(
    [
      '',
      `The page is http://${HOST}:${httpPort}, the messages are at ${HOST}:${port}: HAProxy, in front of`,
      ...lines,
      'which keep the message in',
      ...members,
      `What HAProxy sees of them: ${metrics}`,
      'Kill one of them, and see. Ctrl-C ends them all.',
      '',
    ].join('\n'),
  );
}

/**
 * Ends all of it: what is in front first, etcd last.
 *
 * @param {number} status
 */
async function end(status) {
  if (isEnding) return;
  isEnding = true;
  const rank = (/** @type {Part} */ { name }) =>
    name === 'haproxy' ? 0 : name.startsWith('etcd') ? 2 : 1;
  for (const place of [0, 1, 2]) {
    const parts = [...running.values()].filter((part) => rank(part) === place);
    await Promise.all(parts.map(endPart));
  }
  rmSync(folder, { recursive: true, force: true });
  process.exit(status);
}

/** @param {Part} part */
async function endPart({ name, child }) {
  const closed = once(child, 'close');
  // A second one, where Ctrl-C was the first: nobody is left who could look elsewhere.
  child.kill('SIGTERM');
  if (name.startsWith('server')) child.kill('SIGTERM');
  const deadline = setTimeout(() => void child.kill('SIGKILL'), END_DEADLINE_MS);
  await closed;
  clearTimeout(deadline);
}

/** How many servers HAProxy has asked, and found well. @param {string} metrics */
function checksPassedIn(metrics) {
  return metrics.match(/^haproxy_server_check_status\{.*state="L7OK"\} 1$/gm)?.length ?? 0;
}

/**
 * Settles once it answers with 200, and as it should.
 *
 * @param {string} url
 * @param {(text: string) => boolean} isFit
 */
async function answers(url, isFit = () => true) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (isEnding || (response?.ok && isFit(await response.text()))) return;
    if (performance.now() > deadline) throw new Error(`${url} does not answer; see ${folder}`);
    await sleep(ASK_AGAIN_AFTER_MS);
  }
}

/** A port nobody listens on: it was free a moment ago. */
async function freePort() {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** @param {string} name */
function logTo(name) {
  return openSync(join(folder, `${name}.log`), 'a');
}

/**
 * @param {string} name
 * @param {string} debianPackage
 */
function find(name, debianPackage) {
  // Debian keeps servers where only root looks.
  const found = [name, `/usr/sbin/${name}`].find(
    (command) => spawnSync(command, ['--version']).error === undefined,
  );
  return found ?? fail(`There is no ${name} here; Debian has it in the package ${debianPackage}.`);
}

function portsAskedFor() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '26310' },
        'http-port': { type: 'string', default: '8080' },
      },
    });
    return { port: Number(values.port), httpPort: Number(values['http-port']) };
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}
