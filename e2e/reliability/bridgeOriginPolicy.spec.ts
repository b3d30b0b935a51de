// Every Origin with every Host, against the policy. The policy is written down here again, over a
// table, written by hand, of the meaning of each spelling: nothing is parsed, and the bridge's own
// code is not used.

import { hostname } from 'node:os';
import { randomFrom, seed } from '../../testing/random.ts';
import { statusOf } from '../../testing/rawHttp.ts';
import { upgradeRequest } from '../../testing/rawWebSocket.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { startBridgeProgram, test } from './bridgeProgram.ts';
import { EchoSession } from './echoSession.ts';
import { echo, ScriptedTarget } from './scriptedTarget.ts';

const CONCURRENCY = 20;
const SECURE = 'https://motd.example';
const WITH_PORT = 'http://intern.example:8000';
const MACHINE = hostname().toLowerCase();

/** The meaning of a Host header (RFC 9110, section 7.2; addresses as in the URL standard). */
interface Host {
  value: string | undefined;
  /**
   * `own`: a name that no other DNS can resolve. `public`: a configured name. `foreign`: any other.
   */
  kind: 'own' | 'public' | 'foreign' | 'none';
  name?: string;
  /** `undefined` if it is left out. */
  port?: number | undefined;
}

/** The meaning of an Origin header (RFC 6454, section 7). */
interface Origin {
  value: string | undefined;
  /** A program sends none. A public one is spelled as configured. */
  kind: 'program' | 'public' | 'page' | 'none';
  scheme?: 'http' | 'https';
  name?: string;
  port?: number | undefined;
}

const DEFAULT_PORT = { http: 80, https: 443 } as const;

/** The policy for `Host` alone. */
function isAcceptedHost(host: Host): boolean {
  return host.kind === 'own' || host.kind === 'public';
}

/** HTTP/1.1 itself requires a Host (RFC 9112, section 3.2). */
function rejectionOf({ value }: Host): 400 | 403 {
  return value === undefined ? 400 : 403;
}

/** The policy for both (PROTOCOL.md, "The bridge"). */
function isAdmitted(origin: Origin, host: Host): boolean {
  if (!isAcceptedHost(host)) return false;
  if (origin.kind === 'program' || origin.kind === 'public') return true;
  if (origin.scheme === undefined || host.kind !== 'own' || origin.name !== host.name) return false;
  const defaultPort = DEFAULT_PORT[origin.scheme];
  return (origin.port ?? defaultPort) === (host.port ?? defaultPort);
}

function own(value: string, name: string, port?: number): Host {
  return { value, kind: 'own', name, port };
}

function published(value: string): Host {
  return { value, kind: 'public' };
}

function foreign(...all: string[]): Host[] {
  return all.map((value) => ({ value, kind: 'foreign' }));
}

function noHost(...all: Array<string | undefined>): Host[] {
  return all.map((value) => ({ value, kind: 'none' }));
}

