// `npm run topology`: what deploy/container describes, on this machine and without containers: three
// etcd, three message servers, a bridge, and HAProxy in front with the same haproxy.cfg. Ctrl-C ends
// all of it, and nothing is left, nor after SIGKILL (reaper.mjs). `-- --port 2000 --http-port 8081`
// has it elsewhere.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort, listenOnce, reservePort } from '../testing/freePort.ts';
import { endWithParent } from './exitWithParent.mjs';
import { fail, prepare } from './prepare.mjs';

const USAGE = `Usage: npm run topology -- [--port PORT] [--http-port PORT]

Starts three etcd, three message servers, a bridge and HAProxy on this machine; Ctrl-C ends them all.

  --port PORT       where HAProxy takes what motd, nc and telnet send (default: 26310)
  --http-port PORT  where HAProxy has the page (default: 8080)`;

const MOTD = 'dist/cli/main.js';
const GUARDIAN = 'scripts/reaper.mjs';
const HAPROXY_CFG = 'deploy/container/haproxy.cfg';
const HOST = '127.0.0.1';
const MEMBERS = [1, 2, 3];

/** As in deploy/container/compose.yaml. */
const DRAIN_SECONDS = 3;

const POLL_INTERVAL_MS = 100;
/** How long etcd may take to agree on a leader, and a server to be ready. */
const TIMEOUT_MS = 30_000;
const RESTART_DELAY_MS = 1000;
/** Longer than a peer may take for its last replies, or a target to finish. */
const END_DEADLINE_MS = 40_000;
/** npm passes on a Ctrl-C that the terminal has sent to us already. */
const SAME_CTRL_C_MS = 500;
/** Of what a program has said before it ended. */
const LAST_LINES = 3;

/** @typedef {{ name: string, child: import('node:child_process').ChildProcess }} Part */

const { port, httpPort } = portsAskedFor();
await requireFree(port, '--port');
await requireFree(httpPort, '--http-port');
prepare();
endWithParent();
const etcd = find('etcd', 'etcd-server');
const haproxy = find('haproxy', 'haproxy');

const folder = mkdtempSync(join(tmpdir(), 'motd-topology-'));
/** In the order they end in. @type {Map<string, Part>} */
const running = new Map();
const guardian = startGuardian();
let isStarting = true;
let isEnding = false;
/** @type {(reason: Error) => void} */
let failStart = () => {};
const startFails = new Promise((_, reject) => {
  failStart = reject;
});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));
let endsAtOnceFromMs = Number.POSITIVE_INFINITY;
process.on('SIGINT', () => {
  if (performance.now() > endsAtOnceFromMs) killAll();
  endsAtOnceFromMs = Math.min(endsAtOnceFromMs, performance.now() + SAME_CTRL_C_MS);
  void end(0);
});

