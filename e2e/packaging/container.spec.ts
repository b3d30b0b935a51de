// The files of deploy/container, as far as they can be checked without a container engine: the
// files they name exist, their settings fit together, and the steps of the image make a server.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { haproxyCommand } from '../balancer.ts';
import { expect, test } from '../fixtures.ts';
import {
  buildContext,
  environmentOfImage,
  makeImage,
  ROOT,
  stepsOfDockerfile,
} from './imageSteps.ts';

const FOLDER = join(ROOT, 'deploy/container');
const HAPROXY_CFG = readFileSync(join(FOLDER, 'haproxy.cfg'), 'utf8');
const APPLE = 'An apple a day keeps the doctor away.';

/** How long a stop takes at most, after the drain (docs/server.md, "Reload and stop"). */
const STOP_SECONDS = 10;

interface ComposeService {
  image?: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment?: Record<string, string | number>;
  depends_on?: string[] | Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  networks: string[] | Record<string, { ipv4_address: string } | null>;
  volumes?: string[];
  ports?: string[];
  stop_grace_period?: string;
}

interface Compose {
  services: Record<string, ComposeService>;
  networks: Record<string, { ipam: { config: { subnet: string; ip_range: string }[] } }>;
  volumes: Record<string, null>;
}

const compose: Compose = parse(readFileSync(join(FOLDER, 'compose.yaml'), 'utf8'), { merge: true });
const services = Object.entries(compose.services);
const motdServices = services.filter(([, { image }]) => image === 'motd-terminal');
const etcds = services.filter(([, { image }]) => image?.includes('etcd'));

function isIn(network = '', address: string): boolean {
  const [base = '', length] = network.split('/');
  const list = new BlockList();
  list.addSubnet(base, Number(length));
  return list.check(address);
}

test.describe('compose.yaml', () => {
  test('defines three etcd, three servers, a bridge and HAProxy', () => {
    expect(etcds).toHaveLength(3);
    expect(motdServices.map(([, { command }]) => command?.[0])).toEqual([
      ...Array(3).fill('serve'),
      'bridge',
    ]);
    expect(compose.services['haproxy']?.image).toMatch(/^haproxy:/);
  });

  test('names only files that exist', () => {
    for (const [, service] of services) {
      if (service.build !== undefined) {
        expect(join(FOLDER, service.build.context, '/')).toBe(ROOT);
        expect(existsSync(join(ROOT, service.build.dockerfile))).toBe(true);
      }
      const { networks } = service;
      for (const network of Array.isArray(networks) ? networks : Object.keys(networks))
        expect(compose.networks).toHaveProperty(network);
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('.')) expect(existsSync(join(FOLDER, source)), source).toBe(true);
        else expect(compose.volumes).toHaveProperty(source);
      }
      for (const [other, condition] of dependenciesOf(service)) {
        const needed = compose.services[other];
        expect(needed, other).toBeDefined();
        if (condition === 'service_healthy') expect(needed?.healthcheck, other).toBeDefined();
      }
    }
  });

  test('gives motd only flags and variables that it accepts', async () => {
    for (const [name, { command = [], environment = {} }] of motdServices) {
      const help = Program.motd([...command, '--help']);
      expect(await help.exitCode(), name).toBe(0);
      for (const variable of Object.keys(environment)) {
        const words = help.stdout.replace(/\s+/g, ' ');
        expect(words, `${name}: ${variable}`).toContain(`env: ${variable})`);
      }
    }
  });

  test('lets the servers reach each etcd, and all reach each other', () => {
    const endpoints = etcds.map(([name]) => `${name}:2379`).join(',');
    const peers = etcds.map(([name]) => `${name}=http://${name}:2380`).join(',');
    for (const [name, { environment = {} }] of etcds) {
      expect(environment).toMatchObject({
        ETCD_NAME: name,
        ETCD_INITIAL_CLUSTER: peers,
        ETCD_INITIAL_ADVERTISE_PEER_URLS: `http://${name}:2380`,
        ETCD_ADVERTISE_CLIENT_URLS: `http://${name}:2379`,
      });
    }
    for (const [, { command, environment = {} }] of motdServices) {
      if (command?.[0] === 'serve')
        expect(environment['MOTD_STORE']).toBe(`etcd://${endpoints}/motd`);
    }
  });

  test('lets only HAProxy send client addresses, from an address of its own', () => {
    const networks = compose.services['haproxy']?.networks;
    expect(networks).toMatchObject({ motd: { ipv4_address: expect.any(String) } });
    const { ipv4_address: address = '' } =
      networks === undefined || Array.isArray(networks) ? {} : (networks['motd'] ?? {});
    for (const [name, { environment = {} }] of motdServices)
      expect(environment['MOTD_TRUST_PROXY'], name).toBe(address);
    const [given] = compose.networks['motd']?.ipam.config ?? [];
    expect(isIn(given?.subnet, address)).toBe(true);
    expect(isIn(given?.ip_range, address)).toBe(false);
  });

  test('gives a server time to stop: HAProxy notices, and peers read their last replies', () => {
    const number = (name: string) => seconds(HAPROXY_CFG.match(`${name} (\\d+m?s)`)?.[1]);
    const fall = Number(/ fall (\d+)/.exec(HAPROXY_CFG)?.[1]);
    const noticedAfterS = number(' inter') + (fall - 1) * number('fastinter');
    for (const [name, { command, environment = {}, stop_grace_period }] of motdServices) {
      if (command?.[0] !== 'serve') continue;
      const drain = Number(environment['MOTD_DRAIN']);
      expect(drain, name).toBeGreaterThan(2 * noticedAfterS);
      expect(seconds(stop_grace_period), name).toBeGreaterThan(drain + STOP_SECONDS);
    }
  });
});