function hosts(port: number): Host[] {
  const loopback = '127.0.0.1';
  return [
    own(`127.0.0.1:${port}`, loopback, port),
    own('127.0.0.1', loopback),
    own('127.0.0.1:443', loopback, 443),
    own(`localhost:${port}`, 'localhost', port),
    own('LOCALHOST', 'localhost'),
    own('localhost:', 'localhost'),
    own(`localhost:0${port}`, 'localhost', port),
    own(`[::1]:${port}`, '::1', port),
    own(`[0:0:0:0:0:0:0:1]:${port}`, '::1', port),
    own(`[::ffff:127.0.0.1]:${port}`, '::ffff:127.0.0.1', port),
    own('192.0.2.1', '192.0.2.1'),
    own(`${MACHINE}:${port}`, MACHINE, port),
    own(MACHINE.toUpperCase(), MACHINE),
    own(`2130706433:${port}`, loopback, port),
    own(`0x7f000001:${port}`, loopback, port),
    own(`0177.0.0.1:${port}`, loopback, port),
    own(`127.1:${port}`, loopback, port),
    own(`127.0.0.1.:${port}`, loopback, port),
    own(`localhost.:${port}`, 'localhost', port),
    own(`${MACHINE}.`, MACHINE),
    published('motd.example'),
    published('motd.example.'),
    published('motd.example.:443'),
    published('motd.example:443'),
    published('MOTD.example:8443'),
    published('intern.example:8000'),
    ...foreign(
      'evil.example',
      `evil.example:${port}`,
      'motd.example..',
      'evil.motd.example',
      'motd.example.evil.example',
      'xmotd.example',
      'example',
      'localhost..',
      '.localhost',
      'evil.example.',
      'evil.localhost',
      `localhost.evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      '127.0.0.1.nip.example',
      `${MACHINE}.evil.example`,
      `x${MACHINE}`,
      'xn--lcalhost-54a',
      'l\u00f3calhost',
      `localhost@evil.example:${port}`,
      'motd.example@evil.example',
      'evil.example/localhost',
      'localhost%2eevil.example',
    ),
    ...noHost(
      undefined,
      '',
      ':',
      `:${port}`,
      '::1',
      '[::1',
      '[::1%25lo]',
      '256.256.256.256',
      '1.2.3.4.5',
      'localhost:65536',
      'localhost:-1',
      'localhost:http',
      'localhost, localhost',
      'local host',
      '*',
    ),
  ];
}

function page(value: string, scheme: 'http' | 'https', name: string, port?: number): Origin {
  return { value, kind: 'page', scheme, name, port };
}

function noOrigin(...all: string[]): Origin[] {
  return all.map((value) => ({ value, kind: 'none' }));
}

function origins(port: number): Origin[] {
  const loopback = '127.0.0.1';
  return [
    { value: undefined, kind: 'program' },
    { value: SECURE, kind: 'public' },
    { value: WITH_PORT, kind: 'public' },
    { value: `${SECURE}.`, kind: 'public' },
    { value: WITH_PORT.replace(':8000', '.:8000'), kind: 'public' },
    page(`http://localhost.:${port}`, 'http', 'localhost', port),
    page(`http://127.0.0.1:${port}`, 'http', loopback, port),
    page(`https://127.0.0.1:${port}`, 'https', loopback, port),
    page('http://127.0.0.1', 'http', loopback),
    page('https://127.0.0.1', 'https', loopback),
    page(`http://localhost:${port}`, 'http', 'localhost', port),
    page('http://localhost', 'http', 'localhost'),
    page('https://localhost', 'https', 'localhost'),
    page(`HTTP://LocalHost:${port}`, 'http', 'localhost', port),
    page(`http://[::1]:${port}`, 'http', '::1', port),
    page(`http://[::ffff:127.0.0.1]:${port}`, 'http', '::ffff:127.0.0.1', port),
    page(`http://[::ffff:7f00:1]:${port}`, 'http', '::ffff:127.0.0.1', port),
    page('https://192.0.2.1', 'https', '192.0.2.1'),
    page(`http://${MACHINE}:${port}`, 'http', MACHINE, port),
    page(`https://${MACHINE}`, 'https', MACHINE),
    page(`http://2130706433:${port}`, 'http', loopback, port),
    page(`http://0x7f.1:${port}`, 'http', loopback, port),
    page(`http://127.0.0.1:${port + 1}`, 'http', loopback, port + 1),
    ...noOrigin(
      'null',
      '',
      'evil',
      '//localhost',
      `localhost:${port}`,
      'http://',
      `ftp://localhost:${port}`,
      `ws://localhost:${port}`,
      `file://localhost:${port}`,
      `chrome-extension://localhost:${port}`,
      'http://motd.example',
      'https://motd.example:8443',
      'https://motd.example..',
      'https://evil.motd.example',
      'https://motd.example.evil.example',
      'https://xmotd.example',
      'https://motd.example@evil.example',
      'https://intern.example:8000',
      'http://intern.example',
      'http://evil.example',
      `http://evil.example:${port}`,
      `http://localhost:${port}@evil.example`,
      `http://localhost.evil.example:${port}`,
      `http://127.0.0.1.evil.example:${port}`,
      `http://evil.localhost:${port}`,
      `http://localhost..:${port}`,
      `http://xn--lcalhost-54a:${port}`,
      `http://l\u00f3calhost:${port}`,
      `http://localhost:${port}, http://evil.example`,
      'http://localhost:65536',
    ),
  ];
}

/** Hosts that no client sends: the bridge must not guess their meaning. */
function invalidHosts(port: number): Host[] {
  return noHost(
    'evil.example@localhost',
    `evil.example@127.0.0.1:${port}`,
    'evil.example:x@motd.example',
    'localhost/evil.example',
    'localhost?evil.example',
    'localhost#evil.example',
    'localhost\\evil.example',
    'local\thost',
  );
}

function invalidOrigins(port: number): Origin[] {
  return noOrigin(
    `http://evil.example@localhost:${port}`,
    `http://localhost:${port}/evil.example`,
    `http://localhost:${port}?evil.example`,
    `http://localhost:${port}#evil.example`,
    `http:localhost:${port}`,
    `http:\\\\localhost:${port}`,
    `http://local\thost:${port}`,
  );
}

interface UpgradeCase {
  path: string;
  origin: Origin;
  host: Host;
}

test.describe.configure({ timeout: scaled(60_000, 600_000) });

test('admits or rejects every Origin with every Host as the policy specifies', async () => {
  const bridge = await startWithPublicOrigins();
  const table = origins(bridge.port).length * hosts(bridge.port).length;
  const cases = ['/ws', '/ws/other'].flatMap((path) =>
    casesOf(path, origins(bridge.port), hosts(bridge.port)),
  );
  const rounds = scaled(1, 10);
  const random = randomFrom(seed);
  let admitted = 0;
  for (let round = 0; round < rounds; round++)
    admitted += await checkAll(bridge.port, shuffled(cases, random));
  expect(admitted).toBeGreaterThan(0);
  // The target accepts connections in order: all that reached it before this one have been counted.
  await (await EchoSession.start(bridge.port, '/ws/motd')).stop();
  // Fewer if a client disconnected before its target was reached.
  expect(bridge.accepted()).toBeLessThanOrEqual(admitted + 1);
  expect(bridge.program.stderr).toBe('');
  record(
    'bridge: Origin x Host',
    `${origins(0).length} Origins x ${hosts(0).length} Hosts = ${table} combinations, at /ws and at /ws/NAME, ` +
      `each ${rounds} times in random order: ${admitted} admitted, ${cases.length * rounds - admitted} rejected, ` +
      '0 wrong admissions, 0 wrong rejections; rejected requests reached no target',
  );
});

test('serves the page only under its own or a public Host', QUICK, async () => {
  const bridge = await startWithPublicOrigins();
  const table = hosts(bridge.port);
  const wrong: string[] = [];
  for (const host of table) {
    const request = upgradeRequest('/', { ...PLAIN, Host: host.value });
    const status = await statusOf(bridge.port, request);
    if (status !== (isAcceptedHost(host) ? 200 : rejectionOf(host)))
      wrong.push(`${status}, Host: ${host.value}`);
  }
  expect(wrong).toEqual([]);
  expect(bridge.program.stderr).toBe('');
  record(
    'bridge: Host alone',
    `GET / under ${table.length} Hosts: 0 wrong admissions or rejections`,
  );
});

test('rejects an invalid Host or Origin, whatever a URL parser makes of it', async () => {
  const bridge = await startWithPublicOrigins();
  const cases = [
    ...casesOf('/ws', origins(bridge.port), invalidHosts(bridge.port)),
    ...casesOf('/ws', invalidOrigins(bridge.port), hosts(bridge.port)),
  ];
  await checkAll(bridge.port, cases);
  record(
    'bridge: Origin x Host',
    `${cases.length} combinations with a Host or an Origin that no client sends: all rejected`,
  );
});

const PLAIN = { Connection: 'close', Upgrade: undefined, 'Sec-WebSocket-Key': undefined };

function casesOf(path: string, from: Origin[], to: Host[]): UpgradeCase[] {
  return from.flatMap((origin) => to.map((host) => ({ path, origin, host })));
}

async function startWithPublicOrigins() {
  const target = await ScriptedTarget.listen(echo);
  const flags = ['--public-origin', SECURE, '--public-origin', WITH_PORT];
  const where = { motd: target.address, other: target.address };
  const { program, port } = await startBridgeProgram(where, flags);
  return { program, port, accepted: () => target.accepted };
}

/**
 * Sends all requests, a few at a time, and checks every response. @returns How many were admitted.
 */
async function checkAll(port: number, cases: UpgradeCase[]): Promise<number> {
  let admitted = 0;
  const wronglyAdmitted: string[] = [];
  const wronglyRejected: string[] = [];
  const rest = cases.values();
  const check = async () => {
    for (const { path, origin, host } of rest) {
      const request = upgradeRequest(path, { Host: host.value, Origin: origin.value });
      const status = await statusOf(port, request);
      const right = isAdmitted(origin, host) ? 101 : rejectionOf(host);
      if (status === 101) admitted++;
      if (status === right) continue;
      const wrong = status === 101 ? wronglyAdmitted : wronglyRejected;
      wrong.push(`${status} at ${path}, Host: ${host.value}, Origin: ${origin.value}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, check));
  expect({ wronglyAdmitted, wronglyRejected }).toEqual({
    wronglyAdmitted: [],
    wronglyRejected: [],
  });
  return admitted;
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((one) => ({ one, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one);
}