await Promise.race([start(), startFails]).catch(async (/** @type {unknown} */ error) => {
  if (isEnding) return;
  console.error(error instanceof Error ? error.message : error);
  await end(1);
});
isStarting = false;

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
    ...['--ready-url', `http://${HOST}:${metricsPort}/readyz`],
  ]);
  await Promise.all(
    servers.map(({ name, healthPort }) => answers(name, `http://${HOST}:${healthPort}/readyz`)),
  );
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, haproxyConfiguration(servers, { proxyPort, bridgePort, metricsPort }));
  launch('haproxy', haproxy, ['-db', '-f', file], openSync(logOf('haproxy'), 'a'));
  const metrics = `http://${HOST}:${metricsPort}/metrics`;
  await answers('haproxy', metrics, (text) => checksPassedIn(text) === servers.length + 1);
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
    launch(name, etcd, flags, openSync(logOf(name), 'a'));
  }
  await Promise.all(members.map(({ name, client }) => answers(name, `http://${client}/health`)));
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
    createInterface({ input: stream }).on('line', (line) => {
      console.log(`${name} | ${line}`);
      if (isStarting) appendFileSync(logOf(name), `${line}\n`);
    });
  }
  child.once('close', async (status) => {
    // SHUTDOWN, or somebody's SIGTERM: it stays down, as it would under a service manager.
    if (status === 0 || isStarting || isEnding) return;
    await sleep(RESTART_DELAY_MS);
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
  if (isEnding) throw new Error('it is ending');
  // In a session of its own: a Ctrl-C is ours, and tells each of them in its turn.
  const child = spawn(command, args, { stdio: ['ignore', output, output], detached: true });
  running.set(name, { name, child });
  tellGuardian();
  child.once('error', (error) => console.error(`${name}: ${error.message}`));
  child.once('close', (status, signal) => {
    running.delete(name);
    tellGuardian();
    if (isEnding) return;
    const what = `${name} has ended (${signal ?? `status ${status}`})`;
    if (isStarting) failStart(new Error(`${what}${lastWordsOf(name)}`));
    else console.log(`${what}.`);
  });
  return child;
}

function startGuardian() {
  // Detached: what ends a whole session or group is not to end it too.
  const child = spawn(process.execPath, [GUARDIAN, folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.stdin.on('error', () => {});
  child.once('error', (error) => console.error(`guardian: ${error.message}`));
  return child;
}

function tellGuardian() {
  const pids = [...running.values()].map(({ child }) => child.pid ?? '');
  guardian.stdin.write(`${pids.join(' ')}\n`);
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
  console.log('Ending …');
  const rank = (/** @type {Part} */ { name }) =>
    name === 'haproxy' ? 0 : name.startsWith('etcd') ? 2 : 1;
  for (const place of [0, 1, 2]) {
    const parts = [...running.values()].filter((part) => rank(part) === place);
    await Promise.all(parts.map(endPart));
  }
  const isGuardianGone = once(guardian, 'close');
  guardian.stdin.end();
  if (guardian.exitCode === null && guardian.signalCode === null) await isGuardianGone;
  rmSync(folder, { recursive: true, force: true });
  process.exit(status);
}

function killAll() {
  for (const { child } of running.values()) child.kill('SIGKILL');
}

/** @param {Part} part */
async function endPart({ name, child }) {
  const closed = once(child, 'close');
  // etcd would look for a new leader for seconds; what it keeps goes with the folder.
  child.kill(name.startsWith('etcd') ? 'SIGKILL' : 'SIGTERM');
  // Two requests, and no drain: nobody is left who could look elsewhere. Two of a kind would be one.
  if (name.startsWith('server')) child.kill('SIGINT');
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
 * @param {string} name
 * @param {string} url
 * @param {(text: string) => boolean} isFit
 */
async function answers(name, url, isFit = () => true) {
  const deadline = performance.now() + TIMEOUT_MS;
  while (!isEnding) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok && isFit(await response.text())) return;
    if (performance.now() > deadline) {
      const seconds = TIMEOUT_MS / 1000;
      throw new Error(`${name} is not ready after ${seconds} s (${url})${lastWordsOf(name)}`);
    }
    await sleep(POLL_INTERVAL_MS);
  }
}

/**
 * Ends with a word where HAProxy could not listen.
 *
 * @param {number} wanted
 * @param {string} flag
 */
async function requireFree(wanted, flag) {
  await listenOnce(wanted).catch((/** @type {NodeJS.ErrnoException} */ error) => {
    const what =
      error.code === 'EADDRINUSE'
        ? `port ${wanted} is already in use on ${HOST}`
        : `cannot listen on ${HOST}:${wanted}: ${error.message}`;
    fail(`${what}; choose another with -- ${flag}`);
  });
  reservePort(wanted);
}

/** @param {string} name */
function logOf(name) {
  return join(folder, `${name}.log`);
}

/** What it said last, each line after a line end. @param {string} name */
function lastWordsOf(name) {
  if (!existsSync(logOf(name))) return '';
  const lines = readFileSync(logOf(name), 'utf8').trimEnd().split('\n');
  return ['', ...lines.slice(-LAST_LINES)].join('\n');
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
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit();
    }
    const ports = {
      port: portIn('--port', values.port),
      httpPort: portIn('--http-port', values['http-port']),
    };
    if (ports.port !== ports.httpPort) return ports;
    return fail(`--port and --http-port are both ${ports.port}; choose another for one of them`);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {string} flag
 * @param {string} text
 */
function portIn(flag, text) {
  const number = Number(text);
  const isPort = /^\d+$/.test(text) && number >= 1 && number <= 65_535;
  return isPort ? number : fail(`${flag} '${text}': a port is a number from 1 to 65535`);
}
