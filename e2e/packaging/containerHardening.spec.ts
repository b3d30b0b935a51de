// The rights of the services in deploy/container: no more than the units of deploy/systemd allow.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { expect, QUICK, test } from '../fixtures.ts';
import { ROOT, stepsOfDockerfile } from './imageSteps.ts';

interface HardenedService {
  image?: string;
  build?: object;
  command?: string[];
  user?: string;
  privileged?: boolean;
  cap_drop?: string[];
  cap_add?: string[];
  security_opt?: string[];
  read_only?: boolean;
  tmpfs?: string[];
  devices?: string[];
  pids_limit?: number;
  mem_limit?: string;
  ulimits?: Record<string, number>;
  logging?: { options?: Record<string, string> };
  network_mode?: string;
  pid?: string;
  ipc?: string;
  userns_mode?: string;
  networks?: string[] | Record<string, unknown>;
  ports?: string[];
  volumes?: string[];
  healthcheck?: object;
}

interface HardenedCompose {
  services: Record<string, HardenedService>;
  networks: Record<string, { internal?: boolean } | null>;
}

const compose: HardenedCompose = parse(
  readFileSync(join(ROOT, 'deploy/container/compose.yaml'), 'utf8'),
  {
    merge: true,
  },
);
const UNIT = readFileSync(join(ROOT, 'deploy/systemd/motd-server.service'), 'utf8');

const EXACT_VERSION = /:v?\d+\.\d+\.\d+(-[\w.-]+)?(@sha256:[0-9a-f]{64})?$/;
const ROOT_USER = /^(root|0)?(:|$)/;

const isOurs = ({ image }: HardenedService) => image === 'motd-terminal';
const isEtcd = ({ image = '' }: HardenedService) => image.includes('/etcd:');

/** The rules for every service. */
const RULES: Record<string, (service: HardenedService) => boolean> = {
  'drops every capability': ({ cap_drop = [], cap_add = [], privileged = false }) =>
    cap_drop.includes('ALL') && cap_add.length === 0 && !privileged,
  'gains no privilege': ({ security_opt = [] }) =>
    security_opt.includes('no-new-privileges:true') &&
    !security_opt.some((option) => option.includes('unconfined')),
  'writes to no file of its image': ({ read_only = false }) => read_only,
  'has a small /tmp that runs nothing': ({ tmpfs = [] }) =>
    tmpfs.length > 0 && tmpfs.every((mount) => /^\/tmp:.*size=\d+m.*noexec/.test(mount)),
  // The volume of etcd belongs to root.
  'is not root': (service) => !ROOT_USER.test(service.user ?? '') || isEtcd(service),
  'has a limit on processes': ({ pids_limit = 0 }) => pids_limit > 0,
  'has a limit on memory': ({ mem_limit = '' }) => /^\d+[mg]$/.test(mem_limit),
  'has a limit on descriptors': ({ ulimits = {} }) => (ulimits['nofile'] ?? 0) > 0,
  'dumps no core': ({ ulimits = {} }) => ulimits['core'] === 0,
  'has a limit on its log': ({ logging: { options = {} } = {} }) =>
    'max-size' in options && 'max-file' in options,
  'shares nothing of the host': ({ network_mode, pid, ipc, userns_mode, devices, volumes = [] }) =>
    [network_mode, pid, ipc, userns_mode, devices].every((shared) => shared === undefined) &&
    volumes.every((volume) => !/^[./~]/.test(volume) || volume.endsWith(':ro')),
  'is reached from this machine only': ({ ports = [] }) =>
    ports.every((port) => port.startsWith('127.0.0.1:')),
  'has an exact version': (service) => isOurs(service) || EXACT_VERSION.test(service.image ?? ''),
  // The image's own HEALTHCHECK checks a server.
  'has a health check': ({ healthcheck, ...service }) =>
    healthcheck !== undefined || (isOurs(service) && service.command?.[0] === 'serve'),
};

function broken(service: HardenedService): string[] {
  return Object.keys(RULES).filter((rule) => RULES[rule]?.(service) !== true);
}

for (const [name, service] of Object.entries(compose.services)) {
  test(`${name} has only the rights it needs`, QUICK, () => expect(broken(service)).toEqual([]));
}

test('reports a service without these settings', () => {
  const bare = { image: 'haproxy:3.0', ports: ['8080:8080'], volumes: ['/:/host'], pid: 'host' };
  expect(broken(bare)).toEqual(Object.keys(RULES));
  for (const image of ['haproxy', 'haproxy:latest', 'haproxy:3', 'node:22-slim'])
    expect(broken({ image })).toContain('has an exact version');
  for (const user of ['root', '0', '0:0', ''])
    expect(broken({ image: 'haproxy:3.0.25', user })).toContain('is not root');
});

test('a server has as many descriptors as in its systemd unit', () => {
  const limit = Number(/^LimitNOFILE=(\d+)$/m.exec(UNIT)?.[1]);
  for (const [name, service] of Object.entries(compose.services))
    if (isOurs(service)) expect(service.ulimits?.['nofile'], name).toBe(limit);
});

test('only HAProxy reaches another network, and only the servers reach etcd', () => {
  const members = (network: string) =>
    Object.keys(compose.services).filter((name) => {
      const { networks = [] } = compose.services[name] ?? {};
      return (Array.isArray(networks) ? networks : Object.keys(networks)).includes(network);
    });
  const external = Object.keys(compose.networks).filter(
    (network) => compose.networks[network]?.internal !== true,
  );
  expect(external.map(members)).toEqual([['haproxy']]);
  for (const [name, service] of Object.entries(compose.services)) {
    // Without `networks`, a service joins one that reaches everything.
    expect(service.networks, name).toBeDefined();
    if (isEtcd(service)) expect(service.networks).toEqual(['store']);
  }
  expect(members('store')).toEqual(['etcd1', 'etcd2', 'etcd3', 'server1', 'server2', 'server3']);
});

test('the image has an exact base, runs no package scripts, and cannot install packages', () => {
  const steps = stepsOfDockerfile();
  const commands = (instruction: string) =>
    steps.filter((step) => step.instruction === instruction).map(({ words }) => words.join(' '));
  const bases = commands('FROM').map((words) => words.split(' ')[0]);
  expect(bases).toHaveLength(3);
  expect(new Set(bases).size).toBe(1);
  expect(bases[0]).toMatch(EXACT_VERSION);
  const installs = commands('RUN').filter((command) => command.includes('npm ci'));
  expect(installs).toHaveLength(2);
  for (const command of installs) expect(command).toContain('--ignore-scripts');
  const last = steps.slice(steps.findLastIndex(({ instruction }) => instruction === 'FROM'));
  const final = last
    .filter(({ instruction }) => instruction === 'RUN')
    .flatMap((step) => step.words);
  expect(final).toEqual(expect.arrayContaining(['/usr/local/lib/node_modules', 'npm', 'npx']));
  expect(last.filter(({ instruction }) => instruction === 'USER').at(-1)?.words).toEqual(['node']);
});
