// Finds the programs that tests and measurements use, or installs them if possible.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { installDebianPackages } from './debian.mjs';
import { fail } from './prepare.mjs';

/** The programs that were not found, by their names. @type {Map<string, string>} */
const missing = new Map();

/** @returns {string[]} The programs that were not found, each with its Debian package. */
export function missingTools() {
  return [...missing].map(([name, debianPackage]) => `${name} (${debianPackage})`);
}

/**
 * @param {string} name
 * @param {string} debianPackage
 */
function reportMissing(name, debianPackage) {
  console.log(`No suitable ${name} found: skipping what needs it.`);
  missing.set(name, debianPackage);
  return '';
}

/**
 * @returns {string} An nc that half-closes at the end of its input (-N), such as OpenBSD's; else
 *   empty.
 */
export function findNetcat() {
  return findTool('nc', 'netcat-openbsd', (nc) => {
    const { stdout, stderr } = spawnSync(nc, ['-h'], { encoding: 'utf8' });
    return /\s-N\s/.test(`${stdout}${stderr}`);
  });
}

/** @returns {string} A telnet; else empty. */
export function findTelnet() {
  return findTool('telnet', 'inetutils-telnet', (telnet) => {
    return spawnSync(telnet, ['--version'], { stdio: 'ignore' }).error === undefined;
  });
}

/**
 * @returns {string} A telnetd of inetutils. It is never installed, because its package brings an inetd,
 *   which would let others log in. Else empty.
 */
export function findTelnetd() {
  const isSuitable = (/** @type {string} */ telnetd) => {
    const { stdout } = spawnSync(telnetd, ['--version'], { encoding: 'utf8' });
    return /GNU inetutils/.test(stdout ?? '');
  };
  return findTool('telnetd', 'inetutils-telnetd', isSuitable, { mayInstall: false });
}

/** @returns {string} A strace that is allowed to trace; else empty. */
export function findStrace() {
  return findTool('strace', 'strace', (strace) => {
    return spawnSync(strace, ['-o', '/dev/null', 'true']).status === 0;
  });
}

/** @returns {string} A Python 3; else empty. */
export function findPython() {
  return findTool('python3', 'python3', (python) => {
    return spawnSync(python, ['-c', 'import socket']).status === 0;
  });
}

/**
 * @returns {string} A websockify with numpy, such as Debian's; without numpy it is slower. Else
 *   empty.
 */
export function findWebsockify() {
  return findTool('websockify', 'websockify', (websockify) => {
    const { status, stderr } = spawnSync(websockify, ['--help'], { encoding: 'utf8' });
    return status === 0 && !/no 'numpy'/.test(stderr);
  });
}

/**
 * @returns {string} A ttyd that accepts `-W`, as since 1.7.4; it is never installed. Else empty.
 */
export function findTtyd() {
  const isSuitable = (/** @type {string} */ ttyd) => {
    const { stdout, stderr } = spawnSync(ttyd, ['--help'], { encoding: 'utf8' });
    return /--writable/.test(`${stdout}${stderr}`);
  };
  return findTool('ttyd', 'ttyd', isSuitable, { mayInstall: false });
}

/**
 * @returns {string} An nginx that accepts `-e`, as since 1.19.5: without it, nginx writes
 *   elsewhere. Else empty.
 */
export function findNginx() {
  return findServer('nginx', 'nginx-light', (nginx) => {
    return spawnSync(nginx, ['-e', 'stderr', '-v']).status === 0;
  });
}

/** @returns {string} An HAProxy; else empty. */
export function findHaproxy() {
  return findServer('haproxy', 'haproxy', (haproxy) => spawnSync(haproxy, ['-v']).status === 0);
}

/** @returns {string} An asciinema; else empty. */
export function findAsciinema() {
  return findTool('asciinema', 'asciinema', (asciinema) => {
    return spawnSync(asciinema, ['--version']).status === 0;
  });
}

/** @returns {string} A jq; else empty. */
export function findJq() {
  return findTool('jq', 'jq', (jq) => spawnSync(jq, ['--version']).status === 0);
}

/** @returns {string} A man that shows the warnings of groff, such as man-db's; else empty. */
export function findMan() {
  return findTool('man', 'man-db', (man) => {
    return spawnSync(man, ['--warnings', '--version'], { stdio: 'ignore' }).status === 0;
  });
}

/** @returns {string} A mandoc; else empty. */
export function findMandoc() {
  return findTool('mandoc', 'mandoc', (mandoc) => {
    return (
      spawnSync(mandoc, { input: '', stdio: ['pipe', 'ignore', 'ignore'] }).error === undefined
    );
  });
}

/** @returns {string} A zsh; else empty. */
export function findZsh() {
  return findTool('zsh', 'zsh', (zsh) => spawnSync(zsh, ['--version']).status === 0);
}