test.describe('haproxy.cfg', () => {
  test('is valid for HAProxy', () => {
    test.skip(haproxyCommand === '' && process.env['CI'] === undefined, 'no HAProxy here');
    const { status, stderr } = spawnSync(
      haproxyCommand,
      ['-c', '-f', join(FOLDER, 'haproxy.cfg')],
      { encoding: 'utf8' },
    );
    expect(status, stderr).toBe(0);
    // Outside the containers' network their names do not resolve: no other error is possible.
    const warnings = stderr.split('\n').filter((line) => line.startsWith('[WARNING]'));
    expect(warnings.filter((line) => !line.includes('could not resolve address'))).toEqual([]);
  });

  test('connects to the ports that the services listen on', () => {
    const image = environmentOfImage();
    const listening = motdServices.flatMap(([name, { command }]) =>
      command?.[0] === 'serve' ? [`${name}:26310`] : [`${name}:8080`],
    );
    const servers = [...HAPROXY_CFG.matchAll(/^ +server \S+ (\S+)/gm)].map(([, where]) => where);
    expect(servers).toEqual(listening);
    const checked = [...HAPROXY_CFG.matchAll(/check port (\d+)/g)].map(([, port]) => port);
    expect(checked).toEqual(Array(3).fill(image['MOTD_HEALTH_PORT']));
    expect(image).toMatchObject({ MOTD_HOST: '0.0.0.0', MOTD_HTTP_HOST: '0.0.0.0' });
  });

  test('listens where this machine and the bridge connect', () => {
    const binds = [...HAPROXY_CFG.matchAll(/^ +bind :(\d+)(.*)$/gm)];
    const expecting = binds.filter(([, , how]) => how?.includes('accept-proxy'));
    const published = compose.services['haproxy']?.ports ?? [];
    expect(published.map((port) => port.split(':').at(-1))).toEqual(
      binds.filter((bind) => !expecting.includes(bind)).map(([, port]) => port),
    );
    const metricsPort = /frontend metrics\n.*\n +bind :(\d+)/.exec(HAPROXY_CFG)?.[1];
    expect(compose.services['bridge']?.environment).toMatchObject({
      MOTD_TARGET: `motd=haproxy:${expecting[0]?.[1]}+proxy`,
      MOTD_READY_URL: `http://haproxy:${metricsPort}/readyz`,
    });
  });
});