/** @returns {string} A fish that accepts `--no-config`, as since 3.4; else empty. */
export function findFish() {
  return findTool('fish', 'fish', (fish) => {
    return spawnSync(fish, ['--no-config', '--version']).status === 0;
  });
}

/** @returns {string} A shellcheck; else empty. */
export function findShellcheck() {
  return findTool('shellcheck', 'shellcheck', (shellcheck) => {
    return spawnSync(shellcheck, ['--version']).status === 0;
  });
}

/** @returns {string} A lintian; else empty. */
export function findLintian() {
  return findTool('lintian', 'lintian', (lintian) => {
    return spawnSync(lintian, ['--version']).status === 0;
  });
}

/** @returns {string} A redis-server; else empty. */
export function findRedis() {
  return findServer('redis-server', 'redis-server', (redis) => {
    return spawnSync(redis, ['--version']).status === 0;
  });
}

/** @returns {string} A memcached; else empty. */
export function findMemcached() {
  return findServer('memcached', 'memcached', (memcached) => {
    return spawnSync(memcached, ['-V'], { stdio: 'ignore' }).status === 0;
  });
}

/** @returns {string} A mosquitto, the MQTT broker; else empty. */
export function findMosquitto() {
  // `-h` exits with 3.
  return findServer('mosquitto', 'mosquitto', (mosquitto) => {
    return spawnSync(mosquitto, ['-h'], { stdio: 'ignore' }).error === undefined;
  });
}

/** @returns {string} TigerVNC's server, which is a display of its own; else empty. */
export function findVncServer() {
  return findTool('Xtigervnc', 'tigervnc-standalone-server', (server) => {
    return spawnSync(server, ['-version'], { stdio: 'ignore' }).status === 0;
  });
}

/** @returns {string} An xterm; else empty. */
export function findXterm() {
  return findTool('xterm', 'xterm', (xterm) => {
    return spawnSync(xterm, ['-version'], { stdio: 'ignore' }).status === 0;
  });
}

/** @returns {string} The folder of Debian's noVNC; else empty. */
export function findNoVnc() {
  const folder = '/usr/share/novnc';
  const isThere = () => existsSync(`${folder}/vnc_lite.html`);
  if (isThere()) return folder;
  installDebianPackages('novnc');
  if (isThere()) return folder;
  return reportMissing('noVNC', 'novnc');
}

/**
 * @returns {string} RabbitMQ, the smallest server in Debian that speaks STOMP 1.2: Debian's own
 *   `rabbitmq-server` demands to be root; this is what it calls. Else empty.
 */
export function findRabbitMq() {
  const server = '/usr/lib/rabbitmq/bin/rabbitmq-server';
  if (existsSync(server)) return server;
  if (!existsSync('/run/systemd/system')) installDebianPackages('rabbitmq-server');
  if (existsSync(server)) return server;
  return reportMissing('rabbitmq-server', 'rabbitmq-server');
}

/** @returns {string} An ngircd with TLS, such as Debian's; else empty. */
export function findNgircd() {
  return findServer('ngircd', 'ngircd', (ngircd) => {
    const { stdout } = spawnSync(ngircd, ['--version'], { encoding: 'utf8' });
    return /\+SSL/.test(stdout ?? '');
  });
}

/** @returns {string} An etcd that offers only version 3 of its API, as since 3.4; else empty. */
export function findEtcd() {
  const etcd = findServer('etcd', 'etcd-server', (command) => {
    const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
    return status === 0 && /^etcd Version: 3\.([4-9]|\d\d)\./m.test(stdout);
  });
  // CI must not skip the tests of the etcd store.
  if (etcd === '' && process.env['CI'] !== undefined)
    fail(
      'etcd is not installed, and CI must not skip its tests; on Debian: apt-get install etcd-server',
    );
  return etcd;
}

/**
 * On a system with a service manager (sd_booted(3)) nothing is installed: Debian would start the
 * server, at every boot, and reachable by others.
 *
 * @param {string} name
 * @param {string} debianPackage
 * @param {(command: string) => boolean} isSuitable
 */
function findServer(name, debianPackage, isSuitable) {
  const mayInstall = !existsSync('/run/systemd/system');
  return findTool(name, debianPackage, isSuitable, { mayInstall });
}

/**
 * @param {string} name
 * @param {string} debianPackage
 * @param {(command: string) => boolean} isSuitable
 * @param {{ mayInstall: boolean }} options Whether to install it if no suitable program is found.
 */
function findTool(name, debianPackage, isSuitable, { mayInstall } = { mayInstall: true }) {
  // Debian installs servers in a folder that is only on root's PATH.
  const commands = [name, `/usr/sbin/${name}`];
  const found = commands.find(isSuitable);
  if (found !== undefined) return found;
  if (mayInstall) installDebianPackages(debianPackage);
  return commands.find(isSuitable) ?? reportMissing(name, debianPackage);
}