test.describe('the image', () => {
  test('contains no settings, no messages, no Git history', () => {
    const context = buildContext();
    expect(context).toContain('package-lock.json');
    expect(context).toContain('deploy/profiles');
    for (const kept of ['.git', 'motd-data', 'node_modules', 'dist', 'e2e', 'deploy', '.env'])
      expect(context).not.toContain(kept);
  });

  test('runs as a user without privileges, with node as its first process', () => {
    const argumentsOf = (wanted: string) =>
      stepsOfDockerfile()
        .filter(({ instruction }) => instruction === wanted)
        .map(({ words }) => words.join(' '));
    expect(argumentsOf('USER')).toEqual(['node']);
    expect(argumentsOf('STOPSIGNAL')).toEqual(['SIGTERM']);
    // A list: no shell stands between the engine's signals and the server.
    expect(JSON.parse(argumentsOf('ENTRYPOINT')[0] ?? '')).toEqual([
      'node',
      '/app/dist/cli/main.js',
    ]);
    expect(JSON.parse(argumentsOf('CMD')[0] ?? '')).toEqual(['serve']);
  });

  test('builds a server that answers, is healthy, and stops when asked', async () => {
    test.setTimeout(300_000);
    const app = makeImage(test.info().outputPath('stages'));
    expect(existsSync(join(app, 'dist/page/index.html'))).toBe(true);
    expect(existsSync(join(app, 'node_modules/typescript'))).toBe(false);
    const [port, healthPort] = [await freePort(), await freePort()];
    const program = new Program(process.execPath, [join(app, 'dist/cli/main.js'), 'serve'], {
      ...environmentOfImage(),
      MOTD_HOST: '127.0.0.1',
      MOTD_PORT: String(port),
      MOTD_HEALTH_PORT: String(healthPort),
      MOTD_STORE: `file:${test.info().outputPath('data')}`,
    });
    await program.waitForOutput(/listening on/);
    const get = Program.motd(['get', '127.0.0.1', String(port)]);
    expect(await get.exitCode()).toBe(0);
    expect(get.stdout).toBe(`${APPLE}\n`);
    expect(healthOf(healthPort)).toBe(0);
    expect(await program.stop()).toBe(0);
    expect(healthOf(healthPort)).toBe(1);

    // The profiles are in the folder where every command starts.
    const target = 'redis=127.0.0.1:6379+profile=deploy/profiles/redis.json';
    const command = `cd '${app}' && exec node dist/cli/main.js bridge --target ${target}`;
    const bridge = new Program('sh', ['-c', command], {
      ...environmentOfImage(),
      MOTD_HTTP_HOST: '127.0.0.1',
      MOTD_HTTP_PORT: '0',
    });
    await bridge.waitForOutput(/listening on/);
    expect(await bridge.stop()).toBe(0);

    // etcd's API is declared in a file that the compiler does not copy.
    const sharing = new Program(process.execPath, [join(app, 'dist/cli/main.js'), 'serve'], {
      ...environmentOfImage(),
      MOTD_HOST: '127.0.0.1',
      MOTD_HEALTH_PORT: String(healthPort),
      MOTD_STORE: 'etcd://127.0.0.1:1/motd',
    });
    expect(await sharing.exitCode()).toBe(1);
    expect(sharing.stderr).toContain('cannot use etcd: 127.0.0.1:1: connect ECONNREFUSED');
  });
});

/** The status of the image's HEALTHCHECK, run against a port here. */
function healthOf(port: number): number | null {
  const text = readFileSync(join(FOLDER, 'Dockerfile'), 'utf8');
  const [, command = ''] = /^HEALTHCHECK[\s\S]*?CMD (\[.*\])$/m.exec(text) ?? [];
  const [, ...args]: string[] = JSON.parse(command.replace('26320', String(port)));
  return spawnSync(process.execPath, args).status;
}

function dependenciesOf({ depends_on = [] }: ComposeService): [string, string][] {
  if (Array.isArray(depends_on)) return depends_on.map((name) => [name, 'service_started']);
  return Object.entries(depends_on).map(([name, { condition }]) => [name, condition]);
}

/** `1s`, `200ms`. */
function seconds(text = ''): number {
  return Number.parseFloat(text) / (text.endsWith('ms') ? 1000 : 1);
}
